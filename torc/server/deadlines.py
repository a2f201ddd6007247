"""Ends connections on which the body of a request does not come in time, or a large reply is not taken.

Tornado can do so for bodies, but makes a task and a timer for each; here one timer looks after all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

#: Seconds between two looks at the bodies that are still to come.
LOOK_EVERY = 1.0
#: Bytes of a reply that the system's buffers take, whoever reads: it needs no deadline.
SMALL_REPLY = 256 * 2**10
#: A larger one is to be read within so many seconds, and what a line of so many bytes a second needs.
REPLY_SECONDS, SLOW_LINE = 60.0, 100_000


class Connection(Protocol):
    """What carries one request."""

    def close(self) -> None:
        """End it, without an answer."""


class _Reply:
    """A reply on its way; the next request on its connection has a deadline of its own."""

    __slots__ = ("close",)

    def __init__(self, connection: Connection) -> None:
        self.close = connection.close


class Deadlines:
    """Until when which bodies must have come, and which replies be taken."""

    def __init__(self) -> None:
        self._until: dict[Connection, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def expect(self, connection: Connection, seconds: float) -> None:
        """Give a connection so much time from now on."""
        loop = asyncio.get_running_loop()
        self._until[connection] = loop.time() + seconds
        if self._timer is None:
            self._timer = loop.call_later(LOOK_EVERY, self._look, loop)

    def forget(self, connection: Connection) -> None:
        """Ask nothing more of a connection."""
        self._until.pop(connection, None)

    @contextmanager
    def replying(self, connection: Connection, size: int) -> Iterator[None]:
        """Give who asked so much time as a reply of this size takes on a slow line."""
        reply = _Reply(connection)
        self.expect(reply, REPLY_SECONDS + size / SLOW_LINE)
        try:
            yield
        finally:
            self.forget(reply)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in [connection for connection, until in self._until.items() if until <= now]:
            self.forget(connection)
            connection.close()
        self._timer = loop.call_later(LOOK_EVERY, self._look, loop) if self._until else None
