"""Who waits for what: held claims and event streams, woken after each commit. Lives on the event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict

from torc.server.store.transaction import Effects


class Waiter:
    """A held request. ``woken`` is set when it should look again, ``released`` when it must answer now."""

    __slots__ = ("node_id", "released", "woken", "workflow_id")

    def __init__(self, workflow_id: int, node_id: int | None) -> None:
        self.workflow_id = workflow_id
        self.node_id = node_id
        self.woken = asyncio.Event()
        self.released = False

    def release(self) -> None:
        """Let the request answer with what it has."""
        self.released = True
        self.woken.set()

    async def wait(self, seconds: float) -> bool:
        """Wait to be woken; False when the time is up."""
        if not await is_set(self.woken, seconds):
            return False
        self.woken.clear()
        return True


async def is_set(event: asyncio.Event, seconds: float) -> bool:
    """Wait until an event is set; False when the time is up before."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):  # wait_for makes a task, and a few more turns of the loop
            await event.wait()
    return event.is_set()


class Bus:
    """Registers waiters and wakes as many as there is work for."""

    def __init__(self) -> None:
        self._waiters: defaultdict[int, dict[Waiter, None]] = defaultdict(dict)
        self._by_node: dict[int, Waiter] = {}
        self._streams: defaultdict[int, set[asyncio.Event]] = defaultdict(set)
        self.closing = False

    @property
    def waiting(self) -> int:
        """How many claims are held."""
        return sum(map(len, list(self._waiters.values())))

    @property
    def streams(self) -> int:
        """How many event streams are open."""
        return len({event for events in list(self._streams.values()) for event in list(events)})

    def add(self, waiter: Waiter) -> None:
        """Register a held request; an older one of the same node is released."""
        if waiter.node_id is not None:
            self.release_node(waiter.node_id)
            self._by_node[waiter.node_id] = waiter
        self._waiters[waiter.workflow_id][waiter] = None
        if self.closing:
            waiter.release()

    def remove(self, waiter: Waiter) -> None:
        """Forget a request that has been answered."""
        waiters = self._waiters[waiter.workflow_id]
        waiters.pop(waiter, None)
        if not waiters:
            del self._waiters[waiter.workflow_id]
        if waiter.node_id is not None and self._by_node.get(waiter.node_id) is waiter:
            del self._by_node[waiter.node_id]

    def release_node(self, node_id: int) -> None:
        """Release the request that a node holds, if any."""
        waiter = self._by_node.pop(node_id, None)
        if waiter is not None:
            waiter.release()

    def pass_on(self, tried: Waiter) -> None:
        """A woken request found nothing that fits: wake the next one that has waited longest after it."""
        waiters = self._waiters.get(tried.workflow_id, {})
        behind = False
        for waiter in waiters:
            if waiter is tried:
                behind = True
            elif behind and not waiter.woken.is_set():
                waiter.woken.set()
                return

    def open_stream(self, *workflow_ids: int) -> asyncio.Event:
        """Return an event that is set whenever one of the workflows has new events."""
        event = asyncio.Event()
        for workflow_id in workflow_ids:
            self._streams[workflow_id].add(event)
        return event

    def close_stream(self, workflow_id: int, event: asyncio.Event) -> None:
        """Set the event no more for a workflow."""
        self._streams[workflow_id].discard(event)
        if not self._streams[workflow_id]:
            del self._streams[workflow_id]

    def publish(self, effects: Effects) -> None:
        """Wake those whom a committed transaction concerns."""
        for workflow_id in effects.events:
            for event in self._streams.get(workflow_id, ()):
                event.set()
        for workflow_id, count in effects.ready.items():
            self._wake(workflow_id, count)
        for workflow_id in effects.wake_all:
            for waiter in self._waiters.get(workflow_id, ()):
                waiter.woken.set()
        for node_id in effects.nodes:
            if node_id in self._by_node:
                self._by_node[node_id].woken.set()

    def _wake(self, workflow_id: int, count: int) -> None:
        for waiter in self._waiters.get(workflow_id, ()):
            if count <= 0:
                return
            if not waiter.woken.is_set():
                waiter.woken.set()
                count -= 1

    def close(self) -> None:
        """Release every held request and end every stream."""
        self.closing = True
        for waiters in list(self._waiters.values()):
            for waiter in list(waiters):
                waiter.release()
        for events in self._streams.values():
            for event in events:
                event.set()
