"""What follows from the end of a job."""

from __future__ import annotations

from typing import Any

import pytest

from torc.errors import Conflict, IllegalTransition, InvalidInput, NotFound
from torc.runner import paths

from .inside import Torc, Workflow, check_counters


def begun(torc: Torc, jobs: dict[str, Any], **parts: Any) -> Workflow:
    workflow = Workflow(torc, jobs, **parts)
    workflow.initialize()
    workflow.claim()
    return workflow


def results(workflow: Workflow, **query: Any) -> list[dict[str, Any]]:
    return workflow.torc("list_results", workflow_id=workflow.id, **query)["results"]


KEEP = {"cancel_on_blocking_job_failure": False}


def test_the_last_of_the_awaited_jobs_makes_the_waiting_one_ready_at_once(torc: Torc) -> None:
    workflow = begun(torc, {"a": [], "b": [], "c": ["a", "b"]})
    workflow.finish("a")
    assert workflow.status("c") == "blocked"
    workflow.finish("b")
    assert workflow.status("c") == "ready"
    assert workflow.events("job_completed")[0]["data"]["job_name"] == "a"
    check_counters(torc)


@pytest.mark.parametrize("status", ["failed", "canceled", "terminated"])
def test_an_end_without_success_cancels_all_that_wait_for_it(torc: Torc, status: str) -> None:
    workflow = begun(torc, {"a": [], "b": ["a"], "c": ["b"], "d": ["c"], "e": []})
    workflow.finish("a", code=3, status=status)
    assert workflow.statuses() == {"a": status, "b": "canceled", "c": "canceled", "d": "canceled", "e": "pending"}
    assert [item["job_name"] for item in results(workflow)] == ["a"]
    check_counters(torc)


def test_jobs_that_do_not_mind_run_after_a_failure(torc: Torc) -> None:
    workflow = begun(torc, {"a": [], "b": {"after": ["a"], **KEEP}, "c": ["a"], "d": {"after": ["c"], **KEEP}})
    workflow.finish("a", code=1)
    assert workflow.statuses() == {"a": "failed", "b": "ready", "c": "canceled", "d": "ready"}
    check_counters(torc)


def test_the_join_of_a_diamond_is_canceled_when_both_sides_are_in_one_batch(torc: Torc) -> None:
    workflow = begun(
        torc, {"a": [], "b": [], "l": ["a"], "r": ["b"], "join": ["l", "r"], "last": {"after": ["join"], **KEEP}}
    )
    workflow.batch(workflow.entry("a", 1), workflow.entry("b", 1))
    assert workflow.statuses() == {
        "a": "failed",
        "b": "failed",
        "l": "canceled",
        "r": "canceled",
        "join": "canceled",
        "last": "ready",
    }
    check_counters(torc)


def test_a_join_that_does_not_mind_runs_once_when_both_sides_are_canceled_together(torc: Torc) -> None:
    workflow = begun(torc, {"top": [], "l": ["top"], "r": ["top"], "join": {"after": ["l", "r"], **KEEP}})
    workflow.finish("top", code=1)
    assert workflow.statuses() == {"top": "failed", "l": "canceled", "r": "canceled", "join": "ready"}
    assert len(workflow.events("jobs_ready")) >= 1
    check_counters(torc)


def test_a_pending_failure_keeps_everybody_waiting_until_it_is_decided(torc: Torc) -> None:
    workflow = begun(torc, {"a": [], "b": ["a"]})
    workflow.finish("a", code=1, status="pending_failed")
    assert workflow.statuses() == {"a": "pending_failed", "b": "blocked"}
    torc("retry_job", workflow.ids["a"], 1, max_retries=3)
    check_counters(torc)
    assert workflow.claim() == ["a"]
    workflow.finish("a")
    assert workflow.claim() == ["b"]


