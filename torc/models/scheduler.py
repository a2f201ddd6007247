"""Batch-system settings that a workflow's allocations are made from."""

from __future__ import annotations

from typing import Annotated

from pydantic import AliasChoices, Field

from torc.models.base import Id, Name, Record, Text


class SlurmSchedulerModel(Record):
    """One kind of Slurm allocation; ``walltime`` is ``HH:MM:SS`` or ``D-HH:MM:SS``."""

    id: Id | None = None
    workflow_id: Id
    name: Name
    account: Text
    nodes: Annotated[int, Field(ge=1, le=1_000_000, validation_alias=AliasChoices("nodes", "num_nodes"))] = 1
    walltime: Text = "04:00:00"
    partition: Text | None = None
    mem: Text | None = None
    gres: Text | None = None
    qos: Text | None = None
    ntasks_per_node: Annotated[int, Field(ge=1)] | None = None
    tmp: Text | None = None
    extra: Text | None = None
