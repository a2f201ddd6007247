"""What Slurm's accounting says about a job's steps, and which Slurm job ran what."""

from __future__ import annotations

from torc.models.base import Count, Id, Record
from torc.models.page import PageQuery
from torc.models.result import NonNegative
from torc.models.scheduler import Line


class SlurmStatsModel(Record):
    """Accounting of one attempt of a job; sizes are in bytes, times in seconds."""

    id: Id | None = None
    workflow_id: Id
    job_id: Id
    run_id: Count
    attempt_id: Count
    slurm_job_id: Line | None = None
    node_list: Line | None = None
    ave_cpu_seconds: NonNegative | None = None
    max_rss_bytes: Count | None = None
    max_vm_size_bytes: Count | None = None
    max_disk_read_bytes: Count | None = None
    max_disk_write_bytes: Count | None = None


class SlurmStatsQuery(PageQuery):
    """Filters of the list."""

    workflow_id: Id
    job_id: Id | None = None
    run_id: Count | None = None
    attempt_id: Count | None = None


class SlurmJobCorrelation(Record):
    """A job and a Slurm job in which it ran."""

    job_id: int
    job_name: str
    slurm_job_id: str
