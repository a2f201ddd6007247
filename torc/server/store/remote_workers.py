"""Remote workers of workflows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from torc.server.store.transaction import Tx


def add(tx: Tx, workflow_id: int, workers: Iterable[str]) -> None:
    """Store workers that are not there yet."""
    rows = ((workflow_id, worker) for worker in workers)
    tx.run_many("INSERT OR IGNORE INTO remote_worker (workflow_id, worker) VALUES (?, ?)", rows)


def listed(tx: Tx, workflow_id: int, only: Sequence[str] | None = None) -> list[str]:
    """Return the JSON of a workflow's workers by name, all of them or those among ``only``."""
    return tx.column(
        "SELECT json_object('worker', worker, 'workflow_id', workflow_id) FROM remote_worker WHERE workflow_id = :id "
        "AND (:only IS NULL OR worker IN (SELECT value FROM json_each(:only))) ORDER BY worker",
        {"id": workflow_id, "only": None if only is None else json.dumps(only)},
    )


def remove(tx: Tx, workflow_id: int, worker: str) -> bool:
    """Delete a worker; False when there is none of that name."""
    return tx.run("DELETE FROM remote_worker WHERE workflow_id = ? AND worker = ?", (workflow_id, worker)).rowcount == 1
