"""Jobs and their life: initialize, claim, start, complete, reset, run again."""

import time

import made

from torc.api import create_jobs, iter_documents
from torc.openapi_client import (
    BatchCompleteJobsRequest,
    ComputeNodesResources,
    JobCompletionEntry,
    JobModel,
    JobsModel,
    JobStatus,
    ResourceRequirementsModel,
    TasksApi,
    UserDataModel,
)


def jobs_with_every_field(api):
    workflow = made.workflow(api)
    (first,) = made.jobs(api, workflow.id, "first")
    job = api.create_job(
        JobModel(
            workflow_id=workflow.id, name="second", command="echo $X", invocation_script="#!/bin/sh\n", priority=3,
            env={"X": "1"}, cancel_on_blocking_job_failure=False, supports_termination=True,
            depends_on_job_ids=[first.id],
        )
    )  # fmt: skip
    again = api.get_job(job.id)
    assert (again.priority, again.env, again.supports_termination) == (3, {"X": "1"}, True)
    assert again.depends_on_job_ids == [first.id]
    assert again.status == JobStatus.UNINITIALIZED
    assert api.list_jobs(workflow.id).items[1].depends_on_job_ids is None
    assert api.list_jobs(workflow.id, include_relationships=True).items[1].depends_on_job_ids == [first.id]
    again.command = "echo again"
    assert api.update_job(again.id, again).command == "echo again"
    assert [one.name for one in api.list_jobs(workflow.id, command="again").items] == ["second"]
    assert [one.name for one in api.list_jobs(workflow.id, name="FIR").items] == ["first"]
    assert api.delete_job(again.id).name == "second"
    assert api.delete_jobs(workflow.id).count == 1


def many_jobs_at_once(api):
    workflow = made.workflow(api)
    names = [f"job_{number}" for number in range(12_000)]
    jobs = create_jobs(
        api, (JobModel(workflow_id=workflow.id, name=name, command="true") for name in names), max_transfer_size=7_000
    )
    assert [job.name for job in jobs] == names
    page = api.list_jobs(workflow.id)
    assert (page.count, page.total_count, page.has_more) == (10_000, 12_000, True)
    assert [job.name for job in iter_documents(api.list_jobs, workflow.id)] == names
    assert len(api.create_jobs(JobsModel(jobs=[JobModel(workflow_id=workflow.id, name="x", command="true")])).jobs) == 1


def initialize_in_the_background(api):
    workflow = made.workflow(api)
    made.jobs(api, workflow.id, "a")
    task = api.initialize_jobs(workflow.id, var_async=True)
    assert (task.workflow_id, task.operation) == (workflow.id, "initialize_jobs")
    tasks, deadline = TasksApi(api.api_client), time.monotonic() + 30
    while tasks.get_task(task.id).status.value in ("queued", "running"):
        assert time.monotonic() < deadline
    ended = tasks.get_task(task.id)
    assert (ended.status.value, ended.error) == ("succeeded", None)
    assert ended.created_at_ms <= ended.started_at_ms <= ended.finished_at_ms
    assert api.get_active_task_for_workflow(workflow.id).task is None
    assert api.list_jobs(workflow.id).items[0].status == JobStatus.READY


def from_claim_to_completion(api):
    workflow = made.workflow(api)
    (first,) = made.jobs(api, workflow.id, "first")
    (second,) = made.jobs(api, workflow.id, "second", depends_on_job_ids=[first.id])
    assert isinstance(api.initialize_jobs(workflow.id, only_uninitialized=False, clear_ephemeral_user_data=True), dict)
    node = made.node(api, workflow.id)
    claimed = api.claim_next_jobs(workflow.id, limit=5).jobs
    assert [(job.id, job.status) for job in claimed] == [(first.id, JobStatus.PENDING)]
    assert api.claim_next_jobs(workflow.id).jobs == []
    started = api.start_job(first.id, 1, node.id)
    assert (started.status, started.compute_node_id) == (JobStatus.RUNNING, node.id)
    running = api.get_running_jobs(workflow.id).items
    assert [(job.job_name, job.compute_node_name, job.scheduler_type) for job in running] == [("first", "c1", "local")]
    assert [job.id for job in api.list_jobs(workflow.id, active_compute_node_id=node.id).items] == [first.id]
    done = api.complete_job(first.id, JobStatus.COMPLETED, 1, made.result(first, node))
    assert done.status == JobStatus.COMPLETED
    assert api.get_job(second.id).status == JobStatus.READY
    (result,) = api.list_results(workflow.id).items
    assert (result.job_name, result.return_code, result.compute_node_id) == ("first", 0, node.id)
    assert not api.is_workflow_complete(workflow.id).is_complete


