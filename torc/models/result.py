"""Results of jobs: one row for each job, run and attempt."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, WithJsonSchema

from torc.models.base import Count, Id, Record, Text
from torc.models.page import WorkflowListQuery
from torc.states import JobStatus, parse_status

ReturnCode = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
#: Bounded so that sums over many results stay finite.
NonNegative = Annotated[float, Field(ge=0, le=1e15)]


def status_name(value: object) -> object:
    """Return the wire's name of a status, however leniently it was spelt."""
    return parse_status(value).name if isinstance(value, str) else value


StatusName = Annotated[
    str,
    BeforeValidator(status_name),
    WithJsonSchema({"type": "string", "enum": list(JobStatus.__members__)}),
]


#: 0 on the wire is no node: older clients know no null there.
NodeId = Annotated[Count, AfterValidator(lambda number: number or None)]


class ResultModel(Record):
    """How one attempt of a job ended.

    ``exec_time_minutes`` is wall time in minutes; memory is in bytes; CPU percentages count one
    core as 100; ``completion_time`` is RFC 3339 in UTC. The host and the absolute paths of what the job wrote there
    are told by the server, when a runner has run it.
    """

    id: Id | None = None
    job_id: Id | None = None
    job_name: str | None = None
    workflow_id: Id | None = None
    run_id: Count | None = None
    attempt_id: Count | None = None
    compute_node_id: NodeId | None = None
    return_code: Annotated[ReturnCode, Field(validation_alias=AliasChoices("return_code", "exit_code"))]
    status: StatusName | None = None
    exec_time_minutes: NonNegative = 0.0
    completion_time: str | None = None
    peak_memory_bytes: Count | None = None
    avg_memory_bytes: Count | None = None
    peak_cpu_percent: NonNegative | None = None
    avg_cpu_percent: NonNegative | None = None
    cpu_time_seconds: NonNegative | None = None
    reason: Text | None = None
    exit_code: int | None = None
    hostname: str | None = None
    stdout_path: str | None = None
    stderr_path: str | None = None


class ResultUpdate(ResultModel):
    """The fields of a result that a request changes."""

    return_code: ReturnCode | None = None  # type: ignore[assignment]


class ResultsQuery(WorkflowListQuery):
    """Filters of the result list; without ``all_runs`` only each job's current result is listed."""

    job_id: Id | None = None
    run_id: Count | None = None
    return_code: ReturnCode | None = None
    status: StatusName | None = None
    compute_node_id: Id | None = None
    all_runs: bool = False
