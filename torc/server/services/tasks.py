"""Tasks: operations that go on after their request has been answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torc.errors import Conflict
from torc.server.services.call import Call
from torc.server.store import events, records, tasks, workflows
from torc.server.store.nouns import TASK
from torc.server.store.transaction import Tx
from torc.server.wire import Json

#: Carries out an operation on a workflow with what was asked for.
Work = Callable[[Tx, int, Mapping[str, Any]], Any]

INTERRUPTED = "the server stopped before this was done, and nothing of it was; ask for it again"


def get_task(tx: Tx, call: Call) -> Json:
    """Return one task."""
    return records.get(tx, TASK, call.id)


def get_active_task_for_workflow(tx: Tx, call: Call) -> dict[str, Json | None]:
    """Return the task that is queued or running for a workflow, null when there is none."""
    workflows.head(tx, call.id)
    found = tasks.active_json(tx, call.id)
    return {"task": None if found is None else Json(found)}


def queue(tx: Tx, workflow_id: int, operation: str, parameters: Mapping[str, Any]) -> Json:
    """Queue a task and return it; asked for again with the same parameters, return the one that is under way.

    Raises
    ------
    Conflict
        When the workflow has a task that does something else.
    """
    known = tasks.active(tx, workflow_id)
    if known is None:
        task_id = tasks.insert(tx, workflow_id, operation, parameters)
        tx.effects.tasks.append(task_id)
    elif known[1:] == (operation, parameters):
        task_id = known[0]
    else:
        raise Conflict(
            f"task {known[0]} of workflow {workflow_id} is under way: {known[1]} with {known[2]}",
            field="id",
            value=known[0],
            hint=f"wait until GET /tasks/{known[0]} says that it has ended",
        )
    return records.get(tx, TASK, task_id)


def start(tx: Tx, task_id: int) -> tuple[int, str, dict[str, Any]] | None:
    """Mark a task as running and return what is to be done; None when its workflow has been deleted."""
    found = tasks.start(tx, task_id)
    if found is not None:
        events.append(tx, found[0], "task_started", {"task_id": task_id, "operation": found[1]})
    return found


def carry_out(
    tx: Tx, task_id: int, workflow_id: int, operation: str, parameters: Mapping[str, Any], work: Work
) -> None:
    """Do the work of a task and mark it as succeeded, both or neither."""
    work(tx, workflow_id, parameters)
    tasks.finish(tx, task_id)
    events.append(tx, workflow_id, "task_completed", {"task_id": task_id, "operation": operation})


def fail(tx: Tx, task_id: int, workflow_id: int, operation: str, error: str) -> None:
    """Mark a task as failed; with a workflow that has been deleted meanwhile it is gone."""
    if not tasks.finish(tx, task_id, error):
        return
    data = {"task_id": task_id, "operation": operation, "error": error}
    events.append(tx, workflow_id, "task_failed", data, "error")


def give_up_unfinished(tx: Tx) -> None:
    """Mark as failed what a server that is gone has left behind."""
    for task_id, workflow_id, operation in tasks.unfinished(tx):
        fail(tx, task_id, workflow_id, operation, INTERRUPTED)
