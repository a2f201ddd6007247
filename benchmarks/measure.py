"""Runs one command and tells how long it took, how much CPU its process tree used and its largest process."""

import json
import os
import statistics
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
LIMIT_SECONDS = 600.0


@dataclass(frozen=True)
class Sample:
    """One measurement; ``seconds`` is what counts, ``cpu`` and ``peak_mb`` cover the processes behind it."""

    seconds: float
    cpu: float
    peak_mb: float


class Failed(Exception):
    """A system did not do its work."""


def run(command: list, directory: Path, env: dict | None = None, *, own_clock: bool = False) -> Sample:
    """Run a command to its end; with ``own_clock`` it prints ``{"seconds": ...}`` as its last line."""
    output = directory / "output.txt"
    begin = time.perf_counter()
    with output.open("wb") as file:
        process = subprocess.Popen(
            [str(part) for part in command], cwd=directory, env=env, stdin=subprocess.DEVNULL,
            stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        usage, status = _wait(process)
    seconds = time.perf_counter() - begin
    text = output.read_text(errors="replace")
    if status != 0:
        raise Failed(f"exit status {status}: {' '.join(map(str, command))}\n{text[-2000:]}")
    if own_clock:
        seconds = float(json.loads(text.splitlines()[-1])["seconds"])
    return Sample(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _wait(process: subprocess.Popen):
    """Reap the process with its usage; end its whole session when it takes too long."""
    import signal
    import threading

    timer = threading.Timer(LIMIT_SECONDS, lambda: os.killpg(process.pid, signal.SIGKILL))
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)
        raise
    finally:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage, process.returncode


def cpu_seconds(pid: int) -> float:
    """Return the CPU time so far of a live process and the children that it has reaped."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def memory_mb(pid: int, field: str = "VmHWM") -> float:
    """Return a figure of /proc/PID/status: VmHWM is the peak, VmRSS the present size."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


def tree(pid: int) -> list[int]:
    """Return the ids of a process and all its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += tree(int(child))
    return found


def median(samples: list[Sample]) -> Sample:
    """Return the median of each figure."""
    columns = zip(*(asdict(sample).values() for sample in samples), strict=True)
    return Sample(*(statistics.median(column) for column in columns))
