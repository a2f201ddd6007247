"""Initialize and reinitialize: what a run starts from."""

from __future__ import annotations

from typing import Any

import pytest

from torc.errors import Conflict, InvalidInput

from .inside import Torc, Workflow, check_counters

CHAIN = {"a": {"output_files": [1], "input_files": [0]}, "b": {"input_files": [1], "output_files": [2]},
         "c": {"input_files": [2]}, "d": {}}  # fmt: skip
FILES = [{"name": name, "path": f"{name}.txt"} for name in ("raw", "mid", "out")]


@pytest.fixture
def chain(torc: Torc) -> Workflow:
    """Raw -> a -> mid -> b -> out -> c, and d alone; every job has completed."""
    workflow = Workflow(torc, CHAIN, files=FILES)
    workflow.initialize(files=states(workflow, raw=1.0))
    assert sorted(workflow.run_all()) == ["a", "b", "c", "d"]
    torc("reinitialize_workflow", workflow.id, body={"files": states(workflow, raw=1.0, mid=2.0, out=3.0)})
    workflow.run_all()
    return workflow


def states(workflow: Workflow, **mtimes: float | None) -> list[dict[str, Any]]:
    ids = {item["name"]: item["id"] for item in workflow.torc("list_files", workflow_id=workflow.id)["files"]}
    return [{"file_id": file_id, "st_mtime": mtimes.get(name)} for name, file_id in ids.items()]


def again(workflow: Workflow, **mtimes: float | None) -> list[str]:
    seen = {"raw": 1.0, "mid": 2.0, "out": 3.0, **mtimes}
    return sorted(workflow.reinitialize(files=states(workflow, **seen))["reset_jobs"])


def test_jobs_are_ready_or_blocked_by_lists_files_and_data(torc: Torc) -> None:
    workflow = Workflow(
        torc,
        {"a": {"output_files": [0], "output_user_data": [0]}, "b": ["a"], "c": {"input_files": [0]},
         "d": {"input_user_data": [0]}, "e": []},
        files=FILES[:1], user_data=[{"name": "u"}],
    )  # fmt: skip
    reply = workflow.initialize()
    assert (reply["run_id"], reply["ready"], reply["blocked"]) == (1, 2, 3)
    assert workflow.statuses() == {"a": "ready", "b": "blocked", "c": "blocked", "d": "blocked", "e": "ready"}
    check_counters(torc)
    workflow.claim()
    workflow.finish("a")
    assert {workflow.status(name) for name in "bcd"} == {"ready"}


def test_a_diamond_through_files_waits_for_both_makers(torc: Torc) -> None:
    files = [{"name": name, "path": name} for name in ("root", "left", "right")]
    workflow = Workflow(
        torc,
        {"top": {"output_files": [0]}, "l": {"input_files": [0], "output_files": [1]},
         "r": {"input_files": [0], "output_files": [2]}, "join": {"input_files": [1, 2]}},
        files=files,
    )  # fmt: skip
    workflow.initialize()
    assert workflow.claim() == ["top"]
    workflow.finish("top")
    assert workflow.claim() == ["l", "r"]
    workflow.finish("l")
    assert workflow.status("join") == "blocked"
    workflow.finish("r")
    assert workflow.claim() == ["join"]


def test_a_missing_input_file_is_refused_by_path_unless_forced(torc: Torc) -> None:
    workflow = Workflow(torc, CHAIN, files=FILES)
    with pytest.raises(InvalidInput, match=r"'raw\.txt'") as caught:
        workflow.initialize(files=states(workflow))
    assert caught.value.field == "files"
    assert workflow.run_id == 0
    reply = workflow.initialize(files=states(workflow), dry_run=True)
    assert reply["missing_files"] == ["raw.txt"]
    assert workflow.initialize(files=states(workflow), force=True)["missing_files"] == ["raw.txt"]
    assert torc("list_required_existing_files", workflow.id)["files"] == [states(workflow)[0]["file_id"]]


