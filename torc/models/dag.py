"""The picture of a workflow: what waits for what, laid out."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from torc.models.base import Record


class DagQuery(Record):
    """With more jobs than ``max_nodes``, those alike are folded into groups until the picture has no more nodes."""

    max_nodes: Annotated[int, Field(ge=1, le=2000)] = 60


class DagNode(Record):
    """A job, a group, or without ``job_ids`` a join of lines; ``layer`` counts from the left, ``row`` from the top."""

    label: str
    job_ids: list[int]
    layer: int
    row: float


class DagEdge(Record):
    """A line between two nodes, given by their positions; ``rows`` are where it passes the layers between them."""

    source: int
    target: int
    rows: list[float]


class Dag(Record):
    """The whole picture; one row is the least distance between two nodes of a layer."""

    workflow_id: int
    total_jobs: int
    nodes: list[DagNode]
    edges: list[DagEdge]
