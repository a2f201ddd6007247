"""Which server is behind the door: the one that torc's own programs would use, never one that a request names."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from torc.client.client import Client
from torc.client.connect import Choice, answering, find_server
from torc.client.connection import Endpoint
from torc.client.transport import HttpTransport
from torc.errors import ServerUnreachable

#: For so long a server that was found is used without looking again, unless it does not answer.
KEEP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """A server that was found, and whose certificates to trust."""

    endpoint: Endpoint
    ca_file: str | None

    def client(self) -> Client:
        """Return a client of this server; close it."""
        return Client(self._transport())

    def answers(self) -> bool:
        """Return whether the server is there now."""
        transport = self._transport()
        try:
            return answering(transport) is not None
        finally:
            transport.close()

    def _transport(self) -> HttpTransport:
        to = self.endpoint
        return HttpTransport(to.url, to.token, to.username, to.password, ca_file=self.ca_file)


class Finder:
    """Finds the server when it is needed, and again when it has moved."""

    def __init__(self, choose: Callable[[], Choice] = Choice.make) -> None:
        self._choose = choose
        self._found: Target | None = None
        self._until = 0.0

    async def target(self) -> Target:
        """Return the server to use now.

        Raises
        ------
        ServerUnreachable
            When there is none.
        """
        if self._found is None or time.monotonic() > self._until:
            self._found = await asyncio.to_thread(self._look)
            self._until = time.monotonic() + KEEP_SECONDS
        if self._found is None:
            raise ServerUnreachable("no torc server is running", hint="using torc in a notebook starts one")
        return self._found

    async def answering(self) -> Target:
        """Return the server, looked for anew and asked whether it is there: an address may outlive what it led to.

        Raises
        ------
        ServerUnreachable
            When there is none.
        """
        self.forget()
        target = await self.target()
        if not await asyncio.to_thread(target.answers):
            raise ServerUnreachable("the torc server does not answer", hint="it may be starting again")
        return target

    def forget(self) -> None:
        """Look anew next time: what was found does not answer."""
        self._found = None

    def _look(self) -> Target | None:
        choice = self._choose()
        transport = find_server(choice)
        if transport is None:
            return None
        transport.close()
        return Target(transport.endpoint, choice.ca_file)
