"""Slurm accounting of jobs, and which Slurm job each of them ran in."""

from __future__ import annotations

from torc.server.store.transaction import Tx

#: Accounting names the Slurm job; before there is any, the runner's node does.
_CORRELATIONS = (
    "SELECT s.job_id AS job_id, s.slurm_job_id AS slurm_job_id FROM slurm_stats s "
    "WHERE s.workflow_id = :workflow AND s.slurm_job_id IS NOT NULL "
    "UNION SELECT r.job_id, CAST(json_extract(n.scheduler, '$.slurm_job_id') AS TEXT) FROM result r "
    "JOIN compute_node n ON n.id = r.compute_node_id "
    "WHERE r.workflow_id = :workflow AND json_extract(n.scheduler, '$.slurm_job_id') IS NOT NULL"
)


def find(tx: Tx, job_id: int, run_id: int, attempt_id: int) -> int | None:
    """Return the id of what is known of an attempt."""
    found: int | None = tx.scalar(
        "SELECT id FROM slurm_stats WHERE job_id = ? AND run_id = ? AND attempt_id = ?", (job_id, run_id, attempt_id)
    )
    return found


def correlations(tx: Tx, workflow_id: int, offset: int, limit: int) -> tuple[list[str], int]:
    """Return the JSON of pairs of job and Slurm job, and how many there are."""
    values = {"workflow": workflow_id, "limit": limit, "offset": offset}
    items = tx.column(
        "SELECT json_object('job_id', c.job_id, 'job_name', j.name, 'slurm_job_id', c.slurm_job_id) "
        f"FROM ({_CORRELATIONS}) c JOIN job j ON j.id = c.job_id ORDER BY c.job_id, c.slurm_job_id "
        "LIMIT :limit OFFSET :offset",
        values,
    )
    return items, int(tx.scalar(f"SELECT count(*) FROM ({_CORRELATIONS})", values))
