"""CPU and memory of the whole machine, as the kernel counts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class NodeSample:
    """The machine at one moment; CPU counts all its cores together as 100."""

    timestamp: float
    cpu_percent: float
    memory_bytes: int
    total_memory_bytes: int


def _cpu_times() -> tuple[int, int]:
    """Return busy and all clock ticks since the start of the machine."""
    with open("/proc/stat", "rb") as file:
        # user nice system idle iowait irq softirq steal; guests are counted as users already
        times = [int(field) for field in file.readline().split()[1:9]]
    return sum(times) - times[3] - times[4], sum(times)


def _memory() -> tuple[int, int]:
    """Return used and all bytes."""
    values: dict[bytes, int] = {}
    with open("/proc/meminfo", "rb") as file:
        for line in file:
            name, _, value = line.partition(b":")
            if name in (b"MemTotal", b"MemAvailable"):
                values[name] = int(value.split()[0]) * 1024
                if len(values) == 2:
                    break
    total = values.get(b"MemTotal", 0)
    return total - values.get(b"MemAvailable", total), total


class NodeUsage:
    """What the machine has used while it was watched."""

    def __init__(self, *, cpu: bool, memory: bool) -> None:
        self.samples = 0
        self._cpu, self._memory = cpu, memory
        self._before = _cpu_times() if cpu else (0, 0)
        self._peak = [0.0, 0]
        self._sum = [0.0, 0]

    def sample(self, wall: float) -> NodeSample:
        """Take a sample."""
        percent = self._percent() if self._cpu else 0.0
        used, total = _memory() if self._memory else (0, 0)
        self.samples += 1
        for place, value in enumerate((percent, used)):
            self._peak[place] = max(self._peak[place], value)
            self._sum[place] += value
        return NodeSample(wall, percent, used, total)

    def _percent(self) -> float:
        times = _cpu_times()
        busy, passed = times[0] - self._before[0], times[1] - self._before[1]
        self._before = times
        return max(0.0, 100 * busy / passed) if passed > 0 else 0.0

    def figures(self) -> dict[str, Any]:
        """Return the figures of a compute node's record; empty when no sample was taken."""
        if not self.samples:
            return {}
        figures: dict[str, Any] = {"sample_count": self.samples}
        if self._cpu:
            figures |= {"peak_cpu_percent": self._peak[0], "avg_cpu_percent": self._sum[0] / self.samples}
        if self._memory:
            figures |= {"peak_memory_bytes": self._peak[1], "avg_memory_bytes": int(self._sum[1] / self.samples)}
        return figures
