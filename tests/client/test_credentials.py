"""What the client shows a server, and what it keeps to itself."""

from __future__ import annotations

import base64
import logging

import pytest
from server.outside import free_port

from torc.client import transport as transport_module
from torc.client.connection import Endpoint, normalize_url
from torc.client.transport import HttpTransport
from torc.contract import OPERATIONS
from torc.errors import InvalidInput, ServerUnreachable, TooManyTries

from .stub import Reply, StubServer

PING = OPERATIONS["ping"]


def header(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


def test_name_and_password_in_an_address_become_credentials_and_leave_it(stub: StubServer) -> None:
    transport = HttpTransport(stub.url.replace("://", "://olga:p%40ss@"))
    assert transport.url == stub.url
    transport.send(PING, {}, {})
    assert stub.requests[-1].headers["Authorization"] == header("olga:p@ss")
    transport.close()


def test_what_was_said_apart_from_the_address_counts_more(stub: StubServer) -> None:
    transport = HttpTransport(stub.url.replace("://", "://olga:x@"), username="mia", password="y")
    transport.send(PING, {}, {})
    assert stub.requests[-1].headers["Authorization"] == header("mia:y")
    transport.close()


def test_no_message_and_no_representation_shows_a_secret() -> None:
    endpoint = Endpoint("http://h", token="hush", username="olga", password="hush")
    assert "hush" not in repr(endpoint)
    transport = HttpTransport(f"http://olga:hush@127.0.0.1:{free_port()}", patience=0)
    with pytest.raises(ServerUnreachable) as refused:
        transport.send(PING, {}, {})
    assert "hush" not in str(refused.value)
    with pytest.raises(InvalidInput) as wrong:
        normalize_url("ftp://olga:hush@h")
    assert "hush" not in str(wrong.value.to_dict())


def test_a_password_on_its_way_through_a_network_in_clear_is_warned_of_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport_module, "_warned", set())
    caplog.set_level(logging.WARNING)
    for _ in range(3):
        HttpTransport("http://torc.example:8080", username="olga", password="hush")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "use https" in caplog.text
    assert "hush" not in caplog.text
    caplog.clear()
    HttpTransport("https://torc.example:8080", username="olga", password="hush")
    HttpTransport("http://127.0.0.1:8080", username="olga", password="hush")
    HttpTransport("http://localhost:8080", username="olga", password="hush")
    HttpTransport("http://torc.example:8080", "a token")
    HttpTransport("http://torc.example:8080")
    assert caplog.records == []


def too_many(seconds: str) -> Reply:
    error = {"error": {"type": "TooManyTries", "message": "too many"}, "code": 429, "errorMessage": "too many"}
    return Reply(error, status=429, headers={"Retry-After": seconds})


def test_a_server_that_wants_a_long_wait_is_not_asked_again(stub: StubServer) -> None:
    stub.replies = [too_many("30")]
    transport = HttpTransport(stub.url)
    with pytest.raises(TooManyTries) as refused:
        transport.send(PING, {}, {})
    assert refused.value.retry_after == 30
    assert len(stub.requests) == 1
    transport.close()


def test_a_server_that_is_busy_for_a_moment_is_asked_again(stub: StubServer) -> None:
    stub.replies = [too_many("1"), too_many("1")]
    transport = HttpTransport(stub.url)
    assert transport.send(PING, {}, {}) == {"status": "ok"}
    assert len(stub.requests) == 3
    transport.close()
