"""Held claims, event streams, and a server that stops."""

from __future__ import annotations

import json
import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from torc.contract import PREFIX
from torc.server.embedded import host

from .inside import Workflow
from .outside import DEADLINE, Http, Server, open_streams, until


class Served(Workflow):
    """A workflow on a server, with more connections on demand."""

    def __init__(self, url: str, token: str, jobs: dict[str, Any]) -> None:
        self.url, self.token = url, token
        super().__init__(Http(url, token), jobs)

    def elsewhere(self, *call: Any, **more: Any) -> Held:
        return Held(Http(self.url, self.token), call, more)


class Held(threading.Thread):
    """A request on a connection of its own."""

    def __init__(self, client: Http, call: tuple[Any, ...], more: dict[str, Any]) -> None:
        super().__init__(daemon=True)
        self.client, self.call, self.more = client, call, more
        self.reply: Any = None
        self.start()

    def run(self) -> None:
        self.reply = self.client(*self.call, **self.more)

    def wait(self) -> Any:
        self.join(DEADLINE)
        assert not self.is_alive()
        return self.reply


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with host(tmp_path / "t.db") as (url, token):
        workflow = Served(url, token, {"a": [], "b": ["a"], "c": ["a"]})
        workflow.initialize()
        yield workflow


def names(reply: dict[str, Any]) -> list[str]:
    return [job["name"] for job in reply["jobs"]]


def test_a_held_claim_gets_the_job_that_a_completion_frees(served: Served) -> None:
    assert served.claim() == ["a"]
    held = [served.elsewhere("claim_next_jobs", served.id, limit=1, wait_seconds=25) for _ in range(2)]
    served.finish("a")
    assert sorted(name for item in held for name in names(item.wait())) == ["b", "c"]


def test_a_held_exchange_gets_the_job_that_a_completion_frees(served: Served) -> None:
    assert served.claim() == ["a"]
    body = {"compute_node_id": served.node(), "run_id": 1, "claim": {"request_id": "r", "limit": 5}, "wait_seconds": 25}
    held = served.elsewhere("exchange", served.id, body=body)
    served.finish("a")
    assert names(held.wait()) == ["b", "c"]


def test_a_held_claim_is_answered_when_the_workflow_is_canceled_or_over(served: Served) -> None:
    served.claim()
    held = served.elsewhere("claim_next_jobs", served.id, wait_seconds=25)
    served.finish("a", code=1)
    assert held.wait() == {"jobs": [], "reason": "the workflow is complete"}
    other = Served(served.url, served.token, {"x": []})
    held = other.elsewhere("claim_next_jobs", other.id, wait_seconds=25)
    other.torc("cancel_workflow", other.id)
    assert held.wait()["reason"] == "the workflow is canceled"


def test_a_runner_that_stays_when_all_is_done_is_held_until_a_job_is_added(served: Served) -> None:
    for name in ("a", "b", "c"):
        served.claim()
        served.finish(name)
    body = {"compute_node_id": served.node(), "run_id": 1, "claim": {"request_id": "r", "limit": 5}, "wait_seconds": 25}
    assert served.elsewhere("exchange", served.id, body=body).wait()["is_complete"]
    held = served.elsewhere("exchange", served.id, body={**body, "stays": True})
    served.torc("add_jobs", served.id, body={"jobs": [{"name": "d", "command": "true"}]})
    assert names(held.wait()) == ["d"]


def test_a_newer_exchange_of_a_node_releases_the_older(served: Served) -> None:
    served.claim()
    node = served.node()
    body = {"compute_node_id": node, "run_id": 1, "claim": {"request_id": "r", "limit": 5}, "wait_seconds": 25}
    older = served.elsewhere("exchange", served.id, body=body)

    def released() -> bool:
        served.exchange(node)
        return not older.is_alive()

    until(released)
    assert older.reply["jobs"] == []


def test_a_runner_is_told_of_a_job_to_cancel_while_its_request_is_held(served: Served) -> None:
    node = served.node()
    served.exchange(node, claim={"request_id": "1", "limit": 1})
    job = served.ids["a"]
    held = served.elsewhere(
        "exchange", served.id, body={"compute_node_id": node, "run_id": 1, "held": [job], "wait_seconds": 25}
    )
    served.torc("manage_status_change", job, "canceled", 1)
    assert held.wait()["cancel_job_ids"] == [job]


def test_no_runner_is_left_waiting_beside_a_ready_job(tmp_path: Path) -> None:
    with host(tmp_path / "t.db") as (url, token):
        workflow = Served(url, token, {"gate": []} | {f"s{n}": ["gate"] for n in range(30)})
        workflow.initialize()
        assert "gate" in workflow.claim()
        claim = {"limit": 3, "wait_seconds": 25}
        held = [workflow.elsewhere("claim_next_jobs", workflow.id, **claim) for _ in range(10)]
        workflow.finish("gate")
        assert sorted(name for item in held for name in names(item.wait())) == sorted(f"s{n}" for n in range(30))


