"""Compute nodes: the machines on which runners run."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from torc.models.base import Count, Id, Name, Record, Text
from torc.models.page import WorkflowListQuery
from torc.models.result import NonNegative
from torc.units import parse_memory


class ComputeNodeModel(Record):
    """A runner's machine as it registered itself.

    ``lease_seconds`` asks for a lease: a node that is silent for longer loses its jobs.
    ``output_dir`` is the absolute directory under which the runner writes logs.
    """

    id: Id | None = None
    workflow_id: Id
    hostname: Name
    pid: Count = 0
    start_time: str | None = None
    duration_seconds: NonNegative | None = None
    is_active: bool = True
    num_cpus: Count
    memory_gb: Annotated[float, Field(ge=0, le=1e12)]
    num_gpus: Count = 0
    num_nodes: Count = 1
    time_limit: str | None = None
    scheduler_config_id: Id | None = None
    compute_node_type: str = "local"
    scheduler: Any = None
    output_dir: Text | None = None
    lease_seconds: Annotated[float, Field(gt=0, le=86_400)] | None = None
    sample_count: Count | None = None
    avg_cpu_percent: NonNegative | None = None
    peak_cpu_percent: NonNegative | None = None
    avg_memory_bytes: Count | None = None
    peak_memory_bytes: Count | None = None

    @model_validator(mode="before")
    @classmethod
    def _memory_as_text(cls, data: Any) -> Any:
        # curl users write memory as text: {"memory": "256g"}.
        if isinstance(data, dict) and data.get("memory_gb") is None and isinstance(data.get("memory"), str):
            return {**data, "memory_gb": parse_memory(data["memory"]) / 2**30}
        return data


class ComputeNodeUpdate(ComputeNodeModel):
    """The fields of a node that a request changes."""

    workflow_id: Id | None = None  # type: ignore[assignment]
    hostname: Name | None = None  # type: ignore[assignment]
    num_cpus: Count | None = None  # type: ignore[assignment]
    memory_gb: Annotated[float, Field(ge=0, le=1e12)] | None = None  # type: ignore[assignment]
    is_active: bool | None = None  # type: ignore[assignment]


class ComputeNodesQuery(WorkflowListQuery):
    """Filters of the node list."""

    hostname: str | None = None
    is_active: bool | None = None
    scheduled_compute_node_id: Id | None = None
