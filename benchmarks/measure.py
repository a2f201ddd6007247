"""Runs one command and tells how long it took, how much CPU its process tree used and its largest process."""

import json
import os
import signal
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
LIMIT_SECONDS = 600.0
LAUNCH = Path(__file__).resolve().parent / "launch.py"


@dataclass(frozen=True)
class Sample:
    """One measurement; ``seconds`` is what counts, ``cpu`` and ``peak_mb`` cover the processes behind it."""

    seconds: float
    cpu: float
    peak_mb: float


class Failed(Exception):
    """A system did not do its work."""


def run(command: list, directory: Path, env: dict | None = None, *, own_clock: bool = False) -> Sample:
    """Run a command to its end; with ``own_clock`` it prints ``{"seconds": ...}`` as its last object."""
    output, report = directory / "output.txt", directory / "usage.json"
    words = [str(part) for part in command]
    with output.open("wb") as file:
        launcher = subprocess.Popen(
            [sys.executable, "-IS", LAUNCH, report, *words], cwd=directory, env=env, stdin=subprocess.DEVNULL,
            stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        _wait(launcher)
    text = output.read_text(errors="replace")
    status = None
    if launcher.returncode == 0:
        seconds, cpu, peak_mb, status = json.loads(report.read_text())
    if status != 0:
        raise Failed(f"exit status {status}: {' '.join(words)}\n{text[-2000:]}")
    if own_clock:
        seconds = float(json.loads([line for line in text.splitlines() if line.startswith("{")][-1])["seconds"])
    return Sample(seconds, cpu, peak_mb)


def _wait(process: subprocess.Popen) -> None:
    """Wait for the end; end the whole session when it takes too long or the user interrupts."""
    try:
        process.wait(LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)
        raise


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
