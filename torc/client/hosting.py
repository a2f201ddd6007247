"""The server behind a run: one that is there, or this process itself while nobody else hosts the database."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

from torc.client.connect import Choice, find_database_server, find_server
from torc.client.connection import Endpoint
from torc.client.transport import HttpTransport
from torc.errors import DatabaseUnusable

if TYPE_CHECKING:
    from torc.server.embedded import Host

#: A server that is starting or ending holds the lock without answering for about this long.
SETTLE_SECONDS = 20.0
_PAUSE = 0.1


class Hosting:
    """Keeps a transport pointed at whoever serves the chosen database.

    When the program that hosted the database ends, the first one that notices takes its place;
    the others find it through the file beside the database.
    """

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self._host: Host | None = None
        self._lock = threading.Lock()

    @property
    def is_host(self) -> bool:
        """Whether this process serves the database."""
        return self._host is not None

    def open(self) -> HttpTransport:
        """Return a transport to a server that is there, or to one that this process has just begun to host."""
        transport = find_server(self.choice)
        if transport is None:
            endpoint = self._settle()
            transport = HttpTransport(endpoint.url, endpoint.token)
        if not self.choice.url:
            transport.relocate = self.relocate
        return transport

    def relocate(self) -> Endpoint | None:
        """Return where the server is now, hosting it here if nobody does; null when that cannot be told yet."""
        with contextlib.suppress(DatabaseUnusable):
            return self._settle(seconds=1.0)
        return None

    def close(self) -> None:
        """Stop hosting; whoever still works with this server takes over."""
        with self._lock:
            if self._host is not None:
                self._host.close()
                self._host = None

    def _settle(self, seconds: float = SETTLE_SECONDS) -> Endpoint:
        deadline = time.monotonic() + seconds
        with self._lock:
            while True:
                if self._host is not None:
                    return Endpoint(self._host.url, self._host.token)
                found = find_database_server(self.choice)
                if found:
                    return found.endpoint
                try:
                    self._begin()
                except DatabaseUnusable as error:
                    if not hasattr(error, "holder") or time.monotonic() > deadline:
                        raise
                    time.sleep(_PAUSE)

    def _begin(self) -> None:
        from torc.server.embedded import Host

        assert self.choice.database is not None
        self._host = Host(self.choice.database)
