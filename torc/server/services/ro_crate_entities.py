"""RO-Crate entities."""

from __future__ import annotations

from typing import Any

from torc.errors import InvalidInput
from torc.server.services import crud
from torc.server.services.call import Call
from torc.server.store import records, workflows
from torc.server.store.nouns import RO_CRATE_ENTITY
from torc.server.store.transaction import Tx
from torc.server.wire import Json


def create_ro_crate_entity(tx: Tx, call: Call) -> Json:
    """Create an entity."""
    workflows.head(tx, call.body.workflow_id)
    _check_file(tx, call.body.workflow_id, call.body.file_id)
    return records.get(tx, RO_CRATE_ENTITY, crud.create(tx, RO_CRATE_ENTITY, call.body))


def list_ro_crate_entities(tx: Tx, call: Call) -> dict[str, Any]:
    """List a workflow's entities."""
    workflows.head(tx, call.id)
    query = call.query
    equals = {"workflow_id": call.id, "file_id": query.file_id, "entity_id": query.entity_id}
    return crud.listing(tx, RO_CRATE_ENTITY, query, "ro_crate_entities", equals)


def get_ro_crate_entity(tx: Tx, call: Call) -> Json:
    """Return one entity."""
    return records.get(tx, RO_CRATE_ENTITY, call.id)


def update_ro_crate_entity(tx: Tx, call: Call) -> Json:
    """Change an entity."""
    known = records.fetch(tx, RO_CRATE_ENTITY, call.id)
    _check_file(tx, known["workflow_id"], call.body.file_id)
    return crud.update(tx, RO_CRATE_ENTITY, call)


def delete_ro_crate_entity(tx: Tx, call: Call) -> dict[str, str]:
    """Delete an entity."""
    records.delete(tx, RO_CRATE_ENTITY, call.id)
    return {"message": f"deleted RO-Crate entity {call.id}"}


def delete_ro_crate_entities(tx: Tx, call: Call) -> dict[str, Any]:
    """Delete all entities of a workflow."""
    workflows.head(tx, call.id)
    count = records.delete_all(tx, RO_CRATE_ENTITY, call.id)["count"]
    return {"deleted_count": count, "message": f"deleted {count} RO-Crate entities"}


def _check_file(tx: Tx, workflow_id: int, file_id: int | None) -> None:
    if file_id is not None and not workflows.exists(tx, "file", workflow_id, file_id):
        raise InvalidInput(f"no file with id {file_id} in workflow {workflow_id}", field="file_id", value=file_id)
