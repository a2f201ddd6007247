"""The event stream of one or more workflows, as server-sent events.

A stream reads the event table from the last id that its client has seen; the bus only says that
there is something new. So nothing is missed or repeated, however long the client was away, and a
slow reader costs no memory here. Only a live reader that falls far behind skips events, and is told.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from tornado.iostream import StreamClosedError

from torc.errors import InvalidInput, Unauthorized
from torc.server.bus import is_set
from torc.server.services.call import Call
from torc.server.store import access, events, usage
from torc.server.store.nouns import WORKFLOW
from torc.server.store.records import missing
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


async def stream_events(service: Service, call: Call) -> dict[int, int]:
    """Return behind which event the stream of a workflow begins; :func:`send_events` sends it."""
    beginning: dict[int, int] = service.peek(_beginning, call, {call.id: None})
    return beginning


async def stream_events_of_workflows(service: Service, call: Call) -> dict[int, int]:
    """Return behind which event the stream begins for each of the workflows that the caller may see."""
    ids, after = call.query.workflow_id, call.query.after
    beginning: dict[int, int] = service.peek(_beginning, call, dict(zip(ids, after or [None] * len(ids), strict=True)))
    return beginning


def _beginning(tx: Tx, call: Call, after: Mapping[int, int | None]) -> dict[int, int]:
    places = {}
    for workflow_id, last_id in after.items():
        if access.may_use(tx, call.caller, workflow_id):
            known = [place for place in (last_id, call.query.last_event_id) if place is not None]
            places[workflow_id] = max(known) if known else events.latest_id(tx, workflow_id)
    if not places:
        call.concealed = True
        raise missing(WORKFLOW, next(iter(after)))
    return places


def last_event_id(header: str | None) -> int | None:
    """Return the id that a reconnecting client names in its header."""
    if not header:
        return None
    if not header.isascii() or not header.isdigit() or len(header) > 18:
        raise InvalidInput(f"'{header}' is not an event id", field="Last-Event-ID", value=header)
    return int(header)


async def send_events(handler: RouteHandler, service: Service, call: Call) -> None:
    """Send events until the client goes away or may read none any more, all is deleted or the server stops."""
    seen = last_event_id(handler.request.headers.get("Last-Event-ID"))
    if seen is not None:
        call.query.last_event_id = seen
    begin = stream_events if "id" in call.path else stream_events_of_workflows
    reader = _Reader(handler, service, call, await begin(service, call))
    handler.set_header("Content-Type", "text/event-stream; charset=utf-8")
    handler.set_header("Cache-Control", "no-cache")
    handler.set_header("X-Accel-Buffering", "no")
    try:
        await reader.run()
    except (StreamClosedError, Unauthorized):
        pass
    except TimeoutError:
        handler.detach().close()
    finally:
        reader.close()


class _Reader:
    """One client that follows one or more workflows."""

    def __init__(self, handler: RouteHandler, service: Service, call: Call, places: dict[int, int]) -> None:
        self._handler = handler
        self._service = service
        self._call = call
        #: By workflow the last event that has been sent.
        self._places = places
        self._signal = service.bus.open_stream(*places)
        self._watches: dict[int, Watch] = {}
        self._has_caught_up = False

    async def run(self) -> None:
        """Send what is new whenever there is something, and a sign of life when there is not."""
        bus = self._service.bus
        await self._watch_samples()
        await self._send(": connected\n\n")
        await self._tell_unseen()
        while self._places and not bus.closing:
            self._signal.clear()
            await self._send_new()
            await self._tell_samples()
            while self._places and not await is_set(self._signal, HEARTBEAT_SECONDS):
                await self._send(": heartbeat\n\n")
                await self._drop_gone()
            await asyncio.sleep(PAUSE_SECONDS)
        if bus.closing:
            await self._tell("server_stopping")

    def close(self) -> None:
        """Follow nothing any more."""
        for workflow_id in list(self._places):
            self._leave(workflow_id)

    def _leave(self, workflow_id: int) -> None:
        del self._places[workflow_id]
        self._service.bus.close_stream(workflow_id, self._signal)
        watch = self._watches.pop(workflow_id, None)
        if watch is not None:
            self._service.samples.unwatch(workflow_id, watch)

    async def _send_new(self) -> None:
        while self._places:
            rows, reached = await self._service.pages.read(self._call.query.level, self._places)
            # Only now: rights may have ended while the page was read, and it may have what came after that.
            if await self._drop_gone():
                continue
            if rows:
                await self._send("".join(_message(*row) for row in rows))
            if reached is None:
                self._has_caught_up = True
                return
            self._advance(reached)
            if self._has_caught_up and len(rows) == PAGE:
                await self._skip_if_behind()

    def _advance(self, reached: int) -> None:
        # Pages are in the order of all events: up to the last of a page nothing is left of any workflow.
        for workflow_id, place in self._places.items():
            self._places[workflow_id] = max(place, reached)

    async def _skip_if_behind(self) -> None:
        dropped, newest = await self._service.read(events.backlog, dict(self._places))
        if sum(dropped.values()) > MAX_BACKLOG:
            self._advance(newest)
            for workflow_id, count in dropped.items():
                await self._tell("warning", workflow_id=workflow_id, dropped=count)

    async def _drop_gone(self) -> bool:
        """Tell of workflows that are deleted, or no longer for this reader; return whether there are any."""
        gone = self._service.peek(_gone, self._call, list(self._places))
        for workflow_id in gone:
            self._leave(workflow_id)
            await self._tell("workflow_deleted", workflow_id=workflow_id)
        return bool(gone)

    async def _tell_unseen(self) -> None:
        for workflow_id in getattr(self._call.query, "workflow_id", ()):
            if workflow_id not in self._places:
                await self._tell("workflow_deleted", workflow_id=workflow_id)

    async def _watch_samples(self) -> None:
        if self._call.query.samples:
            for workflow_id in self._places:
                busy = await self._service.read(usage.busy_nodes, workflow_id)
                self._watches[workflow_id] = self._service.samples.watch(workflow_id, self._signal, busy)

    async def _tell_samples(self) -> None:
        for workflow_id, watch in self._watches.items():
            if watch.fresh:
                watch.fresh = False
                await self._tell("samples", workflow_id=workflow_id, last=self._service.samples.last)

    async def _tell(self, name: str, **data: int) -> None:
        """Send what is no event of the table, and has no id."""
        await self._send(f"event: {name}\ndata: {json.dumps(data)}\n\n")

    async def _send(self, text: str) -> None:
        self._handler.write(text)
        async with asyncio.timeout(STALL_SECONDS):
            await self._handler.flush()


def _gone(tx: Tx, call: Call, workflow_ids: list[int]) -> list[int]:
    gone = [workflow_id for workflow_id in workflow_ids if not access.may_use(tx, call.caller, workflow_id)]
    call.concealed = call.concealed or bool(gone)
    return gone


class Pages:
    """Reads for streams. Readers at the same place, as most are, share one query and one encoding."""

    def __init__(self, read: Callable[..., Awaitable[Any]]) -> None:
        self._read = read
        self._running: dict[tuple[str, tuple[tuple[int, int], ...]], asyncio.Task[Any]] = {}

    async def read(self, level: str, places: Mapping[int, int]) -> tuple[list[tuple[int, str, str]], int | None]:
        """Return the next events behind these places, by workflow, and the id up to which was looked."""
        key = (level, tuple(places.items()))
        task = self._running.get(key)
        if task is None:
            task = asyncio.ensure_future(self._read(events.after, dict(places), level, PAGE))
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key, None))
        page: tuple[list[tuple[int, str, str]], int | None] = await asyncio.shield(task)
        return page


def _message(event_id: int, event_type: str, text: str) -> str:
    # The JSON is one line: SQLite escapes line feeds inside strings.
    name = event_type if event_type.isprintable() else json.dumps(event_type)
    return f"id: {event_id}\nevent: {name}\ndata: {text}\n\n"
