"""Scheduled compute nodes: allocations that a scheduler was asked for, from the request to the end."""

from __future__ import annotations

from typing import Any

from torc.errors import InvalidInput
from torc.server.services import crud
from torc.server.services.call import Call
from torc.server.store import records, workflows
from torc.server.store.nouns import SCHEDULED_COMPUTE_NODE
from torc.server.store.transaction import Tx
from torc.server.wire import Json


def create_scheduled_compute_node(tx: Tx, call: Call) -> Json:
    """Record an allocation that is being asked for."""
    body = call.body
    workflows.head(tx, body.workflow_id)
    _check_scheduler(tx, body.workflow_id, body.scheduler_type, body.scheduler_config_id)
    return records.get(tx, SCHEDULED_COMPUTE_NODE, crud.create(tx, SCHEDULED_COMPUTE_NODE, body))


def list_scheduled_compute_nodes(tx: Tx, call: Call) -> dict[str, Any]:
    """List scheduled compute nodes."""
    query = call.query
    equals = {name: getattr(query, name) for name in ("scheduler_id", "scheduler_config_id", "status")}
    return crud.listing(tx, SCHEDULED_COMPUTE_NODE, query, "scheduled_compute_nodes", equals)


def get_scheduled_compute_node(tx: Tx, call: Call) -> Json:
    """Return one scheduled compute node."""
    return records.get(tx, SCHEDULED_COMPUTE_NODE, call.id)


def update_scheduled_compute_node(tx: Tx, call: Call) -> Json:
    """Change a scheduled compute node."""
    known = records.fetch(tx, SCHEDULED_COMPUTE_NODE, call.id)
    wanted = known | call.body.given()
    names = ("scheduler_type", "scheduler_config_id")
    if any(wanted[name] != known[name] for name in names):
        _check_scheduler(tx, known["workflow_id"], *(wanted[name] for name in names))
    return crud.update(tx, SCHEDULED_COMPUTE_NODE, call)


def delete_scheduled_compute_node(tx: Tx, call: Call) -> Json:
    """Delete a scheduled compute node."""
    return records.delete(tx, SCHEDULED_COMPUTE_NODE, call.id)


def delete_scheduled_compute_nodes(tx: Tx, call: Call) -> dict[str, int]:
    """Delete all scheduled compute nodes of a workflow."""
    return crud.delete_all(tx, SCHEDULED_COMPUTE_NODE, call)


def _check_scheduler(tx: Tx, workflow_id: int, kind: str, scheduler_id: int) -> None:
    if not workflows.exists(tx, f"{kind}_scheduler", workflow_id, scheduler_id):
        raise InvalidInput(
            f"no {kind} scheduler with id {scheduler_id} in workflow {workflow_id}",
            field="scheduler_config_id",
            value=scheduler_id,
            hint=f"create it with create_{kind}_scheduler first",
        )
