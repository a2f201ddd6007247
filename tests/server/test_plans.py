"""Creating workflows: in one request, or record by record."""

from __future__ import annotations

from typing import Any

import pytest

from torc.errors import Conflict, InvalidInput, NotFound

from .inside import GIB, Torc, Workflow, check_counters, plan_of

TABLES = (
    "workflow", "job", "file", "user_data", "resource_requirements", "dependency_set", "workflow_action",
    "failure_handler", "slurm_scheduler", "event",
)  # fmt: skip


def rows(torc: Torc) -> dict[str, int]:
    return {table: torc.sql(f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


FULL = plan_of(
    {"a": {"output_files": [0], "output_user_data": [0], "resource_requirements": 0, "scheduler": 0},
     "b": {"after": ["a"], "input_files": [0], "input_user_data": [0], "failure_handler": 0, "priority": 3,
           "env": {"X": "1"}, "cancel_on_blocking_job_failure": False, "supports_termination": True,
           "command": "read ${user_data.input.d} ${other}"}},
    files=[{"name": "f", "path": "out/f.txt", "st_mtime": 12.5}],
    user_data=[{"name": "d", "data": {"x": [1, None]}, "is_ephemeral": True}],
    resource_requirements=[{"name": "big", "num_cpus": 4, "memory": "2g", "runtime": "PT1H"}],
    slurm_schedulers=[{"name": "s", "account": "acct"}],
    failure_handlers=[{"name": "h", "rules": "[]"}],
    actions=[{"trigger_type": "on_jobs_ready", "action_type": "run_commands", "action_config": {"commands": ["x"]},
              "jobs": [0, 1]},
             {"trigger_type": "on_workflow_start", "action_type": "schedule_nodes", "action_config": {},
              "scheduler": 0}],
    workflow={"description": "words", "env": {"W": "2"}, "metadata": {"k": 1}, "jobs_sort_method": "none"},
)  # fmt: skip


def test_a_plan_becomes_records_that_refer_to_each_other(torc: Torc) -> None:
    reply = torc("create_workflow_from_plan", body=FULL)
    assert {key: reply[key] for key in reply if key != "id"} == {
        "name": "w", "user": "u", "num_jobs": 2, "num_files": 1, "num_user_data": 1, "num_dependencies": 1,
    }  # fmt: skip
    first, second = torc("list_jobs", workflow_id=reply["id"], include_relationships=True)["jobs"]
    assert second["depends_on_job_ids"] == [first["id"]]
    assert second["input_file_ids"] == first["output_file_ids"]
    data = torc("get_user_data", second["input_user_data_ids"][0])
    assert data["data"] == {"x": [1, None]}
    assert second["command"] == f"read {data['id']} ${{other}}"
    assert (second["priority"], second["env"], second["supports_termination"]) == (3, {"X": "1"}, True)
    big = torc("get_resource_requirements", first["resource_requirements_id"])
    assert (big["name"], big["memory"]) == ("big", "2g")
    assert torc.sql("SELECT memory_bytes, runtime_seconds FROM resource_requirements WHERE id = ?", big["id"]) == [
        (2 * GIB, 3600.0)
    ]
    default = torc("get_resource_requirements", second["resource_requirements_id"])
    assert (default["name"], default["num_cpus"], default["memory"]) == ("default", 1, "1m")
    actions = torc("get_workflow_actions", reply["id"])
    assert actions[0]["job_ids"] == [first["id"], second["id"]]
    assert actions[0]["required_triggers"] == 2
    assert actions[1]["action_config"]["scheduler_id"] == first["scheduler_id"]
    assert torc("get_workflow", reply["id"])["metadata"] == {"k": 1}


def broken(**change: Any) -> dict[str, Any]:
    plan: dict[str, Any] = {**FULL, "jobs": [dict(job) for job in FULL["jobs"]]}
    job = change.pop("job", {})
    plan["jobs"][1].update(job)
    return {**plan, **change}


@pytest.mark.parametrize(
    ("plan", "place"),
    [
        (broken(job={"resource_requirements": 1}), "jobs[1].resource_requirements"),
        (broken(job={"scheduler": 9}), "jobs[1].scheduler"),
        (broken(job={"failure_handler": 1}), "jobs[1].failure_handler"),
        (broken(job={"input_files": [0, 1]}), "jobs[1].input_files"),
        (broken(job={"output_user_data": [1]}), "jobs[1].output_user_data"),
        (broken(job={"dependency_sets": [7]}), "jobs[1].dependency_sets"),
        (broken(job={"name": "a"}), "jobs"),
        (broken(job={"priority": -1}), "jobs[1].priority"),
        (broken(job={"env": {"1X": "v"}}), "jobs[1].env"),
        (broken(job={"name": "a\nb"}), "jobs[1].name"),
        (broken(dependency_sets=[[5]]), "dependency_sets[0]"),
        (broken(files=[FULL["files"][0]] * 2), "files"),
        (broken(actions=[{**FULL["actions"][0], "jobs": [2]}]), "actions[0].jobs"),
        (broken(actions=[{**FULL["actions"][1], "scheduler": 1}]), "actions[0].scheduler"),
        (broken(resource_requirements=[{"name": "big", "memory": "lots"}]), "resource_requirements[0].memory"),
    ],
)
def test_a_broken_plan_creates_nothing_and_names_the_place(torc: Torc, plan: dict[str, Any], place: str) -> None:
    before = rows(torc)
    with pytest.raises(InvalidInput) as caught:
        torc("create_workflow_from_plan", body=plan)
    assert str(caught.value.field).startswith(place)
    assert rows(torc) == before


def test_an_action_that_cannot_be_read_fails_late_and_still_creates_nothing(torc: Torc) -> None:
    before = rows(torc)
    with pytest.raises(InvalidInput):
        torc("create_workflow_from_plan", body=broken(actions=[{**FULL["actions"][0], "action_config": {"x": 1}}]))
    with pytest.raises(InvalidInput):
        torc("create_workflow_from_plan", body=broken(actions=[{**FULL["actions"][0], "jobs": None}]))
    assert rows(torc) == before


def test_a_cycle_is_refused_with_the_names_of_its_jobs(torc: Torc) -> None:
    with pytest.raises(InvalidInput, match=r"cycle: 'a' -> 'c' -> 'b' -> 'a'|'b' -> 'a'|'c' -> 'b'") as caught:
        torc("create_workflow_from_plan", body=plan_of({"a": ["c"], "b": ["a"], "c": ["b"], "d": ["a"]}))
    assert "'d'" not in caught.value.message
    assert rows(torc)["workflow"] == 0


def test_a_repeated_plan_with_the_same_request_id_creates_nothing_more(torc: Torc) -> None:
    first = torc("create_workflow_from_plan", body={**FULL, "request_id": "r1"})
    before = rows(torc)
    assert torc("create_workflow_from_plan", body={**FULL, "request_id": "r1"}) == first
    assert rows(torc) == before
    assert torc("create_workflow_from_plan", body={**FULL, "request_id": "r2"})["id"] != first["id"]


def test_a_request_id_that_comes_again_with_another_plan_is_refused(torc: Torc) -> None:
    first = torc("create_workflow_from_plan", body={**FULL, "request_id": "r1"})
    before = rows(torc)
    for other in ({**FULL, "jobs": FULL["jobs"][:1]}, {**FULL, "workflow": {**FULL["workflow"], "name": "other"}}):
        with pytest.raises(Conflict, match=r"r1.* with another body") as raised:
            torc("create_workflow_from_plan", body={**other, "request_id": "r1"})
        assert raised.value.field == "request_id"
    assert rows(torc) == before
    assert torc("create_workflow_from_plan", body={**FULL, "request_id": "r1"}) == first


def test_equal_dependency_sets_of_a_plan_are_one(torc: Torc) -> None:
    plan = plan_of({"a": [], "b": [], "c": []})
    plan["dependency_sets"] = [[0], [0, 0], []]
    plan["jobs"][1]["dependency_sets"] = [0, 1]
    plan["jobs"][2]["dependency_sets"] = [1, 2]
    workflow = torc("create_workflow_from_plan", body=plan)["id"]
    torc("initialize_workflow", workflow, body={})
    check_counters(torc)
    assert torc.sql("SELECT count(*) FROM dependency_set_member") == [(1,)]
    names = [job["name"] for job in torc("claim_next_jobs", workflow)["jobs"]]
    assert names == ["a"]


def test_all_to_all_with_a_file_of_each_jobs_own_costs_the_sum_of_rows(torc: Torc) -> None:
    size = 60
    first = {f"a{n}": {"output_files": [n]} for n in range(size)}
    second = {f"b{n}": {"after": list(first), "input_files": [n]} for n in range(size)}
    files = [{"name": f"f{n}", "path": f"f{n}"} for n in range(size)]
    workflow = Workflow(torc, {**first, **second}, files=files)
    workflow.initialize()
    members, waits = (
        torc.sql(f"SELECT count(*) FROM {t}")[0][0] for t in ("dependency_set_member", "job_dependency_set")
    )
    assert (members, waits) == (2 * size, 2 * size)
    page = torc("list_job_dependencies", workflow.id, limit=1)
    assert page["total_count"] == size * size


def test_jobs_created_together_share_the_sets_that_their_lists_share(torc: Torc) -> None:
    workflow = Workflow(torc, {f"a{n}": [] for n in range(20)})
    first = list(workflow.ids.values())
    bodies = [
        {"workflow_id": workflow.id, "name": f"b{n}", "command": "x", "depends_on_job_ids": first} for n in range(20)
    ]
    created = torc("create_jobs", body={"jobs": bodies})["jobs"]
    assert [job["name"] for job in created] == [body["name"] for body in bodies]
    assert torc.sql("SELECT count(*) FROM dependency_set_member") == [(20,)]
    assert torc.sql("SELECT count(*) FROM job_dependency_set") == [(20,)]
    check_counters(torc)


def test_a_bulk_request_with_one_bad_job_creates_none(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": []})
    good = {"workflow_id": workflow.id, "name": "b", "command": "x"}
    third = {**good, "name": "c"}
    for bad in (
        {**good, "name": "a"},
        good,
        {**third, "input_file_ids": [99]},
        {**third, "depends_on_job_ids": [99]},
        {**third, "workflow_id": 99},
    ):
        with pytest.raises(InvalidInput):
            torc("create_jobs", body={"jobs": [good, bad]})
    assert list(workflow.statuses()) == ["a"]


def test_records_are_created_one_by_one_and_refer_only_to_their_own_workflow(torc: Torc) -> None:
    one, other = (torc("create_workflow", body={"name": "x", "user": "me"})["id"] for _ in range(2))
    job = torc("create_job", body={"workflow_id": one, "name": "j", "command": "c"})
    assert job["status"] == "uninitialized"
    file = torc("create_file", body={"workflow_id": other, "name": "f", "path": "p"})
    with pytest.raises(InvalidInput, match=f"no file with id {file['id']} in workflow {one}"):
        torc("create_job", body={"workflow_id": one, "name": "k", "command": "c", "input_file_ids": [file["id"]]})
    with pytest.raises(InvalidInput, match="named 'j' already"):
        torc("create_job", body={"workflow_id": one, "name": "j", "command": "c"})
    with pytest.raises(NotFound):
        torc("create_job", body={"workflow_id": 99, "name": "j", "command": "c"})


def test_a_job_without_requirements_works_after_the_default_was_deleted(torc: Torc) -> None:
    workflow = torc("create_workflow", body={"name": "x", "user": "me"})["id"]
    default = torc("list_resource_requirements", workflow_id=workflow)["items"][0]
    torc("delete_resource_requirement", default["id"])
    job = torc("create_job", body={"workflow_id": workflow, "name": "j", "command": "c"})
    assert torc("get_resource_requirements", job["resource_requirements_id"])["name"] == "default"


def test_user_data_is_linked_to_jobs_that_the_query_names(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": []})
    record = torc(
        "create_user_data", body={"workflow_id": workflow.id, "name": "d"},
        consumer_job_id=workflow.ids["b"], producer_job_id=workflow.ids["a"],
    )  # fmt: skip
    workflow.initialize()
    assert workflow.statuses() == {"a": "ready", "b": "blocked"}
    assert torc("list_user_data", workflow_id=workflow.id, consumer_job_id=workflow.ids["b"])["count"] == 1
    assert torc("list_user_data", workflow_id=workflow.id, consumer_job_id=workflow.ids["a"])["count"] == 0
    pairs = torc("list_job_user_data_relationships", workflow.id)["items"]
    assert [(pair["user_data_id"], pair["producer_job_name"], pair["consumer_job_name"]) for pair in pairs] == [
        (record["id"], "a", "b")
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"deep": [float("-inf")]}, "\ud800"])
def test_what_is_not_json_is_refused_as_user_data(torc: Torc, value: Any) -> None:
    workflow = torc("create_workflow", body={"name": "x", "user": "me"})["id"]
    with pytest.raises(InvalidInput):
        torc("create_user_data", body={"workflow_id": workflow, "name": "d", "data": value})


def test_deleting_a_workflow_deletes_everything_in_it_and_nothing_else(torc: Torc) -> None:
    kept = torc("create_workflow_from_plan", body=FULL)["id"]
    before = rows(torc)
    gone = torc("create_workflow_from_plan", body=FULL)["id"]
    torc("delete_workflow", gone)
    assert rows(torc) == before
    assert torc("get_workflow", kept)["id"] == kept
    with pytest.raises(NotFound):
        torc("get_workflow", gone)
    assert torc("create_workflow_from_plan", body=FULL)["id"] > gone
