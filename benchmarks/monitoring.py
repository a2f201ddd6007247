"""What watching the jobs' use of resources costs: the runner's CPU while 100 jobs run, and the rate of short jobs."""

import contextlib
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import stages
from measure import Failed, Sample, median, memory_mb, tree
from torc_processes import Server, capacity, completed, count, environment, program, run_with_server, server

MODES: dict[str, dict] = {
    "off": {"enabled": False},
    "summary, 1 s": {"enabled": True, "sample_interval_seconds": 1},
    "time series, 1 s": {"enabled": True, "granularity": "time_series", "sample_interval_seconds": 1},
}
LIMIT = "bare loop"


def measure(jobs: int, fan: int, parallel: int, seconds: float, repeat: int) -> list[dict]:
    """Compare a runner that watches its jobs with one that does not, ``repeat`` times in turn."""
    cpu: dict[str, list[float]] = {mode: [] for mode in MODES}
    memory: dict[str, list[float]] = {mode: [] for mode in MODES}
    rates: dict[str, list[Sample]] = {name: [] for name in (LIMIT, *MODES)}
    for _ in range(repeat):
        for mode in MODES:
            percent, megabytes = _with_sleeping_jobs(mode, jobs, seconds)
            cpu[mode].append(percent)
            memory[mode].append(megabytes)
        for name, samples in rates.items():
            samples.append(_fan(name, fan, parallel))
    limit = median(rates[LIMIT]).seconds
    base = statistics.median(cpu["off"])
    return [
        {
            "monitoring": mode,
            f"CPU % of a core, {jobs} jobs": round(statistics.median(cpu[mode]), 2),
            "more than off": round(statistics.median(cpu[mode]) - base, 2) if mode != "off" else "",
            "at most": "1 %" if mode != "off" else "",
            "runner MB": round(statistics.median(memory[mode])),
            "fan, ms a job": round(1000 * median(rates[mode]).seconds / fan, 2),
            "of the limit's rate": round(limit / median(rates[mode]).seconds, 2),
            "CPU ms a job": round(1000 * median(rates[mode]).cpu / fan, 2),
        }
        for mode in MODES
    ]


def _with_sleeping_jobs(mode: str, jobs: int, seconds: float) -> tuple[float, float]:
    """Return the CPU in percent and the memory of a runner and its guardian while jobs of two processes sleep."""
    spec = {
        "name": "watched",
        "resource_monitor": MODES[mode],
        "jobs": [{"name": "j_{i}", "command": "sleep 600 & wait", "parameters": {"i": f"1:{jobs}"}}],
    }
    with tempfile.TemporaryDirectory(prefix="torc-benchmark-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        with server(directory) as host, _runner(host, spec, jobs) as pid:
            pids = [found for found in tree(pid) if _is_ours(found)]
            before = sum(map(_on_cpu, pids))
            time.sleep(seconds)
            cpu = sum(map(_on_cpu, pids)) - before
            return 100 * cpu / seconds, memory_mb(pid, "VmRSS")


@contextlib.contextmanager
def _runner(host: Server, spec: dict, jobs: int) -> Iterator[int]:
    path = host.directory / "spec.json"
    path.write_text(json.dumps(spec))
    process = subprocess.Popen(
        [program("torc-job-runner"), str(host.create(path)), *capacity(jobs)],
        cwd=host.directory, env=environment(host.directory, host.url),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while count(host.database, "SELECT count(*) FROM job WHERE status = 4") < jobs:
            if time.monotonic() > deadline:
                raise Failed("the runner did not start its jobs")
            time.sleep(0.1)
        time.sleep(2)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _is_ours(pid: int) -> bool:
    return Path(f"/proc/{pid}/comm").read_text().strip() not in ("bash", "sleep")


def _on_cpu(pid: int) -> float:
    """Return a process's CPU seconds by the scheduler's account, which is finer than clock ticks."""
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def _fan(name: str, fan: int, parallel: int) -> Sample:
    with tempfile.TemporaryDirectory(prefix="torc-benchmark-", ignore_cleanup_errors=True) as place:
        directory = Path(place)
        if name == LIMIT:
            return stages.SYSTEMS[LIMIT](directory, parallel, [fan])
        path = stages.write_spec(directory / "spec.json", [fan])
        path.write_text(json.dumps(json.loads(path.read_text()) | {"resource_monitor": MODES[name]}))
        sample = run_with_server(path, directory, parallel)
        if completed(directory / "torc.db") != fan:
            sys.exit("benchmarks: not all jobs were completed")
        return sample