def test_a_claim_whose_caller_has_gone_takes_no_job(served: Served) -> None:
    served.claim()
    gone = socket.create_connection((served.torc.host, served.torc.port))
    head = f"POST {PREFIX}/workflows/{served.id}/claim_next_jobs?wait_seconds=25 HTTP/1.1\r\nHost: x\r\n"
    gone.sendall(f"{head}Authorization: Bearer {served.token}\r\nContent-Length: 0\r\n\r\n".encode())
    served.torc("ping")
    gone.close()
    # The server notices the closed connection before it answers what was asked on the next one.
    for _ in range(3):
        Http(served.url, served.token)("ping")
    served.finish("a")
    assert served.claim(wait_seconds=5) == ["b", "c"]


class Stream:
    """A reader of a workflow's events."""

    def __init__(
        self, workflow: Served, last: int | None = None, level: str = "info", several: str | None = None
    ) -> None:
        self.client = Http(workflow.url, workflow.token)
        headers = dict(self.client.headers) | ({} if last is None else {"Last-Event-ID": str(last)})
        path = f"/events/stream?{several}" if several else f"/workflows/{workflow.id}/events/stream?level={level}"
        self.client.connection.request("GET", PREFIX + path, headers=headers)
        self.reply = self.client.connection.getresponse()
        assert self.reply.readline() == b": connected\n"

    def __iter__(self) -> Iterator[tuple[int, str, dict[str, Any]]]:
        event: dict[str, str] = {}
        while line := self.reply.readline().decode().rstrip("\n\r"):
            key, _, value = line.partition(": ")
            event[key] = value
            if key == "data" and "id" in event:
                yield int(event["id"]), event["event"], json.loads(value)
                event = {}
            if key == "data":
                self.reply.readline()

    def close(self) -> None:
        self.reply.close()
        self.client.close()


def after_blank(stream: Stream) -> Iterator[tuple[int, str, dict[str, Any]]]:
    stream.reply.readline()
    return iter(stream)


def test_events_arrive_as_they_happen(served: Served) -> None:
    stream = Stream(served)
    events = after_blank(stream)
    served.claim()
    served.finish("a")
    _, kind, data = next(events)
    assert (kind, data["event_type"], data["data"]["job_name"]) == ("job_started", "job_started", "a")
    identity, kind, data = next(events)
    assert (kind, data["event_type"], data["data"]["job_name"]) == ("job_completed", "job_completed", "a")
    assert data["id"] == identity
    stream.close()


def test_a_reader_cut_off_for_a_thousand_transitions_misses_and_repeats_none(tmp_path: Path) -> None:
    with host(tmp_path / "t.db") as (url, token):
        workflow = Served(url, token, {f"j{n}": [] for n in range(1000)})
        workflow.initialize()
        stream = Stream(workflow)
        events = after_blank(stream)
        order = workflow.claim()
        for name in order[:3]:
            workflow.finish(name)
        seen = [next(events) for _ in range(2)]
        stream.close()
        for chunk in range(3, 1000, 200):
            workflow.batch(*(workflow.entry(name) for name in order[chunk : chunk + 200]))
        stream = Stream(workflow, last=seen[-1][0])
        events = after_blank(stream)
        while seen[-1][1] != "workflow_completed":
            seen.append(next(events))
        stream.close()
        assert [data["data"]["job_name"] for _, kind, data in seen if kind == "job_completed"] == order
        identities = [item[0] for item in seen]
        assert identities == sorted(set(identities))


def test_a_stream_of_warnings_leaves_the_rest_out(served: Served) -> None:
    stream = Stream(served, level="warning")
    events = after_blank(stream)
    served.claim()
    served.finish("a", code=1)
    assert [next(events)[1] for _ in range(2)] == ["job_failed", "jobs_canceled"]
    stream.close()


def test_a_live_reader_far_behind_is_told_what_it_missed_and_goes_on_with_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torc.server.stream.MAX_BACKLOG", 600)
    monkeypatch.setattr("torc.server.stream.PAGE", 100)
    with host(tmp_path / "t.db") as (url, token):
        workflow = Served(url, token, {f"j{n}": [] for n in range(1000)})
        workflow.initialize()
        stream = Stream(workflow)
        order = workflow.claim()
        workflow.batch(*(workflow.entry(name) for name in order))
        missed = _until(stream, "event: warning")
        dropped = json.loads(stream.reply.readline().decode().removeprefix("data: "))["dropped"]
        workflow.torc("create_event", body={"workflow_id": workflow.id, "data": {}, "event_type": "last"})
        rest = _until(stream, "event: last")
        stream.close()
        assert dropped > 600
        assert missed.count("id: ") == 100 and rest.count("id: ") == 1


def _until(stream: Stream, line: str) -> str:
    return "\n".join(iter(lambda: stream.reply.readline().decode().strip(), line))


def test_the_stream_of_a_deleted_workflow_ends(served: Served) -> None:
    stream = Stream(served)
    served.torc("delete_workflow", served.id)
    assert b"event: workflow_deleted\n" in stream.reply.read()
    stream.close()


@pytest.fixture
def pair(served: Served) -> tuple[Served, Served]:
    """Two workflows on one server."""
    return served, Served(served.url, served.token, {"x": []})


