"""Ends connections on which the body of a request does not come in time.

Tornado can do so itself, but makes a task and a timer for each body; here one timer looks after all of them.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

#: Seconds between two looks at the bodies that are still to come.
LOOK_EVERY = 1.0


class Connection(Protocol):
    """What carries one request."""

    def close(self) -> None:
        """End it, without an answer."""


class Deadlines:
    """Until when which bodies must have come."""

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

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in [connection for connection, until in self._until.items() if until <= now]:
            self.forget(connection)
            connection.close()
        self._timer = loop.call_later(LOOK_EVERY, self._look, loop) if self._until else None
