"""The server without HTTP: the database, those who wait, and the leases, on one event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torc.contract import Route
from torc.crash import crash_point
from torc.server import background, operations, rights
from torc.server.auth.authenticator import Authenticator
from torc.server.auth.settings import AuthSettings
from torc.server.bus import Bus
from torc.server.leases import Leases
from torc.server.metrics import Metrics
from torc.server.request_log import RequestLog
from torc.server.samples import Samples
from torc.server.services import leases as lease_service
from torc.server.services.call import Call
from torc.server.store import tokens
from torc.server.store.engine import Database
from torc.server.store.transaction import Effects
from torc.server.stream import Pages

if TYPE_CHECKING:
    from torc.server.metrics_page import Page

Live = Callable[[Any], Awaitable[Any]]

#: Specifications that are looked at side by side; the other reading threads are for reads that take milliseconds.
SPECIFICATIONS_AT_ONCE = 2


class Service:
    """An open database with everything that the handlers need around it. Made and used on one event loop."""

    def __init__(self, database: Path, *, readers: int = 4, auth: AuthSettings | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self.authenticator = Authenticator(auth or AuthSettings(), self.find_token, self.note_use)
        self.bus = Bus()
        self.pages = Pages(self.read)
        self.leases = Leases(self._lapse)
        self.samples = Samples(self.bus.release_node)
        self.metrics = Metrics()
        self.request_log = RequestLog(self.metrics)
        self._page: Page | None = None
        self.database = Database(database, self._committed, readers=readers, observe=self.request_log.commit)
        for node_id, seconds in self.database.read_here(lease_service.running_leases):
            self.leases.set(node_id, seconds)
        background.give_up_unfinished(self.database)
        self._computing = asyncio.Semaphore(SPECIFICATIONS_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._requests = 0
        self.idle = asyncio.Event()
        self.idle.set()
        self._watch = self._loop.create_task(self.leases.watch())

    async def write(self, name: str, function: Callable[..., Any], *args: Any) -> Any:
        """Run a change; returns after the commit."""
        result = await asyncio.wrap_future(self.database.write(name, function, *args))
        crash_point(f"{name}:before_reply")
        return result

    async def read(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run a query in a reading thread."""
        return await asyncio.wrap_future(self.database.read(function, *args))

    async def compute(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run what computes for long in a reading thread, a few at a time."""
        async with self._computing:
            return await self.read(function, *args)

    def peek(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run a query that costs so little that a thread would cost more."""
        return self.database.read_here(function, *args)

    async def perform(self, operation: operations.Operation, call: Call, live: Live | None = None) -> Any:
        """Carry out an operation of the contract as far as its caller may.

        Parameters
        ----------
        live
            What carries the operation out in the place of its function, on the service as this caller sees it.
        """
        route, function = operation.route, operation.function
        check = rights.check_of(route, call)
        if route.access == "live":
            return await self._hold(live or (lambda service: function(service, call)), route, call, check)
        if check is not None:
            function = rights.checked(check, function)
        if route.access == "write":
            return await self.write(route.name, function, call)
        if operation.is_point_read:
            return self.peek(function, call)
        return await (self.compute if operation.is_long else self.read)(function, call)

    async def _hold(self, live: Live, route: Route, call: Call, check: rights.Check | None) -> Any:
        if call.caller.is_open:
            return await live(self)
        if check is not None:
            self.database.read_here(check)
        # A stream looks by itself what becomes of its workflows.
        return await live(rights.Guarded(self, call, None if route.is_stream else check))

    def find_token(self, digest: bytes) -> tokens.StoredToken | None:
        """Return what a token's digest stands for."""
        return self.database.read_here(tokens.find, digest)

    def note_use(self, token_id: int) -> None:
        """Remember that a token was used, without waiting for it."""
        self.database.write("note_use", tokens.note_use, token_id)

    def reload(self) -> int:
        """Read the password file again; returns how many users it has."""
        return self.authenticator.reload()

    async def metrics_page(self, accept: str) -> tuple[bytes, str]:
        """Return what the server counts about itself as Prometheus reads it, and the type of that text."""
        return await asyncio.to_thread(self._render_metrics, accept)

    def _render_metrics(self, accept: str) -> tuple[bytes, str]:
        from torc.server.metrics_page import Page  # with the library, which most servers never need

        if self._page is None:
            self._page = Page(self)
        return self._page.render(accept)

    @property
    def requests(self) -> int:
        """How many requests are being answered."""
        return self._requests

    @contextlib.contextmanager
    def in_flight(self) -> Iterator[None]:
        """Count a request until it is answered; ``idle`` is set while there is none."""
        self._requests += 1
        self.idle.clear()
        try:
            yield
        finally:
            self._requests -= 1
            if not self._requests:
                self.idle.set()

    async def close(self) -> None:
        """Answer whoever waits, finish the queued writes, let go of the database."""
        self._watch.cancel()
        self.bus.close()
        await asyncio.sleep(0)
        if self._tasks:
            await asyncio.wait(self._tasks)
        self.authenticator.close()
        await asyncio.to_thread(self.database.close)

    def abandon(self) -> None:
        """Let go of the database at once; for a service that nobody has asked anything yet."""
        self._watch.cancel()
        self.bus.close()
        self.authenticator.close()
        self.database.close()

    def _committed(self, effects: Effects) -> None:
        # Called on the writer thread; the loop may be gone when the last writes are flushed.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._publish, effects)

    def _publish(self, effects: Effects) -> None:
        for node_id, seconds in effects.leases.items():
            self.leases.set(node_id, seconds)
        if effects.credentials or None in effects.leases.values():
            self.authenticator.forget_tokens()
        for workflow_id in effects.deleted:
            self.samples.forget(workflow_id)
        self.bus.publish(effects)
        for task_id in effects.tasks:
            task = self._loop.create_task(asyncio.to_thread(background.carry_out, self.database, task_id))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _lapse(self, node_ids: list[int]) -> None:
        await self.write("lapse", lease_service.lapse, node_ids)
