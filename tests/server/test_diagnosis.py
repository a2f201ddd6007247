"""Why jobs do not run: the sentence for every state that a job can be in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from torc.errors import InvalidInput, NotFound
from torc.models.diagnosis import DiagnosisQuery
from torc.server.services.call import Call
from torc.server.services.diagnosis import diagnose_workflow

from .inside import Torc, Workflow


def told(workflow: Workflow, **query: Any) -> dict[str, tuple[str, str]]:
    """The reason and the message of each job that the diagnosis explains."""
    page = workflow.torc("diagnose_workflow", workflow.id, **query)
    assert page["jobs"] == page["items"]
    return {item["job_name"]: (item["reason"], item["message"]) for item in page["items"]}


def needing(torc: Torc, *jobs: str, **need: Any) -> Workflow:
    requirements = [{"name": "need", "num_cpus": 1, "memory": "1g", "runtime": "PT1H", **need}]
    workflow = Workflow(torc, {job: {"resource_requirements": 0} for job in jobs}, resource_requirements=requirements)
    workflow.initialize()
    return workflow


def test_a_workflow_that_has_not_begun_says_how_to_begin(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": []})
    reason, message = told(workflow)["a"]
    assert reason == "uninitialized"
    assert f"torc workflows initialize {workflow.id}" in message
    assert "not been initialized" in torc("diagnose_workflow", workflow.id)["summary"]


def test_a_blocked_job_names_some_of_those_that_it_waits_for(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": [], "c": ["a"], "d": ["a", "b", "c"]})
    workflow.initialize()
    workflow.claim(1)
    workflow.finish("a")
    workflow.claim(1)
    assert told(workflow, status="blocked") == {
        "d": ("waits_for_jobs", "waits for 2 of 3 jobs: b (pending), c (ready)")
    }


def test_of_many_jobs_only_three_are_named(torc: Torc) -> None:
    first = [f"a{number}" for number in range(8)]
    workflow = Workflow(torc, {**{name: [] for name in first}, "last": first})
    workflow.initialize()
    assert told(workflow, status="blocked")["last"] == (
        "waits_for_jobs", "waits for 8 of 8 jobs: a0 (ready), a1 (ready), a2 (ready) and 5 more"
    )  # fmt: skip


def test_jobs_in_several_sets_are_counted_once(torc: Torc) -> None:
    files = [{"name": "f", "path": "f"}]
    jobs = {"a": {"output_files": [0]}, "b": [], "c": {"after": ["a", "b"], "input_files": [0]}, "d": ["b"]}
    workflow = Workflow(torc, jobs, files=files)
    workflow.initialize()
    assert told(workflow, status="blocked")["c"][1] == "waits for 2 of 2 jobs: a (ready), b (ready)"


def test_a_count_that_would_cost_too_much_is_a_lower_bound(torc: Torc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torc.server.store.diagnosis.MOST_MEMBERS", 1)
    workflow = Workflow(torc, {"a": [], "b": [], "c": ["a", "b"], "d": ["b"]})
    workflow.initialize()
    assert told(workflow, status="blocked")["c"][1] == "waits for at least 1 job: a (ready), b (ready)"


def test_a_ready_job_without_a_runner_says_so(torc: Torc) -> None:
    workflow = needing(torc, "a")
    assert told(workflow)["a"] == (
        "no_runner",
        f"ready, but no runner is active: start one with 'torc run {workflow.id}'",
    )
    slurm = torc("create_slurm_scheduler", body={"workflow_id": workflow.id, "account": "x"})["id"]
    node = {"workflow_id": workflow.id, "scheduler_id": 0, "scheduler_config_id": slurm, "status": "pending"}
    torc("create_scheduled_compute_node", body=node)
    assert told(workflow)["a"][1] == "ready, but no runner is active; scheduled nodes pending: 1"
    assert "Nothing runs although jobs are ready" in torc("diagnose_workflow", workflow.id)["summary"]


@pytest.mark.parametrize(
    ("need", "said"),
    [
        ({"num_cpus": 8}, "ready, but it needs 8 CPUs and the largest active node has 4 CPUs"),
        ({"memory": "64g"}, "ready, but it needs 64.0GB of memory and the largest active node has 16.0GB of memory"),
        ({"num_gpus": 2}, "ready, but it needs 2 GPUs and the largest active node has 1 GPU"),
        ({"num_nodes": 3}, "ready, but it needs 3 nodes and the largest active node has 1 node"),
        (
            {"num_gpus": 1, "memory": "9g"},
            "ready, but no single active node has all the CPUs, memory and GPUs that it needs",
        ),
    ],
)
def test_a_job_larger_than_every_node_says_what_is_lacking(torc: Torc, need: dict[str, Any], said: str) -> None:
    workflow = needing(torc, "a", **need)
    workflow.node(num_cpus=4, memory_gb=8, num_gpus=1)
    workflow.node(num_cpus=2, memory_gb=16)
    workflow.node(num_cpus=64, memory_gb=512, num_gpus=8, num_nodes=9, is_active=False)
    assert told(workflow)["a"] == ("too_large", said)


def test_a_job_longer_than_the_time_that_is_left_says_so(torc: Torc) -> None:
    workflow = needing(torc, "a", runtime="PT4H")
    started = datetime.now(UTC) - timedelta(hours=1)
    workflow.node(start_time=started.isoformat(), time_limit="PT3H")
    workflow.node(start_time=started.isoformat(), time_limit="PT2H")
    reason, message = told(workflow)["a"]
    assert reason == "too_little_time"
    assert message.startswith(
        "ready, but it needs 4h 00m of run time and the active nodes that it fits have at most 2h 00m"
    )
    workflow.node(start_time="yesterday", time_limit="PT9H")
    assert told(workflow)["a"][0] == "waits_for_room"


def test_a_job_bound_to_a_scheduler_that_no_node_came_from_says_so(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": {"scheduler": 0}, "b": []}, slurm_schedulers=[{"name": "s", "account": "x"}])
    workflow.initialize()
    workflow.node()
    found = told(workflow)
    assert (found["a"][0], found["b"][0]) == ("other_scheduler", "waits_for_room")
    workflow.node(scheduler_config_id=workflow.job("a")["scheduler_id"])
    assert told(workflow)["a"][0] == "waits_for_room"


def test_a_job_that_fits_waits_for_room(torc: Torc) -> None:
    workflow = needing(torc, "a", "b")
    for number in range(4):
        workflow.node(hostname=f"n{number}")
    assert told(workflow)["a"] == (
        "waits_for_room",
        "ready, and it fits n0 (compute node 1), n1 (compute node 2), n2 (compute node 3) and 1 more: "
        "waits until there is room",
    )


def test_claimed_running_and_completed_jobs_are_explained_when_asked_for(torc: Torc) -> None:
    workflow = needing(torc, "a", "b", "c")
    node = workflow.node(hostname="n1")
    workflow.claim(compute_node_id=node)
    workflow.finish("a", compute_node_id=node)
    torc("start_job", workflow.ids["b"], 1, node)
    assert told(workflow) == {
        "c": ("claimed", f"claimed by the runner on n1 (compute node {node}), which has not started it yet")
    }
    assert told(workflow, status="completed") == {"a": ("completed", "completed in run 1, attempt 1")}
    assert told(workflow, job_id=workflow.ids["b"])["b"][1].startswith(
        f"runs on the runner on n1 (compute node {node}) since 20"
    )
    assert told(workflow, status="running", job_id=workflow.ids["a"]) == {}


def test_jobs_that_ended_without_success_say_how(torc: Torc) -> None:
    jobs = {name: [] for name in "abcdef"}
    workflow = Workflow(torc, {**jobs, "x": ["a"], "y": ["x"]})
    workflow.initialize()
    workflow.claim()
    workflow.finish("a", code=3, reason="out of memory")
    workflow.finish("b", code=15, status="terminated")
    workflow.finish("c", code=1, status="pending_failed")
    torc("manage_status_change", workflow.ids["d"], "canceled", 1)
    workflow.finish("e")
    workflow.finish("f")
    torc("update_job", workflow.ids["f"], body={"status": "disabled"})
    assert told(workflow) == {
        "a": ("failed", "failed with return code 3 in run 1, attempt 1: out of memory"),
        "b": ("terminated", "terminated with return code 15 in run 1, attempt 1"),
        "c": (
            "pending_failed",
            "failed with return code 1 in run 1, attempt 1; waits until somebody has classified the failure",
        ),
        "d": ("canceled", "canceled by request"),
        "f": ("disabled", "disabled: it was taken out of the workflow"),
        "x": ("job_before_failed", "canceled because job a failed"),
        "y": ("job_before_failed", "canceled because job x was canceled"),
    }
    assert "has come to its end" in torc("diagnose_workflow", workflow.id)["summary"]


def test_a_canceled_or_archived_workflow_starts_nothing(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": []})
    workflow.initialize()
    workflow.claim(1)
    torc("archive_workflow", workflow.id, body={"is_archived": True})
    assert told(workflow)["b"][0] == "workflow_archived"
    torc("archive_workflow", workflow.id, body={"is_archived": False})
    torc("cancel_workflow", workflow.id)
    assert told(workflow) == {
        "a": ("workflow_canceled", "canceled with the workflow"),
        "b": ("workflow_canceled", "ready, but the workflow is canceled: nothing more is started"),
    }
    assert torc("diagnose_workflow", workflow.id)["summary"].startswith("The workflow is canceled; 2 jobs: ")


def test_the_list_is_paged_and_names_what_is_not_there(torc: Torc) -> None:
    workflow = Workflow(torc, {name: [] for name in "abc"})
    page = torc("diagnose_workflow", workflow.id, limit=1, offset=1)
    assert [item["job_name"] for item in page["jobs"]] == ["b"]
    assert (page["count"], page["total_count"], page["has_more"]) == (1, 3, True)
    assert told(workflow, status="failed") == {}
    with pytest.raises(NotFound):
        told(workflow, job_id=99)
    with pytest.raises(NotFound):
        torc("diagnose_workflow", 99)
    with pytest.raises(InvalidInput):
        told(workflow, status="odd")


def test_a_stage_that_waits_for_a_stage_is_looked_at_once(torc: Torc) -> None:
    first = [f"a{number}" for number in range(300)]
    workflow = Workflow(torc, {**{name: [] for name in first}, **{f"b{number}": first for number in range(300)}})
    workflow.initialize()
    statements: list[str] = []

    def traced(tx: Any, *arguments: Any) -> Any:
        tx._driver.set_trace_callback(statements.append)
        try:
            return diagnose_workflow(tx, *arguments)
        finally:
            tx._driver.set_trace_callback(None)

    torc.database.read_here(traced, Call({"id": workflow.id}, DiagnosisQuery(status="blocked")))
    assert len(statements) < 20
