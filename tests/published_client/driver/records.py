"""Files, user data, requirements, results, events, compute nodes: create, bulk create, page, change, delete."""

import made

from torc.api import iter_documents
from torc.openapi_client import (
    EventModel,
    FileModel,
    FilesModel,
    ResourceRequirementsModel,
    UserDataListModel,
    UserDataModel,
)


def files(api):
    workflow = made.workflow(api)
    one = api.create_file(FileModel(workflow_id=workflow.id, name="raw", path="raw.csv", st_mtime=12.5))
    assert api.get_file(one.id).st_mtime == 12.5
    many = api.create_files(
        FilesModel(files=[FileModel(workflow_id=workflow.id, name=f"f{n}", path=f"f{n}") for n in range(25)])
    )
    assert [file.name for file in many.files] == [f"f{n}" for n in range(25)]
    assert len(list(iter_documents(api.list_files, workflow.id))) == 26
    assert [file.name for file in api.list_files(workflow.id, name="f24").items] == ["f24"]
    assert api.list_files(workflow.id, path="raw.csv").items[0].id == one.id
    one.path = "other.csv"
    assert api.update_file(one.id, one).path == "other.csv"
    assert api.delete_file(one.id).id == one.id
    assert api.delete_files(workflow.id).count == 25


def files_and_their_jobs(api):
    workflow = made.workflow(api)
    raw, clean = (
        api.create_file(FileModel(workflow_id=workflow.id, name=name, path=name)) for name in ("raw", "clean")
    )
    (maker,) = made.jobs(api, workflow.id, "maker", input_file_ids=[raw.id], output_file_ids=[clean.id])
    (reader,) = made.jobs(api, workflow.id, "reader", input_file_ids=[clean.id])
    api.initialize_jobs(workflow.id)
    assert [job.id for job in api.list_jobs(workflow.id, needs_file_id=clean.id).items] == [reader.id]
    assert [job.id for job in api.list_jobs(workflow.id, upstream_job_id=maker.id).items] == [reader.id]
    assert [file.id for file in api.list_files(workflow.id, produced_by_job_id=maker.id).items] == [clean.id]
    assert [file.id for file in api.list_files(workflow.id, is_output=True).items] == [clean.id]
    assert api.list_required_existing_files(workflow.id).files == [raw.id]
    links = api.list_job_file_relationships(workflow.id, sort_by="file_id").items
    assert [(link.producer_job_id, link.consumer_job_id) for link in links if link.file_id == clean.id] == [
        (maker.id, reader.id)
    ]
    waits = api.list_job_dependencies(workflow.id, limit=10).items
    assert [(one.job_name, one.depends_on_job_name) for one in waits] == [("reader", "maker")]


def user_data(api):
    workflow = made.workflow(api)
    maker, reader = made.jobs(api, workflow.id, "maker", "reader")
    linked = api.create_user_data(
        UserDataModel(workflow_id=workflow.id, name="link", is_ephemeral=True),
        consumer_job_id=reader.id, producer_job_id=maker.id,
    )  # fmt: skip
    assert [one.id for one in api.list_user_data(workflow.id, consumer_job_id=reader.id).items] == [linked.id]
    assert [one.id for one in api.list_user_data(workflow.id, producer_job_id=maker.id).items] == [linked.id]
    link = api.list_job_user_data_relationships(workflow.id).items[0]
    assert (link.producer_job_name, link.consumer_job_name) == ("maker", "reader")
    values = [1, "text", None, [1.5, {"a": False}], {"b": {}}]
    many = api.create_user_data_list(
        UserDataListModel(
            user_data=[
                UserDataModel(workflow_id=workflow.id, name=f"v{n}", data=value) for n, value in enumerate(values)
            ]
        )
    )
    assert [one.data for one in many.user_data] == values
    assert [one.name for one in api.list_user_data(workflow.id, is_ephemeral=True).items] == ["link"]
    linked.data = {"made": 1}
    assert api.update_user_data(linked.id, linked).data == {"made": 1}
    assert api.get_user_data(linked.id).data == {"made": 1}
    assert api.delete_user_data(linked.id).name == "link"
    assert api.delete_all_user_data(workflow.id)["count"] == len(values)


