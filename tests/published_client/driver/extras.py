"""Actions, failure handlers, provenance."""

import json

import made

from torc.openapi_client import (
    ClaimActionRequest,
    FailureHandlerModel,
    FileModel,
    RoCrateEntityModel,
    WorkflowActionModel,
)
from torc.openapi_client.exceptions import ConflictException


def actions(api):
    workflow = made.workflow(api)
    (job,) = made.jobs(api, workflow.id, "a")
    start = api.create_workflow_action(
        workflow.id,
        WorkflowActionModel(
            workflow_id=workflow.id, trigger_type="on_workflow_start", action_type="run_commands",
            action_config={"commands": ["true"]},
        ),
    )  # fmt: skip
    on_ready = api.create_workflow_action(
        workflow.id,
        WorkflowActionModel(
            workflow_id=workflow.id, trigger_type="on_jobs_ready", action_type="run_commands",
            action_config={"commands": ["true"]}, job_ids=[job.id], persistent=True,
        ),
    )  # fmt: skip
    assert api.get_pending_actions(workflow.id) == []
    api.initialize_jobs(workflow.id)
    assert [action.id for action in api.get_workflow_actions(workflow.id)] == [start.id, on_ready.id]
    triggers = ["on_workflow_start", "on_jobs_ready"]
    assert {action.id for action in api.get_pending_actions(workflow.id, triggers)} == {start.id, on_ready.id}
    node = made.node(api, workflow.id)
    claim = api.claim_action(workflow.id, start.id, ClaimActionRequest(compute_node_id=node.id))
    assert (claim.action_id, claim.success) == (start.id, True)
    other = made.node(api, workflow.id)
    again = ClaimActionRequest(compute_node_id=other.id)
    assert made.raises(ConflictException, api.claim_action, workflow.id, start.id, again).status == 409
    for _ in range(2):
        assert api.claim_action(workflow.id, on_ready.id, ClaimActionRequest(compute_node_id=node.id)).success
    (done,) = [action for action in api.get_workflow_actions(workflow.id) if action.id == start.id]
    assert (done.executed, done.executed_by) == (True, node.id)


def failure_handlers(api):
    workflow = made.workflow(api)
    rules = [{"exit_codes": [137], "recovery_script": "./more", "max_retries": 2}]
    created = api.create_failure_handler(
        FailureHandlerModel(workflow_id=workflow.id, name="oom", rules=json.dumps(rules))
    )
    assert json.loads(api.get_failure_handler(created.id).rules)[0]["exit_codes"] == [137]
    (job,) = made.jobs(api, workflow.id, "a", failure_handler_id=created.id)
    assert api.get_job(job.id).failure_handler_id == created.id
    assert [one.name for one in api.list_failure_handlers(workflow.id, limit=5).items] == ["oom"]
    api.delete_job(job.id)
    assert api.delete_failure_handler(created.id).name == "oom"


def ro_crate_entities(api):
    workflow = made.workflow(api)
    file = api.create_file(FileModel(workflow_id=workflow.id, name="f", path="f"))
    created = api.create_ro_crate_entity(
        RoCrateEntityModel(
            workflow_id=workflow.id, file_id=file.id, entity_id="f", entity_type="File", metadata={"name": "f"}
        )
    )
    assert api.get_ro_crate_entity(created.id) == created
    for filters in ({"file_id": file.id}, {"entity_id": "f"}, {"sort_by": "entity_id", "reverse_sort": True}):
        assert [one.id for one in api.list_ro_crate_entities(workflow.id, **filters).items] == [created.id], filters
    created.metadata = {"name": "g", "size": 3}
    assert api.update_ro_crate_entity(created.id, created).metadata == {"name": "g", "size": 3}
    assert api.delete_ro_crate_entity(created.id).message
    api.create_ro_crate_entity(
        RoCrateEntityModel(workflow_id=workflow.id, entity_id="./", entity_type="Dataset", metadata={})
    )
    assert api.delete_ro_crate_entities(workflow.id).deleted_count == 1
