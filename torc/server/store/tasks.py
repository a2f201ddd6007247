"""Tasks: at most one queued or running for each workflow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from torc.server.store.nouns import TASK
from torc.server.store.transaction import Tx

_ACTIVE = "status IN ('queued', 'running')"


def insert(tx: Tx, workflow_id: int, operation: str, parameters: Mapping[str, Any]) -> int:
    """Queue a task and return its id."""
    return int(
        tx.scalar(
            "INSERT INTO task (workflow_id, operation, parameters, status, created_at_ms) "
            "VALUES (?, ?, ?, 'queued', ?) RETURNING id",
            (workflow_id, operation, json.dumps(parameters), tx.now_ms),
        )
    )


def active(tx: Tx, workflow_id: int) -> tuple[int, str, dict[str, Any]] | None:
    """Return id, operation and parameters of the workflow's queued or running task."""
    row = tx.run(
        f"SELECT id, operation, parameters FROM task WHERE workflow_id = ? AND {_ACTIVE}", (workflow_id,)
    ).fetchone()
    return None if row is None else (row[0], row[1], json.loads(row[2]))


def active_json(tx: Tx, workflow_id: int) -> str | None:
    """Return the JSON of the workflow's queued or running task."""
    found: str | None = tx.scalar(
        f"SELECT {TASK.json_sql()} FROM task WHERE workflow_id = ? AND {_ACTIVE}", (workflow_id,)
    )
    return found


def start(tx: Tx, task_id: int) -> tuple[int, str, dict[str, Any]] | None:
    """Mark a queued task as running; return workflow, operation and parameters, None when it is gone."""
    row = tx.run(
        "UPDATE task SET status = 'running', started_at_ms = ? WHERE id = ? AND status = 'queued' "
        "RETURNING workflow_id, operation, parameters",
        (tx.now_ms, task_id),
    ).fetchone()
    return None if row is None else (row[0], row[1], json.loads(row[2]))


def finish(tx: Tx, task_id: int, error: str | None = None) -> bool:
    """Mark a running task as succeeded, or as failed for a reason; False when it has gone with its workflow."""
    cursor = tx.run(
        "UPDATE task SET status = ?, finished_at_ms = ?, error = ? WHERE id = ?",
        ("succeeded" if error is None else "failed", tx.now_ms, error, task_id),
    )
    return cursor.rowcount == 1


def unfinished(tx: Tx) -> list[tuple[int, int, str]]:
    """Return id, workflow and operation of all queued and running tasks."""
    return tx.run(f"SELECT id, workflow_id, operation FROM task WHERE {_ACTIVE}").fetchall()
