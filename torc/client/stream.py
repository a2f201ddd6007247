"""Events as they happen: a reader of server-sent events that resumes where it was cut off."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException
from itertools import takewhile
from typing import IO, Any

from torc.client.client import Client
from torc.client.transport import FIRST_DELAY, LONGEST_DELAY, HttpTransport, target_of
from torc.contract import OPERATIONS
from torc.errors import ServerUnreachable

logger = logging.getLogger(__name__)

#: The server says something at least every 15 seconds; longer silence means that the line is dead.
SILENCE_SECONDS = 45.0
_ROUTE = OPERATIONS["stream_events"]


@dataclass(frozen=True, slots=True)
class StreamedEvent:
    """One message of a stream."""

    id: int | None
    event: str
    data: Any


def parse_stream(lines: IO[bytes]) -> Iterator[StreamedEvent | None]:
    """Yield the messages of a stream, and null for each heartbeat."""
    kind, number = "message", None
    data: list[str] = []
    for raw in lines:
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        if not line:
            if data:
                yield StreamedEvent(number, kind, _json_or_text("\n".join(data)))
            kind, data, number = "message", [], None
        elif line.startswith(":"):
            yield None
        else:
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                data.append(value)
            elif field == "event":
                kind = value
            elif field == "id" and value.isdigit():
                number = int(value)


def follow_events(
    client: Client,
    workflow_id: int,
    *,
    level: str = "info",
    last_event_id: int | None = None,
    seconds: float | None = None,
    poll_seconds: float = 5.0,
    samples: bool = False,
) -> Iterator[StreamedEvent]:
    """Yield a workflow's events from now on, or after ``last_event_id``, for ever or for ``seconds``.

    A broken connection is opened again after the last event seen, so none is missed or repeated. With ``samples``
    events of that name tell that there are new samples of what jobs use.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    transport = client.transport
    if isinstance(transport, HttpTransport):
        query = {"level": level} | ({"samples": True} if samples else {})
        yield from _over_http(transport, target_of(_ROUTE, {"id": workflow_id}, query), last_event_id, deadline)
    else:
        yield from _by_asking(client, workflow_id, last_event_id, deadline, poll_seconds)


def _over_http(
    transport: HttpTransport, target: str, last: int | None, deadline: float | None
) -> Iterator[StreamedEvent]:
    delay, lost_at = FIRST_DELAY, time.monotonic()
    while not _over(deadline):
        headers = {"Accept": "text/event-stream"} | ({} if last is None else {"Last-Event-ID": str(last)})
        try:
            with transport.open_stream(target, headers, timeout=_silence(deadline)) as response:
                delay = FIRST_DELAY
                for message in parse_stream(response):
                    lost_at = time.monotonic()
                    if message is not None and message.event == "workflow_deleted":
                        return
                    if message is not None and message.event != "server_stopping":
                        last = message.id if message.id is not None else last
                        yield message
                    if _over(deadline):
                        return
        except ServerUnreachable:
            if time.monotonic() - lost_at > transport.patience:
                raise
        except (OSError, HTTPException, ValueError) as error:
            logger.debug("event stream %s broke: %s", target, error)
        if not _over(deadline):
            time.sleep(delay * random.uniform(0.5, 1.0))
            delay = min(delay * 2, LONGEST_DELAY)


def _by_asking(
    client: Client, workflow_id: int, last: int | None, deadline: float | None, poll_seconds: float
) -> Iterator[StreamedEvent]:
    # Without a server there is no stream; other programs on the same database still write events.
    seen = newest_event_id(client, workflow_id) if last is None else last
    while not _over(deadline):
        for message in events_after(client, workflow_id, seen):
            seen = message.id or seen
            yield message
        left = poll_seconds if deadline is None else min(poll_seconds, deadline - time.monotonic())
        time.sleep(max(left, 0))


def newest_event_id(client: Client, workflow_id: int) -> int:
    """Return the id of a workflow's newest event; 0 when there is none."""
    newest = client.list_events(workflow_id=workflow_id, sort_by="id", reverse_sort=True, limit=1)["items"]
    return int(newest[0]["id"]) if newest else 0


def events_after(client: Client, workflow_id: int, last: int) -> list[StreamedEvent]:
    """Return a workflow's events that are newer than one, the oldest first."""
    newest = client.pages("list_events", workflow_id=workflow_id, sort_by="id", reverse_sort=True)
    found = list(takewhile(lambda event: event["id"] > last, newest))
    return [StreamedEvent(event["id"], event.get("event_type") or "message", event) for event in reversed(found)]


def _over(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() >= deadline


def _silence(deadline: float | None) -> float:
    left = SILENCE_SECONDS if deadline is None else deadline - time.monotonic()
    return max(0.05, min(SILENCE_SECONDS, left))


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
