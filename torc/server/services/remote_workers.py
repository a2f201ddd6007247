"""Remote workers."""

from __future__ import annotations

from torc.errors import NotFound
from torc.server.services.call import Call
from torc.server.store import remote_workers, workflows
from torc.server.store.transaction import Tx
from torc.server.wire import Json, array


def create_remote_workers(tx: Tx, call: Call) -> Json:
    """Add workers; those that the workflow has already are left as they are."""
    workflows.head(tx, call.id)
    names = list(dict.fromkeys(call.body.root))
    remote_workers.add(tx, call.id, names)
    return array(remote_workers.listed(tx, call.id, names))


def list_remote_workers(tx: Tx, call: Call) -> Json:
    """List a workflow's workers."""
    workflows.head(tx, call.id)
    return array(remote_workers.listed(tx, call.id))


def delete_remote_worker(tx: Tx, call: Call) -> dict[str, object]:
    """Remove a worker from a workflow."""
    workflows.head(tx, call.id)
    worker = call.path["worker"]
    if not remote_workers.remove(tx, call.id, worker):
        raise NotFound(f"workflow {call.id} has no remote worker '{worker}'", field="worker", value=worker)
    return {"worker": worker, "workflow_id": call.id}
