"""Actions: when they come due, and who may claim them."""

from __future__ import annotations

import pytest

from torc.errors import Conflict, InvalidInput, NotFound

from .inside import Torc, Workflow


def claim(workflow: Workflow, action: int, node: int | None = None) -> None:
    body = {} if node is None else {"compute_node_id": node}
    assert workflow.torc("claim_action", workflow.id, action, body=body)["claimed"] is True


def test_start_triggers_fire_when_the_workflow_is_initialized(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": []})
    start, worker = workflow.action("on_workflow_start"), workflow.action("on_worker_start")
    done = workflow.action("on_workflow_complete")
    assert workflow.due() == []
    with pytest.raises(Conflict, match="not been triggered"):
        claim(workflow, start)
    workflow.initialize()
    assert workflow.due() == [start, worker]
    assert workflow.due(trigger_type=["on_worker_start", "on_workflow_complete"]) == [worker]
    workflow.run_all()
    assert workflow.due(trigger_type="on_workflow_complete") == [done]


@pytest.mark.parametrize("trigger", ["on_jobs_ready", "on_jobs_complete"])
def test_job_triggers_wait_for_all_their_jobs(torc: Torc, trigger: str) -> None:
    workflow = Workflow(torc, {"a": [], "b": ["a"], "c": ["b"]})
    action = workflow.action(trigger, ["a", "b"])
    workflow.initialize()
    assert workflow.due() == []
    workflow.claim()
    workflow.finish("a")
    assert workflow.due() == ([action] if trigger == "on_jobs_ready" else [])
    workflow.claim()
    workflow.finish("b", code=1)
    assert workflow.due() == [action]


def test_jobs_that_are_ready_from_the_start_trigger_at_once(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": []})
    action = workflow.action("on_jobs_ready", ["a", "b"])
    workflow.initialize()
    assert workflow.due() == [action]


def test_canceled_and_disabled_jobs_count_as_complete(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": ["a"], "c": []})
    action = workflow.action("on_jobs_complete", ["a", "b", "c"])
    torc("update_job", workflow.ids["c"], body={"status": "disabled"})
    workflow.initialize()
    workflow.run_all(failing=("a",))
    assert workflow.due() == [action]


def test_the_end_of_the_workflow_triggers_also_when_the_last_job_is_canceled(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": ["a"]})
    action = workflow.action("on_workflow_complete")
    workflow.initialize()
    workflow.run_all(failing=("a",))
    assert workflow.due() == [action]


def test_an_action_is_carried_out_by_one_runner_that_may_ask_twice(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": []})
    action = workflow.action("on_workflow_start")
    workflow.initialize()
    first, second = workflow.node(), workflow.node()
    claim(workflow, action, first)
    claim(workflow, action, first)
    for other in (second, None):
        with pytest.raises(Conflict, match="claimed already"):
            claim(workflow, action, other)
    assert workflow.due() == []
    assert torc("get_workflow_actions", workflow.id)[0]["executed_by"] == first


def test_a_persistent_action_is_offered_once_to_each_worker(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": []})
    action = workflow.action("on_worker_start")
    workflow.initialize()
    first, second = workflow.node(), workflow.node()
    assert workflow.due(compute_node_id=first) == [action]
    claim(workflow, action, first)
    assert workflow.due(compute_node_id=first) == []
    assert workflow.due(compute_node_id=second) == [action]
    claim(workflow, action, second)
    assert workflow.due(compute_node_id=second) == []


def test_a_new_run_triggers_anew(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": ["a"]})
    start = workflow.action("on_workflow_start")
    complete = workflow.action("on_jobs_complete", ["a", "b"])
    workflow.action("on_workflow_start", is_recovery=True)
    workflow.initialize()
    claim(workflow, start, workflow.node())
    workflow.run_all(failing=("b",))
    claim(workflow, complete, workflow.node())
    torc("reset_job_status", workflow.id, failed_only=True)
    workflow.reinitialize()
    assert [item["id"] for item in torc("get_workflow_actions", workflow.id)] == [start, complete]
    assert workflow.due() == [start]
    workflow.run_all()
    assert workflow.due() == [start, complete]


def test_a_retried_job_is_counted_once(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": []})
    action = workflow.action("on_jobs_complete", ["a", "b"])
    workflow.initialize()
    workflow.claim(1)
    workflow.finish("a", code=1)
    torc("retry_job", workflow.ids["a"], 1, max_retries=5)
    workflow.claim(1)
    workflow.finish("a")
    assert workflow.due() == []
    workflow.claim()
    workflow.finish("b")
    assert workflow.due() == [action]


def test_a_runner_hears_how_many_actions_wait_for_it(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": ["a"]})
    workflow.action("on_jobs_ready", ["b"])
    workflow.initialize()
    node = workflow.node()
    assert workflow.exchange(node, claim={"request_id": "1", "limit": 1})["due_actions"] == 0
    assert workflow.exchange(node, completions=[workflow.entry("a")])["due_actions"] == 1


def test_how_an_action_ended_is_an_event(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": []})
    action = workflow.action("on_workflow_start")
    workflow.initialize()
    torc("report_action", workflow.id, action, body={"success": False, "message": "code 1"})
    assert workflow.events("action_failed")[0]["data"]["message"] == "code 1"


def test_actions_are_checked_when_they_are_created(torc: Torc) -> None:
    workflow, other = Workflow(torc, {"a": []}), Workflow(torc, {"x": []})
    with pytest.raises(InvalidInput, match="needs jobs"):
        workflow.action("on_jobs_ready")
    with pytest.raises(InvalidInput, match="no job with id"):
        workflow.action("on_jobs_ready", ["a"], job_ids=[other.ids["x"]])
    with pytest.raises(InvalidInput, match=r"action_config\.commands"):
        workflow.action("on_workflow_start", action_config={})
    with pytest.raises(InvalidInput):
        workflow.action("on_jobs_done")
    action = workflow.action("on_worker_start")
    workflow.initialize()
    with pytest.raises(InvalidInput, match="no compute node with id 99"):
        claim(workflow, action, 99)
    with pytest.raises(NotFound):
        torc("claim_action", other.id, action, body={})


def test_an_action_waits_for_the_jobs_that_are_left(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": [], "c": []})
    action = workflow.action("on_jobs_complete", ["a", "b"])
    lonely = workflow.action("on_jobs_complete", ["c"])
    workflow.initialize()
    workflow.claim()
    workflow.finish("a")
    assert workflow.due() == []
    torc("delete_job", workflow.ids["b"])
    assert workflow.due() == [action]
    torc("delete_job", workflow.ids["c"])
    assert workflow.due() == [action]
    listed = {item["id"]: item for item in torc("get_workflow_actions", workflow.id)}
    assert (listed[action]["required_triggers"], listed[action]["trigger_count"]) == (1, 1)
    assert (listed[lonely]["required_triggers"], listed[lonely]["trigger_count"]) == (1, 0)


def test_a_repeated_report_writes_no_second_event(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": []})
    once, each = workflow.action("on_workflow_start"), workflow.action("on_worker_start")
    node = workflow.node()
    workflow.initialize()
    for _ in range(3):
        torc("report_action", workflow.id, once, body={"success": True})
        torc("report_action", workflow.id, each, body={"success": False, "compute_node_id": node})
        torc("report_action", workflow.id, each, body={"success": True, "compute_node_id": workflow.node(pid=9)})
    assert len(workflow.events("action_completed")) == 4
    assert len(workflow.events("action_failed")) == 1
    workflow.initialize(force=True)
    torc("report_action", workflow.id, once, body={"success": True})
    assert len(workflow.events("action_completed")) == 5
