"""Schedulers, allocations, Slurm accounting, remote workers, RO-Crate entities and failure handlers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from torc.errors import InvalidInput, NotFound

from .inside import Torc, Workflow


@pytest.fixture
def workflow(torc: Torc) -> Workflow:
    return Workflow(torc, {"a": [], "b": ["a"]})


@pytest.fixture
def slurm(torc: Torc, workflow: Workflow) -> dict[str, Any]:
    return torc(
        "create_slurm_scheduler", body={"workflow_id": workflow.id, "account": "proj", "walltime": "1-12:00:00"}
    )


def crud_of(torc: Torc, workflow: Workflow, one: str, many: str, body: dict[str, Any], change: dict[str, Any]) -> None:
    """Create, get, list, change and delete records of a noun."""
    body = {"workflow_id": workflow.id, **body}
    made = torc(f"create_{one}", body={**body, "id": 77, "odd": 1})
    assert {name: made[name] for name in body} == body
    assert torc(f"get_{one}", made["id"]) == made
    listed = torc(f"list_{many}", workflow_id=workflow.id)
    assert listed[many] == listed["items"] == [made]
    nulls = dict.fromkeys(made)
    assert torc(f"update_{one}", made["id"], body={**nulls, **change}) == {**made, **change}
    assert torc(f"delete_{one}", made["id"]) == {**made, **change}
    for name in (f"get_{one}", f"delete_{one}"):
        with pytest.raises(NotFound):
            torc(name, made["id"])
    with pytest.raises(NotFound):
        torc(f"update_{one}", made["id"], body=change)
    torc(f"create_{one}", body=body)
    assert torc(f"delete_{many}", workflow_id=workflow.id) == {"count": 1}
    for name in (f"list_{many}", f"delete_{many}"):
        with pytest.raises(NotFound):
            torc(name, workflow_id=999)
    with pytest.raises(NotFound):
        torc(f"create_{one}", body={**body, "workflow_id": 999})


def test_local_schedulers_are_kept(torc: Torc, workflow: Workflow) -> None:
    body = {"name": "big", "memory": "512g", "num_cpus": 64}
    crud_of(torc, workflow, "local_scheduler", "local_schedulers", body, {"num_cpus": 32})


def test_slurm_schedulers_are_kept(torc: Torc, workflow: Workflow) -> None:
    body = {
        "name": "gpu", "account": "proj", "nodes": 4, "walltime": "1-12:00:00", "partition": "gpu", "mem": "80G",
        "gres": "gpu:2", "qos": "high", "ntasks_per_node": 2, "tmp": "100G", "extra": "--reservation=r",
    }  # fmt: skip
    crud_of(torc, workflow, "slurm_scheduler", "slurm_schedulers", body, {"walltime": "30", "nodes": 1})


def test_scheduled_compute_nodes_are_kept(torc: Torc, workflow: Workflow, slurm: dict[str, Any]) -> None:
    body = {"scheduler_id": 0, "scheduler_config_id": slurm["id"], "scheduler_type": "slurm", "status": "pending"}
    change = {"scheduler_id": 4711, "status": "active"}
    crud_of(torc, workflow, "scheduled_compute_node", "scheduled_compute_nodes", body, change)


def test_a_scheduler_without_a_name_gets_one(torc: Torc, workflow: Workflow, slurm: dict[str, Any]) -> None:
    assert slurm["name"] == f"slurm_scheduler_{slurm['id']}"
    local = torc("create_local_scheduler", body={"workflow_id": workflow.id})
    assert local["name"] == f"local_scheduler_{local['id']}"
    with pytest.raises(InvalidInput, match="named 'local_scheduler_1' already"):
        torc("create_local_scheduler", body={"workflow_id": workflow.id, "name": local["name"]})


def test_a_job_may_be_bound_to_a_scheduler_of_its_workflow_alone(
    torc: Torc, workflow: Workflow, slurm: dict[str, Any]
) -> None:
    for _ in range(2):
        local = torc("create_local_scheduler", body={"workflow_id": workflow.id})
    body = {"workflow_id": workflow.id, "command": "true"}
    for number in (slurm["id"], local["id"]):
        job = torc("create_job", body={**body, "name": f"bound {number}", "scheduler_id": number})
        assert job["scheduler_id"] == number
    other = torc("create_workflow", body={"name": "other", "user": "u"})["id"]
    calls = (
        lambda: torc("create_job", body={**body, "name": "x", "scheduler_id": 77}),
        lambda: torc("create_job", body={**body, "name": "x", "workflow_id": other, "scheduler_id": slurm["id"]}),
        lambda: torc("update_job", job["id"], body={"scheduler_id": 77}),
    )
    for call in calls:
        with pytest.raises(InvalidInput, match="no scheduler with id") as refused:
            call()
        assert refused.value.field == "scheduler_id"
    # Clients send back what they have read, although the scheduler is gone.
    torc("delete_local_scheduler", local["id"])
    assert torc("update_job", job["id"], body={**job, "priority": 5})["priority"] == 5


@pytest.mark.parametrize(("field", "text"), [("runtime", "PT0S"), ("runtime", "0m"), ("memory", "0"), ("memory", "0g")])
def test_requirements_of_no_time_or_memory_are_refused(torc: Torc, workflow: Workflow, field: str, text: str) -> None:
    own = torc("create_resource_requirements", body={"workflow_id": workflow.id, "name": "some"})
    for call in (
        lambda: torc("create_resource_requirements", body={"workflow_id": workflow.id, "name": "none", field: text}),
        lambda: torc("update_resource_requirements", own["id"], body={field: text}),
        lambda: Workflow(torc, {}, resource_requirements=[{"name": "none", field: text}]),
    ):
        with pytest.raises(InvalidInput, match=f"'{text}' is none at all .*write for example") as refused:
            call()
        assert (refused.value.field or "").endswith(field)


def test_local_schedulers_are_found_by_size(torc: Torc, workflow: Workflow) -> None:
    for cpus in (1, 2, 2):
        torc("create_local_scheduler", body={"workflow_id": workflow.id, "num_cpus": cpus, "memory": f"{cpus}g"})
    assert torc("list_local_schedulers", workflow_id=workflow.id, num_cpus=2, memory="2g")["count"] == 2


@pytest.mark.parametrize("field", ["account", "partition", "mem", "gres", "qos", "tmp", "extra"])
@pytest.mark.parametrize("text", ["a\nb", "a\r#SBATCH -A b", "a\x00b", "a\x1bb"])
def test_a_value_that_would_be_more_than_one_line_of_a_batch_script_is_refused(
    torc: Torc, workflow: Workflow, slurm: dict[str, Any], field: str, text: str
) -> None:
    body = {"workflow_id": workflow.id, "account": "a", field: text}
    for call in (
        lambda: torc("create_slurm_scheduler", body=body),
        lambda: torc("update_slurm_scheduler", slurm["id"], body={field: text}),
        lambda: Workflow(torc, {}, slurm_schedulers=[{"name": "s", "account": "a", field: text}]),
    ):
        with pytest.raises(InvalidInput, match="not allowed"):
            call()


@pytest.mark.parametrize("text", ["30", "30:00", "04:00:00", "1-0", "2-12", "1-12:30", "2-00:00:00", "100:00:00"])
def test_a_wall_time_may_have_any_of_slurms_formats(torc: Torc, workflow: Workflow, text: str) -> None:
    body = {"workflow_id": workflow.id, "account": "a", "walltime": text}
    assert torc("create_slurm_scheduler", body=body)["walltime"] == text


@pytest.mark.parametrize("text", ["", "4h", "-1", "1:2:3:4", "1-", "04:00:00\n", "PT4H", "٤", "1 2", "1-2-3"])
def test_another_wall_time_is_refused(torc: Torc, workflow: Workflow, text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        torc("create_slurm_scheduler", body={"workflow_id": workflow.id, "account": "a", "walltime": text})
    assert refused.value.field == "walltime"


def test_an_allocation_names_a_scheduler_of_its_workflow(torc: Torc, workflow: Workflow, slurm: dict[str, Any]) -> None:
    body = {"workflow_id": workflow.id, "scheduler_id": 1, "scheduler_config_id": slurm["id"]}
    made = torc("create_scheduled_compute_node", body=body)
    other = Workflow(torc, {})
    for wrong in ({"scheduler_config_id": 99}, {"scheduler_type": "local"}, {"workflow_id": other.id}):
        with pytest.raises(InvalidInput) as refused:
            torc("create_scheduled_compute_node", body={**body, **wrong})
        assert refused.value.field == "scheduler_config_id"
    with pytest.raises(InvalidInput):
        torc("update_scheduled_compute_node", made["id"], body={"scheduler_type": "local"})
    with pytest.raises(InvalidInput, match="status"):
        torc("create_scheduled_compute_node", body={**body, "status": "gone"})
    torc("delete_slurm_scheduler", slurm["id"])
    assert torc("update_scheduled_compute_node", made["id"], body={**made, "status": "active"})["status"] == "active"


def test_allocations_are_found_by_number_scheduler_and_status(
    torc: Torc, workflow: Workflow, slurm: dict[str, Any]
) -> None:
    for number, status in ((7, "pending"), (8, "active"), (9, "complete")):
        body = {"workflow_id": workflow.id, "scheduler_id": number, "scheduler_config_id": slurm["id"]}
        torc("create_scheduled_compute_node", body={**body, "status": status})

    def found(**query: Any) -> list[int]:
        listed = torc("list_scheduled_compute_nodes", workflow_id=workflow.id, **query)
        return [item["scheduler_id"] for item in listed["scheduled_compute_nodes"]]

    assert found(scheduler_id="8") == found(status="active") == [8]
    assert found(scheduler_config_id=slurm["id"], sort_by="scheduler_id", reverse_sort=True) == [9, 8, 7]
    status = torc("get_workflow_status", workflow.id)
    assert (status["pending_scheduled_nodes"], status["active_scheduled_nodes"]) == (1, 1)


@pytest.mark.parametrize("status", ["pending", "active"])
def test_a_workflow_with_allocations_under_way_is_reset_by_force_only(
    torc: Torc, workflow: Workflow, slurm: dict[str, Any], status: str
) -> None:
    body = {"workflow_id": workflow.id, "scheduler_id": 1, "scheduler_config_id": slurm["id"], "status": status}
    node = torc("create_scheduled_compute_node", body=body)
    with pytest.raises(InvalidInput, match="1 pending or active scheduled nodes"):
        torc("reset_workflow_status", workflow.id)
    assert torc("reset_workflow_status", workflow.id, force=True)["run_id"] == 1
    torc("update_scheduled_compute_node", node["id"], body={"status": "complete"})
    assert torc("reset_workflow_status", workflow.id)["run_id"] == 2


def test_accounting_of_an_attempt_is_stored_once(torc: Torc, workflow: Workflow) -> None:
    body = {"workflow_id": workflow.id, "job_id": workflow.ids["a"], "run_id": 1, "attempt_id": 1}
    first = torc(
        "create_slurm_stats", body={**body, "slurm_job_id": "4711", "max_rss_bytes": 1, "ave_cpu_seconds": 1.5}
    )
    again = torc("create_slurm_stats", body={**body, "max_rss_bytes": 2})
    assert (again["id"], again["max_rss_bytes"], again["slurm_job_id"]) == (first["id"], 2, "4711")
    torc("create_slurm_stats", body={**body, "attempt_id": 2})
    assert torc("list_slurm_stats", workflow_id=workflow.id, attempt_id=1)["slurm_stats"] == [again]
    assert torc("list_slurm_stats", workflow_id=workflow.id, job_id=workflow.ids["a"], run_id=1)["count"] == 2
    with pytest.raises(InvalidInput) as refused:
        torc("create_slurm_stats", body={**body, "job_id": 99})
    assert refused.value.field == "job_id"
    with pytest.raises(NotFound):
        torc("list_slurm_stats", workflow_id=99)


def test_a_job_is_correlated_with_the_slurm_jobs_of_its_accounting_and_its_runner(
    torc: Torc, workflow: Workflow
) -> None:
    node = workflow.node(compute_node_type="slurm", scheduler={"slurm_job_id": 12})
    workflow.initialize()
    workflow.claim()
    workflow.finish("a", compute_node_id=node)
    stats = {"workflow_id": workflow.id, "run_id": 1, "attempt_id": 1}
    torc("create_slurm_stats", body={**stats, "job_id": workflow.ids["a"], "slurm_job_id": "12"})
    torc("create_slurm_stats", body={**stats, "job_id": workflow.ids["b"], "slurm_job_id": "13_4"})
    torc("create_slurm_stats", body={**stats, "job_id": workflow.ids["b"], "attempt_id": 2})
    page = torc("get_slurm_job_correlations", workflow.id)
    assert page["items"] == [
        {"job_id": workflow.ids["a"], "job_name": "a", "slurm_job_id": "12"},
        {"job_id": workflow.ids["b"], "job_name": "b", "slurm_job_id": "13_4"},
    ]
    last = torc("get_slurm_job_correlations", workflow.id, offset=1, limit=1)
    assert (last["items"], last["total_count"], last["has_more"]) == (page["items"][1:], 2, False)


def test_remote_workers_are_kept_once_each(torc: Torc, workflow: Workflow) -> None:
    names = ["host", "alice@host:22", "host", "n-1.example.org", "bob@[::1]:2222", "10.0.0.7"]
    added = torc("create_remote_workers", workflow.id, body=names)
    assert sorted(item["worker"] for item in added) == sorted(set(names))
    assert {item["workflow_id"] for item in added} == {workflow.id}
    assert torc("create_remote_workers", workflow.id, body=["host"]) == [{"worker": "host", "workflow_id": workflow.id}]
    assert torc("list_remote_workers", workflow.id) == added
    assert torc("delete_remote_worker", workflow.id, "alice@host:22")["worker"] == "alice@host:22"
    with pytest.raises(NotFound, match="'alice@host:22'"):
        torc("delete_remote_worker", workflow.id, "alice@host:22")
    assert torc("create_remote_workers", workflow.id, body=[]) == []
    for call in (("list_remote_workers", 99), ("delete_remote_worker", 99, "host")):
        with pytest.raises(NotFound, match="no workflow"):
            torc(*call)
    with pytest.raises(NotFound, match="no workflow"):
        torc("create_remote_workers", 99, body=["host"])


@pytest.mark.parametrize(
    "worker",
    ["", "-oProxyCommand=x", "a b", "a\nb", "a\x00", "host:", "host:0", "host:65536", "host:x", "@host", "a@", "a@b@c",
     "-a@host", "a@-host", "h;ls", "$(ls)", "`ls`", "h|x", "h&", "'h'", '"h"', "h\\", "h/..", "h*", "h?", "~", "h%zone",
     "[::1", "é", "host.", "h" * 400, 1, None, True, ["h"], {"worker": "h"}],
)  # fmt: skip
def test_a_worker_that_ssh_or_a_shell_could_misread_is_refused(torc: Torc, workflow: Workflow, worker: Any) -> None:
    with pytest.raises(InvalidInput) as refused:
        torc("create_remote_workers", workflow.id, body=["good", worker])
    assert str(refused.value.field).startswith("[1]")
    assert torc("list_remote_workers", workflow.id) == []


@pytest.mark.parametrize("body", [{}, {"workers": ["h"]}, "host", 1, True])
def test_workers_come_as_a_list(torc: Torc, workflow: Workflow, body: Any) -> None:
    with pytest.raises(InvalidInput, match="list"):
        torc("create_remote_workers", workflow.id, body=body)


def test_ro_crate_entities_are_kept(torc: Torc, workflow: Workflow) -> None:
    file = torc("create_file", body={"workflow_id": workflow.id, "name": "f", "path": "f.csv"})
    body = {
        "workflow_id": workflow.id, "file_id": file["id"], "entity_id": "f.csv", "entity_type": "File",
        "metadata": {"@type": ["File"], "size": 1.5, "nested": {"a": [None, True]}},
    }  # fmt: skip
    made = torc("create_ro_crate_entity", body=body)
    assert made == {"id": made["id"], **body}
    assert torc("get_ro_crate_entity", made["id"]) == made
    torc("create_ro_crate_entity", body={**body, "file_id": None, "entity_id": "#run"})

    def found(**query: Any) -> list[str]:
        return [item["entity_id"] for item in torc("list_ro_crate_entities", workflow.id, **query)["ro_crate_entities"]]

    assert found() == ["f.csv", "#run"]
    assert found(sort_by="entity_id") == ["#run", "f.csv"]
    assert found(file_id=file["id"]) == found(entity_id="f.csv") == ["f.csv"]
    assert torc("update_ro_crate_entity", made["id"], body={"metadata": {}})["metadata"] == {}
    torc("delete_file", file["id"])
    assert torc("get_ro_crate_entity", made["id"])["file_id"] is None
    assert torc("delete_ro_crate_entity", made["id"])["message"]
    assert torc("delete_ro_crate_entities", workflow.id)["deleted_count"] == 1
    for name in ("list_ro_crate_entities", "delete_ro_crate_entities"):
        with pytest.raises(NotFound):
            torc(name, 99)


def test_an_entity_refers_to_a_file_of_its_workflow(torc: Torc, workflow: Workflow) -> None:
    body = {"workflow_id": workflow.id, "entity_id": "x", "entity_type": "File", "metadata": {}}
    made = torc("create_ro_crate_entity", body=body)
    for name, path in (("create_ro_crate_entity", ()), ("update_ro_crate_entity", (made["id"],))):
        with pytest.raises(InvalidInput) as refused:
            torc(name, *path, body={**body, "file_id": 99})
        assert refused.value.field == "file_id"
    for wrong in ("text", [], 1):
        with pytest.raises(InvalidInput, match="metadata"):
            torc("create_ro_crate_entity", body={**body, "metadata": wrong})


RULES = '[{"exit_codes": [1, 2], "recovery_script": "fix.sh", "max_retries": 2}, {"match_all_exit_codes": true}]'


def test_failure_handlers_are_kept_as_they_were_written(torc: Torc, workflow: Workflow) -> None:
    body = {"workflow_id": workflow.id, "name": "retry", "rules": RULES}
    made = torc("create_failure_handler", body=body)
    assert made == {"id": made["id"], **body}
    assert torc("get_failure_handler", made["id"]) == made
    assert torc("list_failure_handlers", workflow.id)["failure_handlers"] == [made]
    with pytest.raises(InvalidInput, match="named 'retry' already"):
        torc("create_failure_handler", body=body)
    assert torc("delete_failure_handler", made["id"]) == made
    with pytest.raises(NotFound):
        torc("list_failure_handlers", 99)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("", "JSON"), ("[", "JSON"), ("{}", "array"), ("[1]", r"\[0\]"), ("null", "array"),
        ("[{}]", "exit_codes"), ('[{"exit_codes": ["x"]}]', r"exit_codes\[0\]"),
        ('[{"exit_codes": [1], "retries": 1}]', "retries"), ('[{"exit_codes": [1], "max_retries": -1}]', "max_retries"),
        ('[{"exit_codes": [1e99]}]', "exit_codes"), ('[{"exit_codes": [1], "recovery_script": "a\\u0000"}]', "NUL"),
        (json.dumps([{"exit_codes": [10**30]}]), "exit_codes"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_followed_are_refused(torc: Torc, workflow: Workflow, rules: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said) as refused:
        torc("create_failure_handler", body={"workflow_id": workflow.id, "name": "h", "rules": rules})
    assert refused.value.field == "rules"
    with pytest.raises(InvalidInput, match="rules"):
        Workflow(torc, {}, failure_handlers=[{"name": "h", "rules": rules}])


def test_a_handler_that_jobs_use_stays_and_one_of_another_workflow_is_refused(torc: Torc, workflow: Workflow) -> None:
    handler = torc("create_failure_handler", body={"workflow_id": workflow.id, "name": "h", "rules": RULES})["id"]
    job = {"workflow_id": workflow.id, "name": "c", "command": "true", "failure_handler_id": handler}
    made = torc("create_job", body=job)
    assert made["failure_handler_id"] == handler
    with pytest.raises(InvalidInput, match="used by 1 jobs"):
        torc("delete_failure_handler", handler)
    other = Workflow(torc, {})
    for wrong in ({"workflow_id": other.id}, {"failure_handler_id": 99, "name": "d"}):
        with pytest.raises(InvalidInput) as refused:
            torc("create_job", body={**job, **wrong})
        assert refused.value.field == "failure_handler_id"
    torc("delete_job", made["id"])
    assert torc("delete_failure_handler", handler)["id"] == handler
