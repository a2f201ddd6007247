"""Why jobs do not run."""

from __future__ import annotations

from torc.models.base import Id, Record
from torc.models.page import PageQuery
from torc.models.result import StatusName


class DiagnosisQuery(PageQuery):
    """Which jobs to explain; without a filter those that are neither running nor completed."""

    job_id: Id | None = None
    status: StatusName | None = None


class JobDiagnosis(Record):
    """Why a job is where it is: ``reason`` is a word for programs, ``message`` a sentence for people."""

    job_id: int
    job_name: str
    status: str
    reason: str
    message: str
