"""The event log of each workflow: appended in the transaction that it tells of, read by key."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from torc.server.store.nouns import EVENT, SEVERITIES
from torc.server.store.transaction import Tx

_INSERT = "INSERT INTO event (workflow_id, timestamp, event_type, severity, data) VALUES (?, ?, ?, ?, ?)"


def append(tx: Tx, workflow_id: int, event_type: str, data: dict[str, Any], severity: str = "info") -> None:
    """Record one event."""
    append_many(tx, workflow_id, [(event_type, data, severity)])


def append_many(tx: Tx, workflow_id: int, events: Iterable[tuple[str, dict[str, Any], str]]) -> None:
    """Record events, given as type, data and severity, in order."""
    tx.run_many(
        _INSERT,
        (
            (
                workflow_id,
                tx.now_ms,
                event_type,
                SEVERITIES.index(severity),
                json.dumps({"category": event_type.partition("_")[0].removesuffix("s"), **data}, separators=(",", ":")),
            )
            for event_type, data, severity in events
        ),
    )
    tx.effects.events.add(workflow_id)


def after(tx: Tx, places: Mapping[int, int], level: str, limit: int) -> tuple[list[tuple[int, str, str]], int | None]:
    """Return up to ``limit`` events (id, type, JSON) in order, and the id up to which this looked; None at the end.

    Parameters
    ----------
    places
        By workflow, the event behind which to look.
    """
    one = "SELECT * FROM (SELECT id FROM event WHERE workflow_id = ? AND id > ? ORDER BY id LIMIT ?)"
    nearest = " UNION ALL ".join([one] * len(places))
    rows = tx.run(
        f"SELECT id, event_type, {EVENT.json_sql()}, severity FROM event WHERE id IN ({nearest}) ORDER BY id LIMIT ?",
        [value for place in places.items() for value in (*place, limit)] + [limit],
    ).fetchall()
    lowest = SEVERITIES.index(level)
    return [(row[0], row[1], row[2]) for row in rows if row[3] >= lowest], rows[-1][0] if rows else None


def latest_id(tx: Tx, workflow_id: int) -> int:
    """Return the id of the newest event, 0 when there is none."""
    return tx.scalar("SELECT max(id) FROM event WHERE workflow_id = ?", (workflow_id,)) or 0


def backlog(tx: Tx, places: Mapping[int, int]) -> tuple[dict[int, int], int]:
    """Return by workflow how many events are behind a place, where there are some, and the id of the newest."""
    counts, newest = {}, 0
    for workflow_id, last_id in places.items():
        count, last = tx.run(
            "SELECT count(*), max(id) FROM event WHERE workflow_id = ? AND id > ?", (workflow_id, last_id)
        ).fetchone()
        if count:
            counts[workflow_id], newest = count, max(newest, last)
    return counts, newest


def latest_timestamp(tx: Tx, workflow_id: int) -> int | None:
    """Return the newest event's time in milliseconds since the epoch."""
    value: int | None = tx.scalar("SELECT max(timestamp) FROM event WHERE workflow_id = ?", (workflow_id,))
    return value
