"""Workloads that only torc is measured on: building, claiming, idling, starting."""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from measure import cpu_seconds, memory_mb, run, tree
from torc_processes import Server, capacity, count, environment, program, server


def _directory() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="torc-benchmark-", ignore_cleanup_errors=True)


def _write(path: Path, spec: dict) -> Path:
    path.write_text(json.dumps(spec))
    return path


def _timed(action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def all_to_all(size: int) -> list[dict]:
    """A stage of ``size`` jobs that each wait for all of another stage, by one regular expression."""
    jobs = [
        {"name": "a_{i}", "command": "true", "parameters": {"i": f"1:{size}"}},
        {"name": "b_{i}", "command": "true", "depends_on_regexes": ["^a_"], "parameters": {"i": f"1:{size}"}},
    ]
    return [_built(f"{size:,} x {size:,}", {"name": "all_to_all", "jobs": jobs}, target="3 s")]


def regex_and_own_file(size: int) -> list[dict]:
    """As all-to-all, and each job also reads a file of its own: the rows must not multiply."""
    numbers = {"i": f"1:{size}"}
    files = [{"name": "f_{i}", "path": "f_{i}.txt", "parameters": numbers}]
    jobs = [
        {"name": "a_{i}", "command": "true", "output_files": ["f_{i}"], "parameters": numbers},
        {
            "name": "b_{i}", "command": "true", "input_files": ["f_{i}"], "depends_on_regexes": ["^a_"],
            "parameters": numbers,
        },
    ]  # fmt: skip
    row = _built(f"{size:,} x {size:,} and files", {"name": "own", "jobs": jobs, "files": files}, rows=True)
    row["rows at most"] = 5 * size + 1
    return [row]


def _built(label: str, spec: dict, *, target: str = "", rows: bool = False) -> dict:
    with _directory() as name:
        directory = Path(name)
        path = _write(directory / "spec.json", spec)
        with server(directory) as host:
            seconds = _timed(lambda: host.create(path))
            row = {"workload": label, "s to ready": round(seconds, 2), "server peak MB": round(memory_mb(host.pid))}
            if rows:
                tables = ("dependency_set", "dependency_set_member", "job_dependency_set")
                row["rows"] = sum(count(host.database, f"SELECT count(*) FROM {table}") for table in tables)
            if target:
                row["at most"] = target
            return row


def build(jobs: int) -> list[dict]:
    """Specification file to ready jobs, and the restart of a server on the result."""
    half = jobs // 2
    numbers = {"i": f"1:{half}"}
    repeated = [
        {"name": "setup", "command": "true"},
        {"name": "a_{i}", "command": "echo {i}", "parameters": numbers},
        {"name": "b_{i}", "command": "echo {i}", "depends_on": ["a_{i}", "setup"], "parameters": numbers},
    ]
    explicit = [{"name": "setup", "command": "true"}]
    explicit += [{"name": f"a_{i}", "command": f"echo {i}"} for i in range(1, half + 1)]
    explicit += [
        {"name": f"b_{i}", "command": f"echo {i}", "depends_on": [f"a_{i}", "setup"]} for i in range(1, half + 1)
    ]
    return [
        _build_one(f"{jobs:,} jobs, {2 * half:,} dependencies, parameterised YAML", "spec.yaml", repeated),
        _build_one(f"{jobs:,} jobs, {2 * half:,} dependencies, explicit JSON", "spec.json", explicit),
    ]


def _build_one(label: str, file_name: str, jobs: list[dict]) -> dict:
    with _directory() as name:
        directory = Path(name)
        # JSON is YAML, and PyYAML's own dump of a long list would take longer than the measurement.
        path = _write(directory / file_name, {"name": "build", "jobs": jobs})
        with server(directory) as host:
            create = host.torc("-f", "json", "workflows", "create", str(path))
            workflow_id = json.loads((directory / "output.txt").read_text())["id"]
            initialize = host.torc("workflows", "initialize", str(workflow_id))
            server_mb = memory_mb(host.pid)
        restart = _timed(lambda: _start_and_ping(directory))
        return {
            "workload": label,
            "s to ready": round(create.seconds + initialize.seconds, 2),
            "create s": round(create.seconds, 2),
            "initialize s": round(initialize.seconds, 2),
            "client peak MB": round(max(create.peak_mb, initialize.peak_mb)),
            "server peak MB": round(server_mb),
            "restart s": round(restart, 2),
            "at most": "15 s, 600 MB, restart 1 s",
        }


def _start_and_ping(directory: Path) -> None:
    """Start a server up to its first reply; its stop is not part of what the caller measures."""
    process = subprocess.Popen(
        [program("torc-server"), "run", "--port", "0", "--database", str(directory / "torc.db")],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment(directory),
    )  # fmt: skip
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)


