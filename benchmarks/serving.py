"""Workloads of the server alone: small requests, a large list, many that wait."""

import base64
import contextlib
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from measure import cpu_seconds, memory_mb
from sockets import Crowd, ask, request
from torc_processes import Server, server

PREFIX = "/torc-service/v1"
CONNECTIONS = 16
TURNS = 8
USER, PASSWORD = "alice", "correct horse"


@contextlib.contextmanager
def _directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="torc-benchmark-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def _port(host: Server) -> int:
    return urlsplit(host.url).port or 0


def _call(host: Server, verb: str, path: str, body: dict | None = None, **headers: str) -> dict:
    text = b"" if body is None else json.dumps(body).encode()
    status, reply = ask(_port(host), request(verb, PREFIX + path, headers, text))
    if status != 200:
        sys.exit(f"benchmarks: {verb} {path} was answered with {status}: {reply[:300].decode()}")
    return json.loads(reply)


def small_requests(seconds: float, rounds: int) -> list[dict]:
    """``GET /workflows/{id}`` with a password, beside a bare handler that returns the same bytes, in turn."""
    from torc.server.auth import htpasswd

    login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {login}"}
    with _directory() as directory:
        accounts = directory / "htpasswd"
        accounts.touch(mode=0o600)
        accounts.write_text(f"{USER}:{htpasswd.hash_password(PASSWORD)}\n")
        with server(directory, "--auth-file", str(accounts), "--require-auth") as host:
            workflow = _call(host, "POST", "/workflows", {"name": "small", "user": USER}, **headers)["id"]
            message = request("GET", f"{PREFIX}/workflows/{workflow}", headers)
            reply = directory / "reply.json"
            reply.write_bytes(ask(_port(host), message)[1])
            with _bare(reply) as (bare_port, bare_pid):
                systems = {
                    "bare Tornado handler": (bare_port, bare_pid),
                    "torc-server, password required": (_port(host), host.pid),
                }
                samples = _rates(systems, message, seconds, rounds)
    return [_rate_row(name, found, samples["bare Tornado handler"]) for name, found in samples.items()]


@contextlib.contextmanager
def _bare(reply: Path) -> Iterator[tuple[int, int]]:
    process = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("bare_server.py"), reply], stdout=subprocess.PIPE, text=True
    )
    try:
        yield int(process.stdout.readline().partition("=")[2]), process.pid
    finally:
        process.kill()
        process.communicate()


def _rates(
    systems: dict[str, tuple[int, int]], message: bytes, seconds: float, rounds: int
) -> dict[str, list[tuple[float, float]]]:
    """Return requests a second and CPU milliseconds a request, by system and round; the first round warms up."""
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in systems}
    # Many short turns: what else this machine does then hits both alike.
    for number in range(rounds * TURNS + 1):
        for name, (port, pid) in systems.items():
            crowd = Crowd(port)
            for _ in range(CONNECTIONS):
                crowd.add(message)
            before = cpu_seconds(pid)
            took = crowd.run(seconds / TURNS)
            cpu = cpu_seconds(pid) - before
            crowd.close()
            if set(crowd.statuses) != {200}:
                sys.exit(f"benchmarks: {name} answered {crowd.statuses}")
            if number:
                samples[name].append((crowd.replies / took, 1000 * cpu / crowd.replies))
    return samples


def _rate_row(name: str, found: list[tuple[float, float]], bare: list[tuple[float, float]]) -> dict:
    rate, cpu = (statistics.median(column) for column in zip(*found, strict=True))
    shares = [one[0] / other[0] for one, other in zip(found, bare, strict=True)]
    return {
        "system": name,
        "requests/s": round(rate),
        "of the bare rate": round(statistics.median(shares), 2),
        "CPU ms a request": round(cpu, 3),
        "at least": "0.6" if name.startswith("torc") else "",
    }


def listing(jobs: int, rounds: int) -> list[dict]:
    """``GET /jobs`` of a whole workflow, by the server's own clock and by the client's."""
    with _directory() as directory, server(directory) as host:
        plan = {
            "workflow": {"name": "listed"},
            "jobs": [{"name": f"job_{n}", "command": f"./simulate --case {n}"} for n in range(jobs)],
        }
        workflow = _call(host, "POST", "/workflow_plans", plan)["id"]
        message = request("GET", f"{PREFIX}/jobs?workflow_id={workflow}&limit={jobs}")
        size = len(ask(_port(host), message)[1])
        on_server, on_client = [], []
        cpu = 0.0
        for _ in range(rounds):
            before, cpu_before, begin = _spent(host, "/jobs"), cpu_seconds(host.pid), time.perf_counter()
            ask(_port(host), message)
            on_client.append(time.perf_counter() - begin)
            cpu += cpu_seconds(host.pid) - cpu_before
            on_server.append(_spent(host, "/jobs") - before)
    return [
        {
            "jobs": jobs,
            "ms on the server": round(1000 * statistics.median(on_server), 1),
            "CPU ms": round(1000 * cpu / rounds),
            "ms for the client": round(1000 * statistics.median(on_client), 1),
            "MB of JSON": round(size / 1e6, 1),
            "at most": "60 ms",
        }
    ]