def test_a_batch_ends_many_and_tells_what_it_refuses(torc: Torc) -> None:
    workflow = begun(torc, {"a": [], "b": [], "c": ["a", "b"]})
    reply = workflow.batch(
        workflow.entry("a"),
        workflow.entry("b", run_id=7),
        {**workflow.entry("a"), "job_id": 999},
        workflow.entry("c"),
        {**workflow.entry("b"), "status": "running"},
        workflow.entry("b", attempt_id=2),
    )
    assert reply["completed"] == [workflow.ids["a"]]
    assert [error["code"] for error in reply["errors"]] == [409, 404, 409, 422, 409]
    assert workflow.statuses() == {"a": "completed", "b": "pending", "c": "blocked"}


def test_the_same_report_twice_changes_nothing_the_second_time(torc: Torc) -> None:
    workflow = begun(torc, {"a": [], "b": ["a"]})
    first = workflow.finish("a")
    events = len(workflow.events())
    assert workflow.finish("a") == first
    assert workflow.batch(workflow.entry("a")) == {"completed": [workflow.ids["a"]], "errors": []}
    assert len(workflow.events()) == events
    assert len(results(workflow)) == 1
    check_counters(torc)


def test_the_same_report_twice_in_one_batch_counts_once(torc: Torc) -> None:
    workflow = begun(torc, {"a": [], "b": ["a"]})
    reply = workflow.batch(workflow.entry("a"), workflow.entry("a"), workflow.entry("a", 1))
    assert reply["completed"] == [workflow.ids["a"]] * 2
    assert [error["code"] for error in reply["errors"]] == [422]
    assert len(results(workflow)) == 1
    check_counters(torc)


def test_a_different_report_is_refused_with_both_values(torc: Torc) -> None:
    workflow = begun(torc, {"a": []})
    workflow.finish("a", code=3)
    with pytest.raises(InvalidInput, match=r"status=failed and return code 3.*completed and 0"):
        workflow.finish("a")
    assert [(item["return_code"], item["status"]) for item in results(workflow)] == [(3, "failed")]


