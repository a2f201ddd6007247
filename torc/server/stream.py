"""The event stream of a workflow, as server-sent events.

A stream reads the event table from the last id that its client has seen; the bus only says that
there is something new. So nothing is missed or repeated, however long the client was away, and a
slow reader costs no memory here.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from tornado.iostream import StreamClosedError

from torc.errors import InvalidInput
from torc.server.services.call import Call
from torc.server.store import events, workflows
from torc.server.store.transaction import Tx

if TYPE_CHECKING:
    from torc.server.handlers import RouteHandler
    from torc.server.service import Service

HEARTBEAT_SECONDS = 15.0
PAGE = 500


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
    """Send events until the client goes away or the server stops."""
    seen = last_event_id(handler.request.headers.get("Last-Event-ID"))
    if seen is not None:
        call.query.last_event_id = seen
    last_id: int = await stream_events(service, call)
    handler.set_header("Content-Type", "text/event-stream; charset=utf-8")
    handler.set_header("Cache-Control", "no-cache")
    handler.set_header("X-Accel-Buffering", "no")
    signal = service.bus.open_stream(call.id)
    try:
        await _send(handler, ": connected\n\n")
        while not service.bus.closing:
            signal.clear()
            last_id = await _send_new(handler, service, call, last_id)
            try:
                await asyncio.wait_for(signal.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                await _send(handler, ": heartbeat\n\n")
        await _send(handler, "event: server_stopping\ndata: {}\n\n")
    except StreamClosedError:
        pass
    finally:
        service.bus.close_stream(call.id, signal)


async def _send_new(handler: RouteHandler, service: Service, call: Call, last_id: int) -> int:
    while True:
        rows, reached = await service.read(events.after, call.id, last_id, call.query.level, PAGE)
        if rows:
            await _send(handler, "".join(_message(*row) for row in rows))
        if reached == last_id:
            return last_id
        last_id = reached


def _message(event_id: int, event_type: str, text: str) -> str:
    # The JSON is one line: SQLite escapes line feeds inside strings.
    name = event_type if event_type.isprintable() else json.dumps(event_type)
    return f"id: {event_id}\nevent: {name}\ndata: {text}\n\n"


async def _send(handler: RouteHandler, text: str) -> None:
    handler.write(text)
    await handler.flush()
