"""Failure handlers."""

from __future__ import annotations

from typing import Any

from torc.errors import InvalidInput
from torc.server.services import crud
from torc.server.services.call import Call
from torc.server.store import jobs, records, workflows
from torc.server.store.nouns import FAILURE_HANDLER
from torc.server.store.transaction import Tx
from torc.server.wire import Json


def create_failure_handler(tx: Tx, call: Call) -> Json:
    """Create a failure handler."""
    return records.get(tx, FAILURE_HANDLER, crud.create(tx, FAILURE_HANDLER, call.body))


def list_failure_handlers(tx: Tx, call: Call) -> dict[str, Any]:
    """List a workflow's failure handlers."""
    workflows.head(tx, call.id)
    return crud.listing(tx, FAILURE_HANDLER, call.query, "failure_handlers", {"workflow_id": call.id})


def get_failure_handler(tx: Tx, call: Call) -> Json:
    """Return one failure handler."""
    return records.get(tx, FAILURE_HANDLER, call.id)


def delete_failure_handler(tx: Tx, call: Call) -> Json:
    """Delete a failure handler that no job uses."""
    users = jobs.handled_by(tx, call.id)
    if users:
        raise InvalidInput(
            f"failure handler {call.id} is used by {users} jobs",
            field="id",
            value=call.id,
            hint="delete those jobs or give them another handler first",
        )
    return records.delete(tx, FAILURE_HANDLER, call.id)
