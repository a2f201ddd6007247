"""Compute nodes as far as claims and leases are concerned."""

from __future__ import annotations

import json
from collections.abc import Sequence

from torc.server.store.transaction import Tx


def is_active(tx: Tx, workflow_id: int, node_id: int) -> bool:
    """Return whether the node may hold jobs of the workflow."""
    return (
        tx.scalar(
            "SELECT 1 FROM compute_node WHERE id = ? AND workflow_id = ? AND is_active = 1", (node_id, workflow_id)
        )
        is not None
    )


def no_longer_held(tx: Tx, node_id: int, job_ids: Sequence[int]) -> list[int]:
    """Return those of the jobs that the node does not hold (any more)."""
    if not job_ids:
        return []
    return tx.column(
        "SELECT k.value FROM json_each(?) k LEFT JOIN job j ON j.id = k.value WHERE j.compute_node_id IS NOT ?",
        (json.dumps(list(job_ids)), node_id),
    )


def leases(tx: Tx) -> list[tuple[int, float]]:
    """Return the active nodes that have a lease, with its length in seconds."""
    rows = tx.run("SELECT id, lease_seconds FROM compute_node WHERE is_active = 1 AND lease_seconds IS NOT NULL")
    return [(row[0], row[1]) for row in rows]


def has_lease(tx: Tx, node_id: int) -> bool:
    """Return whether the node's silence would be noticed."""
    return bool(tx.scalar("SELECT 1 FROM compute_node WHERE id = ? AND lease_seconds IS NOT NULL", (node_id,)))


def deactivate(tx: Tx, node_id: int) -> tuple[int, str] | None:
    """Mark a node as gone; return its workflow and host, or None when it was gone already."""
    tx.effects.credentials = True
    row = tx.run(
        "UPDATE compute_node SET is_active = 0 WHERE id = ? AND is_active = 1 RETURNING workflow_id, hostname",
        (node_id,),
    ).fetchone()
    return None if row is None else (row[0], row[1])


def active_ids(tx: Tx, workflow_id: int) -> list[int]:
    """Return the active nodes of a workflow."""
    return tx.column("SELECT id FROM compute_node WHERE workflow_id = ? AND is_active = 1", (workflow_id,))


def find(tx: Tx, workflow_id: int, hostname: str, pid: int, start_time: str) -> int | None:
    """Return the active node that this process registered, if it did."""
    found: int | None = tx.scalar(
        "SELECT id FROM compute_node WHERE workflow_id = ? AND is_active = 1 AND hostname = ? AND pid = ? "
        "AND start_time = ? AND pid != 0",
        (workflow_id, hostname, pid, start_time),
    )
    return found
