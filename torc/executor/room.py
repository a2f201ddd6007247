"""Whether calls fit this machine: what no runner here could ever start is told before it is sent."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from torc.errors import InvalidInput
from torc.runner import detect
from torc.units import format_bytes, parse_memory


def check_room(needs: Mapping[str, Any], most_cpus: int | None = None) -> None:
    """Compare what a call needs with what a runner on this machine finds.

    Parameters
    ----------
    needs
        A record of resource requirements.
    most_cpus
        What the runner is told to use instead of what it finds.

    Raises
    ------
    InvalidInput
        Naming the amount that is too large, and how much there is.
    """
    _check(needs["num_cpus"], needs["memory"], needs["num_gpus"], most_cpus)


def most_calls(needs: Mapping[str, Any]) -> int:
    """Return how many calls with these needs run side by side on this machine, at least one."""
    fit = [detect.cpus() // needs["num_cpus"]]
    if memory := parse_memory(needs["memory"], field="memory"):
        fit.append(detect.memory_bytes() // memory)
    if gpus := needs["num_gpus"]:
        fit.append(len(detect.gpus()) // gpus)
    return max(1, int(min(fit)))


@functools.lru_cache(maxsize=64)
def _check(cpus: int, memory: str, gpus: int, most_cpus: int | None) -> None:
    here = most_cpus or detect.cpus()
    if cpus > here:
        raise _too_much("cpus", cpus, f"{here} CPUs for calls", f"{here}")
    total = detect.memory_bytes()
    if parse_memory(memory, field="memory") > total:
        raise _too_much("memory", memory, f"{format_bytes(total)} of memory", repr(f"{total // 2**20}m"))
    if gpus > 0 and gpus > (found := len(detect.gpus())):
        raise _too_much("gpus", gpus, f"{found} GPUs", f"{found}")


def _too_much(field: str, value: Any, has: str, most: str) -> InvalidInput:
    return InvalidInput(
        f"a call with {field}={value!r} can never run here: this machine has {has}",
        field=field,
        value=value,
        hint=f"give at most {field}={most}; jobs for other machines are those of workflows",
    )