def missing_user_data(api):
    workflow = made.workflow(api)
    data = api.create_user_data(UserDataModel(workflow_id=workflow.id, name="config"))
    made.jobs(api, workflow.id, "reader", input_user_data_ids=[data.id])
    assert api.list_missing_user_data(workflow.id).user_data == [data.id]


def resource_requirements(api):
    workflow = made.workflow(api)
    assert [one.name for one in api.list_resource_requirements(workflow.id).items] == ["default"]
    small = api.create_resource_requirements(
        ResourceRequirementsModel(
            workflow_id=workflow.id, name="small", num_cpus=2, num_gpus=1, num_nodes=1, memory="1g", runtime="PT10M"
        )
    )
    assert api.get_resource_requirements(small.id) == small
    (job,) = made.jobs(api, workflow.id, "a", resource_requirements_id=small.id)
    for filters in ({"job_id": job.id}, {"name": "small"}, {"num_cpus": 2}, {"num_gpus": 1}, {"memory": "1g"}):
        assert [one.id for one in api.list_resource_requirements(workflow.id, **filters).items] == [small.id], filters
    small.num_cpus = 3
    assert api.update_resource_requirements(small.id, small).num_cpus == 3
    unused = api.create_resource_requirements(ResourceRequirementsModel(workflow_id=workflow.id, name="unused"))
    assert api.delete_resource_requirement(unused.id).id == unused.id
    api.delete_jobs(workflow.id)
    assert api.delete_resource_requirements(workflow.id)["count"] >= 1


def results(api):
    workflow, jobs, node = made.ready(api, "a", "b")
    created = api.create_result(made.result(jobs[0], node, return_code=3, status="failed"))
    assert (created.return_code, created.status.value, created.job_name) == (3, "failed", "a")
    assert api.get_result(created.id).exec_time_minutes == 0.5
    for filters in (
        {"job_id": jobs[0].id}, {"run_id": 1}, {"return_code": 3}, {"status": "failed"}, {"compute_node_id": node.id},
    ):  # fmt: skip
        assert [one.id for one in api.list_results(workflow.id, all_runs=True, **filters).items] == [created.id], (
            filters
        )
    created.peak_memory_bytes = 2**30
    assert api.update_result(created.id, created).peak_memory_bytes == 2**30
    assert api.delete_result(created.id).id == created.id
    api.create_result(made.result(jobs[1], node))
    assert api.delete_results(workflow.id)["count"] == 1


def events(api):
    workflow = made.workflow(api)
    first = api.create_event(EventModel(workflow_id=workflow.id, timestamp=1, data={"category": "user", "n": 1}))
    assert first.timestamp > 1_500_000_000_000
    second = api.create_event(EventModel(workflow_id=workflow.id, timestamp=1, data={"category": "user", "n": 2}))
    found = api.list_events(workflow.id, category="user", sort_by="id", reverse_sort=True)
    assert [event.id for event in found.items] == [second.id, first.id]
    assert api.list_events(workflow.id, category="user", after_timestamp=second.timestamp).items == []
    assert api.update_event(first.id, {"data": {"category": "user", "n": 3}}).data["n"] == 3
    assert api.get_event(first.id).data["n"] == 3
    assert api.delete_event(first.id).id == first.id
    assert api.delete_events(workflow.id)["count"] >= 1


def compute_nodes(api):
    workflow = made.workflow(api)
    node = made.node(api, workflow.id)
    assert api.get_compute_node(node.id).memory_gb == 256
    node.is_active, node.duration_seconds, node.peak_memory_bytes = False, 12.5, 2**20
    assert api.update_compute_node(node.id, node).duration_seconds == 12.5
    assert api.list_compute_nodes(workflow.id, is_active=True).items == []
    assert [one.id for one in api.list_compute_nodes(workflow.id, is_active=False, hostname="c1").items] == [node.id]
    assert api.delete_compute_node(node.id).id == node.id
    made.node(api, workflow.id)
    assert api.delete_compute_nodes(workflow.id).count == 1