def _spent(host: Server, route: str) -> float:
    """Return the seconds that the server has spent on a route."""
    text = ask(_port(host), request("GET", "/metrics"))[1].decode()
    name = re.escape(f'torc_http_request_duration_seconds_sum{{method="GET",route="{route}",status="200"}}')
    return float(re.search(name + r" (\S+)", text)[1])


def waiting(runners: int, streams: int, seconds: float) -> list[dict]:
    """Runners that wait for a job that does not come, and readers of events, with the waits that runners ask for."""
    from torc.runner.conversation import LONGEST_WAIT
    from torc.runner.options import RunnerOptions

    options = RunnerOptions()
    wait = min(LONGEST_WAIT, options.silence_seconds(is_idle=True))
    with _directory() as directory, server(directory) as host:
        workflow, nodes = _running_workflow(host, runners, options.lease_seconds)
        crowd = Crowd(_port(host))
        stream = request("GET", f"{PREFIX}/workflows/{workflow}/events/stream")
        for _ in range(streams):
            crowd.add(stream, is_stream=True)
        for node in nodes:  # over the time of one wait, as in life
            crowd.add(_exchange(workflow, node, wait))
            crowd.run(wait / runners)
        crowd.run(wait)
        before, replies = cpu_seconds(host.pid), crowd.replies
        took = crowd.run(seconds)
        cpu = cpu_seconds(host.pid) - before
        row = {
            "runners": runners,
            "event streams": streams,
            "wait s": wait,
            "exchanges/s": round((crowd.replies - replies) / took, 1),
            "CPU % of a core": round(100 * cpu / took, 1),
            "MB": round(memory_mb(host.pid, "VmRSS")),
            "at most": "10 %",
        }
        crowd.close()
        if set(crowd.statuses) != {200}:
            sys.exit(f"benchmarks: exchanges were answered with {crowd.statuses}")
    return [row]


def _running_workflow(host: Server, runners: int, lease: float) -> tuple[int, list[int]]:
    """Create a workflow of which one job runs for ever and the others wait for it."""
    jobs = [{"name": "long", "command": "sleep inf"}]
    jobs += [{"name": f"after_{n}", "command": "true", "dependency_sets": [0]} for n in range(runners)]
    plan = {"workflow": {"name": "waiting"}, "jobs": jobs, "dependency_sets": [[0]]}
    workflow = _call(host, "POST", "/workflow_plans", plan)["id"]
    _call(host, "POST", f"/workflows/{workflow}/initialize", {})
    node = {"workflow_id": workflow, "hostname": "h", "num_cpus": 4, "memory_gb": 8, "lease_seconds": lease}
    nodes = [_call(host, "POST", "/compute_nodes", {**node, "pid": pid})["id"] for pid in range(1, runners + 1)]
    # The one that runs the long job says nothing here, so its lease must outlast the measurement.
    busy = _call(host, "POST", "/compute_nodes", {**node, "pid": runners + 1, "lease_seconds": 3600})["id"]
    claim = {"limit": 1, "request_id": "long", "resources": _ROOM}
    body = {"compute_node_id": busy, "run_id": 1, "claim": claim}
    if len(_call(host, "POST", f"/workflows/{workflow}/exchange", body)["jobs"]) != 1:
        sys.exit("benchmarks: the long job was not claimed")
    return workflow, nodes


_ROOM = {"num_cpus": 4, "memory_gb": 8.0, "num_gpus": 0, "num_nodes": 1}


def _exchange(workflow: int, node: int, wait: float) -> bytes:
    claim = {"limit": 4, "ahead": 0, "request_id": f"node-{node}", "resources": _ROOM, "total": _ROOM}
    body = {"compute_node_id": node, "run_id": 1, "held": [], "wait_seconds": wait, "claim": claim}
    return request("POST", f"{PREFIX}/workflows/{workflow}/exchange", body=json.dumps(body).encode())
