"""Whole systems of real processes: a server, runners, jobs that write down what truly happened."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from server.outside import Http, Server, free_port

#: A job that appends what it does to one file, a line in one write each.
TRUTH = (
    'echo "start $TORC_JOB_ID $TORC_ATTEMPT_ID $$" >> {truth}; {work}; '
    'echo "end $TORC_JOB_ID $TORC_ATTEMPT_ID $$" >> {truth}'
)


class System:
    """A database with a server that may die, and runners that may die."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.database = directory / "torc.db"
        self.truth = directory / "truth"
        self.server = Server(self.database, port=free_port())  # nobody is given it while the server is away
        self.processes: list[subprocess.Popen[Any]] = []

    def job(self, name: str, work: str, **more: Any) -> dict[str, Any]:
        """A planned job that tells the truth about itself."""
        return {"name": name, "command": TRUTH.format(truth=self.truth, work=work), **more}

    def create(self, jobs: list[dict[str, Any]], **more: Any) -> int:
        """Create and initialize a workflow."""
        http = Http(self.server.url)
        created = http("create_workflow_from_plan", body={"workflow": {"name": "w", "user": "u"}, "jobs": jobs, **more})
        http("initialize_workflow", created["id"], body={})
        http.close()
        return int(created["id"])

    def runner(self, workflow_id: int, *arguments: str, crash: str | None = None) -> subprocess.Popen[Any]:
        """A runner process with two CPUs, and a lease that no load on this machine lets lapse."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("TORC_")}
        if crash:
            environment["TORC_TEST_CRASH"] = crash
        process = subprocess.Popen(
            [sys.executable, "-m", "torc.runner.main", str(workflow_id), "--url", self.server.url, "--num-cpus", "2",
             "--memory-gb", "4", "--num-gpus", "0", "--lease-seconds", "60", "--heartbeat-seconds", "0.3",
             "--output-dir", str(self.directory / "output"), *arguments],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def let_leases_lapse(self, workflow_id: int) -> None:
        """Have the server give up the runners that are dead but have not been silent for long enough."""
        http = Http(self.server.url)
        for node in http("list_compute_nodes", workflow_id=workflow_id, is_active=True)["items"]:
            http("update_compute_node", node["id"], body={"lease_seconds": 0.01})
        http.close()

    def restart_server(self) -> None:
        """Kill the server with SIGKILL and start it on the same database and port."""
        self.server.process.kill()
        self.server.wait()
        self.server = Server(self.database, port=self.server.port)

    def told(self, word: str) -> list[tuple[int, int, int]]:
        """Return job, attempt and pid of every line of the truth that begins with ``word``."""
        if not self.truth.exists():
            return []
        lines = (line.split() for line in self.truth.read_text().splitlines())
        return [(int(line[1]), int(line[2]), int(line[3])) for line in lines if line[0] == word]

    def check(self) -> None:
        """Whatever happened: no attempt started twice, nothing in limbo, an unharmed database."""
        starts = Counter((job, attempt) for job, attempt, _ in self.told("start"))
        assert [key for key, count in starts.items() if count > 1] == []
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            twice = "SELECT job_id FROM result GROUP BY job_id, run_id, attempt_id HAVING count(*) > 1"
            assert connection.execute(twice).fetchall() == []
            bare = "SELECT name FROM job WHERE status IN (5, 6) AND id NOT IN (SELECT job_id FROM result)"
            assert connection.execute(bare).fetchall() == []

    def close(self) -> None:
        """End everything."""
        for process in self.processes:
            process.kill()
            process.wait()
        self.server.process.kill()
        self.server.wait()


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    made = System(tmp_path)
    yield made
    made.close()
