"""Leases of runners: silence beyond the lease means that the runner is lost.

Deadlines are on this process's monotonic clock and begin anew when the server starts, so time in
which the server was down or frozen never counts against a runner.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)

#: Longest pause between two looks, seconds.
MAX_TICK = 5.0


class Leases:
    """Deadlines by compute node.

    Parameters
    ----------
    lapse
        Called with the nodes whose lease has lapsed.
    """

    def __init__(self, lapse: Callable[[list[int]], Awaitable[None]], clock: Callable[[], float] = time.monotonic):
        self._lapse = lapse
        self._clock = clock
        self._lengths: dict[int, float] = {}
        self._deadlines: dict[int, float] = {}
        self._changed = asyncio.Event()

    def set(self, node_id: int, seconds: float | None) -> None:
        """Begin a lease, or end it with None."""
        if seconds is None:
            self._lengths.pop(node_id, None)
            self._deadlines.pop(node_id, None)
        else:
            self._lengths[node_id] = seconds
            self.renew(node_id)
            self._changed.set()

    def renew(self, node_id: int) -> None:
        """The node has been heard of."""
        if node_id in self._lengths:
            self._deadlines[node_id] = self._clock() + self._lengths[node_id]

    @property
    def tick(self) -> float:
        """Seconds until the next look."""
        return min([MAX_TICK, *(length / 4 for length in self._lengths.values())])

    def longest_hold(self, node_id: int) -> float:
        """Return how long a request of this node may be held so that half its lease is left to repeat it."""
        return self._lengths.get(node_id, math.inf) / 2

    def credit(self, seconds: float) -> None:
        """Extend every lease by a time in which this process was frozen."""
        for node_id in self._deadlines:
            self._deadlines[node_id] += seconds

    def lapsed(self) -> list[int]:
        """Return the nodes that have been silent for too long."""
        now = self._clock()
        return [node_id for node_id, deadline in self._deadlines.items() if deadline < now]

    async def watch(self) -> None:
        """Look for lapsed leases until cancelled."""
        while True:
            pause, before = self.tick, self._clock()
            await self._pause(pause)
            frozen = self._clock() - before - pause
            if frozen > pause:
                self.credit(frozen)
            lost = self.lapsed()
            if lost:
                await self._give_up(lost)

    async def _pause(self, seconds: float) -> None:
        """Sleep, or less long when a lease begins that is to be looked at sooner."""
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), seconds)

    async def _give_up(self, lost: list[int]) -> None:
        logger.warning("lease lapsed compute_node_ids=%s", lost)
        lengths = {node_id: self._lengths[node_id] for node_id in lost}
        for node_id in lost:
            self.set(node_id, None)
        try:
            await self._lapse(lost)
        except Exception:  # the database may be locked or full: look again after another lease
            logger.exception("cannot take jobs from lost runners compute_node_ids=%s", lost)
            for node_id, seconds in lengths.items():
                self.set(node_id, seconds)
