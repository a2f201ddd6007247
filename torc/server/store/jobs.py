"""Look-ups about single jobs."""

from __future__ import annotations

import json
from collections.abc import Iterable

from torc.server.store.transaction import Tx


def default_requirements(tx: Tx, workflow_id: int) -> int | None:
    """Return the requirements of jobs that name none, or None when nobody has stored them."""
    found: int | None = tx.scalar(
        "SELECT id FROM resource_requirements WHERE workflow_id = ? AND name = 'default'", (workflow_id,)
    )
    return found


def requirements_named(tx: Tx, workflow_id: int, names: Iterable[str]) -> dict[str, int]:
    """Return the ids of the resource requirements with these names."""
    rows = tx.run(
        "SELECT r.name, r.id FROM json_each(?) k JOIN resource_requirements r "
        "ON r.workflow_id = ? AND r.name = k.value",
        (json.dumps(list(names)), workflow_id),
    )
    return dict(rows.fetchall())


def not_in_workflow(tx: Tx, table: str, workflow_id: int, ids: Iterable[int]) -> list[int]:
    """Return those of the ids that no record of this table and workflow has."""
    wanted = list(ids)
    if not wanted:
        return []
    return tx.column(
        f"SELECT k.value FROM json_each(?) k LEFT JOIN {table} r ON r.id = k.value AND r.workflow_id = ? "
        "WHERE r.id IS NULL ORDER BY k.value",
        (json.dumps(wanted), workflow_id),
    )


def related(tx: Tx, relation_sql: str, job_id: int) -> list[int]:
    """Return the ids that one of the job noun's relations holds, sorted."""
    text = tx.scalar(f"SELECT {relation_sql} FROM job WHERE id = ?", (job_id,))
    return sorted(json.loads(text)) if text else []


def handled_by(tx: Tx, handler_id: int) -> int:
    """Return how many jobs have this failure handler."""
    return int(
        tx.scalar(
            "SELECT count(*) FROM job WHERE failure_handler_id = ? "
            "AND workflow_id = (SELECT workflow_id FROM failure_handler WHERE id = ?)",
            (handler_id, handler_id),
        )
    )


def clear_relation(tx: Tx, table: str, job_id: int) -> None:
    """Delete a job's rows of one relation table."""
    tx.run(f"DELETE FROM {table} WHERE job_id = ?", (job_id,))
