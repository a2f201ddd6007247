"""What a workflow's allocations are made from, and the allocations that were asked for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, Field

from torc.errors import InvalidInput
from torc.models.base import Count, Id, Name, Record, Text, no_control_characters
from torc.models.page import WorkflowListQuery
from torc.models.requirement import Amount, MemoryText
from torc.units import parse_walltime

#: Of an allocation that names none.
DEFAULT_WALLTIME = "04:00:00"
SchedulerType = Literal["slurm", "local"]
NodeStatus = Literal["pending", "active", "complete"]

#: Becomes part of one line of a batch script: a line feed in it would be a line of its own.
Line = Annotated[Text, AfterValidator(no_control_characters)]


def _walltime(text: str) -> str:
    try:
        parse_walltime(text)
    except InvalidInput as error:
        raise ValueError(str(error)) from None
    return text


Walltime = Annotated[str, AfterValidator(_walltime)]


class LocalSchedulerModel(Record):
    """How much of a machine without a batch system a workflow may use; the server names those that come without."""

    id: Id | None = None
    workflow_id: Id
    name: Name | None = None
    memory: MemoryText | None = None
    num_cpus: Amount | None = None


class LocalSchedulerUpdate(LocalSchedulerModel):
    """The fields that a request changes."""

    workflow_id: Id | None = None  # type: ignore[assignment]


class LocalSchedulersQuery(WorkflowListQuery):
    """Filters of the list."""

    memory: str | None = None
    num_cpus: Count | None = None


class SlurmSettings(Record):
    """One kind of Slurm allocation; ``walltime`` is in one of Slurm's formats, such as ``D-HH:MM:SS``."""

    account: Line
    nodes: Annotated[int, Field(ge=1, le=1_000_000, validation_alias=AliasChoices("nodes", "num_nodes"))] = 1
    walltime: Walltime = DEFAULT_WALLTIME
    partition: Line | None = None
    mem: Line | None = None
    gres: Line | None = None
    qos: Line | None = None
    ntasks_per_node: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    tmp: Line | None = None
    extra: Line | None = None


class SlurmSchedulerModel(SlurmSettings):
    """A kind of Slurm allocation under a name; the server names those that come without."""

    id: Id | None = None
    workflow_id: Id
    name: Name | None = None


class SlurmSchedulerUpdate(SlurmSchedulerModel):
    """The fields that a request changes."""

    workflow_id: Id | None = None  # type: ignore[assignment]
    account: Line | None = None  # type: ignore[assignment]


class SlurmSchedulersQuery(WorkflowListQuery):
    """Filters of the list."""


class ScheduledComputeNodesModel(Record):
    """An allocation that was asked for: ``scheduler_id`` is its number at the batch system, 0 before there is one."""

    id: Id | None = None
    workflow_id: Id
    scheduler_id: Count
    scheduler_config_id: Id
    scheduler_type: SchedulerType = "slurm"
    status: NodeStatus = "pending"


class ScheduledComputeNodesUpdate(ScheduledComputeNodesModel):
    """The fields that a request changes."""

    workflow_id: Id | None = None  # type: ignore[assignment]
    scheduler_id: Count | None = None  # type: ignore[assignment]
    scheduler_config_id: Id | None = None  # type: ignore[assignment]


class ScheduledComputeNodesQuery(WorkflowListQuery):
    """Filters of the list."""

    scheduler_id: Count | None = None
    scheduler_config_id: Id | None = None
    status: NodeStatus | None = None