def claims_fit_the_resources(api):
    workflow = made.workflow(api)
    large = api.create_resource_requirements(
        ResourceRequirementsModel(workflow_id=workflow.id, name="large", num_cpus=8, memory="8g", runtime="PT2H")
    )
    made.jobs(api, workflow.id, "large", resource_requirements_id=large.id)
    made.jobs(api, workflow.id, "small")
    api.initialize_jobs(workflow.id)
    node = ComputeNodesResources(num_cpus=4, memory_gb=4.0, num_gpus=0, num_nodes=1, time_limit="PT1H")
    claim = api.claim_jobs_based_on_resources(workflow.id, 10, node, strict_scheduler_match=True)
    assert [job.name for job in claim.jobs] == ["small"]
    assert api.claim_jobs_based_on_resources(workflow.id, 0, node).jobs == []
    node.num_cpus, node.memory_gb, node.time_limit = 16, 32.0, "P0DT4H"
    assert [job.name for job in api.claim_jobs_based_on_resources(workflow.id, 10, node).jobs] == ["large"]


def many_completions_at_once(api):
    workflow, jobs, node = made.ready(api, "a", "b", "c")
    for job in api.claim_next_jobs(workflow.id).jobs:
        api.start_job(job.id, 1, node.id)
    entries = [
        JobCompletionEntry(job_id=job.id, run_id=1, status="completed", result=made.result(job, node))
        for job in jobs[:2]
    ]
    wrong = JobCompletionEntry(job_id=10**9, run_id=1, status="completed", result=made.result(jobs[2], node))
    reply = api.batch_complete_jobs(workflow.id, BatchCompleteJobsRequest(completions=[*entries, wrong]))
    assert sorted(reply.completed) == [job.id for job in jobs[:2]]
    assert [error.job_id for error in reply.errors] == [10**9]
    assert reply.errors[0].message


def failed_jobs_run_again(api):
    workflow, (job,), node = made.ready(api, "a")
    api.claim_next_jobs(workflow.id)
    api.start_job(job.id, 1, node.id)
    api.complete_job(job.id, "failed", 1, made.result(job, node, return_code=1, status="failed"))
    again = api.retry_job(job.id, 1, max_retries=3)
    assert (again.status, again.attempt_id) == (JobStatus.READY, 2)
    api.claim_next_jobs(workflow.id)
    api.start_job(job.id, 1, node.id)
    api.complete_job(job.id, "failed", 1, made.result(job, node, return_code=1, status="failed", attempt_id=2))
    reset = api.reset_job_status(workflow.id, failed_only=True)
    assert (reset.workflow_id, reset.updated_count) == (workflow.id, 1)
    assert isinstance(api.reset_workflow_status(workflow.id, force=True), dict)
    api.initialize_jobs(workflow.id, only_uninitialized=True)
    assert api.get_job(job.id).status == JobStatus.READY
    assert api.get_workflow(workflow.id).run_id == 2
    assert len(api.list_results(workflow.id, all_runs=True).items) == 2


def status_by_hand(api):
    _, (job,), _ = made.ready(api, "a")
    assert api.manage_status_change(job.id, "pending", 1).status == JobStatus.PENDING
    assert api.manage_status_change(job.id, JobStatus.UNINITIALIZED, 1).status == JobStatus.UNINITIALIZED


def changed_inputs_reset_jobs(api):
    workflow = made.workflow(api)
    data = api.create_user_data(UserDataModel(workflow_id=workflow.id, name="config", data={"rate": 1}))
    (job,) = made.jobs(api, workflow.id, "reader", input_user_data_ids=[data.id])
    api.initialize_jobs(workflow.id)
    node = made.node(api, workflow.id)
    api.claim_next_jobs(workflow.id)
    api.start_job(job.id, 1, node.id)
    api.complete_job(job.id, "completed", 1, made.result(job, node))
    assert api.process_changed_job_inputs(workflow.id).reinitialized_jobs == []
    data.data = {"rate": 2}
    api.update_user_data(data.id, data)
    assert api.process_changed_job_inputs(workflow.id, dry_run=True).reinitialized_jobs == ["reader"]
    assert api.get_job(job.id).status == JobStatus.COMPLETED
    assert api.process_changed_job_inputs(workflow.id).reinitialized_jobs == ["reader"]
    api.initialize_jobs(workflow.id, only_uninitialized=True)
    assert api.get_job(job.id).status == JobStatus.READY
