"""The REST interface from a shell: the requests of ``curl.sh`` with the real curl and jq against a real server."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .outside import DEADLINE, Server

REQUESTS = Path(__file__).with_name("curl.sh")

#: What must be true of the first JSON value that each request prints.
CHECKS: dict[str, Callable[[Any], object]] = {
    "create a workflow": lambda made: (
        (made["id"], made["name"], made["user"]) == (1, "test_workflow", "alice") and made["timestamp"]
    ),
    # Without quotes the shell cuts the address at the ampersand: jq reads nothing, curl prints the page.
    "list workflows": lambda page: page["items"] == page["workflows"] and page["workflows"][0]["id"] == 1,
    "list workflows, quoted": lambda workflows: [one["id"] for one in workflows] == [1],
    "get a workflow": lambda one: one["description"] == "Test workflow",
    "create a job": lambda job: (job["id"], job["status"], job["resource_requirements_id"]) == (1, "uninitialized", 1),
    "initialize jobs": lambda reply: reply["ready"] == 1,
    "list ready jobs": lambda job: job == {"name": "job1", "status": "ready", "id": 1},
    "create a file": lambda file: file["path"] == "/data/input.csv",
    "list files": lambda files: [one["name"] for one in files] == ["input_data"],
    "create user data": lambda record: record["data"] == {"learning_rate": 0.001, "batch_size": 32},
    "update user data": lambda record: record["data"] == {"learning_rate": 0.01, "batch_size": 64},
    "create resource requirements": lambda made: (
        (made["num_cpus"], made["num_gpus"], made["memory"], made["runtime"]) == (16, 4, "128g", "PT8H")
    ),
    "create a compute node": lambda node: (node["memory_gb"], node["is_active"]) == (256, True),
    "list active compute nodes": lambda node: node == {"hostname": "compute-01", "num_cpus": 32, "num_gpus": 8},
    "claim jobs": lambda jobs: [(job["name"], job["status"]) for job in jobs] == [("job1", "pending")],
    "update a job's status": lambda job: job["status"] == "running",
    "create a result": lambda made: (made["return_code"], made["exit_code"], made["status"]) == (0, 0, "completed"),
    "process changed inputs": lambda names: names == [],
    "list events": lambda event: event["timestamp"] > 1_500_000_000_000 and "data" in event,
}


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What every request printed, sent in order to one new server."""
    blocks = re.findall(r"^# (.+)\n((?:[^#\n].*\n)+)", REQUESTS.read_text(), re.MULTILINE)
    server = Server(tmp_path_factory.mktemp("curl") / "torc.db")
    yield {name: _run(line.replace(":8080", f":{server.port}")) for name, line in blocks}
    server.stop()


def _run(line: str) -> str:
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, timeout=DEADLINE)
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_every_request_has_a_check(printed: dict[str, str]) -> None:
    assert list(printed) == list(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_a_request_prints_what_it_says(printed: dict[str, str], name: str) -> None:
    value, _ = json.JSONDecoder().raw_decode(printed[name])
    assert CHECKS[name](value), printed[name]
