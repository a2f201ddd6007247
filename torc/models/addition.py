"""Jobs that are added to a workflow in the middle of a run, and how jobs came to their ends."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from torc.models.base import Count, Env, Id, Name, Record, Text
from torc.models.plan import PlannedUserData
from torc.models.result import StatusName


class AddedJob(Record):
    """A job; user data are named, those of the same request as well as those that are there."""

    name: Name
    command: Text
    priority: Count = 0
    env: Env | None = None
    resource_requirements_id: Id | None = None
    input_user_data: list[Name] = []
    output_user_data: list[Name] = []


class Addition(Record):
    """Jobs and values that come in one transaction. A repeated ``request_id`` adds nothing."""

    user_data: list[PlannedUserData] = []
    jobs: list[AddedJob] = []
    request_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class Added(Record):
    """The ids of added jobs, in order."""

    job_ids: list[int]


class OutcomesQuery(Record):
    """``after`` is the ``last`` of an earlier reply; without news the reply is held for ``wait_seconds``."""

    after: Count = 0
    wait_seconds: Annotated[float, Field(ge=0, le=60)] = 0


class Output(Record):
    """A value that a job has made."""

    id: int
    name: str
    data: Any = None


class Outcome(Record):
    """A job that runs or has ended, and what it has made."""

    job_id: int
    status: StatusName
    attempt_id: int
    return_code: int | None = None
    reason: str | None = None
    outputs: list[Output] = []


class Outcomes(Record):
    """What has happened, in order, and the event up to which this tells."""

    outcomes: list[Outcome]
    last: int
