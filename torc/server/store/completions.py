"""Starts and ends of jobs: statuses and results."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from torc.server.store.records import JSON
from torc.server.store.transaction import Tx
from torc.states import ACTIVE, JobStatus, sql_list

RESULT_COLUMNS = (
    "workflow_id", "job_id", "run_id", "attempt_id", "compute_node_id", "return_code", "status", "exec_time_minutes",
    "completion_time", "peak_memory_bytes", "avg_memory_bytes", "peak_cpu_percent", "avg_cpu_percent",
    "cpu_time_seconds", "reason",
)  # fmt: skip
_INSERT_RESULT = f"INSERT INTO result ({', '.join(RESULT_COLUMNS)}) VALUES ({', '.join('?' * len(RESULT_COLUMNS))})"
_KEY = ("job_id", "run_id", "attempt_id")
#: A client may have stored a result by itself before it completes the job: the completion says what counts.
_PUT_RESULT = f"{_INSERT_RESULT} ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET is_current = 1, " + ", ".join(
    f"{name} = excluded.{name}" for name in RESULT_COLUMNS if name not in _KEY
)


@dataclass(slots=True)
class Held:
    """A job as far as reports about it are concerned."""

    id: int
    workflow_id: int
    name: str
    status: JobStatus
    run_id: int
    attempt_id: int
    compute_node_id: int | None
    start_time: str | None


def held_jobs(tx: Tx, job_ids: Iterable[int]) -> dict[int, Held]:
    """Return the jobs with these ids that exist."""
    rows = tx.run(
        "SELECT j.id, j.workflow_id, j.name, j.status, w.run_id, j.attempt_id, j.compute_node_id, j.start_time "
        "FROM json_each(?) k JOIN job j ON j.id = k.value JOIN workflow w ON w.id = j.workflow_id",
        (json.dumps(list(job_ids)),),
    )
    return {row[0]: Held(row[0], row[1], row[2], JobStatus(row[3]), *row[4:]) for row in rows}


def start(tx: Tx, starts: Iterable[tuple[str, int | None, int]]) -> None:
    """Mark jobs as running, given as (start time, compute node, job id)."""
    tx.run_many(
        f"UPDATE job SET status = {int(JobStatus.running)}, start_time = ?, "
        "compute_node_id = ifnull(?, compute_node_id) WHERE id = ?",
        starts,
    )


def end(tx: Tx, statuses: dict[int, JobStatus]) -> None:
    """Give jobs their final status and take them from their runner."""
    for status in set(statuses.values()):
        ids = [job_id for job_id, own in statuses.items() if own is status]
        tx.run(
            f"UPDATE job SET status = {int(status)}, compute_node_id = NULL "
            "WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(ids),),
        )


def add_results(tx: Tx, rows: Sequence[dict[str, Any]], *, replace: bool = True) -> None:
    """Store results, given as columns."""
    sql = _PUT_RESULT if replace else _INSERT_RESULT
    tx.run_many(sql, ([row.get(name) for name in RESULT_COLUMNS] for row in rows))


def store_values(tx: Tx, values: Iterable[tuple[int, int, Any]]) -> None:
    """Give user data their values, told as (record id, job id, value); records that the job does not make stay."""
    tx.run_many(
        "UPDATE user_data SET data = ? WHERE id = ? "
        "AND EXISTS (SELECT 1 FROM job_output_user_data o WHERE o.job_id = ? AND o.user_data_id = user_data.id)",
        ((JSON.write(data), record_id, job_id) for record_id, job_id, data in values),
    )


def stored_results(tx: Tx, keys: Iterable[tuple[int, int, int]]) -> dict[tuple[int, int, int], tuple[int, JobStatus]]:
    """Return return code and status of the results with these (job, run, attempt)."""
    rows = tx.run(
        "SELECT r.job_id, r.run_id, r.attempt_id, r.return_code, r.status FROM json_each(?) k JOIN result r "
        "ON r.job_id = json_extract(k.value, '$[0]') AND r.run_id = json_extract(k.value, '$[1]') "
        "AND r.attempt_id = json_extract(k.value, '$[2]')",
        (json.dumps(list(keys)),),
    )
    return {(row[0], row[1], row[2]): (row[3], JobStatus(row[4])) for row in rows}


def retire_results(tx: Tx, job_ids: Sequence[int]) -> None:
    """The jobs will run again: their results are history."""
    tx.run(
        "UPDATE result SET is_current = 0 WHERE is_current = 1 AND job_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(job_ids)),),
    )


def retry(tx: Tx, job_id: int) -> None:
    """Begin the job's next attempt."""
    retire_results(tx, [job_id])
    tx.run(
        f"UPDATE job SET status = {int(JobStatus.ready)}, attempt_id = attempt_id + 1, compute_node_id = NULL, "
        "start_time = NULL, origin = ifnull(origin, 'retry') WHERE id = ?",
        (job_id,),
    )


def reset(tx: Tx, job_ids: Sequence[int], *, new_run: bool = False) -> None:
    """Forget how far the jobs came.

    Attempts count from 1 in a new run. Within a run an attempt that was begun is never used again, so that a
    late report of it is known as such.
    """
    retire_results(tx, job_ids)
    begun = (
        f"status IN {sql_list(ACTIVE)} OR EXISTS (SELECT 1 FROM result r WHERE r.job_id = job.id "
        "AND r.run_id = (SELECT w.run_id FROM workflow w WHERE w.id = job.workflow_id) "
        "AND r.attempt_id = job.attempt_id)"
    )
    attempt = "1, origin = nullif(origin, 'retry')" if new_run else f"attempt_id + ({begun})"
    tx.run(
        f"UPDATE job SET attempt_id = {attempt}, status = {int(JobStatus.uninitialized)}, compute_node_id = NULL, "
        "start_time = NULL WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(job_ids)),),
    )


def set_status(tx: Tx, job_id: int, status: JobStatus) -> None:
    """Set one job's status."""
    tx.run("UPDATE job SET status = ? WHERE id = ?", (int(status), job_id))


def jobs_of_node(tx: Tx, compute_node_id: int) -> list[tuple[int, JobStatus]]:
    """Return the jobs that a runner holds."""
    rows = tx.run("SELECT id, status FROM job WHERE compute_node_id = ?", (compute_node_id,))
    return [(row[0], JobStatus(row[1])) for row in rows]


def bump_attempts(tx: Tx, job_ids: Sequence[int]) -> None:
    """Make pending jobs of a lost runner ready under a new attempt, so that late reports are known as such."""
    tx.run(
        f"UPDATE job SET status = {int(JobStatus.ready)}, attempt_id = attempt_id + 1, compute_node_id = NULL "
        "WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(job_ids)),),
    )


def last_result(tx: Tx, job_id: int) -> int:
    """Return the id of the job's newest result."""
    return int(tx.scalar("SELECT max(id) FROM result WHERE job_id = ?", (job_id,)))
