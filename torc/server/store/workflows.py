"""Questions about a workflow as a whole."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from torc.server.store.nouns import WORKFLOW
from torc.server.store.records import missing
from torc.server.store.transaction import Tx
from torc.states import ACTIVE, FINAL, JobStatus, sql_list

_OPEN = frozenset(JobStatus) - FINAL


@dataclass(frozen=True, slots=True)
class Head:
    """What almost every rule about a workflow needs."""

    id: int
    name: str
    user: str
    run_id: int
    is_canceled: bool
    is_archived: bool
    jobs_sort_method: str


def head(tx: Tx, workflow_id: int) -> Head:
    """Return a workflow's head.

    Raises
    ------
    NotFound
    """
    row = tx.run(
        "SELECT id, name, user, run_id, is_canceled, is_archived, jobs_sort_method FROM workflow WHERE id = ?",
        (workflow_id,),
    ).fetchone()
    if row is None:
        raise missing(WORKFLOW, workflow_id)
    return Head(row[0], row[1], row[2], row[3], bool(row[4]), bool(row[5]), row[6])


def exists(tx: Tx, table: str, workflow_id: int, record_id: int) -> bool:
    """Return whether a table of the schema has this record in this workflow."""
    return tx.scalar(f"SELECT 1 FROM {table} WHERE id = ? AND workflow_id = ?", (record_id, workflow_id)) is not None


def has_open_jobs(tx: Tx, workflow_id: int) -> bool:
    """Return whether any job has not come to its end."""
    return any(
        tx.scalar("SELECT 1 FROM job WHERE workflow_id = ? AND status = ? LIMIT 1", (workflow_id, int(status)))
        for status in sorted(_OPEN, reverse=True)
    )


def expects_more(tx: Tx, workflow_id: int) -> bool:
    """Return whether runners stay when all jobs have come to their end, because more may be added."""
    query = "SELECT compute_node_ignore_workflow_completion FROM workflow WHERE id = ?"
    return bool(tx.scalar(query, (workflow_id,)))


def active_jobs(tx: Tx, workflow_id: int) -> int:
    """Return how many jobs runners hold."""
    return int(
        tx.scalar(f"SELECT count(*) FROM job WHERE workflow_id = ? AND status IN {sql_list(ACTIVE)}", (workflow_id,))
    )


def counts(tx: Tx, workflow_id: int) -> dict[str, int]:
    """Return the number of jobs in each status."""
    found = dict(
        tx.run("SELECT status, count(*) FROM job WHERE workflow_id = ? GROUP BY status", (workflow_id,)).fetchall()
    )
    return {status.name: found.get(int(status), 0) for status in JobStatus}


def set_state(tx: Tx, workflow_id: int, **columns: Any) -> None:
    """Set ``run_id``, ``is_canceled`` or ``is_archived``."""
    assignments = ", ".join(f"{name} = ?" for name in columns)
    tx.run(f"UPDATE workflow SET {assignments} WHERE id = ?", (*columns.values(), workflow_id))


def execution_totals(tx: Tx, workflow_id: int) -> tuple[float, int | None]:
    """Return the sum of the current results' minutes, and the seconds from their first start to their last end."""
    minutes, last = tx.run(
        "SELECT coalesce(sum(exec_time_minutes), 0.0), max(completion_time) FROM result "
        "WHERE workflow_id = ? AND is_current = 1",
        (workflow_id,),
    ).fetchone()
    if last is None:
        return float(minutes), None
    first = tx.scalar(
        "SELECT min(julianday(completion_time) - exec_time_minutes / 1440.0) FROM result "
        "WHERE workflow_id = ? AND is_current = 1",
        (workflow_id,),
    )
    # Null when a client has stored a completion time that is no time.
    seconds = tx.scalar("SELECT (julianday(?) - ?) * 86400", (last, first))
    return float(minutes), None if seconds is None else max(0, round(seconds))


def active_nodes(tx: Tx, workflow_id: int) -> int:
    """Return how many runners are at work."""
    return int(tx.scalar("SELECT count(*) FROM compute_node WHERE workflow_id = ? AND is_active = 1", (workflow_id,)))


def scheduled_nodes(tx: Tx, workflow_id: int) -> dict[str, int]:
    """Return how many allocations that were asked for have each status."""
    rows = tx.run(
        "SELECT status, count(*) FROM scheduled_compute_node WHERE workflow_id = ? GROUP BY status", (workflow_id,)
    )
    return dict(rows.fetchall())


def names(tx: Tx, job_ids: list[int]) -> list[str]:
    """Return the names of jobs in the order of their ids."""
    return tx.column(
        "SELECT j.name FROM json_each(?) k JOIN job j ON j.id = k.value ORDER BY j.id", (json.dumps(job_ids),)
    )


def running(tx: Tx, workflow_id: int, offset: int, limit: int) -> tuple[list[str], int]:
    """Return the JSON of running jobs with their hosts, and how many there are."""
    where = f"WHERE j.workflow_id = ? AND j.status = {int(JobStatus.running)}"
    items = tx.column(
        "SELECT json_object('job_id', j.id, 'job_name', j.name, 'compute_node_name', ifnull(n.hostname, ''), "
        "'scheduler_type', ifnull(n.compute_node_type, 'local'), "
        "'scheduler_job_id', CAST(json_extract(n.scheduler, '$.slurm_job_id') AS TEXT), 'start_time', j.start_time) "
        f"FROM job j LEFT JOIN compute_node n ON n.id = j.compute_node_id {where} ORDER BY j.id LIMIT ? OFFSET ?",
        (workflow_id, limit, offset),
    )
    return items, int(tx.scalar(f"SELECT count(*) FROM job j {where}", (workflow_id,)))


def ready_sums(tx: Tx, workflow_id: int, scheduler_id: int | None) -> tuple[int, int, int, int, int, float]:
    """Return jobs, CPUs, GPUs, bytes of memory, most nodes and longest run time in seconds of the ready jobs."""
    row = tx.run(
        "SELECT count(*), coalesce(sum(r.num_cpus), 0), coalesce(sum(r.num_gpus), 0), "
        "total(r.memory_bytes), "
        "coalesce(max(r.num_nodes), 0), coalesce(max(r.runtime_seconds), 0.0) FROM job j "
        "JOIN resource_requirements r ON r.id = j.resource_requirements_id "
        f"WHERE j.workflow_id = ? AND j.status = {int(JobStatus.ready)} "
        "AND (? IS NULL OR j.scheduler_id IS NULL OR j.scheduler_id = ?)",
        (workflow_id, scheduler_id, scheduler_id),
    ).fetchone()
    return tuple(row)
