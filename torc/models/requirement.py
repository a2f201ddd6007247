"""Resource requirements of jobs."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from torc.amounts import DEFAULT_MEMORY, DEFAULT_RUNTIME
from torc.errors import InvalidInput
from torc.models.base import Count, Id, Name, Record
from torc.models.page import WorkflowListQuery
from torc.units import needed_duration, needed_memory


def _memory(text: str) -> str:
    try:
        needed_memory(text)
    except InvalidInput as error:
        raise ValueError(str(error)) from None
    return text


def _runtime(text: str) -> str:
    try:
        needed_duration(text)
    except InvalidInput as error:
        raise ValueError(str(error)) from None
    return text


MemoryText = Annotated[str, AfterValidator(_memory)]
DurationText = Annotated[str, AfterValidator(_runtime)]
Amount = Annotated[int, Field(ge=0, le=2**31)]


class ResourceRequirementsModel(Record):
    """CPUs, GPUs, nodes, memory (``16g``, binary units) and run time (ISO 8601) of a job."""

    id: Id | None = None
    workflow_id: Id
    name: Name
    num_cpus: Amount = 1
    num_gpus: Amount = 0
    num_nodes: Annotated[int, Field(ge=1, le=2**31)] = 1
    memory: MemoryText = DEFAULT_MEMORY
    runtime: DurationText = DEFAULT_RUNTIME


class ResourceRequirementsUpdate(ResourceRequirementsModel):
    """The fields that a request changes."""

    workflow_id: Id | None = None  # type: ignore[assignment]
    name: Name | None = None  # type: ignore[assignment]


class ResourceRequirementsQuery(WorkflowListQuery):
    """Filters of the list; ``runtime`` is in seconds."""

    job_id: Id | None = None
    name: str | None = None
    memory: str | None = None
    num_cpus: Count | None = None
    num_gpus: Count | None = None
    num_nodes: Count | None = None
    runtime: Count | None = None
