"""From the processes of a job at many moments to its CPU use and its figures. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torc.runner.monitor.processes import Process
from torc.runner.monitor.shared import Sharing


class JobUsage:
    """What one attempt of a job has used so far.

    Parameters
    ----------
    started
        Monotonic time of its start.
    """

    __slots__ = ("_last", "_last_at", "_memory_sum", "cpu_seconds", "peak_cpu", "peak_memory", "samples", "sharing")

    def __init__(self, started: float) -> None:
        self.samples = 0
        self.peak_cpu = 0.0
        self.peak_memory = 0
        self.cpu_seconds = 0.0
        self.sharing = Sharing()
        self._memory_sum = 0
        self._last: dict[tuple[int, int], Process] = {}
        self._last_at = started

    def begin(self, processes: Sequence[Process]) -> None:
        """Take the state of processes that were there before the job: what they have used is not the job's."""
        self._last = {(process.pid, process.born): process for process in processes}

    def add(self, processes: Sequence[Process], memory: int, now: float) -> float:
        """Take a sample; return the CPU use since the one before, one core being 100."""
        seconds = self._spent(processes)
        percent = 100 * seconds / max(now - self._last_at, 1e-3)
        self._last_at = now
        self.cpu_seconds += seconds
        self.samples += 1
        self.peak_cpu = max(self.peak_cpu, percent)
        self.peak_memory = max(self.peak_memory, memory)
        self._memory_sum += memory
        return percent

    def _spent(self, processes: Sequence[Process]) -> float:
        """Return the CPU seconds since the last sample.

        When a process ends and its parent waits for it, its time moves to the parent: what the parents gain
        beyond the time already seen of those that are gone was spent since.
        """
        before, self._last = self._last, {(process.pid, process.born): process for process in processes}
        spent = gained = 0.0
        for key, process in self._last.items():
            known = before.pop(key, None)
            if known is None:
                spent += process.cpu + process.children_cpu
            else:
                spent += process.cpu - known.cpu
                gained += process.children_cpu - known.children_cpu
        lost = sum(process.cpu + process.children_cpu for process in before.values())
        return max(0.0, spent) + max(0.0, gained - lost)

    def figures(self) -> dict[str, Any]:
        """Return the figures of a result; empty when no sample was taken."""
        if not self.samples:
            return {}
        return {
            "peak_memory_bytes": self.peak_memory,
            "avg_memory_bytes": self._memory_sum // self.samples,
            "peak_cpu_percent": self.peak_cpu,
            "cpu_time_seconds": self.cpu_seconds,
        }
