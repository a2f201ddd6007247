"""Workflows: create, describe, archive, cancel, and how they are going."""

from __future__ import annotations

from typing import Any

from torc.errors import Forbidden
from torc.models.workflow import WorkflowModel
from torc.server.services import access_groups, crud
from torc.server.services.call import Call
from torc.server.services.completions import settle_after
from torc.server.services.resource_requirements import DEFAULT, parsed
from torc.server.store import access, completions, events, nodes, records, runs, workflows
from torc.server.store.nouns import RESOURCE_REQUIREMENTS, WORKFLOW
from torc.server.store.transaction import Tx, timestamp
from torc.server.wire import Json
from torc.states import ACTIVE, JobStatus
from torc.units import to_iso_duration

_READ_ONLY = {"id", "timestamp", "run_id", "is_canceled", "is_archived", "status_id"}


def insert(tx: Tx, body: WorkflowModel, call: Call, request: dict[str, str] | None = None) -> int:
    """Store a workflow; an authenticated caller owns it whatever the body says.

    Parameters
    ----------
    request
        What is kept of a request that may be repeated, by column.

    Raises
    ------
    Forbidden
        When the caller's token is for another workflow.
    """
    if call.caller.is_scoped:
        raise Forbidden(
            f"this token is for workflow {call.caller.workflow_id} only and creates none",
            hint="use a token or password of your own",
        )
    values = {
        name: value
        for name, value in body.model_dump(exclude=_READ_ONLY, exclude_none=True).items()
        if name in WORKFLOW.fields
    }
    values["timestamp"] = timestamp()
    if call.caller.user is not None:
        values["user"] = call.caller.user
    workflow_id = records.insert(tx, WORKFLOW, values, request)
    if body.access_groups:
        access_groups.share_with(tx, call, workflow_id, body.access_groups)
    return workflow_id


def create_workflow(tx: Tx, call: Call) -> Json:
    """Create an empty workflow with the default resource requirements."""
    workflow_id = insert(tx, call.body, call)
    records.insert(tx, RESOURCE_REQUIREMENTS, {"workflow_id": workflow_id, **DEFAULT}, parsed(DEFAULT))
    events.append(tx, workflow_id, "workflow_created", {"name": call.body.name})
    return records.get(tx, WORKFLOW, workflow_id)


def list_workflows(tx: Tx, call: Call) -> dict[str, Any]:
    """List workflows."""
    query = call.query
    equals = {name: getattr(query, name) for name in ("name", "user", "description", "is_archived")}
    return crud.listing(tx, WORKFLOW, query, "workflows", equals, access.visible_workflows(tx, call.caller))


def get_workflow(tx: Tx, call: Call) -> Json:
    """Return one workflow."""
    return records.get(tx, WORKFLOW, call.id)


def update_workflow(tx: Tx, call: Call) -> Json:
    """Change what describes a workflow; its status has calls of its own."""
    values = call.body.given(exclude=_READ_ONLY)
    if "access_groups" in values or values.get("user") not in (None, workflows.head(tx, call.id).user):
        _own(tx, call, "shares it or gives it away")
    records.update(tx, WORKFLOW, call.id, values)
    if "access_groups" in values:
        access_groups.share_with(tx, call, call.id, values["access_groups"])
    return records.get(tx, WORKFLOW, call.id)


def delete_workflow(tx: Tx, call: Call) -> Json:
    """Delete a workflow with everything in it."""
    _own(tx, call, "deletes it")
    for node_id in nodes.active_ids(tx, call.id):
        tx.effects.leases[node_id] = None
    tx.effects.wake_all.add(call.id)
    tx.effects.events.add(call.id)
    tx.effects.deleted.add(call.id)
    return records.delete(tx, WORKFLOW, call.id)


def _own(tx: Tx, call: Call, what: str) -> None:
    workflows.head(tx, call.id)
    if not access.owns(tx, call.caller, call.id):
        raise Forbidden(f"only the owner of workflow {call.id} {what}", hint="ask its owner")


def archive_workflow(tx: Tx, call: Call) -> Json:
    """Archive a workflow, or take it back."""
    _set_archived(tx, call.id, call.body.is_archived)
    return records.get(tx, WORKFLOW, call.id)


def _set_archived(tx: Tx, workflow_id: int, archived: bool) -> None:
    workflows.head(tx, workflow_id)
    workflows.set_state(tx, workflow_id, is_archived=int(archived))
    events.append(tx, workflow_id, "workflow_archived" if archived else "workflow_unarchived", {})


