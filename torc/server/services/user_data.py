"""User data."""

from __future__ import annotations

from typing import Any

from torc.errors import InvalidInput
from torc.server.services import crud
from torc.server.services.call import Call
from torc.server.store import plans, records, workflows
from torc.server.store.nouns import USER_DATA
from torc.server.store.transaction import Tx
from torc.server.wire import Json, array


def create_user_data(tx: Tx, call: Call) -> Json:
    """Create a record, linked to a reader or a writer if the query names them."""
    record_id = crud.create(tx, USER_DATA, call.body)
    links = (("job_input_user_data", call.query.consumer_job_id), ("job_output_user_data", call.query.producer_job_id))
    for table, job_id in links:
        if job_id is None:
            continue
        if not workflows.exists(tx, "job", call.body.workflow_id, job_id):
            raise InvalidInput(f"no job with id {job_id} in workflow {call.body.workflow_id}", value=job_id)
        plans.insert_relation(tx, table, "user_data_id", [(job_id, record_id)])
    return records.get(tx, USER_DATA, record_id)


def create_user_data_list(tx: Tx, call: Call) -> dict[str, Json]:
    """Create records of one workflow."""
    bodies = call.body.user_data
    if not bodies:
        return {"user_data": array([])}
    workflow_id = crud.same_workflow(bodies, "user data")
    workflows.head(tx, workflow_id)
    rows = [body.model_dump(include={"name", "data", "is_ephemeral"}) for body in bodies]
    ids = plans.insert_user_data(tx, workflow_id, rows)
    return {"user_data": array(records.get_many(tx, USER_DATA, ids))}


def list_user_data(tx: Tx, call: Call) -> dict[str, Any]:
    """List records."""
    query = call.query
    conditions: list[tuple[str, dict[str, Any]]] = []
    for table, job_id in (
        ("job_input_user_data", query.consumer_job_id),
        ("job_output_user_data", query.producer_job_id),
    ):
        if job_id is not None:
            sql = f"EXISTS (SELECT 1 FROM {table} r WHERE r.user_data_id = user_data.id AND r.job_id = :{table})"
            conditions.append((sql, {table: job_id}))
    equals = {"name": query.name, "is_ephemeral": query.is_ephemeral}
    return crud.listing(tx, USER_DATA, query, "user_data", equals, conditions)


def get_user_data(tx: Tx, call: Call) -> Json:
    """Return one record."""
    return records.get(tx, USER_DATA, call.id)


def update_user_data(tx: Tx, call: Call) -> Json:
    """Change a record."""
    return crud.update(tx, USER_DATA, call)


def delete_user_data(tx: Tx, call: Call) -> Json:
    """Delete a record."""
    return records.delete(tx, USER_DATA, call.id)


def delete_all_user_data(tx: Tx, call: Call) -> dict[str, int]:
    """Delete all records of a workflow."""
    return crud.delete_all(tx, USER_DATA, call)
