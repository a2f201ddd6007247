"""Resource requirements that are changed to what jobs have used."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from torc.amounts import MEMORY_RESERVE, RUNTIME_RESERVE
from torc.models.base import Record

Amount = Literal["num_cpus", "memory", "runtime"]
Reserve = Annotated[float, Field(ge=1, le=100)]


class CorrectionRequest(Record):
    """How to correct: memory and run time are the peak times a reserve; ``downsize`` takes away what nobody used."""

    dry_run: bool = False
    downsize: bool = True
    memory_reserve: Reserve = MEMORY_RESERVE
    runtime_reserve: Reserve = RUNTIME_RESERVE


class Correction(Record):
    """One amount of one record: ``peak`` is in bytes, seconds, or percent of one CPU."""

    resource_requirements_id: int
    name: str
    num_jobs: int
    amount: Amount
    before: str
    after: str
    peak: float


class Corrections(Record):
    """All that was changed, or would be; ``num_results`` is how many results were looked at."""

    workflow_id: int
    dry_run: bool
    num_results: int
    corrections: list[Correction]
