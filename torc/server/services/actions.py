"""Actions: stored, triggered by transitions, claimed by runners."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from torc.errors import Conflict, InvalidInput, NotFound
from torc.models.action import CONFIGS, JOB_TRIGGERS, WORKER_TRIGGERS
from torc.server.services.call import Call
from torc.server.store import actions, events, jobs, records, workflows
from torc.server.store.nouns import ACTION
from torc.server.store.transaction import Tx
from torc.server.wire import Json, array


def create_workflow_action(tx: Tx, call: Call) -> Json:
    """Create an action."""
    workflows.head(tx, call.id)
    body = call.body
    job_ids = sorted(set(body.job_ids or []))
    strangers = jobs.not_in_workflow(tx, "job", call.id, job_ids)
    if strangers:
        raise InvalidInput(f"no job with id {strangers[0]} in workflow {call.id}", field="job_ids", value=strangers[0])
    if body.trigger_type in JOB_TRIGGERS and not job_ids:
        raise InvalidInput(f"trigger '{body.trigger_type}' needs jobs", field="job_ids")
    values = {
        "workflow_id": call.id,
        "trigger_type": body.trigger_type,
        "action_type": body.action_type,
        "action_config": checked_config(body.action_type, body.action_config),
        "persistent": body.trigger_type in WORKER_TRIGGERS if body.persistent is None else body.persistent,
        "required_triggers": len(job_ids) if body.trigger_type in JOB_TRIGGERS else 1,
        "is_recovery": body.is_recovery,
    }
    action_id = records.insert(tx, ACTION, values)
    actions.add_jobs(tx, [(action_id, job_id) for job_id in job_ids])
    return records.get(tx, ACTION, action_id)


def checked_config(action_type: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return an action's options with their defaults.

    Raises
    ------
    InvalidInput
    """
    try:
        checked: dict[str, Any] = CONFIGS[action_type].model_validate(config).model_dump(exclude_none=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, ("action_config", *first["loc"])))
        raise InvalidInput(f"{place}: {first['msg']}", field=place, value=first.get("input")) from None
    return checked


def get_workflow_actions(tx: Tx, call: Call) -> Json:
    """List all actions."""
    workflows.head(tx, call.id)
    return array(actions.listed(tx, call.id))


def get_pending_actions(tx: Tx, call: Call) -> Json:
    """List the actions that may be claimed now."""
    workflows.head(tx, call.id)
    return array(actions.due(tx, call.id, call.query.trigger_type, call.query.compute_node_id))


def claim_action(tx: Tx, call: Call) -> dict[str, Any]:
    """Claim an action: once for the workflow, or once for each worker when it is persistent.

    A worker that claims again what it has claimed gets the same answer: its first reply may have been lost.
    Nobody offers it the action a second time.
    """
    action = _action(tx, call)
    node_id = call.body.compute_node_id
    if node_id is not None and not workflows.exists(tx, "compute_node", call.id, node_id):
        raise InvalidInput(
            f"no compute node with id {node_id} in workflow {call.id}", field="compute_node_id", value=node_id
        )
    if action["trigger_count"] < action["required_triggers"]:
        raise Conflict(f"action {action['id']} has not been triggered yet", field="action_id")
    if action["persistent"]:
        won = True
        if node_id is not None:
            actions.mark_claimed(tx, action["id"], node_id)
    else:
        won = actions.mark_executed(tx, action["id"], node_id)
        won = won or (node_id is not None and action["executed_by"] == node_id)
    if not won:
        raise Conflict(f"action {action['id']} has been claimed already", field="action_id")
    return {"action_id": action["id"], "success": True, "claimed": True}


def report_action(tx: Tx, call: Call) -> dict[str, Any]:
    """Record how an action ended; a repeated report of the same runner changes nothing."""
    action = _action(tx, call)
    if not actions.add_report(tx, action["id"], call.body.compute_node_id):
        return {"action_id": action["id"], "success": True, "claimed": True}
    data = {
        "action_id": action["id"],
        "trigger_type": action["trigger_type"],
        "compute_node_id": call.body.compute_node_id,
        "success": call.body.success,
        "message": call.body.message,
    }
    kind, severity = ("action_completed", "info") if call.body.success else ("action_failed", "error")
    events.append(tx, call.id, kind, data, severity)
    return {"action_id": action["id"], "success": True, "claimed": True}


def _action(tx: Tx, call: Call) -> dict[str, Any]:
    action_id = call.path["action_id"]
    action = records.fetch(tx, ACTION, action_id)
    if action["workflow_id"] != call.id:
        raise NotFound(f"no action with id {action_id} in workflow {call.id}", field="action_id", value=action_id)
    return action
