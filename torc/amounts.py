"""How much to ask for: what stands for amounts that nobody gave, and what follows from the use of jobs."""

from __future__ import annotations

import math

#: Of jobs whose needs are not told.
DEFAULT_MEMORY, DEFAULT_RUNTIME = "1m", "P0DT1M"
#: What is asked for is the peak, times so much.
MEMORY_RESERVE, RUNTIME_RESERVE = 1.2, 1.3
#: A little more CPU than was asked for is within what sampling can tell.
CPU_TOLERANCE = 1.05
#: The CPU use of shorter jobs is the use of a few clock ticks.
SHORTEST_SECONDS = 1.0


def enough_memory(peak: float, reserve: float = MEMORY_RESERVE) -> str:
    """Return the memory to ask for, for a peak in bytes."""
    megabytes = max(1, math.ceil(peak * reserve / 2**20))
    return f"{megabytes}m" if megabytes < 1024 else f"{math.ceil(megabytes / 1024)}g"


def enough_runtime(peak: float, reserve: float = RUNTIME_RESERVE) -> str:
    """Return the run time to ask for, for one in seconds, in whole minutes as ISO 8601 has it."""
    hours, minutes = divmod(max(1, math.ceil(peak * reserve / 60)), 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")


def enough_cpus(peak: float) -> int:
    """Return the CPUs to ask for, for a peak in percent of one CPU."""
    return max(1, math.ceil(peak / 100 / CPU_TOLERANCE))


def is_beyond_cpus(peak: float, num_cpus: float) -> bool:
    """Say whether a peak in percent of one CPU is too much; jobs that ask for none may use what is left over."""
    return num_cpus > 0 and peak > 100 * num_cpus * CPU_TOLERANCE
