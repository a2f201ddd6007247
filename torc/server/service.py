"""The server without HTTP: the database, those who wait, and the leases, on one event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from torc.crash import crash_point
from torc.server import operations
from torc.server.bus import Bus
from torc.server.leases import Leases
from torc.server.services import leases as lease_service
from torc.server.store.engine import Database
from torc.server.store.transaction import Effects


class Service:
    """An open database with everything that the handlers need around it. Made and used on one event loop."""

    def __init__(self, database: Path, *, readers: int = 4) -> None:
        self._loop = asyncio.get_running_loop()
        self.bus = Bus()
        self.leases = Leases(self._lapse)
        self.database = Database(database, self._committed, readers=readers)
        for node_id, seconds in self.database.read_here(lease_service.running_leases):
            self.leases.set(node_id, seconds)
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

    async def perform(self, operation: operations.Operation, call: Any) -> Any:
        """Carry out an operation of the contract."""
        route = operation.route
        if route.access == "live":
            return await operation.function(self, call)
        if route.access == "write":
            return await self.write(route.name, operation.function, call)
        if operation.is_point_read:
            return self.database.read_here(operation.function, call)
        return await self.read(operation.function, call)

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
        await asyncio.to_thread(self.database.close)

    def abandon(self) -> None:
        """Let go of the database at once; for a service that nobody has asked anything yet."""
        self._watch.cancel()
        self.bus.close()
        self.database.close()

    def _committed(self, effects: Effects) -> None:
        # Called on the writer thread; the loop may be gone when the last writes are flushed.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._publish, effects)

    def _publish(self, effects: Effects) -> None:
        for node_id, seconds in effects.leases.items():
            self.leases.set(node_id, seconds)
        self.bus.publish(effects)

    async def _lapse(self, node_ids: list[int]) -> None:
        await self.write("lapse", lease_service.lapse, node_ids)