def claim(few: int, many: int, rounds: int) -> list[dict]:
    """Claims and completions of two jobs each, with few and with many jobs ready, in turn."""
    rounds = min(rounds, few // 4)
    sizes = {few: ([], []), many: ([], [])}
    with _directory() as name, server(Path(name)) as host:
        for size, (claims, completions) in [*sizes.items()] * 3:
            _claim_rounds(host, size, rounds, claims, completions)
    base = [statistics.median(times) for times in sizes[few]]
    rows = []
    for size, lists in sizes.items():
        claim_ms, complete_ms = (1000 * statistics.median(times) for times in lists)
        rows.append(
            {
                "ready jobs": size,
                "claim ms": round(claim_ms, 2),
                "complete ms": round(complete_ms, 2),
                "claim ratio": round(claim_ms / base[0] / 1000, 2),
                "complete ratio": round(complete_ms / base[1] / 1000, 2),
                "at most": "ratio 2",
            }
        )
    return rows


def _claim_rounds(host: Server, size: int, rounds: int, claims: list[float], completions: list[float]) -> None:
    from torc.client.client import Client
    from torc.client.transport import HttpTransport

    spec = {"name": "claims", "jobs": [{"name": "j_{i}", "command": "true", "parameters": {"i": f"1:{size}"}}]}
    workflow_id = host.create(_write(host.directory / f"{uuid.uuid4().hex}.json", spec))
    node = {"num_cpus": 2, "memory_gb": 64.0, "num_gpus": 0, "num_nodes": 1}
    with Client(HttpTransport(host.url)) as client:
        run_id = client.get_workflow(workflow_id)["run_id"]
        for _ in range(rounds):
            begin = time.perf_counter()
            jobs = client.claim_jobs_based_on_resources(workflow_id, 2, body=node)["jobs"]
            middle = time.perf_counter()
            client.batch_complete_jobs(workflow_id, body={"completions": [_completion(job, run_id) for job in jobs]})
            claims.append(middle - begin)
            completions.append(time.perf_counter() - middle)
            assert len(jobs) == 2


def _completion(job: dict, run_id: int) -> dict:
    result = {
        "job_id": job["id"], "run_id": run_id, "attempt_id": job.get("attempt_id", 1), "return_code": 0,
        "exec_time_minutes": 0.0, "completion_time": "2026-01-01T00:00:00Z", "status": "completed",
    }  # fmt: skip
    return {"job_id": job["id"], "run_id": run_id, "status": "completed", "result": result}


def idle(seconds: float) -> list[dict]:
    """CPU and memory of a server and a runner while one job sleeps."""
    with _directory() as name, server(Path(name)) as host:
        spec = {"name": "idle", "jobs": [{"name": "sleep", "command": f"exec sleep {3 * seconds + 10}"}]}
        workflow_id = host.create(_write(host.directory / "spec.json", spec))
        runner = subprocess.Popen(
            [program("torc-job-runner"), str(workflow_id), *capacity(2)],
            cwd=host.directory, env=environment(host.directory, host.url),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _wait_for_running(host)
            time.sleep(2)
            return [_idle_row(host.pid, runner.pid, seconds)]
        finally:
            runner.send_signal(signal.SIGTERM)
            runner.wait(60)


def _wait_for_running(host: Server) -> None:
    deadline = time.monotonic() + 30
    while not count(host.database, "SELECT count(*) FROM job WHERE status = 4"):
        if time.monotonic() > deadline:
            sys.exit("benchmarks: the runner did not start its job")
        time.sleep(0.1)


def _idle_row(server_pid: int, runner_pid: int, seconds: float) -> dict:
    pids = [pid for pid in (*tree(server_pid), *tree(runner_pid)) if _name(pid) != "sleep"]
    before = [cpu_seconds(pid) for pid in pids]
    time.sleep(seconds)
    cpu = sum(cpu_seconds(pid) - first for pid, first in zip(pids, before, strict=True))
    return {
        "processes": len(pids),
        "CPU % of a core": round(100 * cpu / seconds, 2),
        "MB": round(sum(_proportional_mb(pid) for pid in pids)),
        "at most": "1 %, 120 MB",
    }


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def _proportional_mb(pid: int) -> float:
    """Return the process's memory with pages that several share divided among them, or its whole size."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return memory_mb(pid, "VmRSS")
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def startup(repeat: int) -> list[dict]:
    """Wall time of one-request commands beside that of an empty interpreter, in turn."""
    with _directory() as name, server(Path(name)) as host:
        with_server = environment(host.directory, host.url)
        alone = environment(host.directory / "alone")
        (host.directory / "alone").mkdir()
        commands = {
            "python -c pass": ([sys.executable, "-c", "pass"], dict(os.environ)),
            "python -c 'import click'": ([sys.executable, "-c", "import click"], dict(os.environ)),
            "torc --version": ([program("torc"), "--version"], with_server),
            "torc workflows list, server": ([program("torc"), "workflows", "list"], with_server),
            "torc -f json workflows list, server": ([program("torc"), "-f", "json", "workflows", "list"], with_server),
            "torc workflows list, no server": ([program("torc"), "workflows", "list"], alone),
        }
        times: dict[str, list] = {label: [] for label in commands}
        for _ in range(repeat + 1):
            for label, (command, env) in commands.items():
                times[label].append(run(command, host.directory, env))
    # The first round fills the caches.
    return [
        {
            "command": label,
            "ms": round(1000 * statistics.median(sample.seconds for sample in samples[1:])),
            "peak MB": round(samples[-1].peak_mb),
            "at most": "120 ms" if label.endswith(", server") else "",
        }
        for label, samples in times.items()
    ]
