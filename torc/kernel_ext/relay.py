"""The server through the kernel, for front ends that cannot reach it: answers the messages of a view's comm.

Answers are sent from threads of their own, so that they come while a cell runs (what the page asks meanwhile waits
until the cell is done, which is Jupyter's way with comms; what it follows already goes on).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from torc.client.client import Client
from torc.client.stream import StreamedEvent, follow_events
from torc.contract import OPERATIONS
from torc.errors import InvalidInput, NotFound, ServerUnreachable, TorcError
from torc.logs.part import read_part
from torc.plots.script import read_script

Send = Callable[[dict[str, Any]], None]
Own = Callable[[Mapping[str, Any]], Any]

#: Events that come within this time go in one message.
BATCH_SECONDS = 0.1
#: After so long a follower looks whether the page still wants it.
_TURN_SECONDS = 20.0


class Relay:
    """Answers one view's messages."""

    def __init__(self, client: Client, send: Send, own: Mapping[str, Own] | None = None) -> None:
        self._client = client
        self._send = send
        #: What the kernel itself does for a page; done at once, so that the cells behind it can count on it.
        self._own = own or {}
        self._workers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="torc-view")
        self._followers: dict[int, _Follower] = {}

    def take(self, message: Mapping[str, Any]) -> None:
        """Take a message of the page; the answer is sent later."""
        number = int(message["id"])
        if message["kind"] == "follow":
            follower = _Follower(self._client, number, self._send, message)
            self._followers[number] = follower
        elif message["kind"] == "unfollow":
            follower_or_none = self._followers.pop(number, None)
            if follower_or_none is not None:
                follower_or_none.stop()
        elif message["kind"] in self._own:
            self._answer(number, dict(message))
        else:
            self._workers.submit(self._answer, number, dict(message))

    def close(self) -> None:
        """Stop answering."""
        for follower in self._followers.values():
            follower.stop()
        self._followers.clear()
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _answer(self, number: int, message: dict[str, Any]) -> None:
        try:
            value = self._value(message)
        except Exception as error:  # the page waits for an answer, whatever went wrong
            self._send({"id": number, "error": _described(error)})
        else:
            self._send({"id": number, "value": value})

    def _value(self, message: dict[str, Any]) -> Any:
        if message["kind"] in self._own:
            return self._own[message["kind"]](message)
        if message["kind"] == "log":
            return self._log(message)
        return read_script().decode() if message["kind"] == "script" else self._request(message)

    def _request(self, message: dict[str, Any]) -> Any:
        route = OPERATIONS.get(message["operation"])
        if route is None:
            raise NotFound(f"there is no operation '{message['operation']}'", field="operation")
        for name, _ in route.path_parameters:
            if message["path"].get(name) is None:
                raise InvalidInput(f"{route.name} needs '{name}'", field=name)
        return self._client.transport.send(route, message["path"], message["query"], message["body"])

    def _log(self, message: dict[str, Any]) -> dict[str, Any]:
        place = {name: int(message[name]) for name in ("offset", "limit", "tail") if message.get(name) is not None}
        part = read_part(self._client, message["workflow_id"], message["job_id"], message["stream"], **place)
        return {"text": part.text, "start": part.start, "end": part.end, "size": part.size}


class _Follower:
    """Sends the events of one workflow, some at a time."""

    def __init__(self, client: Client, number: int, send: Send, message: Mapping[str, Any]) -> None:
        self._client = client
        self._number = number
        self._send = send
        self._workflow_id = int(message["workflow_id"])
        self._last_id = int(message["last_id"])
        self._came: queue.SimpleQueue[StreamedEvent | TorcError] = queue.SimpleQueue()
        self._stopped = threading.Event()
        for work in (self._read, self._pass_on):
            threading.Thread(target=work, name="torc-view-events", daemon=True).start()

    def stop(self) -> None:
        """Send nothing more."""
        self._stopped.set()
        self._came.put(ServerUnreachable("stopped"))

    def _read(self) -> None:
        last = self._last_id
        while not self._stopped.is_set():
            try:
                for event in follow_events(
                    self._client,
                    self._workflow_id,
                    level="debug",
                    last_event_id=last,
                    seconds=_TURN_SECONDS,
                    samples=True,
                ):
                    self._came.put(event)
                    last = event.id if event.id is not None else last
            except NotFound:
                self._came.put(StreamedEvent(None, "workflow_deleted", {}))
                return
            except TorcError as error:
                self._came.put(error)
                if not isinstance(error, ServerUnreachable):
                    return
                self._stopped.wait(1.0)

    def _pass_on(self) -> None:
        self._send({"id": self._number, "state": "connected"})
        while True:
            came = [self._came.get()]
            self._stopped.wait(BATCH_SECONDS)
            if self._stopped.is_set():
                return
            while not self._came.empty():
                came.append(self._came.get())
            events = [
                {"id": item.id, "type": item.event, "data": item.data}
                for item in came
                if isinstance(item, StreamedEvent)
            ]
            if events:
                self._send({"id": self._number, "state": "connected"})
                self._send({"id": self._number, "events": events})
            if isinstance(came[-1], TorcError):
                state = "lost" if isinstance(came[-1], ServerUnreachable) else "ended"
                self._send({"id": self._number, "state": state, "error": _described(came[-1])})


def _described(error: Exception) -> dict[str, Any]:
    if not isinstance(error, TorcError):
        return {"message": f"{type(error).__name__}: {error}", "status": 500, "hint": None}
    status = 0 if isinstance(error, ServerUnreachable) else error.http_status
    return {"message": error.message, "status": status, "hint": error.hint}
