"""What the client offers beyond single requests, and jobs that add jobs."""

import os
import sys
from pathlib import Path

import made

from torc import Orchestrator, make_job_label, setup_logging
from torc.api import (
    iter_documents,
    list_model_fields,
    map_function_to_jobs,
    send_api_command,
    wait_for_healthy_database,
)
from torc.openapi_client import (
    JobModel,
    SpawnJobModel,
    SpawnJobsRequest,
    UserDataListModel,
    UserDataModel,
)


def documents_come_page_by_page(api):
    workflow = made.workflow(api)
    api.create_user_data_list(
        UserDataListModel(
            user_data=[UserDataModel(workflow_id=workflow.id, name=f"d{number}") for number in range(10_500)]
        )
    )
    assert len(list(iter_documents(api.list_user_data, workflow.id))) == 10_500
    assert len(list(iter_documents(api.list_user_data, workflow.id, offset=10_000))) == 500


def small_helpers(api):
    setup_logging(console_level="ERROR")
    wait_for_healthy_database(api, timeout_minutes=0.1)
    workflow = made.workflow(api)
    (job,) = made.jobs(api, workflow.id, "a")
    assert make_job_label(job) == f"Job name=a id={job.id}"
    assert send_api_command(api.get_job, job.id, timeout=10).name == "a"
    assert "depends_on_job_ids" in list_model_fields(JobModel)


def functions_become_jobs(api):
    workflow = made.workflow(api)
    jobs = map_function_to_jobs(
        api, workflow.id, "simulation", "run", [{"x": 1}, {"x": 2}], postprocess_func="postprocess",
        module_directory=str(Path(__file__).parents[3] / "examples" / "python"), name_prefix="map_",
    )  # fmt: skip
    assert [job.name for job in jobs] == ["map_1", "map_2", "postprocess"]
    assert api.get_job(jobs[-1].id).input_user_data_ids


def spawned_jobs_wait_for_their_maker(api):
    workflow, (seed,), node = made.ready(api, "seed")
    api.claim_next_jobs(workflow.id)
    api.start_job(seed.id, 1, node.id)
    request = SpawnJobsRequest(
        jobs=[
            SpawnJobModel(name="one", command="true", resource_requirements="default", priority=2),
            SpawnJobModel(name="two", command="true", depends_on=["one"], cancel_on_blocking_job_failure=False),
        ],
        lineage="search",
        state={"best": 0.5},
    )
    reply = api.spawn_jobs(seed.id, request)
    assert reply.iteration == 1
    one, two = (api.get_job(job_id) for job_id in reply.spawned_job_ids)
    assert (one.name, one.origin, one.status.value, one.priority) == ("one", "spawn", "blocked", 2)
    assert one.depends_on_job_ids == [seed.id]
    assert one.id in two.depends_on_job_ids
    assert api.spawn_jobs(seed.id, request).spawned_job_ids == reply.spawned_job_ids
    assert [job.name for job in api.list_jobs(workflow.id, origin_is_set=True).items] == ["one", "two"]
    api.complete_job(seed.id, "completed", 1, made.result(seed, node))
    assert api.get_job(one.id).status.value == "ready"


def orchestrators_find_their_generation(api):
    workflow, (seed,), node = made.ready(api, "seed")
    api.claim_next_jobs(workflow.id)
    api.start_job(seed.id, 1, node.id)
    os.environ.update(
        TORC_API_URL=api.api_client.configuration.host,
        TORC_WORKFLOW_ID=str(workflow.id),
        TORC_JOB_ID=str(seed.id),
    )
    orchestrator = Orchestrator.from_env(lineage_fallback="line")
    assert orchestrator.generation == 0
    reply = orchestrator.spawn(
        jobs=[SpawnJobModel(name="next", command=f"{sys.executable} next.py")], state={"generation": 1}
    )
    assert (reply.iteration, orchestrator.generation) == (1, 1)
    (following,) = reply.spawned_job_ids
    assert api.get_job(following).env["TORC_ORCHESTRATOR_LINEAGE_ID"] == "line"
    assert orchestrator.converge(state={"best": 1}).spawned_job_ids == []
    names = [one.name for one in iter_documents(api.list_user_data, workflow.id)]
    assert names == ["__torc_lineage__line__g000001", "__torc_lineage__line__final"]
