"""From the end of a process to the completion that the server is told. Pure."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

LOST = -128
MISSING_OUTPUT = 1
#: A shorter time says nothing of a share of it: processes also use the CPU before their command begins.
SHORTEST = 0.01

_second = -1
_text = ""


def utc(moment: float) -> str:
    """Return a moment as RFC 3339 in UTC with milliseconds."""
    global _second, _text
    milliseconds = int(moment * 1000)
    second = milliseconds // 1000
    if second != _second:
        _text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        _second = second
    return f"{_text}.{milliseconds % 1000:03d}Z"


def return_code(status: int) -> int:
    """Return a wait status as shells do: 128 + n for death by signal n."""
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def signal_name(status: int) -> str | None:
    """Return the name of the signal that killed a process, if one did."""
    if not os.WIFSIGNALED(status):
        return None
    try:
        return signal.Signals(os.WTERMSIG(status)).name
    except ValueError:
        return f"signal {os.WTERMSIG(status)}"


def completion(
    job: dict[str, Any],
    exit_: tuple[Any, ...],
    *,
    compute_node_id: int | None,
    imposed: tuple[str, str] | None = None,
    out_of_memory: bool = False,
    usage: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the report of a job from the guardian's record of its exit.

    ``imposed`` is the status and the reason with which the runner ended the job itself; ``usage`` are the
    figures of its samples, none when it was not watched.
    """
    _, status, peak, cpu, start, duration, _, error = exit_[:8]
    told = exit_[8] if len(exit_) > 8 else None  # by the call itself
    if error is not None or status is None:
        code, name = (LOST, "failed") if status is not None else (1, "failed")
        reason: str | None = error[1] if error else "the process cannot be killed"
    else:
        code = return_code(status)
        name = "completed" if code == 0 else "failed"
        reason = told[0] if told and told[0] else _death(status, out_of_memory)
    if imposed is not None and not (code == 0 and imposed[0] == "canceled"):
        name, reason = imposed
    result: dict[str, Any] = {
        "return_code": code,
        "status": name,
        "attempt_id": job["attempt_id"],
        "compute_node_id": compute_node_id,
        "exec_time_minutes": duration / 60,
        "completion_time": utc(start + duration),
        "peak_memory_bytes": peak,
        "cpu_time_seconds": cpu,
        "avg_cpu_percent": _percent(cpu, duration),
    }
    if usage is not None:
        _add_usage(result, usage, duration)
    if reason is not None:
        result["reason"] = reason
    entry: dict[str, Any] = {"job_id": job["id"], "run_id": job["run_id"], "status": name, "result": result}
    if told and told[1]:
        entry["user_data"] = told[1]
    return entry


def _percent(cpu: float, duration: float) -> float:
    return cpu / max(duration, SHORTEST) * 100


def _add_usage(result: dict[str, Any], usage: dict[str, Any], duration: float) -> None:
    """Join the samples, which know the whole process tree, with the kernel's account, which misses no moment."""
    for name in ("peak_memory_bytes", "cpu_time_seconds"):
        result[name] = max(result[name], usage.get(name, 0))
    average = _percent(result["cpu_time_seconds"], duration)
    result["avg_cpu_percent"] = average
    result["peak_cpu_percent"] = max(average, usage.get("peak_cpu_percent", 0.0))
    if "avg_memory_bytes" in usage:
        result["avg_memory_bytes"] = usage["avg_memory_bytes"]


def _death(status: int, out_of_memory: bool) -> str | None:
    name = signal_name(status)
    if name is None:
        return None
    if name == "SIGKILL" and out_of_memory:
        return "killed by the kernel (out of memory)"
    return f"killed by {name}"


def fail_for(report: dict[str, Any], reason: str) -> None:
    """Turn a successful report into a failed one."""
    report["status"] = report["result"]["status"] = "failed"
    report["result"]["return_code"] = MISSING_OUTPUT
    report["result"]["reason"] = reason
