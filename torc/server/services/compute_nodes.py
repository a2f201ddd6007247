"""Compute nodes: runners register, keep a lease, and leave."""

from __future__ import annotations

from typing import Any

from torc.server.services import crud
from torc.server.services.call import Call
from torc.server.services.completions import give_up_node
from torc.server.store import events, nodes, records
from torc.server.store.nouns import COMPUTE_NODE
from torc.server.store.transaction import Tx, timestamp
from torc.server.wire import Json


def create_compute_node(tx: Tx, call: Call) -> Json:
    """Register a runner; with ``lease_seconds`` its lease begins now."""
    body = call.body
    if body.start_time is None:
        body.start_time = timestamp()
    elif (known := nodes.find(tx, body.workflow_id, body.hostname, body.pid, body.start_time)) is not None:
        # The same process asks again because it has not seen the reply.
        return records.get(tx, COMPUTE_NODE, known)
    node_id = crud.create(tx, COMPUTE_NODE, body)
    if body.lease_seconds is not None and body.is_active:
        tx.effects.leases[node_id] = body.lease_seconds
    data = {"compute_node_id": node_id, "hostname": body.hostname, "pid": body.pid}
    events.append(tx, body.workflow_id, "compute_node_started", data)
    return records.get(tx, COMPUTE_NODE, node_id)


def list_compute_nodes(tx: Tx, call: Call) -> dict[str, Any]:
    """List compute nodes."""
    query = call.query
    equals = {"hostname": query.hostname, "is_active": query.is_active}
    conditions: list[tuple[str, dict[str, Any]]] = []
    if query.scheduled_compute_node_id is not None:
        sql = "json_extract(scheduler, '$.scheduled_compute_node_id') = :scheduled"
        conditions.append((sql, {"scheduled": query.scheduled_compute_node_id}))
    return crud.listing(tx, COMPUTE_NODE, query, "compute_nodes", equals, conditions)


def get_compute_node(tx: Tx, call: Call) -> Json:
    """Return one compute node."""
    return records.get(tx, COMPUTE_NODE, call.id)


def update_compute_node(tx: Tx, call: Call) -> Json:
    """Change a compute node; one that is no longer active gives up what it still holds."""
    before = records.fetch(tx, COMPUTE_NODE, call.id)
    reply = crud.update(tx, COMPUTE_NODE, call)
    after = records.fetch(tx, COMPUTE_NODE, call.id)
    tx.effects.leases[call.id] = after["lease_seconds"] if after["is_active"] else None
    if call.body.is_active is False and before["is_active"]:
        give_up_node(tx, before["workflow_id"], call.id, "the runner left without reporting this job")
        data = {"compute_node_id": call.id, "hostname": before["hostname"]}
        events.append(tx, before["workflow_id"], "compute_node_stopped", data)
    return reply


def delete_compute_node(tx: Tx, call: Call) -> Json:
    """Delete a compute node; what it holds is given up."""
    _leave(tx, records.fetch(tx, COMPUTE_NODE, call.id)["workflow_id"], call.id)
    return records.delete(tx, COMPUTE_NODE, call.id)


def delete_compute_nodes(tx: Tx, call: Call) -> dict[str, int]:
    """Delete all compute nodes of a workflow."""
    for node_id in nodes.active_ids(tx, call.query.workflow_id):
        _leave(tx, call.query.workflow_id, node_id)
    return crud.delete_all(tx, COMPUTE_NODE, call)


def _leave(tx: Tx, workflow_id: int, node_id: int) -> None:
    tx.effects.leases[node_id] = None
    give_up_node(tx, workflow_id, node_id, "the compute node was deleted")