def say(workflow: Served, kind: str) -> int:
    event = workflow.torc("create_event", body={"workflow_id": workflow.id, "data": {}, "event_type": kind})
    return int(event["id"])


def of(*workflows: Served, after: tuple[int, ...] = ()) -> str:
    return "&".join([*(f"workflow_id={each.id}" for each in workflows), *(f"after={place}" for place in after)])


def test_one_stream_has_the_events_of_several_workflows_in_order(pair: tuple[Served, Served]) -> None:
    one, other = pair
    stream = Stream(one, several=of(one, other))
    events = after_blank(stream)
    said = [say(one, "a"), say(other, "b"), say(one, "c"), say(other, "d")]
    came = [next(events) for _ in said]
    assert [(identity, kind) for identity, kind, _ in came] == list(zip(said, "abcd", strict=True))
    assert [data["workflow_id"] for _, _, data in came] == [one.id, other.id, one.id, other.id]
    stream.close()


def test_a_stream_of_several_goes_on_where_each_was_and_behind_the_last_event_of_the_whole(
    pair: tuple[Served, Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torc.server.stream.PAGE", 2)
    one, other = pair
    said = [(say(each, kind), kind) for kind, each in zip("abcdefgh", [one, other, other, one] * 2, strict=True)]
    places = of(one, other, after=(said[3][0], said[0][0]))
    stream = Stream(one, several=places)
    events = after_blank(stream)
    assert [next(events)[1] for _ in range(6)] == ["b", "c", "e", "f", "g", "h"]
    stream.close()
    stream = Stream(one, last=said[5][0], several=places)
    events = after_blank(stream)
    assert [next(events)[1] for _ in range(2)] == ["g", "h"]
    stream.close()


def test_a_stream_of_several_tells_which_are_missing_and_ends_with_the_last(pair: tuple[Served, Served]) -> None:
    one, other = pair
    stream = Stream(one, several=f"{of(one, other)}&workflow_id=999")
    assert _told(stream, "workflow_deleted") == {"workflow_id": 999}
    one.torc("delete_workflow", one.id)
    assert _told(stream, "workflow_deleted") == {"workflow_id": one.id}
    say(other, "goes on")
    assert "event: goes on" in iter(lambda: stream.reply.readline().decode().strip(), None)
    other.torc("delete_workflow", other.id)
    assert stream.reply.read().count(b"event: workflow_deleted\n") == 1
    stream.close()


def _told(stream: Stream, kind: str) -> Any:
    _until(stream, f"event: {kind}")
    return json.loads(stream.reply.readline().decode().removeprefix("data: "))


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("workflow_id=998&workflow_id=999", 404),
        ("level=info", 422),
        ("workflow_id=1&after=1&after=2", 422),
        ("&".join(f"workflow_id={number}" for number in range(1, 102)), 422),
    ],
    ids=["none is there", "none is named", "two places for one", "too many"],
)
def test_a_stream_of_several_that_cannot_be_is_refused(served: Served, query: str, status: int) -> None:
    assert served.torc.send("GET", f"/events/stream?{query}")[0] == status


def test_a_heartbeat_comes_when_nothing_happens_and_events_after_it(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torc.server.stream.HEARTBEAT_SECONDS", 0.05)
    stream = Stream(served)
    _until(stream, ": heartbeat")
    say(served, "after it")
    _until(stream, "event: after it")
    stream.close()


def test_a_reader_that_takes_nothing_is_cut_off(pair: tuple[Served, Served], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torc.server.stream.STALL_SECONDS", 0.2)
    one, other = pair
    stream = Stream(one, several=of(one, other))
    until(lambda: open_streams(one.url, one.token) == 1)
    text = "x" * 1_000_000
    for number in range(30):
        body = {"workflow_id": (one, other)[number % 2].id, "data": {"text": text}, "event_type": "much"}
        one.torc("create_event", body=body)
    until(lambda: open_streams(one.url, one.token) == 0)
    stream.close()


def test_a_stopping_server_answers_who_waits_and_removes_its_address(tmp_path: Path) -> None:
    database = tmp_path / "t.db"
    server = Server(database, "--token", "secret")
    discovery = tmp_path / "t.db.server"
    told = json.loads(discovery.read_text())
    assert (told["url"], told["token"], told["pid"]) == (server.url, "secret", server.process.pid)
    assert stat.S_IMODE(discovery.stat().st_mode) == 0o600
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    workflow = Served(server.url, "secret", {"a": [], "b": ["a"]})
    workflow.initialize()
    workflow.claim()
    stream = Stream(workflow)
    events = after_blank(stream)
    held = workflow.elsewhere("claim_next_jobs", workflow.id, wait_seconds=60)
    workflow.torc("create_event", body={"workflow_id": workflow.id, "data": {}, "event_type": "mark"})
    assert next(events)[1] == "mark"
    assert server.stop() == 0
    assert held.wait()["jobs"] == []
    assert list(events) == []
    assert not discovery.exists()
    stream.close()


def test_a_database_that_was_created_loosely_is_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with host(tmp_path / "t.db"):
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}
