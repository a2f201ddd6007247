"""Tasks: initialization that goes on behind its request, and what becomes of it when the server stops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from torc.contract import OPERATIONS
from torc.errors import Conflict, InvalidInput, NotFound
from torc.server import background
from torc.server.embedded import host
from torc.server.inprocess import InProcess
from torc.server.services import tasks

from .inside import Torc, Workflow
from .outside import Http, Server, until


@pytest.fixture
def workflow(torc: Torc) -> Workflow:
    return Workflow(torc, {"a": [], "b": ["a"]})


def ask(workflow: Workflow, **query: Any) -> dict[str, Any]:
    return workflow.torc("initialize_jobs", workflow.id, **{"async": True}, **query)


def test_a_task_is_queued_carried_out_and_told_of(torc: Torc, workflow: Workflow) -> None:
    assert torc("get_active_task_for_workflow", workflow.id) == {"task": None}
    task = ask(workflow)
    assert (task["operation"], task["status"], task["workflow_id"]) == ("initialize_jobs", "queued", workflow.id)
    assert isinstance(task["created_at_ms"], int)
    assert torc("get_active_task_for_workflow", workflow.id) == {"task": task}
    assert workflow.status("a") == "uninitialized"
    background.carry_out(torc.database, task["id"])
    ended = torc("get_task", task["id"])
    assert (ended["status"], ended["error"]) == ("succeeded", None)
    assert ended["created_at_ms"] <= ended["started_at_ms"] <= ended["finished_at_ms"]
    assert workflow.statuses() == {"a": "ready", "b": "blocked"}
    assert torc("get_active_task_for_workflow", workflow.id) == {"task": None}
    for kind in ("task_started", "task_completed"):
        assert workflow.events(kind)[0]["data"]["task_id"] == task["id"]


def test_asking_for_the_same_returns_the_task_under_way_and_for_something_else_is_a_conflict(
    torc: Torc, workflow: Workflow
) -> None:
    task = ask(workflow, only_uninitialized=True)
    assert ask(workflow, only_uninitialized=True) == task
    assert torc("initialize_jobs", workflow.id, body={"reinitialize": True}, **{"async": True}) == task
    with pytest.raises(Conflict, match=f"task {task['id']} .* is under way") as refused:
        ask(workflow)
    assert "GET /tasks/" in str(refused.value.hint)
    other = Workflow(torc, {"a": []})
    assert ask(other)["id"] != task["id"]
    background.carry_out(torc.database, task["id"])
    assert ask(workflow)["id"] not in (task["id"], None)


def test_a_task_that_fails_says_why_and_changes_nothing_else(torc: Torc, workflow: Workflow) -> None:
    task = ask(workflow)
    torc("archive_workflow", workflow.id, body={"is_archived": True})
    background.carry_out(torc.database, task["id"])
    ended = torc("get_task", task["id"])
    assert (ended["status"], workflow.run_id) == ("failed", 0)
    assert f"workflow {workflow.id} is archived" in ended["error"]
    assert workflow.events("task_failed")[0]["severity"] == "error"
    with pytest.raises(InvalidInput, match="archived"):
        ask(workflow)


def test_a_surprise_in_a_task_is_kept_from_its_asker(
    torc: Torc, workflow: Workflow, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def surprise(*_: Any) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setitem(background.WORK, "initialize_jobs", surprise)
    task = ask(workflow)
    background.carry_out(torc.database, task["id"])
    assert torc("get_task", task["id"])["error"] == "internal error, the server's log says more"
    assert "secret" in caplog.text


def test_a_task_of_a_deleted_workflow_is_gone(torc: Torc, workflow: Workflow) -> None:
    task = ask(workflow)
    torc("delete_workflow", workflow.id)
    background.carry_out(torc.database, task["id"])
    for call in (("get_task", task["id"]), ("get_active_task_for_workflow", workflow.id)):
        with pytest.raises(NotFound):
            torc(*call)


def test_a_task_goes_quietly_with_a_workflow_that_is_deleted_while_it_runs(torc: Torc, workflow: Workflow) -> None:
    task_id = ask(workflow)["id"]
    begun = torc.database.write("start", tasks.start, task_id).result()
    assert begun is not None
    torc("delete_workflow", workflow.id)
    torc.database.write("fail", tasks.fail, task_id, *begun[:2], "the workflow has gone").result()
    assert torc.sql("SELECT count(*) FROM event WHERE workflow_id = ?", workflow.id) == [(0,)]


def test_the_server_answers_at_once_and_goes_on(tmp_path: Path) -> None:
    with host(tmp_path / "t.db") as (url, token):
        http = Http(url, token)
        workflow = Workflow(http, {f"j{number}": [] for number in range(3000)})
        status, task = http.json("POST", f"/workflows/{workflow.id}/initialize_jobs?async=true")
        assert (status, task["status"]) == (202, "queued")
        ended = until(lambda: (now := http("get_task", task["id"]))["finished_at_ms"] and now)
        assert ended["status"] == "succeeded"
        assert http("get_workflow_status", workflow.id)["jobs_by_status"]["ready"] == 3000
        http.close()


def test_a_server_that_is_stopped_finishes_its_tasks(tmp_path: Path) -> None:
    server = Server(tmp_path / "t.db")
    http = Http(server.url)
    workflow = Workflow(http, {f"j{number}": [] for number in range(3000)})
    task = ask(workflow)
    assert server.stop() == 0
    http.close()
    torc = Torc(tmp_path / "t.db")
    assert torc("get_task", task["id"])["status"] == "succeeded"
    torc.close()


@pytest.mark.parametrize(
    "place", ["start_task:before_commit", "start_task:after_commit", "carry_out_task:before_commit"]
)
def test_a_task_that_a_dead_server_left_behind_has_failed(tmp_path: Path, place: str) -> None:
    prepared = Torc(tmp_path / "t.db")
    workflow = Workflow(prepared, {"a": []})
    prepared.close()
    dying = Server(tmp_path / "t.db", crash=f"{place}:1")
    http = Http(dying.url)
    workflow.torc = http
    try:
        task_id = ask(workflow)["id"]
    except (ConnectionError, OSError):  # it may have died before it answered
        task_id = 1
    dying.wait()
    http.close()
    with host(tmp_path / "t.db") as (url, token):
        workflow.torc = Http(url, token)
        task = workflow.torc("get_task", task_id)
        assert (task["status"], workflow.run_id) == ("failed", 0)
        assert "the server stopped" in task["error"]
        assert workflow.status("a") == "uninitialized"
        assert ask(workflow)["status"] == "queued"
        workflow.torc.close()


def test_without_a_server_the_task_is_done_when_it_is_answered(tmp_path: Path) -> None:
    prepared = Torc(tmp_path / "t.db")
    workflow = Workflow(prepared, {"a": []})
    prepared.close()
    inside = InProcess(tmp_path / "t.db")
    status, task = inside.request(OPERATIONS["initialize_jobs"], {"id": workflow.id}, {"async": True})
    assert (status, task["status"]) == (202, "queued")
    assert inside.request(OPERATIONS["get_task"], {"id": task["id"]}, {})[1]["status"] == "succeeded"
    inside.close()
