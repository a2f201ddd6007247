"""Raw sockets: requests that are too large, never end, or mean two things."""

from __future__ import annotations

import base64
import gzip
import json
import os
import socket
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from torc.client.transport import HttpTransport
from torc.contract import OPERATIONS, PREFIX
from torc.errors import TooLarge
from torc.server import bodies, listener

from ..outside import until
from ..raw import connected, head, raw, status_of
from .conftest import Serve
from .serving import Running, Someone, basic, settings

People = Callable[..., Someone]
GIB = 2**30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(settings(tmp_path_factory.mktemp("limits")))
    yield running
    running.close()


@pytest.mark.parametrize(
    ("path", "size"),
    [("/workflows", bodies.MAX_DROPPED + 1), ("/workflows", GIB), ("/workflow_plans", GIB + 1), ("/jobs", GIB)],
)  # fmt: skip
def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(server: Running, path: str, size: int) -> None:
    reply = raw(server, head("POST", path, f"Content-Length: {size}"))
    assert status_of(reply) == 413
    assert b"Connection: close" in reply
    assert b"MiB" in reply


def test_a_client_that_sends_all_before_it_listens_is_told_and_can_go_on(server: Running, someone: People) -> None:
    sender = someone(server)
    status, reply = sender.ask("POST", "/workflows", b" " * (bodies.MAX_BODY + 1))
    assert (status, "16 MiB" in reply["error"]["message"]) == (413, True)
    first = sender.connection.sock
    assert sender.status("GET", "/ping") == 200
    assert sender.connection.sock is first is not None


def test_a_client_that_waits_for_leave_to_send_a_large_body_gets_none(server: Running) -> None:
    reply = raw(server, head("POST", "/workflows", f"Content-Length: {GIB}", "Expect: 100-continue"))
    assert status_of(reply) == 413
    assert b"100" not in reply.split(b"\r\n")[0]


def test_a_body_in_chunks_is_refused_when_it_gets_too_large(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_BODY", 2**20)
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    reply = raw(server, head("POST", "/workflows", "Transfer-Encoding: chunked"), *[chunk] * 200)
    assert status_of(reply) == 413


@pytest.mark.parametrize("path", [f"{PREFIX}/workflow_plans", f"{PREFIX}/openapi.json", "/metrics", "/nowhere"])
@pytest.mark.parametrize("length", [f"Content-Length: {GIB}", "Transfer-Encoding: chunked"])
def test_nobody_without_credentials_sends_a_large_body(serve: Serve, path: str, length: str) -> None:
    server = serve(required=True)
    reply = raw(server, head("POST", path, length, prefix=""))
    assert status_of(reply) == 401
    assert b"Connection: close" in reply


@pytest.mark.parametrize(("path", "status"), [("/metrics", 405), ("/nowhere", 404)])
def test_a_body_that_nobody_wants_is_not_kept(server: Running, someone: People, path: str, status: int) -> None:
    person = someone(server)
    tracemalloc.start()
    assert person.ask("POST", path, b" " * bodies.MAX_BODY, prefix="")[0] == status
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * bodies.MAX_BODY, "this test itself holds the body once"
    assert person.status("GET", "/ping") == 200


def test_a_small_body_is_read_before_its_refusal(serve: Serve) -> None:
    server = serve(required=True)
    again = Someone(server.port, basic("olga", "wrong"))
    assert again.status("POST", "/workflows", {"name": "w"}) == 401
    assert again.ask("GET", "/ping")[0] == 200, "after a small body the connection can be used again"
    again.close()


def test_a_client_of_ours_is_told_why_its_large_body_was_refused(server: Running) -> None:
    transport = HttpTransport(server.url)
    noise = base64.b64encode(os.urandom(bodies.MAX_BODY + 2**20)).decode()
    with pytest.raises(TooLarge):
        transport.send(OPERATIONS["create_workflow"], {}, {}, {"name": "w", "description": noise})
    transport.close()


def test_a_small_body_that_expands_to_a_gigabyte_is_refused(server: Running, someone: People) -> None:
    bomb = gzip.compress(b"\0" * (64 * 2**20), 9)
    status, _ = someone(server).ask("POST", "/workflows", bomb, Content_Encoding="gzip")
    assert status == 413


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 2", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: chunked", "Content-Length: 2"],
        ["Content-Length: 2", "Content-Length: 3"],
        ["Content-Length: -1"],
        ["Content-Length: +2"],
        ["Content-Length: 0x2"],
        ["Transfer-Encoding: chunked, identity"],
        ["Transfer-Encoding: xchunked"],
    ],
)
def test_a_request_of_two_lengths_is_none_and_ends_the_connection(server: Running, lines: list[str]) -> None:
    smuggled = head("DELETE", "/workflows/1")
    reply = raw(server, head("POST", "/workflows", *lines) + b"{}" + smuggled)
    assert reply.count(b"HTTP/1.1 ") <= 1
    assert not reply or status_of(reply) == 400


def test_a_head_of_too_many_lines_is_refused(server: Running, someone: People) -> None:
    many = [f"X-{number}: {number}" for number in range(10_000)]
    reply = raw(server, head("GET", "/ping", *many))
    assert not reply or status_of(reply) in (400, 431)
    reply = raw(server, head("GET", "/ping", "X-Long: " + "x" * (listener.MAX_HEADER + 1)))
    assert not reply or status_of(reply) in (400, 431)
    assert someone(server).status("GET", "/ping") == 200


def test_half_a_head_is_given_up(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "IDLE_SECONDS", 0.2)
    assert raw(serve(file=None), b"GET /torc-service/v1/ping HTTP/1.1\r\nHost: local") == b""


def test_a_client_that_dies_in_the_middle_of_a_plan_leaves_nothing(server: Running, someone: People) -> None:
    before = server.do("list_workflows")["total_count"]
    plan = json.dumps({"workflow": {"name": "half"}, "jobs": [{"name": f"j{n}", "command": "c"} for n in range(999)]})
    for part in (1, len(plan) // 2, len(plan) - 1):
        with connected(server) as dying:
            dying.sendall(head("POST", "/workflow_plans", f"Content-Length: {len(plan)}") + plan[:part].encode())
    assert someone(server).status("GET", "/ping") == 200
    assert server.do("list_workflows")["total_count"] == before


@pytest.mark.parametrize(
    "garbage", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x00" * 100, b"GET\r\n\r\n", b"\r\n\r\n\r\n"]
)
def test_what_is_not_http_ends_the_connection_and_nothing_else(
    server: Running, someone: People, garbage: bytes
) -> None:
    with connected(server) as connection:
        connection.sendall(garbage)
        connection.shutdown(socket.SHUT_WR)
        until(lambda: connection.recv(65536) == b"")
    assert someone(server).status("GET", "/ping") == 200


def test_an_error_before_the_body_has_the_one_shape(server: Running) -> None:
    reply = raw(server, head("POST", "/workflows", f"Content-Length: {GIB}"))
    body = json.loads(reply.partition(b"\r\n\r\n")[2])
    assert set(body) == {"error", "code", "errorMessage"}
