"""The event stream of a workflow, as server-sent events.

A stream reads the event table from the last id that its client has seen; the bus only says that
there is something new. So nothing is missed or repeated, however long the client was away, and a
slow reader costs no memory here. Only a live reader that falls far behind skips events, and is told.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from tornado.iostream import StreamClosedError

from torc.errors import InvalidInput, NotFound, Unauthorized
from torc.server.services.call import Call
from torc.server.store import events, usage, workflows
from torc.server.store.transaction import Tx

if TYPE_CHECKING:
    from torc.server.handlers import RouteHandler
    from torc.server.samples import Watch
    from torc.server.service import Service

HEARTBEAT_SECONDS = 15.0
#: Events that one message to the client carries at most.
PAGE = 500
#: Rest between two reads, so that a busy workflow with many readers costs the server little.
PAUSE_SECONDS = 0.05
#: A reader that takes nothing for so long is cut off; it can resume where it was.
STALL_SECONDS = 60.0
#: A reader of live events that is further behind is told how many it has missed and goes on with the newest.
MAX_BACKLOG = 10_000


async def stream_events(service: Service, call: Call) -> Any:
    """Hand the request over to :func:`send_events`."""
    start = await service.read(_starting_point, call.id, call.query.last_event_id)
    return start


def _starting_point(tx: Tx, workflow_id: int, last_id: int | None) -> int:
    workflows.head(tx, workflow_id)
    return events.latest_id(tx, workflow_id) if last_id is None else last_id


def last_event_id(header: str | None) -> int | None:
    """Return the id that a reconnecting client names in its header."""
    if not header:
        return None
    if not header.isascii() or not header.isdigit() or len(header) > 18:
        raise InvalidInput(f"'{header}' is not an event id", field="Last-Event-ID", value=header)
    return int(header)


async def send_events(handler: RouteHandler, service: Service, call: Call) -> None:
    """Send events until the client goes away or may no longer read, the workflow is deleted or the server stops."""
    seen = last_event_id(handler.request.headers.get("Last-Event-ID"))
    if seen is not None:
        call.query.last_event_id = seen
    last_id: int = await stream_events(service, call)
    handler.set_header("Content-Type", "text/event-stream; charset=utf-8")
    handler.set_header("Cache-Control", "no-cache")
    handler.set_header("X-Accel-Buffering", "no")
    signal = service.bus.open_stream(call.id)
    watch: Watch | None = None
    try:
        if call.query.samples:
            watch = service.samples.watch(call.id, signal, await service.read(usage.busy_nodes, call.id))
        await _send(handler, ": connected\n\n")
        await _Reader(handler, service, call, last_id).run(signal, watch)
        await _send(handler, "event: server_stopping\ndata: {}\n\n")
    except NotFound:
        await _send(handler, "event: workflow_deleted\ndata: {}\n\n")
    except (StreamClosedError, Unauthorized):
        pass
    except TimeoutError:
        handler.detach().close()
    finally:
        service.bus.close_stream(call.id, signal)
        if watch is not None:
            service.samples.unwatch(call.id, watch)


class _Reader:
    """One client that follows a workflow."""

    def __init__(self, handler: RouteHandler, service: Service, call: Call, last_id: int) -> None:
        self._handler = handler
        self._service = service
        self._workflow_id = call.id
        self._level = call.query.level
        self._last_id = last_id
        self._has_caught_up = False

    async def run(self, signal: asyncio.Event, watch: Watch | None) -> None:
        """Send what is new whenever there is something, and a sign of life when there is not."""
        while not self._service.bus.closing:
            signal.clear()
            await self._send_new()
            if watch is not None and watch.fresh:
                watch.fresh = False
                await _send(self._handler, f'event: samples\ndata: {{"last": {self._service.samples.last}}}\n\n')
            try:
                await asyncio.wait_for(signal.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                await _send(self._handler, ": heartbeat\n\n")
            else:
                await asyncio.sleep(PAUSE_SECONDS)

    async def _send_new(self) -> None:
        while True:
            rows, reached = await self._service.pages.read(self._workflow_id, self._level, self._last_id)
            if rows:
                await _send(self._handler, "".join(_message(*row) for row in rows))
            if reached == self._last_id:
                self._has_caught_up = True
                return
            self._last_id = reached
            if self._has_caught_up and len(rows) == PAGE:
                await self._skip_if_behind()

    async def _skip_if_behind(self) -> None:
        dropped, newest = await self._service.read(events.backlog, self._workflow_id, self._last_id)
        if dropped > MAX_BACKLOG:
            self._last_id = newest
            text = json.dumps({"workflow_id": self._workflow_id, "dropped": dropped})
            await _send(self._handler, f"event: warning\ndata: {text}\n\n")


class Pages:
    """Reads for streams. Readers at the same place, as most are, share one query and one encoding."""

    def __init__(self, read: Callable[..., Awaitable[Any]]) -> None:
        self._read = read
        self._running: dict[tuple[int, str, int], asyncio.Task[Any]] = {}

    async def read(self, workflow_id: int, level: str, last_id: int) -> tuple[list[tuple[int, str, str]], int]:
        """Return the next events behind ``last_id`` and the id up to which was looked.

        Raises
        ------
        NotFound
            When the workflow has been deleted.
        """
        key = (workflow_id, level, last_id)
        task = self._running.get(key)
        if task is None:
            task = asyncio.ensure_future(self._read(_next_page, workflow_id, last_id, level))
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key, None))
        page: tuple[list[tuple[int, str, str]], int] = await asyncio.shield(task)
        return page


def _next_page(tx: Tx, workflow_id: int, last_id: int, level: str) -> tuple[list[tuple[int, str, str]], int]:
    workflows.head(tx, workflow_id)
    return events.after(tx, workflow_id, last_id, level, PAGE)


def _message(event_id: int, event_type: str, text: str) -> str:
    # The JSON is one line: SQLite escapes line feeds inside strings.
    name = event_type if event_type.isprintable() else json.dumps(event_type)
    return f"id: {event_id}\nevent: {name}\ndata: {text}\n\n"


async def _send(handler: RouteHandler, text: str) -> None:
    handler.write(text)
    await asyncio.wait_for(handler.flush(), STALL_SECONDS)
