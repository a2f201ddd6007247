"""Files."""

from __future__ import annotations

from typing import Any

from torc.server.services import crud
from torc.server.services.call import Call
from torc.server.store import plans, records, workflows
from torc.server.store.nouns import FILE
from torc.server.store.transaction import Tx
from torc.server.wire import Json, array


def create_file(tx: Tx, call: Call) -> Json:
    """Create a file."""
    return records.get(tx, FILE, crud.create(tx, FILE, call.body))


def create_files(tx: Tx, call: Call) -> dict[str, Json]:
    """Create files of one workflow."""
    bodies = call.body.files
    if not bodies:
        return {"files": array([])}
    workflow_id = crud.same_workflow(bodies, "files")
    workflows.head(tx, workflow_id)
    rows = [body.model_dump(include={"name", "path", "st_mtime"}) for body in bodies]
    ids = plans.insert_files(tx, workflow_id, rows)
    return {"files": array(records.get_many(tx, FILE, ids))}


def list_files(tx: Tx, call: Call) -> dict[str, Any]:
    """List files."""
    query = call.query
    conditions: list[tuple[str, dict[str, Any]]] = []
    made = "EXISTS (SELECT 1 FROM job_output_file o WHERE o.file_id = file.id"
    if query.produced_by_job_id is not None:
        conditions.append((f"{made} AND o.job_id = :producer)", {"producer": query.produced_by_job_id}))
    if query.is_output is not None:
        conditions.append((f"{made})" if query.is_output else f"NOT {made})", {}))
    return crud.listing(tx, FILE, query, "files", {"name": query.name, "path": query.path}, conditions)


def get_file(tx: Tx, call: Call) -> Json:
    """Return one file."""
    return records.get(tx, FILE, call.id)


def update_file(tx: Tx, call: Call) -> Json:
    """Change a file."""
    return crud.update(tx, FILE, call)


def delete_file(tx: Tx, call: Call) -> Json:
    """Delete a file."""
    return records.delete(tx, FILE, call.id)


def delete_files(tx: Tx, call: Call) -> dict[str, int]:
    """Delete all files of a workflow."""
    return crud.delete_all(tx, FILE, call)
