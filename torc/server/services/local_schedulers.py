"""Local schedulers."""

from __future__ import annotations

from typing import Any

from torc.server.services import crud
from torc.server.services.call import Call
from torc.server.store import records
from torc.server.store.nouns import LOCAL_SCHEDULER
from torc.server.store.transaction import Tx
from torc.server.wire import Json


def create_local_scheduler(tx: Tx, call: Call) -> Json:
    """Create a local scheduler."""
    return records.get(tx, LOCAL_SCHEDULER, crud.create_named(tx, LOCAL_SCHEDULER, call.body))


def list_local_schedulers(tx: Tx, call: Call) -> dict[str, Any]:
    """List local schedulers."""
    query = call.query
    equals = {"memory": query.memory, "num_cpus": query.num_cpus}
    return crud.listing(tx, LOCAL_SCHEDULER, query, "local_schedulers", equals)


def get_local_scheduler(tx: Tx, call: Call) -> Json:
    """Return one local scheduler."""
    return records.get(tx, LOCAL_SCHEDULER, call.id)


def update_local_scheduler(tx: Tx, call: Call) -> Json:
    """Change a local scheduler."""
    return crud.update(tx, LOCAL_SCHEDULER, call)


def delete_local_scheduler(tx: Tx, call: Call) -> Json:
    """Delete a local scheduler."""
    return records.delete(tx, LOCAL_SCHEDULER, call.id)


def delete_local_schedulers(tx: Tx, call: Call) -> dict[str, int]:
    """Delete all local schedulers of a workflow."""
    return crud.delete_all(tx, LOCAL_SCHEDULER, call)
