"""The server inside another program, on a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from torc.server.auth.settings import AuthSettings
from torc.server.listener import Listener, Settings, new_token


class Host:
    """A server on a thread of this process, on a free loopback port, with a token of its own.

    Raises
    ------
    DatabaseUnusable
        When another process holds the database, among others.
    """

    def __init__(self, database: Path) -> None:
        self.token = new_token()
        self.url = ""
        self._settings = Settings(database, auth=AuthSettings(token=self.token))
        self._ready = threading.Event()
        self._error: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="torc-server", daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            self._thread.join()
            raise self._error

    def close(self) -> None:
        """Stop the server and let go of the database. Safe to call twice."""
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        try:
            listener = Listener(self._settings)
        except BaseException as error:  # handed to the thread that waits for us
            self._error = error
            self._ready.set()
            return
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self.url = listener.url
        self._ready.set()
        await self._stop.wait()
        await listener.close()


@contextmanager
def host(database: Path) -> Iterator[tuple[str, str]]:
    """Serve a database from this process; yields address and token."""
    server = Host(database)
    try:
        yield server.url, server.token
    finally:
        server.close()
