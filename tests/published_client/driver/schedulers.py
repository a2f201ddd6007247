"""Schedulers, allocations, what Slurm told about jobs, remote workers."""

import made

from torc.openapi_client import (
    LocalSchedulerModel,
    ScheduledComputeNodesModel,
    SlurmSchedulerModel,
    SlurmStatsModel,
)


def local_schedulers(api):
    workflow = made.workflow(api)
    created = api.create_local_scheduler(
        LocalSchedulerModel(workflow_id=workflow.id, name="mine", memory="8g", num_cpus=4)
    )
    assert api.get_local_scheduler(created.id) == created
    for filters in ({"memory": "8g"}, {"num_cpus": 4}, {"sort_by": "name"}):
        assert created.id in [one.id for one in api.list_local_schedulers(workflow.id, **filters).items], filters
    created.num_cpus = 5
    assert api.update_local_scheduler(created.id, created).num_cpus == 5
    assert api.delete_local_scheduler(created.id).name == "mine"
    api.create_local_scheduler(LocalSchedulerModel(workflow_id=workflow.id))
    assert api.delete_local_schedulers(workflow.id).count >= 1


def slurm_schedulers(api):
    workflow = made.workflow(api)
    created = api.create_slurm_scheduler(
        SlurmSchedulerModel(
            workflow_id=workflow.id, name="short", account="me", nodes=2, walltime="04:00:00", partition="p", mem="10G",
            gres="gpu:1", qos="normal", tmp="1G", ntasks_per_node=4, extra="--exclusive",
        )
    )  # fmt: skip
    assert api.get_slurm_scheduler(created.id) == created
    assert (created.ntasks_per_node, created.extra, created.nodes) == (4, "--exclusive", 2)
    created.walltime = "1-00:00:00"
    assert api.update_slurm_scheduler(created.id, created).walltime == "1-00:00:00"
    assert [one.name for one in api.list_slurm_schedulers(workflow.id, sort_by="name").items] == ["short"]
    assert api.delete_slurm_scheduler(created.id).id == created.id
    api.create_slurm_scheduler(
        SlurmSchedulerModel(workflow_id=workflow.id, name="n", account="me", nodes=1, walltime="1:00:00")
    )
    assert api.delete_slurm_schedulers(workflow.id).count == 1


def scheduled_compute_nodes(api):
    workflow = made.workflow(api)
    config = api.create_slurm_scheduler(
        SlurmSchedulerModel(workflow_id=workflow.id, name="s", account="me", nodes=1, walltime="1:00:00")
    )
    new = ScheduledComputeNodesModel(
        workflow_id=workflow.id, scheduler_id=4711, scheduler_config_id=config.id, scheduler_type="slurm",
        status="pending",
    )  # fmt: skip
    created = api.create_scheduled_compute_node(new)
    assert api.get_scheduled_compute_node(created.id).scheduler_id == 4711
    created.status = "active"
    assert api.update_scheduled_compute_node(created.id, created).status == "active"
    for filters in ({"status": "active"}, {"scheduler_id": "4711"}, {"scheduler_config_id": str(config.id)}):
        found = api.list_scheduled_compute_nodes(workflow.id, **filters).items
        assert [one.id for one in found] == [created.id], filters
    assert api.get_workflow_status(workflow.id).active_scheduled_nodes == 1
    assert api.delete_scheduled_compute_node(created.id).id == created.id
    api.create_scheduled_compute_node(new)
    assert api.get_workflow_status(workflow.id).pending_scheduled_nodes == 1
    assert api.delete_scheduled_compute_nodes(workflow.id).count == 1


def slurm_stats(api):
    workflow, (job,), _ = made.ready(api, "a")
    created = api.create_slurm_stats(
        SlurmStatsModel(
            workflow_id=workflow.id, job_id=job.id, run_id=1, attempt_id=1, slurm_job_id="4711.0", max_rss_bytes=2**40,
            ave_cpu_seconds=1.5, node_list="c[1-2]",
        )
    )  # fmt: skip
    assert created.max_rss_bytes == 2**40
    for filters in ({}, {"job_id": job.id}, {"run_id": 1}, {"attempt_id": 1}):
        assert [one.id for one in api.list_slurm_stats(workflow.id, **filters).items] == [created.id], filters
    assert api.get_slurm_job_correlations(workflow.id, limit=10).total_count >= 0


def remote_workers(api):
    workflow = made.workflow(api)
    added = api.create_remote_workers(workflow.id, ["alice@host:22", "other"])
    assert [one.worker for one in added] == ["alice@host:22", "other"]
    assert {one.worker for one in api.list_remote_workers(workflow.id)} == {"alice@host:22", "other"}
    assert api.delete_remote_worker(workflow.id, "alice@host:22").worker == "alice@host:22"
    assert [one.worker for one in api.list_remote_workers(workflow.id)] == ["other"]
