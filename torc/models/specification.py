"""Specifications on the wire: what forms ask about one that is being written."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from torc.models.base import Count, Name, Record, Text
from torc.models.dag import Dag

SpecificationFormat = Literal["yaml", "json", "json5", "kdl"]
SpecificationNoun = Literal[
    "jobs", "files", "user_data", "resource_requirements", "slurm_schedulers", "failure_handlers", "actions"
]


class SpecificationSource(Record):
    """A specification as data, or as text that without ``format`` tells its own."""

    specification: dict[str, Any] | None = None
    text: Text | None = None
    format: SpecificationFormat | None = None

    @model_validator(mode="after")
    def _is_one_of_them(self) -> SpecificationSource:
        if (self.specification is None) == (self.text is None):
            raise ValueError("give 'specification' (data) or 'text'")
        return self


class CheckSpecification(SpecificationSource):
    """What is to be checked; ``max_nodes`` as for the picture of a workflow."""

    max_nodes: Annotated[int, Field(ge=1, le=2000)] = 60


class WriteSpecification(SpecificationSource):
    """What is to be written: everything, or the entry at ``index`` of the list ``noun``."""

    noun: SpecificationNoun | None = None
    index: Count = 0


class CreateFromSpecification(SpecificationSource):
    """The workflow to create; ``user`` owns it where the server does not know who asks."""

    submission_directory: Text | None = None
    user: Name | None = None
    request_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class SpecificationProblem(Record):
    """One thing that is wrong; ``path`` are the keys and indexes that lead to it, ``line`` is of a text."""

    message: str
    path: list[str | int]
    hint: str | None = None
    line: int | None = None
    column: int | None = None


class PlannedStage(Record):
    """Jobs that become ready together; ``groups`` are the first of their names, runs of numbers folded."""

    stage: int
    begins: str
    num_jobs: int
    groups: list[str]
    num_groups: int
    allocations: list[str]


class ExpandedJob(Record):
    """A job that an entry of the specification stands for."""

    name: str
    command: str
    entry: int


class SpecificationPreview(Record):
    """What would be created; in ``dag`` jobs are numbered from 0 and no workflow is meant, ``jobs`` are the first.

    ``demand`` is what is asked for, in words; empty when no job and no allocation says so.
    """

    summary: dict[str, Any]
    stages: list[PlannedStage]
    num_stages: int
    demand: str
    dag: Dag
    jobs: list[ExpandedJob]


class SpecificationCheck(Record):
    """Everything that a check found; ``specification`` is what the text says, under today's names where it can be."""

    errors: list[SpecificationProblem]
    warnings: list[SpecificationProblem]
    preview: SpecificationPreview | None = None
    specification: dict[str, Any] | None = None


class SpecificationTexts(Record):
    """The same in all forms: ``yaml``, ``json``, ``kdl``, ``python``, and ``magic`` as far as one can say it."""

    texts: dict[str, str]
