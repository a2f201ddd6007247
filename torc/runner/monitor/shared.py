"""Memory that several processes of a job share is counted once, as far as that can be afforded.

The sum of resident sizes counts a page once for each process that has it: a Python program of 4 GB with 32
forked workers would seem to need 128 GB. The kernel knows each process's proportional share, but walks its
page tables to tell. So the share is asked for now and then and used as a factor in between.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from torc.runner.monitor.processes import Process

#: Below this much it does not matter.
SMALLEST = 64 * 2**20
#: At most this part of one core goes into asking, all jobs together.
BUDGET = 0.005
_STALE_AFTER = 60.0
_CHANGED_BY = 0.1


class Sharing:
    """One job's factor, and for what it was found."""

    __slots__ = ("at", "count", "factor", "resident")

    def __init__(self) -> None:
        self.factor = 1.0
        self.resident = 0
        self.count = 0
        self.at = 0.0

    def is_stale(self, resident: int, count: int, now: float) -> bool:
        """Say whether the job has changed so much that the factor should be found anew."""
        return (
            count != self.count
            or abs(resident - self.resident) > _CHANGED_BY * self.resident
            or now - self.at > _STALE_AFTER
        )


class SharedMemory:
    """Turns resident sizes into what a job occupies."""

    def __init__(self) -> None:
        self._affordable_at = 0.0

    def occupied(self, processes: Sequence[Process], sharing: Sharing, now: float) -> int:
        """Return the bytes that processes occupy together."""
        resident = sum(process.memory for process in processes)
        if len(processes) < 2 or resident < SMALLEST:
            return resident
        if now >= self._affordable_at and sharing.is_stale(resident, len(processes), now):
            begin = time.monotonic()
            sharing.factor = min(1.0, sum(map(_proportional, processes)) / resident)
            sharing.resident, sharing.count, sharing.at = resident, len(processes), now
            self._affordable_at = now + (time.monotonic() - begin) / BUDGET
        return int(resident * sharing.factor)


def _proportional(process: Process) -> int:
    try:
        with open(f"/proc/{process.pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return process.memory
