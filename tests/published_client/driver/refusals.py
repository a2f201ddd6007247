"""What the server refuses raises the exception that is meant for it."""

import made

from torc.api import make_api, send_api_command
from torc.exceptions import DatabaseOffline
from torc.openapi_client import EventModel, FileModel, JobModel, ResourceRequirementsModel
from torc.openapi_client.exceptions import (
    ConflictException,
    NotFoundException,
    UnauthorizedException,
    UnprocessableEntityException,
)


def unknown_ids_are_not_found(api):
    missing = 10**12
    for name in (
        "get_workflow", "get_job", "get_file", "get_user_data", "get_event", "get_result", "get_compute_node",
        "get_resource_requirements", "get_local_scheduler", "get_slurm_scheduler", "get_scheduled_compute_node",
        "get_failure_handler", "get_ro_crate_entity", "get_access_group", "list_jobs", "list_files", "list_events",
        "list_results", "list_user_data", "list_remote_workers", "list_slurm_stats", "get_workflow_status",
        "initialize_jobs", "cancel_workflow", "delete_job", "delete_workflow",
    ):  # fmt: skip
        assert made.raises(NotFoundException, getattr(api, name), missing).status == 404


def bad_values_are_unprocessable(api):
    workflow = made.workflow(api)
    for bad in (
        lambda: api.create_job(JobModel(workflow_id=workflow.id, name="", command="true")),
        lambda: api.create_file(FileModel(workflow_id=workflow.id, name="a\x00b", path="p")),
        lambda: api.create_resource_requirements(
            ResourceRequirementsModel(workflow_id=workflow.id, name="r", memory="much")
        ),
        lambda: api.list_jobs(workflow.id, sort_by="1; DROP TABLE job"),
        lambda: api.list_jobs(workflow.id, limit=10_001),
        lambda: api.list_jobs(workflow.id, offset=-1),
        lambda: api.update_event(
            api.create_event(EventModel(workflow_id=workflow.id, timestamp=0, data=None)).id, {"severity": "loud"}
        ),
    ):
        made.raises(UnprocessableEntityException, bad)


def a_name_twice_is_refused(api):
    workflow = made.workflow(api)
    made.jobs(api, workflow.id, "a")
    error = made.raises(UnprocessableEntityException, made.jobs, api, workflow.id, "a")
    assert error.status == 422


def wrong_states_are_refused(api):
    workflow, (job,), node = made.ready(api, "a")
    made.raises(UnprocessableEntityException, api.start_job, job.id, 1, node.id)
    made.raises(UnprocessableEntityException, api.manage_status_change, job.id, "completed", 1)
    made.raises((UnprocessableEntityException, ConflictException), api.retry_job, job.id, 1, max_retries=1)
    api.claim_next_jobs(workflow.id)
    made.raises(UnprocessableEntityException, api.reset_workflow_status, workflow.id)


def wrong_credentials_are_unauthorized(api):
    made.sign_in(api, "wrong")
    assert made.raises(UnauthorizedException, api.list_workflows).status == 401
    made.sign_in(api)
    assert api.list_workflows(limit=1).count <= 1


def nobody_there(api):
    away = make_api("http://127.0.0.1:9/torc-service/v1")
    try:
        send_api_command(away.ping, timeout=5)
    except DatabaseOffline:
        pass
    else:
        raise AssertionError("a server answered")
