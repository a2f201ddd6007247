"""Results."""

from __future__ import annotations

from typing import Any

from torc.errors import InvalidInput, NotFound
from torc.server.services import crud
from torc.server.services.call import Call
from torc.server.services.completions import result_row
from torc.server.store import completions, records, workflows
from torc.server.store.nouns import RESULT
from torc.server.store.transaction import Tx
from torc.server.wire import Json


def create_result(tx: Tx, call: Call) -> Json:
    """Store a result; what is not given is taken from the job. The job's status does not change."""
    if call.body.job_id is None:
        raise InvalidInput("no job given", field="job_id", hint="name the job that the result is of")
    job = completions.held_jobs(tx, [call.body.job_id]).get(call.body.job_id)
    if job is None:
        raise NotFound(f"no job with id {call.body.job_id}", field="job_id", value=call.body.job_id)
    _check_node(tx, job.workflow_id, call.body.compute_node_id)
    row = result_row(job, call.body)
    completions.retire_results(tx, [job.id])
    with records.unique_names(RESULT, {}):
        completions.add_results(tx, [row], replace=False)
    return records.get(tx, RESULT, completions.last_result(tx, job.id))


def _check_node(tx: Tx, workflow_id: int, node_id: int | None) -> None:
    if node_id is not None and not workflows.exists(tx, "compute_node", workflow_id, node_id):
        raise InvalidInput(
            f"no compute node with id {node_id} in workflow {workflow_id}", field="compute_node_id", value=node_id
        )


def list_results(tx: Tx, call: Call) -> dict[str, Any]:
    """List results, of each job the current one unless all runs are asked for."""
    query = call.query
    names = ("job_id", "run_id", "return_code", "status", "compute_node_id")
    history = query.all_runs or query.run_id is not None
    conditions: list[tuple[str, dict[str, Any]]] = [] if history else [("is_current = 1", {})]
    equals = {name: getattr(query, name) for name in names}
    return crud.listing(tx, RESULT, query, "results", equals, conditions)


def get_result(tx: Tx, call: Call) -> Json:
    """Return one result."""
    return records.get(tx, RESULT, call.id)


def update_result(tx: Tx, call: Call) -> Json:
    """Change a result; it stays with its job."""
    known = records.fetch(tx, RESULT, call.id)
    if call.body.compute_node_id != known["compute_node_id"]:
        _check_node(tx, known["workflow_id"], call.body.compute_node_id)
    records.update(tx, RESULT, call.id, call.body.given(exclude={"id", "workflow_id", "job_id"}))
    return records.get(tx, RESULT, call.id)


def delete_result(tx: Tx, call: Call) -> Json:
    """Delete a result."""
    return records.delete(tx, RESULT, call.id)


def delete_results(tx: Tx, call: Call) -> dict[str, int]:
    """Delete all results of a workflow."""
    return crud.delete_all(tx, RESULT, call)
