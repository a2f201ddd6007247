"""Bodies that do not come in time, with the clock of the server's event loop put forward."""

from __future__ import annotations

import json
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from torc.server import bodies, handlers
from torc.server.bodies import BULK_BODY_SECONDS
from torc.server.deadlines import REPLY_SECONDS, SLOW_LINE, Deadlines

from .auth.serving import Running, Someone, password_file, settings
from .outside import until
from .raw import connected, head, rest, status_of

#: Less than a claim may be held.
BOUND = 20.0
LATE = BOUND + 1
Begin = Callable[..., socket.socket]


class Clocked(Running):
    """A server whose clock can be put forward."""

    def pass_time(self, seconds: float) -> None:
        """Let time pass for everything that waits on the event loop."""
        now = self.loop.time
        self.loop.call_soon_threadsafe(setattr, self.loop, "time", lambda: now() + seconds)

    def status(self, path: str = "/ping") -> int:
        """Ask on a connection of its own; what was sent to the server before has been read then."""
        asking = Someone(self.port)
        try:
            return asking.status("GET", path)
        finally:
            asking.close()


@pytest.fixture
def deadlines(monkeypatch: pytest.MonkeyPatch) -> Deadlines:
    """Those of the server."""
    made = Deadlines()
    for module in (bodies, handlers):
        monkeypatch.setattr(module, "BODY_SECONDS", BOUND)
    monkeypatch.setattr(handlers, "Deadlines", lambda: made)
    return made


@pytest.fixture
def server(tmp_path: Path, deadlines: Deadlines) -> Iterator[Clocked]:
    running = Clocked(settings(tmp_path))
    yield running
    running.close()


@pytest.fixture
def begin(server: Clocked) -> Iterator[Begin]:
    """Begins requests: returns when the server waits for the body."""
    with ExitStack() as opened:

        def start(path: str = "/workflows", *, verb: str = "POST", announced: int = 1000) -> socket.socket:
            connection = opened.enter_context(connected(server))
            sent = head(verb, path, f"Content-Length: {announced}", "Expect: 100-continue")
            connection.sendall(sent)
            assert status_of(connection.recv(65536)) == 100
            connection.sendall(b"{")
            return connection

        yield start


def exchanged(connection: socket.socket, verb: str, path: str, body: bytes) -> bytes:
    """One request and the reply, which is short."""
    connection.sendall(head(verb, path, "Content-Type: application/json", f"Content-Length: {len(body)}") + body)
    return connection.recv(65536)


@pytest.mark.parametrize("path", ["/workflows", "/ping", "/openapi.json", "/nowhere", "/workflows/1/events/stream"])
def test_half_a_body_is_waited_for_as_long_as_its_bound_whatever_the_path(
    server: Clocked, begin: Begin, path: str
) -> None:
    early = begin(path)
    server.pass_time(LATE / 2)
    assert server.status() == 200
    late = begin(path)
    server.pass_time(LATE / 2)
    assert rest(early) == b""
    late.sendall(b"x" * 999)
    assert status_of(late.recv(65536)) in (400, 404, 405, 415, 422)


def test_a_body_that_trickles_gets_no_more_time_for_it(server: Clocked, begin: Begin) -> None:
    slow = begin()
    for _ in range(3):
        server.pass_time(LATE / 3)
        slow.sendall(b"x")
        server.status()
    assert rest(slow) == b""


def test_a_large_body_of_many_records_gets_longer(server: Clocked, begin: Begin) -> None:
    plan = json.dumps({"workflow": {"name": "w", "description": " " * 999}}).encode()
    first, second = (begin("/workflow_plans", announced=len(plan)) for _ in range(2))
    short = begin()
    server.pass_time(LATE)
    assert rest(short) == b""
    first.sendall(plan[1:])
    assert status_of(first.recv(65536)) == 200
    server.pass_time(BULK_BODY_SECONDS)
    assert rest(second) == b""


def test_a_connection_that_is_kept_has_nothing_to_fear_from_its_last_request(server: Clocked, begin: Begin) -> None:
    with connected(server) as kept:
        assert status_of(exchanged(kept, "POST", "/workflows", b'{"name": "w"}')) == 200
        witness = begin()
        server.pass_time(LATE)
        assert rest(witness) == b""
        assert status_of(exchanged(kept, "POST", "/workflows", b'{"name": "w"}')) == 200


