"""Bearer tokens at rest: digests, scopes, ends."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torc.server.store.records import PLAIN, Kind, Noun
from torc.server.store.transaction import Tx, timestamp

#: ``last_used_at`` is written at most this often.
COARSE_SECONDS = 3600.0

_MOMENT = Kind(
    lambda name: f"strftime('%Y-%m-%dT%H:%M:%fZ', {name}, 'unixepoch')",
    lambda value: value,
)
TOKEN = Noun(
    "token",
    "token",
    {
        **dict.fromkeys(("id", "name", "user_name", "workflow_id", "compute_node_id", "created_at"), PLAIN),
        "expires_at": _MOMENT,
        "last_used_at": _MOMENT,
    },
)


@dataclass(frozen=True, slots=True)
class StoredToken:
    """What a valid token stands for; ``expires_at`` is in seconds since the epoch."""

    id: int
    user: str | None
    workflow_id: int | None
    compute_node_id: int | None
    expires_at: float | None
    last_used_at: float | None


def find(tx: Tx, digest: bytes) -> StoredToken | None:
    """Return the token of a digest, unless it has expired or its compute node has ended."""
    row = tx.run(
        "SELECT t.id, t.user_name, t.workflow_id, t.compute_node_id, t.expires_at, t.last_used_at FROM token AS t "
        "LEFT JOIN compute_node AS n ON n.id = t.compute_node_id "
        "WHERE t.digest = ? AND (t.expires_at IS NULL OR t.expires_at > ?) "
        "AND (t.compute_node_id IS NULL OR n.is_active = 1)",
        (digest, time.time()),
    ).fetchone()
    return None if row is None else StoredToken(*row)


def insert(tx: Tx, digest: bytes, values: Mapping[str, Any]) -> int:
    """Keep a new token; those that have ended are dropped on this occasion."""
    tx.run(
        "DELETE FROM token WHERE expires_at < ? OR compute_node_id IN "
        "(SELECT id FROM compute_node WHERE is_active = 0)",
        (time.time(),),
    )
    stored = {**values, "digest": digest, "created_at": timestamp()}
    names = ", ".join(stored)
    marks = ", ".join("?" * len(stored))
    return int(tx.scalar(f"INSERT INTO token ({names}) VALUES ({marks}) RETURNING id", tuple(stored.values())))


def end_of(tx: Tx, token_id: int | None) -> float | None:
    """Return when a token ends, in seconds since the epoch; none when there is no such token or it has no end."""
    found: float | None = tx.scalar("SELECT expires_at FROM token WHERE id = ?", (token_id,))
    return found


def owner(tx: Tx, token_id: int) -> tuple[str | None] | None:
    """Return the user of a token in a tuple, or None when there is no such token."""
    row = tx.run("SELECT user_name FROM token WHERE id = ?", (token_id,)).fetchone()
    return None if row is None else (row[0],)


def note_use(tx: Tx, token_id: int) -> None:
    """Remember that a token was used just now."""
    tx.run("UPDATE token SET last_used_at = ? WHERE id = ?", (time.time(), token_id))
