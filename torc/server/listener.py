"""A service on a port: opens the database, listens, publishes where it is, and closes in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from torc import discovery
from torc.contract import PREFIX
from torc.errors import InvalidInput
from torc.server.auth.browsers import Hosts
from torc.server.auth.settings import AuthSettings, TlsSettings
from torc.server.auth.tls import load, server_context
from torc.server.bodies import MAX_BULK_BODY
from torc.server.door import Door
from torc.server.handlers import make_application
from torc.server.service import Service

logger = logging.getLogger(__name__)

MAX_HEADER = 64 * 1024
#: Bodies are read in pieces, so this need not hold one.
MAX_BUFFER = 16 * 2**20
#: How long a connection may be silent between requests, and how long the head of a request may take.
IDLE_SECONDS = 300
#: How long a stopping server waits for requests in flight.
DRAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How to serve. Port 0 takes a free one; with ``tls`` the server speaks HTTPS only."""

    database: Path
    host: str = "127.0.0.1"
    port: int = 0
    readers: int = 4
    auth: AuthSettings = field(default_factory=AuthSettings)
    tls: TlsSettings | None = None


class Listener:
    """A listening server on the running event loop."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._tls = server_context(settings.tls) if settings.tls else None
        _allow_many_connections()
        try:
            sockets = [Door(listening) for listening in bind_sockets(settings.port, settings.host)]
        except OSError as error:
            raise InvalidInput(
                f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}",
                field="port",
                value=settings.port,
                hint="use another port, or 0 for a free one",
            ) from None
        try:
            self.service = Service(settings.database, readers=settings.readers, auth=settings.auth)
        except BaseException:
            for item in sockets:
                item.close()
            raise
        self.port: int = sockets[0].getsockname()[1]
        self._http = HTTPServer(
            make_application(self.service, Hosts(settings.host, settings.auth.trusted_hosts)),
            max_body_size=MAX_BULK_BODY,
            max_buffer_size=MAX_BUFFER,
            max_header_size=MAX_HEADER,
            idle_connection_timeout=IDLE_SECONDS,
            ssl_options=self._tls,
        )
        self._http.add_sockets(sockets)
        try:
            discovery.publish(settings.database, self.url, settings.auth.token)
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
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}{PREFIX}"

    def reload(self) -> None:
        """Read password file and certificate again; what cannot be used is logged and changes nothing."""
        try:
            if self.settings.auth.file is not None:
                self.service.authenticator.reload()
            if self._tls is not None and self.settings.tls is not None:
                load(self._tls, self.settings.tls)
        except InvalidInput as error:
            logger.error("%s; everything stays as it was", error)

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


def _allow_many_connections() -> None:
    """Use as many files as the system lets this process: each runner that waits holds a connection."""
    least, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if least != most:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def new_token() -> str:
    """Return a fresh token."""
    return secrets.token_urlsafe(32)