def test_user_data_that_nobody_makes_must_have_a_value(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": {"input_user_data": [0]}}, user_data=[{"name": "u"}])
    record = torc("list_missing_user_data", workflow.id)["user_data"][0]
    with pytest.raises(InvalidInput, match="'u'"):
        workflow.initialize()
    torc("update_user_data", record, body={"data": 0})
    assert workflow.initialize()["ready"] == 1


def test_outputs_that_exist_already_are_told(torc: Torc) -> None:
    workflow = Workflow(torc, CHAIN, files=FILES)
    reply = workflow.initialize(files=states(workflow, raw=1.0, mid=1.0), dry_run=True)
    assert reply["existing_outputs"] == ["mid.txt"]


def test_a_cycle_through_files_is_refused_and_changes_nothing(torc: Torc) -> None:
    workflow = Workflow(
        torc, {"a": {"input_files": [1], "output_files": [0]}, "b": {"input_files": [0], "output_files": [1]}},
        files=FILES[:2],
    )  # fmt: skip
    with pytest.raises(InvalidInput, match=r"cycle: '[ab]' -> '[ab]' -> '[ab]'"):
        workflow.initialize()
    assert set(workflow.statuses().values()) == {"uninitialized"}
    assert workflow.run_id == 0


def test_a_cycle_of_a_list_and_user_data_is_refused(torc: Torc) -> None:
    workflow = Workflow(
        torc, {"a": {"after": ["b"], "output_user_data": [0]}, "b": {"input_user_data": [0]}}, user_data=[{"name": "u"}]
    )
    with pytest.raises(InvalidInput, match="cycle"):
        workflow.initialize()


def test_ephemeral_data_is_forgotten_when_a_run_begins(torc: Torc) -> None:
    workflow = Workflow(
        torc, {"a": []}, user_data=[{"name": "e", "data": 1, "is_ephemeral": True}, {"name": "k", "data": 2}]
    )
    workflow.initialize()
    assert [item["data"] for item in torc("list_user_data", workflow_id=workflow.id)["items"]] == [None, 2]


def test_initialize_begins_everything_anew_except_disabled_jobs(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": ["a"], "c": ["b"], "off": []})
    torc("update_job", workflow.ids["off"], body={"status": "disabled"})
    workflow.initialize()
    workflow.run_all(failing=("b",))
    assert workflow.statuses() == {"a": "completed", "b": "failed", "c": "canceled", "off": "disabled"}
    assert workflow.initialize()["run_id"] == 2
    assert workflow.statuses() == {"a": "ready", "b": "blocked", "c": "blocked", "off": "disabled"}
    assert torc("list_results", workflow_id=workflow.id)["count"] == 0
    assert torc("list_results", workflow_id=workflow.id, all_runs=True)["count"] == 2


def test_a_disabled_job_keeps_nobody_waiting(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": ["a"]})
    torc("update_job", workflow.ids["a"], body={"status": "disabled"})
    workflow.initialize()
    assert workflow.claim() == ["b"]


def test_nothing_changed_means_nothing_to_do(chain: Workflow) -> None:
    before = chain.statuses()
    assert again(chain) == []
    assert chain.statuses() == before
    assert chain.claim() == []


def test_a_changed_input_runs_its_readers_and_all_behind_them(chain: Workflow) -> None:
    assert again(chain, raw=1.5) == ["a", "b", "c"]
    assert chain.statuses() == {"a": "ready", "b": "blocked", "c": "blocked", "d": "completed"}


def test_a_difference_within_the_clocks_tolerance_is_none(chain: Workflow) -> None:
    assert again(chain, raw=1.005) == []


def test_a_file_replaced_between_stages_runs_only_what_is_behind(chain: Workflow) -> None:
    assert again(chain, mid=9.0) == ["b", "c"]


def test_a_vanished_output_runs_its_maker_and_all_behind(chain: Workflow) -> None:
    assert again(chain, mid=None) == ["a", "b", "c"]


def test_a_vanished_input_that_nobody_makes_is_refused(chain: Workflow) -> None:
    with pytest.raises(InvalidInput, match=r"raw\.txt"):
        again(chain, raw=None)


def test_files_of_another_workflow_are_left_alone(torc: Torc, chain: Workflow) -> None:
    other = Workflow(torc, {"x": []}, files=FILES)
    foreign = [{"file_id": state["file_id"], "st_mtime": 77.0} for state in states(other)]
    chain.reinitialize(files=foreign)
    assert {item["st_mtime"] for item in torc("list_files", workflow_id=other.id)["files"]} == {None}


def test_a_changed_command_runs_the_job_again(torc: Torc, chain: Workflow) -> None:
    torc("manage_status_change", chain.ids["d"], "uninitialized", chain.run_id)
    torc("update_job", chain.ids["d"], body={"command": "other"})
    assert again(chain) == ["d"]


def test_changed_user_data_runs_the_reader_again(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": {"input_user_data": [0]}, "b": ["a"]}, user_data=[{"name": "u", "data": 1}])
    workflow.initialize()
    workflow.run_all()
    record = torc("list_user_data", workflow_id=workflow.id)["items"][0]["id"]
    torc("update_user_data", record, body={"data": 1})
    assert workflow.reinitialize()["reset_jobs"] == []
    torc("update_user_data", record, body={"data": 2})
    assert torc("process_changed_job_inputs", workflow.id, dry_run=True)["reinitialized_jobs"] == ["a"]
    assert sorted(workflow.reinitialize()["reset_jobs"]) == ["a", "b"]


def test_user_data_written_during_the_run_is_no_change(torc: Torc) -> None:
    workflow = Workflow(
        torc, {"w": {"output_user_data": [0]}, "r": {"input_user_data": [0]}}, user_data=[{"name": "u"}]
    )
    workflow.initialize()
    workflow.claim()
    torc("update_user_data", torc("list_user_data", workflow_id=workflow.id)["items"][0]["id"], body={"data": [1]})
    workflow.finish("w")
    workflow.run_all()
    assert workflow.reinitialize()["reset_jobs"] == []


def test_a_failed_job_is_not_run_again_until_it_is_reset(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": ["a"], "c": []})
    workflow.initialize()
    workflow.run_all(failing=("a",))
    workflow.reinitialize()
    assert workflow.statuses() == {"a": "failed", "b": "canceled", "c": "completed"}
    check_counters(torc)
    reply = torc("reset_job_status", workflow.id, failed_only=True)
    assert (reply["updated_count"], reply["reset_type"]) == (2, "failed_only")
    assert sorted(workflow.reinitialize()["reset_jobs"]) == ["a", "b"]
    assert workflow.run_all() == ["a", "b"]


def test_what_was_interrupted_runs_again(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": [], "c": []})
    workflow.initialize()
    workflow.claim(2)
    workflow.finish("a", status="terminated", code=143)
    with pytest.raises(Conflict, match="1 pending or running jobs"):
        workflow.reinitialize()
    reply = workflow.reinitialize(force=True)
    assert sorted(reply["reset_jobs"]) == ["a", "b", "c"]
    assert set(workflow.statuses().values()) == {"ready"}


@pytest.mark.parametrize("call", ["initialize_workflow", "reinitialize_workflow"])
def test_a_dry_run_changes_nothing_at_all(torc: Torc, call: str) -> None:
    workflow = Workflow(torc, CHAIN, files=FILES)
    workflow.initialize(files=states(workflow, raw=1.0))
    dump = [torc.sql(f"SELECT * FROM {table}") for table in ("job", "dependency_set", "file", "event", "workflow")]
    reply = torc(call, workflow.id, body={"files": states(workflow, raw=2.0), "dry_run": True})
    assert reply["dry_run"] is True
    assert reply["ready"] == 2
    assert dump == [
        torc.sql(f"SELECT * FROM {table}") for table in ("job", "dependency_set", "file", "event", "workflow")
    ]
    assert sorted(workflow.run_all()) == ["a", "b", "c", "d"]


def test_an_archived_workflow_does_not_begin(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": []})
    torc("archive_workflow", workflow.id, body={"is_archived": True})
    for call in ("initialize_workflow", "reinitialize_workflow", "initialize_jobs"):
        with pytest.raises(InvalidInput, match="archived"):
            torc(call, workflow.id, body={})
    torc("archive_workflow", workflow.id, body={"is_archived": False})
    workflow.initialize()
    torc("archive_workflow", workflow.id, body={"is_archived": True})
    assert workflow.claim() == []


def test_the_older_calls_run_a_workflow_step_by_step(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": ["a"]})
    assert torc("is_workflow_uninitialized", workflow.id) == {"is_uninitialized": True}
    assert torc("initialize_jobs", workflow.id)["run_id"] == 1
    assert workflow.run_all() == ["a", "b"]
    assert torc("reset_workflow_status", workflow.id)["run_id"] == 2
    torc("reset_job_status", workflow.id)
    torc("initialize_jobs", workflow.id, body={"reinitialize": True})
    assert workflow.run_id == 2
    assert workflow.run_all() == ["a", "b"]


def test_a_job_reset_within_a_run_can_be_completed_again(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": ["a"]})
    workflow.initialize()
    workflow.run_all()
    torc("reset_job_status", workflow.id)
    torc("initialize_jobs", workflow.id)
    assert workflow.run_all() == ["a", "b"]
    assert workflow.job("a")["attempt_id"] == 2
    attempts = [item["attempt_id"] for item in torc("list_results", workflow_id=workflow.id, all_runs=True)["results"]]
    assert sorted(attempts) == [1, 1, 2, 2]


def test_a_report_from_before_a_reset_is_refused(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": []})
    workflow.initialize()
    workflow.claim()
    late = workflow.entry("a", attempt_id=1)
    torc("reset_job_status", workflow.id)
    torc("initialize_jobs", workflow.id)
    workflow.claim()
    assert workflow.batch(late)["errors"][0]["code"] == 409
    assert workflow.status("a") == "pending"


def test_jobs_behind_changed_ones_run_again_by_the_older_calls_too(torc: Torc) -> None:
    workflow = Workflow(
        torc, {"a": {"input_user_data": [0]}, "b": ["a"], "c": []}, user_data=[{"name": "u", "data": 1}]
    )
    workflow.initialize()
    workflow.run_all()
    torc("update_user_data", torc("list_user_data", workflow_id=workflow.id)["items"][0]["id"], body={"data": 2})
    torc("process_changed_job_inputs", workflow.id)
    torc("initialize_jobs", workflow.id, only_uninitialized=True)
    assert workflow.statuses() == {"a": "ready", "b": "blocked", "c": "completed"}


def test_resetting_one_job_resets_what_is_behind_it(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": ["a"], "c": ["b"], "d": []})
    workflow.initialize()
    workflow.run_all()
    torc("manage_status_change", workflow.ids["b"], "uninitialized", workflow.run_id)
    assert workflow.statuses() == {"a": "completed", "b": "uninitialized", "c": "uninitialized", "d": "completed"}
    check_counters(torc)
    torc("manage_status_change", workflow.ids["d"], "disabled", workflow.run_id)
    torc("manage_status_change", workflow.ids["d"], "uninitialized", workflow.run_id)
    assert workflow.status("d") == "uninitialized"


def test_the_status_of_a_workflow_refuses_a_reset_while_jobs_are_active(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": []})
    workflow.initialize()
    workflow.claim()
    with pytest.raises(InvalidInput, match="1 pending or running jobs"):
        torc("reset_workflow_status", workflow.id)
    assert torc("reset_workflow_status", workflow.id, force=True)["run_id"] == 2


def test_jobs_and_their_workflow_are_reset_together_or_not_at_all(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": [], "b": ["a"]})
    workflow.initialize()
    workflow.claim()
    with pytest.raises(InvalidInput, match="1 pending or running jobs"):
        torc("reset_job_status", workflow.id, with_workflow=True)
    assert workflow.statuses() == {"a": "pending", "b": "blocked"}
    torc("reset_job_status", workflow.id, with_workflow=True, force=True)
    assert workflow.statuses() == {"a": "uninitialized", "b": "uninitialized"}
    assert workflow.run_id == 2


def test_a_reset_numbers_the_next_run_although_runners_of_the_last_one_end_behind_it(torc: Torc) -> None:
    workflow = Workflow(torc, {"a": []})
    workflow.initialize()
    node = workflow.node()
    workflow.run_all()
    torc("reset_job_status", workflow.id, with_workflow=True)
    torc("update_compute_node", node, body={"is_active": False})
    assert workflow.events("compute_node_stopped")
    workflow.initialize()
    assert workflow.run_id == 2


def test_outputs_told_with_a_completion_are_no_change_later(torc: Torc) -> None:
    workflow = Workflow(torc, CHAIN, files=FILES)
    workflow.initialize(files=states(workflow, raw=1.0))
    seen = {"a": ("mid", 2.0), "b": ("out", 3.0)}
    while names := workflow.claim():
        for name in names:
            entry = workflow.entry(name)
            if name in seen:
                file, mtime = seen[name]
                entry["files"] = [item for item in states(workflow, **{file: mtime}) if item["st_mtime"]]
            workflow.batch(entry)
    assert again(workflow) == []
    assert again(workflow, out=4.0) == ["c"]