def test_an_answer_may_take_longer_than_the_body_and_the_next_request_wait_for_it(
    server: Clocked, begin: Begin
) -> None:
    workflow = server.do("create_workflow", body={"name": "w"})["id"]
    job = server.do("create_job", body={"workflow_id": workflow, "name": "a", "command": "true"})["id"]
    claim = f"/workflows/{workflow}/claim_next_jobs?wait_seconds=60"
    server.do("create_job", body={"workflow_id": workflow, "name": "b", "command": "true", "depends_on_job_ids": [job]})
    server.do("initialize_workflow", workflow, body={})
    with connected(server) as held:
        assert b'"a"' in exchanged(held, "POST", claim, b"{}")
        held.sendall(
            head("POST", claim, "Content-Type: application/json", "Content-Length: 2")
            + b"{}"
            + head("POST", "/nowhere", "Content-Length: 1000", "Expect: 100-continue")
        )
        witness = begin()
        server.pass_time(LATE)
        assert rest(witness) == b""
        asking = Someone(server.port)
        assert asking.status("POST", f"/jobs/{job}/complete_job/completed/1", {"return_code": 0}) == 200
        asking.close()
        first = held.recv(65536)
        assert b'"b"' in first
        second = first if b" 100 " in first else held.recv(65536)
        assert b" 100 " in second, "the time of the second begins when the first is answered"
        server.pass_time(LATE)
        assert rest(held) == b""


def test_a_stream_asked_for_with_a_body_goes_on(server: Clocked, begin: Begin) -> None:
    workflow = server.do("create_workflow", body={"name": "w"})["id"]
    with connected(server) as reader:
        assert b": connected" in exchanged(reader, "GET", f"/workflows/{workflow}/events/stream", b"{}")
        witness = begin()
        server.pass_time(LATE)
        assert rest(witness) == b""
        server.do("create_event", body={"workflow_id": workflow, "event_type": "seen", "data": {}})
        until(lambda: b"event: seen" in reader.recv(65536))


def test_nothing_is_remembered_of_a_request_that_is_over(server: Clocked, begin: Begin, deadlines: Deadlines) -> None:
    with connected(server) as connection:
        for verb, path, body in (
            ("POST", "/workflows", b'{"name": "w"}'), ("POST", "/workflows", b"{"), ("POST", "/nowhere", b"x"),
            ("PATCH", "/workflows", b"{}"), ("GET", "/ping", b"x"), ("POST", "/openapi.json", b"x"),
        ):  # fmt: skip
            assert status_of(exchanged(connection, verb, path, body)) in (200, 400, 404, 405)
    for connection in (connected(server), connected(server)):
        with connection:
            connection.sendall(head("POST", "/workflows", f"Content-Length: {2**40}"))
            assert status_of(rest(connection)) in (400, 413)
    begin().close()
    until(lambda: not deadlines._until)
    assert server.status() == 200
    begin()
    assert len(deadlines._until) == 1, "the next is looked after as the first"


@pytest.mark.usefixtures("deadlines")
def test_a_sender_who_is_not_let_in_has_no_more_time(tmp_path: Path) -> None:
    server = Clocked(settings(tmp_path, file=password_file(tmp_path), required=True))
    try:
        with connected(server) as stranger:
            stranger.sendall(head("POST", "/workflows", "Content-Length: 1000", "Expect: 100-continue"))
            assert status_of(stranger.recv(65536)) == 100
            server.pass_time(LATE)
            assert rest(stranger) == b""
    finally:
        server.close()


def test_hundreds_that_send_a_byte_now_and_then_hold_up_no_claim(server: Clocked) -> None:
    workflow = server.do("create_workflow", body={"name": "w"})["id"]
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert max(least, most) > 1200, "both ends of the connections are in this process"
    with ExitStack() as opened:
        slow = [opened.enter_context(connected(server)) for _ in range(500)]
        for number, connection in enumerate(slow):
            whole = head("POST", "/workflows", "Content-Length: 1000")
            connection.sendall(whole if number % 2 else whole[:40])
        claimant = Someone(server.port)
        for _ in range(5):
            for connection in slow:
                connection.sendall(b"x")
            assert claimant.status("POST", f"/workflows/{workflow}/claim_next_jobs", {}) == 200
        server.pass_time(LATE)
        assert all(rest(connection) == b"" for connection in slow[1::2])
        assert claimant.status("POST", f"/workflows/{workflow}/claim_next_jobs", {}) == 200
        claimant.close()


def test_a_large_reply_that_nobody_takes_is_given_up_and_one_that_is_read_arrives(
    server: Clocked, deadlines: Deadlines
) -> None:
    workflow = server.do("create_workflow", body={"name": "w"})["id"]
    body = {"workflow_id": workflow, "name": "d", "data": "x" * 12_000_000}
    number = server.do("create_user_data", body=body)["id"]
    with connected(server) as idle, connected(server) as reading:
        asking = head("GET", f"/user_data/{number}", "Connection: close")
        idle.sendall(asking)
        until(lambda: len(deadlines._until) == 1)
        reading.sendall(asking)
        assert len(rest(reading)) > 12_000_000
        until(lambda: len(deadlines._until) == 1)
        server.pass_time(REPLY_SECONDS + 12_000_100 / SLOW_LINE + 1)
        until(lambda: not deadlines._until)
        assert len(rest(idle)) < 12_000_000
