"""The server inside another program: on a thread of its own, or without HTTP at all."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torc.contract import Route
from torc.errors import InvalidInput, TorcError
from torc.server.listener import Listener, Settings, new_token
from torc.server.operations import checked_call, operation
from torc.server.store.engine import Database
from torc.server.wire import encode


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
        self._settings = Settings(database, token=self.token)
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


class InProcess:
    """Operations carried out here, on an open database, without a server."""

    def __init__(self, database: Path) -> None:
        self._database = Database(database)

    def request(
        self, route: Route, path: Mapping[str, Any], query: Mapping[str, Any], body: Any = None
    ) -> tuple[int, Any]:
        """Carry out one operation; returns status and parsed reply, as a server would."""
        try:
            return 200, json.loads(encode(self._perform(route, path, query, body)))
        except TorcError as error:
            return error.http_status, error.to_dict()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _perform(self, route: Route, path: Mapping[str, Any], query: Mapping[str, Any], body: Any) -> Any:
        if route.access == "live":
            raise InvalidInput(f"{route.name} needs a server", field="url", hint="start one with torc-server run")
        found = operation(route)
        texts = {name: [_text(item) for item in _items(value)] for name, value in query.items()}
        call = checked_call(found, {name: str(value) for name, value in path.items()}, texts, body, None)
        if route.access == "write":
            return self._database.write(route.name, found.function, call).result()
        return self._database.read_here(found.function, call)


def _items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
