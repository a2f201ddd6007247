"""Workflows themselves: create, page, change, archive, cancel, delete."""

import made

from torc.openapi_client import (
    ArchiveWorkflowRequest,
    ComputeNodeMonitorConfig,
    ExecutionConfig,
    JobMonitorConfig,
    ResourceMonitorConfig,
    WorkflowModel,
)


def create_with_every_field(api):
    created = api.create_workflow(
        WorkflowModel(
            name="all fields", user="ada", description="d", project="p", metadata={"a": [1, None]},
            env={"RATE": "0.1"}, enable_ro_crate=True, use_pending_failed=True, submission_directory="/tmp",
            compute_node_expiration_buffer_seconds=1, compute_node_wait_for_new_jobs_seconds=2,
            compute_node_ignore_workflow_completion=True, compute_node_wait_for_healthy_database_minutes=3,
            compute_node_min_time_for_new_jobs_seconds=4, slurm_defaults={"qos": "high"},
            execution_config=ExecutionConfig(mode="direct", timeout_exit_code=152),
            resource_monitor_config=ResourceMonitorConfig(
                enabled=True, granularity="time_series", sample_interval_seconds=2,
                jobs=JobMonitorConfig(enabled=True), compute_node=ComputeNodeMonitorConfig(enabled=True, cpu=False),
            ),
        )
    )  # fmt: skip
    again = api.get_workflow(created.id)
    assert again == created
    assert (again.project, again.metadata, again.env) == ("p", {"a": [1, None]}, {"RATE": "0.1"})
    assert again.resource_monitor_config.compute_node.cpu is False
    assert again.execution_config.mode == "direct"
    assert (again.run_id, again.is_archived, again.is_canceled) == (0, False, False)
    assert again.timestamp.endswith("Z")


def change_what_was_fetched(api):
    created = made.workflow(api, description="before")
    created.description = "after"
    assert api.update_workflow(created.id, created).description == "after"
    assert api.get_workflow(created.id).name == created.name


def list_with_paging_filters_and_order(api):
    names = [made.workflow(api, description="listed").name for _ in range(5)]
    page = api.list_workflows(offset=1, limit=2, sort_by="name", description="listed")
    assert [one.name for one in page.items] == sorted(names)[1:3]
    assert (page.offset, page.count, page.total_count, page.has_more, page.max_limit) == (1, 2, 5, True, 10_000)
    last = api.list_workflows(offset=4, limit=2, sort_by="name", reverse_sort=True, description="listed", user="ada")
    assert [one.name for one in last.items] == sorted(names)[:1]
    assert not last.has_more


def archive_and_take_back(api):
    created = made.workflow(api)
    assert api.archive_workflow(created.id, ArchiveWorkflowRequest(is_archived=True)).is_archived
    assert created.id in [one.id for one in api.list_workflows(is_archived=True).items]
    assert created.id not in [one.id for one in api.list_workflows(is_archived=False).items]
    assert not api.archive_workflow(created.id, ArchiveWorkflowRequest(is_archived=False)).is_archived


def cancel_ends_active_jobs(api):
    created, _, _ = made.ready(api, "a", "b")
    api.claim_next_jobs(created.id, limit=1)
    assert isinstance(api.cancel_workflow(created.id), dict)
    assert api.is_workflow_complete(created.id).is_canceled
    assert "canceled" in {job.status.value for job in api.list_jobs(created.id).items}


def status_counts_jobs(api):
    created, _, node = made.ready(api, "a", "b")
    status = api.get_workflow_status(created.id)
    assert (status.workflow_id, status.workflow_name, status.workflow_user) == (created.id, created.name, "ada")
    assert (status.total_jobs, status.jobs_by_status.ready, status.is_complete) == (2, 2, False)
    assert status.active_compute_nodes == 1
    for job in api.claim_next_jobs(created.id).jobs:
        api.start_job(job.id, 1, node.id)
        api.complete_job(job.id, "completed", 1, made.result(job, node))
    status = api.get_workflow_status(created.id)
    assert status.jobs_by_status.completed == 2
    assert status.is_complete
    assert status.total_exec_time_minutes == 1.0


def what_the_workflow_waits_for(api):
    created, _, _ = made.ready(api, "a", "b")
    needs = api.get_ready_job_requirements(created.id)
    assert (needs.num_jobs, needs.num_cpus, needs.max_num_nodes) == (2, 2, 1)
    ids = api.list_job_ids(created.id)
    assert ids.count == 2
    assert sorted(ids.job_ids) == ids.job_ids
    assert not api.is_workflow_uninitialized(created.id).is_uninitialized
    assert api.is_workflow_uninitialized(made.workflow(api).id).is_uninitialized


def delete_takes_everything_along(api):
    created, jobs, _ = made.ready(api, "a")
    assert api.delete_workflow(created.id).id == created.id
    for gone in (lambda: api.get_workflow(created.id), lambda: api.get_job(jobs[0].id)):
        try:
            gone()
        except Exception as error:
            assert error.status == 404
        else:
            raise AssertionError("still there")


def the_server_itself(api):
    assert api.ping().status == "ok"
    version = api.get_version()
    assert version.version
    assert version.api_version == "0.21.0"
