"""The most that jobs with the same resource requirements have used."""

from __future__ import annotations

from typing import NamedTuple

from torc.amounts import SHORTEST_SECONDS
from torc.server.store.transaction import Tx
from torc.states import JobStatus

_SECONDS = "r.exec_time_minutes * 60"
_PEAKS = f"""
SELECT need.id, need.name, need.num_nodes, need.num_cpus, need.memory, need.memory_bytes, need.runtime,
    need.runtime_seconds, count(*), count(r.id), coalesce(sum(r.status = :completed), 0), max(r.peak_memory_bytes),
    count(r.peak_memory_bytes), max(CASE WHEN {_SECONDS} >= :shortest THEN r.peak_cpu_percent END),
    coalesce(sum({_SECONDS} >= :shortest AND r.peak_cpu_percent IS NULL), 0), max({_SECONDS})
FROM resource_requirements need JOIN job ON job.resource_requirements_id = need.id
LEFT JOIN result r ON r.job_id = job.id AND r.is_current
WHERE need.workflow_id = :workflow AND job.workflow_id = :workflow AND job.status != :disabled
GROUP BY need.id HAVING count(r.id) ORDER BY need.id
"""


class Peaks(NamedTuple):
    """What a record asks for, and what the current results of its jobs tell; bytes, percent of one CPU, seconds."""

    id: int
    name: str
    num_nodes: int
    num_cpus: int
    memory: str
    memory_bytes: int
    runtime: str
    runtime_seconds: float
    num_jobs: int
    num_results: int
    num_completed: int
    peak_memory: int | None
    num_memory: int  #: results with a peak of memory
    peak_cpu: float | None
    num_unknown_cpu: int  #: results of jobs that took long enough, without a peak of CPU
    peak_seconds: float


def by_requirements(tx: Tx, workflow_id: int) -> list[Peaks]:
    """Return the peaks for each record whose jobs have current results."""
    keys = {
        "workflow": workflow_id,
        "completed": int(JobStatus.completed),
        "disabled": int(JobStatus.disabled),
        "shortest": SHORTEST_SECONDS,
    }
    return [Peaks(*row) for row in tx.run(_PEAKS, keys)]
