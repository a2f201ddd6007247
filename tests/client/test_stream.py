"""Server-sent events: the format, and going on after a cut."""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from torc.client.client import Client
from torc.client.connect import connect
from torc.client.stream import StreamedEvent, follow_events, parse_stream
from torc.client.transport import HttpTransport
from torc.errors import NotFound

from .stub import Reply, StubServer


def messages(text: str) -> list[StreamedEvent | None]:
    return list(parse_stream(io.BytesIO(text.encode())))


def event(number: int) -> bytes:
    return f'id: {number}\nevent: job_completed\ndata: {{"n": {number}}}\n\n'.encode()


def test_message_has_id_type_and_json() -> None:
    assert messages('id: 7\nevent: job_failed\ndata: {"a": 1}\n\n') == [StreamedEvent(7, "job_failed", {"a": 1})]


def test_message_may_be_text_of_several_lines_without_id() -> None:
    assert messages("data: one\r\ndata: two\r\n\r\n") == [StreamedEvent(None, "message", "one\ntwo")]


def test_comment_is_a_heartbeat() -> None:
    assert messages(": heartbeat\n\n") == [None]


def test_message_cut_in_the_middle_is_left_out() -> None:
    assert messages("id: 1\ndata: 1\n\nid: 2\ndata: 2\n") == [StreamedEvent(1, "message", 1)]


def test_cut_stream_goes_on_after_the_last_event_seen(stub: StubServer) -> None:
    stream = "text/event-stream"
    stub.replies = [
        Reply(content=event(1) + event(2), content_type=stream, close=True),
        Reply(cut=0),
        Reply(content=event(3) + event(4)[:5], content_type=stream, close=True),
        Reply(content=event(4), content_type=stream, close=True),
    ]
    client = Client(HttpTransport(stub.url))
    seen = [message.id for message in islice(follow_events(client, 5), 4)]
    assert seen == [1, 2, 3, 4]
    assert [request.headers.get("Last-Event-ID") for request in stub.requests] == [None, "2", "2", "3"]


def test_stream_of_nothing_is_an_error_at_once(stub: StubServer) -> None:
    stub.always = Reply(NotFound("no workflow with id 5").to_dict(), status=404)
    with pytest.raises(NotFound):
        next(follow_events(Client(HttpTransport(stub.url)), 5))


@pytest.fixture
def hosted(tmp_path: Path) -> Iterator[Client]:
    from torc.server.embedded import host

    with host(tmp_path / "torc.db") as (url, token):
        yield Client(HttpTransport(url, token))


def create_with_events(client: Client, count: int) -> tuple[int, list[int]]:
    number = client.create_workflow(body={"name": "w", "user": "u"})["id"]
    return number, [client.create_event(body={"workflow_id": number, "data": {"n": n}})["id"] for n in range(count)]


def test_real_stream_resumes_after_an_id_without_gaps(hosted: Client) -> None:
    number, ids = create_with_events(hosted, 30)
    seen = [message.id for message in islice(follow_events(hosted, number, last_event_id=ids[9]), 20)]
    assert seen == ids[10:]


def test_watching_for_a_time_ends_by_itself(hosted: Client) -> None:
    number, _ = create_with_events(hosted, 1)
    assert list(follow_events(hosted, number, seconds=0.1)) == []


def test_without_a_server_new_events_are_looked_up(tmp_path: Path) -> None:
    with connect(database=tmp_path / "torc.db") as client:
        number, ids = create_with_events(client, 3)
        found = follow_events(client, number, last_event_id=ids[0], seconds=0.01, poll_seconds=0.01)
        assert [message.id for message in found] == ids[1:]
