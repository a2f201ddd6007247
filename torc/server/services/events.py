"""Events, and the stream of them."""

from __future__ import annotations

from typing import Any

from torc.server.services import crud
from torc.server.services.call import Call
from torc.server.store import events, records, workflows
from torc.server.store.nouns import EVENT
from torc.server.store.transaction import Tx
from torc.server.wire import Json


def create_event(tx: Tx, call: Call) -> Json:
    """Record an event of the caller's; the server sets the time."""
    body = call.body
    workflows.head(tx, body.workflow_id)
    kind = body.event_type or (body.data.get("event_type") if isinstance(body.data, dict) else None) or "user_event"
    values = {
        "workflow_id": body.workflow_id,
        "timestamp": tx.now_ms,
        "event_type": str(kind),
        "severity": body.severity or "info",
        "data": body.data,
    }
    tx.effects.events.add(body.workflow_id)
    return records.get(tx, EVENT, records.insert(tx, EVENT, values))


def list_events(tx: Tx, call: Call) -> dict[str, Any]:
    """List events."""
    query = call.query
    conditions: list[tuple[str, dict[str, Any]]] = []
    if query.category is not None:
        sql = "(event_type = :category OR json_extract(data, '$.category') = :category)"
        conditions.append((sql, {"category": query.category}))
    if query.after_timestamp is not None:
        conditions.append(("timestamp > :after", {"after": query.after_timestamp}))
    return crud.listing(tx, EVENT, query, "events", {}, conditions)


def get_event(tx: Tx, call: Call) -> Json:
    """Return one event."""
    return records.get(tx, EVENT, call.id)


def update_event(tx: Tx, call: Call) -> Json:
    """Change what an event says."""
    values = call.body.given(exclude={"id", "workflow_id", "timestamp"})
    records.update(tx, EVENT, call.id, values)
    return records.get(tx, EVENT, call.id)


def delete_event(tx: Tx, call: Call) -> Json:
    """Delete an event."""
    return records.delete(tx, EVENT, call.id)


def delete_events(tx: Tx, call: Call) -> dict[str, int]:
    """Delete all events of a workflow."""
    return crud.delete_all(tx, EVENT, call)


def get_latest_event_timestamp(tx: Tx, call: Call) -> dict[str, int | None]:
    """Return when the newest event happened."""
    workflows.head(tx, call.id)
    return {"timestamp": events.latest_timestamp(tx, call.id)}