def cancel_workflow(tx: Tx, call: Call) -> Json:
    """Cancel a workflow: what runs is ended, nothing more is claimed; one that is complete stays so."""
    head = workflows.head(tx, call.id)
    if not head.is_canceled and not _is_over(tx, head):
        workflows.set_state(tx, head.id, is_canceled=1)
        held = runs.jobs_in(tx, head.id, ACTIVE)
        completions.end(tx, dict.fromkeys(held, JobStatus.canceled))
        events.append(tx, head.id, "workflow_canceled", {"job_ids": held}, "warning")
        if held:
            settle_after(tx, head.id, dict.fromkeys(held, JobStatus.canceled))
        tx.effects.wake_all.add(head.id)
    return records.get(tx, WORKFLOW, head.id)


def _is_over(tx: Tx, head: workflows.Head) -> bool:
    """Return whether a workflow is complete and nobody waits for more of it."""
    if workflows.has_open_jobs(tx, head.id) or workflows.expects_more(tx, head.id):
        return False
    counts = workflows.counts(tx, head.id)
    return _word(head, counts, sum(counts.values()), complete=True) == "complete"


def get_workflow_status(tx: Tx, call: Call) -> dict[str, Any]:
    """Return how a workflow is going."""
    head = workflows.head(tx, call.id)
    counts = workflows.counts(tx, head.id)
    total = sum(counts.values())
    complete = head.is_canceled or not workflows.has_open_jobs(tx, head.id)
    minutes, walltime = workflows.execution_totals(tx, head.id)
    scheduled = workflows.scheduled_nodes(tx, head.id)
    return {
        "id": head.id,
        "workflow_id": head.id,
        "workflow_name": head.name,
        "workflow_user": head.user,
        "status": _word(head, counts, total, complete),
        "run_id": head.run_id,
        "is_canceled": head.is_canceled,
        "is_archived": head.is_archived,
        "is_complete": complete,
        "has_detected_need_to_run_completion_script": False,
        "jobs_by_status": counts,
        "total_jobs": total,
        "total_exec_time_minutes": minutes,
        "walltime_seconds": walltime,
        "active_compute_nodes": workflows.active_nodes(tx, head.id),
        "active_scheduled_nodes": scheduled.get("active", 0),
        "pending_scheduled_nodes": scheduled.get("pending", 0),
    }


def _word(head: workflows.Head, counts: dict[str, int], total: int, complete: bool) -> str:
    if head.is_canceled:
        return "canceled"
    if counts["uninitialized"] == total:
        return "uninitialized"
    if complete:
        return "complete"
    return "running" if counts["running"] or counts["pending"] else "initialized"


def update_workflow_status(tx: Tx, call: Call) -> dict[str, Any]:
    """Archive, cancel or set the run, as older clients do it."""
    body = call.body
    workflows.head(tx, call.id)
    if body.run_id is not None:
        workflows.set_state(tx, call.id, run_id=body.run_id)
    if body.is_archived is not None:
        _set_archived(tx, call.id, body.is_archived)
    if body.is_canceled:
        cancel_workflow(tx, call)
    elif body.is_canceled is False:
        workflows.set_state(tx, call.id, is_canceled=0)
    return get_workflow_status(tx, call)


def is_workflow_complete(tx: Tx, call: Call) -> dict[str, bool]:
    """Return whether everything has come to its end."""
    head = workflows.head(tx, call.id)
    return {
        "is_complete": head.is_canceled or not workflows.has_open_jobs(tx, head.id),
        "is_canceled": head.is_canceled,
    }


def is_workflow_uninitialized(tx: Tx, call: Call) -> dict[str, bool]:
    """Return whether no job has been initialized."""
    workflows.head(tx, call.id)
    counts = workflows.counts(tx, call.id)
    return {"is_uninitialized": counts["uninitialized"] == sum(counts.values())}


def list_job_ids(tx: Tx, call: Call) -> dict[str, Any]:
    """Return the ids of all jobs."""
    workflows.head(tx, call.id)
    ids = runs.jobs_in(tx, call.id, frozenset(JobStatus))
    return {"job_ids": sorted(ids), "count": len(ids)}


def get_running_jobs(tx: Tx, call: Call) -> dict[str, Any]:
    """List the running jobs and where they run."""
    workflows.head(tx, call.id)
    items, total = workflows.running(tx, call.id, call.query.offset, call.query.limit)
    return crud.page(items, total, call.query, "running_jobs")


def get_ready_job_requirements(tx: Tx, call: Call) -> dict[str, Any]:
    """Return sums and maxima of what the ready jobs need."""
    workflows.head(tx, call.id)
    jobs, cpus, gpus, memory, max_nodes, runtime = workflows.ready_sums(tx, call.id, call.query.scheduler_config_id)
    return {
        "num_jobs": jobs,
        "num_cpus": cpus,
        "num_gpus": gpus,
        "memory_gb": memory / 2**30,
        "max_num_nodes": max_nodes,
        "max_runtime": to_iso_duration(runtime),
    }
