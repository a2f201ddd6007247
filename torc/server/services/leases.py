"""What happens to the jobs of runners that fell silent."""

from __future__ import annotations

from torc.server.services.completions import give_up_node
from torc.server.store import events, nodes
from torc.server.store.transaction import Tx


def lapse(tx: Tx, node_ids: list[int]) -> None:
    """Take the jobs from nodes whose lease has lapsed."""
    for node_id in node_ids:
        found = nodes.deactivate(tx, node_id)
        if found is None:
            continue
        workflow_id, hostname = found
        data = {"compute_node_id": node_id, "hostname": hostname}
        events.append(tx, workflow_id, "compute_node_lost", data, "error")
        reason = f"the runner on {hostname} was lost: it has not been heard of for longer than its lease"
        give_up_node(tx, workflow_id, node_id, reason)
        tx.effects.wake_all.add(workflow_id)


def running_leases(tx: Tx) -> list[tuple[int, float]]:
    """Return the nodes that hold a lease when the server starts."""
    return nodes.leases(tx)
