"""A service on a port: opens the database, listens, publishes where it is, and closes in order."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from torc import discovery
from torc.contract import PREFIX
from torc.errors import InvalidInput
from torc.server.auth import TokenAuth
from torc.server.handlers import MAX_BULK_BODY, make_application
from torc.server.service import Service

MAX_HEADER = 64 * 1024
IDLE_SECONDS = 3600
#: How long a stopping server waits for requests in flight.
DRAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve. Port 0 takes a free one; with ``token`` every request must carry it."""

    database: Path
    host: str = "127.0.0.1"
    port: int = 0
    token: str | None = None
    readers: int = 4


class Listener:
    """A listening server on the running event loop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        try:
            sockets = bind_sockets(settings.port, settings.host)
        except OSError as error:
            raise InvalidInput(
                f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}",
                field="port",
                value=settings.port,
                hint="use another port, or 0 for a free one",
            ) from None
        try:
            self.service = Service(settings.database, readers=settings.readers)
        except BaseException:
            for item in sockets:
                item.close()
            raise
        self.port: int = sockets[0].getsockname()[1]
        self._http = HTTPServer(
            make_application(self.service, TokenAuth(settings.token)),
            max_body_size=MAX_BULK_BODY,
            max_buffer_size=MAX_BULK_BODY,
            max_header_size=MAX_HEADER,
            idle_connection_timeout=IDLE_SECONDS,
        )
        self._http.add_sockets(sockets)
        try:
            discovery.publish(settings.database, self.url, settings.token)
        except BaseException:
            self._http.stop()
            self.service.abandon()
            raise

    @property
    def url(self) -> str:
        """Address of the interface."""
        host = self.settings.host
        if host in ("0.0.0.0", "::"):
            host = socket.gethostname()
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}{PREFIX}"

    async def close(self) -> None:
        """Stop accepting, answer who waits, finish what is queued, close the database."""
        discovery.withdraw(self.settings.database)
        self._http.stop()
        self.service.bus.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._drain(), DRAIN_SECONDS)
        await self.service.close()

    async def _drain(self) -> None:
        await self.service.idle.wait()
        await self._http.close_all_connections()


def new_token() -> str:
    """Return a fresh token."""
    return secrets.token_urlsafe(32)