def test_reports_for_another_run_attempt_or_node_or_by_nobody_are_conflicts(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": ["a"]})
    workflow.initialize()
    with pytest.raises(Conflict, match="ready: nobody runs it"):
        workflow.finish("a")
    node, other = workflow.node(), workflow.node()
    workflow.claim(compute_node_id=node)
    with pytest.raises(Conflict, match="run 5 is superseded"):
        torc("complete_job", workflow.ids["a"], "completed", 5, body={"return_code": 0})
    with pytest.raises(Conflict, match="attempt 2 is superseded"):
        workflow.finish("a", attempt_id=2)
    with pytest.raises(Conflict, match=f"held by compute node {node}, not by {other}"):
        workflow.finish("a", compute_node_id=other)
    with pytest.raises(Conflict):
        workflow.finish("b")
    assert workflow.statuses() == {"a": "pending", "b": "blocked"}
    assert results(workflow) == []


def test_a_result_that_a_client_stored_itself_does_not_stop_the_completion(torc: Torc) -> None:
    workflow = begun(torc, {"a": []})
    torc("create_result", body={"job_id": workflow.ids["a"], "exit_code": 4})
    assert [(item["return_code"], item["exit_code"], item["status"]) for item in results(workflow)] == [
        (4, 4, "failed")
    ]
    workflow.finish("a", code=0)
    assert [(item["return_code"], item["status"]) for item in results(workflow)] == [(0, "completed")]
    with pytest.raises(InvalidInput):
        torc("create_result", body={"job_id": workflow.ids["a"], "exit_code": 0})


def test_what_a_report_leaves_out_is_filled_in(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": []})
    workflow.initialize()
    node = workflow.node()
    workflow.claim(compute_node_id=node)
    workflow.finish("a", exec_time_minutes=1.5, peak_memory_bytes=7)
    result = results(workflow)[0]
    assert (result["run_id"], result["attempt_id"], result["compute_node_id"]) == (1, 1, node)
    assert (result["exec_time_minutes"], result["peak_memory_bytes"]) == (1.5, 7)
    assert result["completion_time"].endswith("Z")


def test_a_completion_time_that_is_no_time_does_not_spoil_the_status(torc: Torc) -> None:
    workflow = begun(torc, {"a": []})
    workflow.finish("a", completion_time="yesterday")
    status = torc("get_workflow_status", workflow.id)
    assert (status["status"], status["walltime_seconds"]) == ("complete", None)


def test_the_status_tells_counts_times_and_nodes(torc: Torc) -> None:
    workflow = begun(torc, {"a": [], "b": [], "c": ["a"]})
    workflow.node()
    workflow.finish("a", exec_time_minutes=2, completion_time="2025-01-01T00:02:00Z")
    status = torc("get_workflow_status", workflow.id)
    assert status["jobs_by_status"] == {
        **dict.fromkeys(status["jobs_by_status"], 0),
        "completed": 1,
        "pending": 1,
        "ready": 1,
    }
    assert (status["total_jobs"], status["status"], status["is_complete"]) == (3, "running", False)
    assert (status["total_exec_time_minutes"], status["walltime_seconds"]) == (2, 120)
    assert status["active_compute_nodes"] == 1


def test_a_job_is_started_by_its_holder_and_starting_twice_is_starting_once(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": []})
    workflow.initialize()
    node, other = workflow.node(), workflow.node()
    job = workflow.ids["a"]
    with pytest.raises(IllegalTransition, match="is ready"):
        torc("start_job", job, 1, node)
    workflow.claim(compute_node_id=node)
    with pytest.raises(Conflict):
        torc("start_job", job, 1, other)
    with pytest.raises(InvalidInput):
        torc("start_job", job, 2, node)
    for _ in range(2):
        assert torc("start_job", job, 1, node)["status"] == "running"
    assert len(workflow.events("job_started")) == 1
    assert torc("get_running_jobs", workflow.id)["running_jobs"][0]["compute_node_name"] == "h"


def test_a_job_is_not_started_on_a_node_that_does_not_exist(torc: Torc) -> None:
    workflow = begun(torc, {"a": []})
    with pytest.raises(InvalidInput, match="no compute node with id 0"):
        torc("start_job", workflow.ids["a"], 1, 0)


def test_a_retry_begins_the_next_attempt_and_blocks_those_that_wait(torc: Torc) -> None:
    workflow = begun(
        torc, {"a": [], "b": {"after": ["a"], **KEEP}, "other": [], "both": {"after": ["a", "other"], **KEEP}}
    )
    workflow.finish("a", code=1)
    assert workflow.status("b") == "ready"
    assert torc("retry_job", workflow.ids["a"], 1, max_retries=2)["attempt_id"] == 2
    assert workflow.statuses() == {"a": "ready", "b": "blocked", "other": "pending", "both": "blocked"}
    check_counters(torc)
    workflow.claim()
    workflow.finish("a")
    assert workflow.statuses() == {"a": "completed", "b": "ready", "other": "pending", "both": "blocked"}
    workflow.finish("other")
    assert workflow.status("both") == "ready"
    check_counters(torc)
    with pytest.raises(IllegalTransition):
        torc("retry_job", workflow.ids["a"], 1, max_retries=9)


def test_retries_are_limited_and_belong_to_a_run(torc: Torc) -> None:
    workflow = begun(torc, {"a": []})
    workflow.finish("a", code=1)
    with pytest.raises(InvalidInput, match="max_retries is 1"):
        torc("retry_job", workflow.ids["a"], 1, max_retries=1)
    with pytest.raises(InvalidInput, match="run_id"):
        torc("retry_job", workflow.ids["a"], 2, max_retries=5)
    with pytest.raises(NotFound):
        torc("retry_job", 99, 1, max_retries=5)


@pytest.mark.parametrize("status", ["completed", "failed", "terminated", "pending_failed"])
def test_a_status_change_is_no_way_to_complete_a_job(torc: Torc, status: str) -> None:
    workflow = begun(torc, {"a": []})
    with pytest.raises(InvalidInput, match=f"cannot be made {status}"):
        torc("manage_status_change", workflow.ids["a"], status, 1)


def test_canceling_one_job_cancels_what_waits_and_tells_its_runner(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": ["a"], "c": {"after": ["a"], **KEEP}})
    workflow.initialize()
    node = workflow.node()
    workflow.exchange(node, claim={"request_id": "1", "limit": 1})
    torc("manage_status_change", workflow.ids["a"], "canceled", 1)
    assert workflow.statuses() == {"a": "canceled", "b": "canceled", "c": "ready"}
    assert workflow.exchange(node, held=[workflow.ids["a"]])["cancel_job_ids"] == [workflow.ids["a"]]
    with pytest.raises(Conflict):
        workflow.finish("a", code=1)
    check_counters(torc)


@pytest.mark.parametrize("by", ["manage_status_change", "update_job"])
@pytest.mark.parametrize("ended", [False, True])
def test_disabling_a_job_frees_those_that_wait_for_it_once(torc: Torc, by: str, ended: bool) -> None:
    workflow = Workflow(torc, {"a": [], "x": [], "b": ["a"], "c": ["a", "x"]})
    workflow.initialize()
    if ended:
        workflow.claim(1)
        workflow.finish("a")
    if by == "update_job":
        torc("update_job", workflow.ids["a"], body={"status": "disabled"})
    else:
        torc("manage_status_change", workflow.ids["a"], "disabled", 1)
    assert workflow.statuses() == {"a": "disabled", "x": "ready", "b": "ready", "c": "blocked"}
    check_counters(torc)


def test_deleting_a_job_frees_those_that_wait_for_it(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "x": [], "b": ["a"], "c": ["a", "x"]})
    workflow.initialize()
    torc("delete_job", workflow.ids["a"])
    assert workflow.statuses() == {"x": "ready", "b": "ready", "c": "blocked"}
    check_counters(torc)
    assert sorted(workflow.run_all()) == ["b", "c", "x"]


def test_a_job_handed_back_by_hand_is_ready_for_another_attempt(torc: Torc) -> None:
    workflow = begun(torc, {"a": []})
    torc("manage_status_change", workflow.ids["a"], "ready", 1)
    assert workflow.claim() == ["a"]
    with pytest.raises(Conflict, match="attempt 1 is superseded"):
        workflow.finish("a", attempt_id=1)
    workflow.finish("a", attempt_id=2)


def test_canceling_a_workflow_ends_what_runs_and_leaves_the_rest(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": [], "c": ["a"], "d": []})
    workflow.initialize()
    node = workflow.node()
    workflow.exchange(node, claim={"request_id": "1", "limit": 2})
    for _ in range(2):
        assert torc("cancel_workflow", workflow.id)["is_canceled"] is True
    assert workflow.statuses() == {"a": "canceled", "b": "canceled", "c": "canceled", "d": "ready"}
    assert len(workflow.events("workflow_canceled")) == 1
    reply = workflow.exchange(node, held=list(workflow.ids.values())[:2], claim={"request_id": "2", "limit": 2})
    assert (reply["is_canceled"], reply["jobs"]) == (True, [])
    assert torc("is_workflow_complete", workflow.id) == {"is_complete": True, "is_canceled": True}
    assert torc("get_workflow_status", workflow.id)["status"] == "canceled"
    workflow.reinitialize()
    assert sorted(workflow.run_all()) == ["a", "b", "c", "d"]


def test_a_complete_workflow_is_not_canceled_unless_more_may_come(torc: Torc) -> None:
    workflow = begun(torc, {"a": [], "b": ["a"]})
    workflow.finish("a", code=1)
    assert torc("cancel_workflow", workflow.id)["is_canceled"] is False
    assert torc("get_workflow_status", workflow.id)["status"] == "complete"
    assert workflow.events("workflow_canceled") == []
    torc("update_workflow", workflow.id, body={"compute_node_ignore_workflow_completion": True})
    assert torc("cancel_workflow", workflow.id)["is_canceled"] is True
    fresh = Workflow(torc, {})
    assert torc("cancel_workflow", fresh.id)["is_canceled"] is True


def test_the_end_of_the_workflow_is_told_once(torc: Torc) -> None:
    workflow = begun(torc, {"a": [], "b": ["a"]})
    workflow.finish("a", code=1)
    assert workflow.events("workflow_completed")[0]["data"]["jobs_by_status"] == {"failed": 1, "canceled": 1}
    assert len(workflow.events("workflow_completed")) == 1
    assert torc("is_workflow_complete", workflow.id)["is_complete"] is True


@pytest.mark.parametrize("how", ["inactive", "deleted", "all deleted"])
def test_a_node_that_leaves_gives_up_what_it_holds(torc: Torc, how: str) -> None:
    workflow = Workflow(torc, {"a": [], "b": [], "c": ["a"]})
    workflow.initialize()
    node = workflow.node()
    workflow.exchange(node, claim={"request_id": "1", "limit": 2})
    torc("start_job", workflow.ids["a"], 1, node)
    if how == "inactive":
        torc("update_compute_node", node, body={"is_active": False})
    elif how == "deleted":
        torc("delete_compute_node", node)
    else:
        torc("delete_compute_nodes", workflow_id=workflow.id)
    assert workflow.statuses() == {"a": "failed", "b": "ready", "c": "canceled"}
    assert [(item["return_code"], bool(item["reason"])) for item in results(workflow)] == [(-128, True)]
    assert workflow.job("b")["attempt_id"] == 2
    with pytest.raises(Conflict, match="given up"):
        workflow.finish("a")


def test_registering_the_same_process_twice_is_one_node(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": []})
    fields = {"pid": 77, "start_time": "2025-01-01T00:00:00Z", "lease_seconds": 60}
    assert workflow.node(**fields) == workflow.node(**fields)
    assert workflow.node(**{**fields, "pid": 78}) != workflow.node(**fields)
    assert workflow.node() != workflow.node()


def test_a_job_changes_only_while_it_is_uninitialized_but_priority_and_place_may_always(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": []})
    job = workflow.ids["a"]
    assert (
        torc("update_job", job, body={"command": "new", "depends_on_job_ids": [workflow.ids["b"]]})["command"] == "new"
    )
    torc("update_job", job, body={"depends_on_job_ids": []})
    assert torc.sql("SELECT count(*) FROM dependency_set") == [(0,)]
    workflow.initialize()
    assert torc("update_job", job, body={"priority": 4, "command": "new"})["priority"] == 4
    with pytest.raises(InvalidInput, match="'command' can only change while it is uninitialized"):
        torc("update_job", job, body={"command": "newer"})
    with pytest.raises(InvalidInput, match="cannot be set to completed"):
        torc("update_job", job, body={"status": "completed"})
    with pytest.raises(InvalidInput):
        torc("update_job", job, body={"status": "disabled", "command": "newer"})
    assert workflow.job("a")["command"] == "new"


def test_a_result_tells_the_host_and_where_the_job_wrote(torc: Torc) -> None:
    workflow = begun(torc, {"a": []})
    body = {"workflow_id": workflow.id, "hostname": "cn1", "num_cpus": 1, "memory_gb": 1, "output_dir": "/scratch/out"}
    node_id = torc("create_compute_node", body=body)["id"]
    workflow.finish("a", compute_node_id=node_id)
    (result,) = results(workflow)
    place = ("/scratch/out", workflow.id, workflow.ids["a"], 1, 1)
    told = result["hostname"], result["stdout_path"], result["stderr_path"]
    assert told == ("cn1", paths.stdout_path(*place), paths.stderr_path(*place))
