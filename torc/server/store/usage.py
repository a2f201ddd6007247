"""What the jobs of the present run asked for and used, and where their runners kept more."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from torc.server.store import workflows
from torc.server.store.transaction import Tx
from torc.states import JobStatus

_EPOCH = "round((julianday({}) - 2440587.5) * 86400, 3)".format
_END = _EPOCH("completion_time")
_HAS_RUN = (
    "(job.status = :running OR EXISTS (SELECT 1 FROM result WHERE result.job_id = job.id AND result.run_id = :run))"
)
_JOBS = """
SELECT job.id, job.name, need.num_cpus, need.memory_bytes
FROM job JOIN resource_requirements need ON need.id = job.resource_requirements_id
WHERE job.workflow_id = :workflow AND {} ORDER BY job.id
""".format
_ATTEMPTS = f"""
SELECT job_id, attempt_id, {_END} - exec_time_minutes * 60, {_END}, status, return_code, peak_memory_bytes,
    cpu_time_seconds, avg_memory_bytes, peak_cpu_percent, avg_cpu_percent
FROM result WHERE workflow_id = :workflow AND run_id = :run AND (:job IS NULL OR job_id = :job)
UNION ALL
SELECT id, attempt_id, {_EPOCH("start_time")}, NULL, status, NULL, NULL, NULL, NULL, NULL, NULL FROM job
WHERE workflow_id = :workflow AND status = :running AND start_time IS NOT NULL AND (:job IS NULL OR id = :job)
ORDER BY 3, 1
"""


class Place(NamedTuple):
    """A compute node, and where its runner writes."""

    node_id: int
    hostname: str
    output_dir: str | None


class Usage(NamedTuple):
    """What the database knows; rows of jobs and attempts as the models of these names have them."""

    run_id: int
    monitor: dict[str, Any]
    jobs: list[tuple[Any, ...]]
    attempts: list[tuple[Any, ...]]
    places: list[Place]


def of_run(tx: Tx, workflow_id: int, job_id: int | None) -> Usage:
    """Return the usage of all jobs that have run in the present run, or of one job."""
    head = workflows.head(tx, workflow_id)
    keys = {"workflow": workflow_id, "run": head.run_id, "running": int(JobStatus.running), "job": job_id}
    attempts = [(*row[:4], JobStatus(row[4]).name, *row[5:]) for row in tx.run(_ATTEMPTS, keys)]
    places = tx.run("SELECT id, hostname, output_dir FROM compute_node WHERE workflow_id = ?", (workflow_id,))
    config = tx.scalar("SELECT resource_monitor_config FROM workflow WHERE id = ?", (workflow_id,))
    return Usage(
        head.run_id,
        json.loads(config) if config else {},
        tx.run(_JOBS(_HAS_RUN if job_id is None else "job.id = :job"), keys).fetchall(),
        attempts,
        [Place(*row) for row in places],
    )


def busy_nodes(tx: Tx, workflow_id: int) -> list[int]:
    """Return the compute nodes on which jobs run."""
    return tx.column(
        "SELECT DISTINCT compute_node_id FROM job WHERE workflow_id = ? AND status = ? AND compute_node_id IS NOT NULL",
        (workflow_id, int(JobStatus.running)),
    )
