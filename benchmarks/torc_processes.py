"""Starts torc's programs in a directory of their own, with a database of their own, on loopback."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from measure import Failed, Sample, cpu_seconds, memory_mb, run

MEMORY_GB = "1000"


def program(name: str) -> str:
    """Return the path of one of torc's programs: beside this interpreter, or on PATH."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        sys.exit(f"benchmarks: '{name}' is not installed; run this with the interpreter that has torc")
    return found


def environment(directory: Path, url: str | None = None) -> dict[str, str]:
    """Return the environment with nothing of torc in it but the database or the server to use."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("TORC_")}
    env["XDG_DATA_HOME"] = str(directory / "data")
    env["PATH"] = f"{Path(program('torc')).parent}{os.pathsep}{env['PATH']}"
    if url:
        env["TORC_API_URL"] = url
    else:
        env["TORC_DATABASE"] = str(directory / "torc.db")
    return env


@dataclass
class Server:
    """A running ``torc-server``."""

    url: str
    pid: int
    directory: Path

    @property
    def database(self) -> Path:
        return self.directory / "torc.db"

    def torc(self, *arguments: str) -> Sample:
        """Run a command of the command line against this server."""
        return run([program("torc"), *arguments], self.directory, environment(self.directory, self.url))

    def query(self, *arguments: str) -> dict:
        """Run a command and return its JSON."""
        self.torc("-f", "json", *arguments)
        return json.loads((self.directory / "output.txt").read_text())

    def create(self, spec: Path) -> int:
        """Create a workflow and make it ready."""
        workflow_id = int(self.query("workflows", "create", str(spec))["id"])
        self.torc("workflows", "initialize", str(workflow_id))
        return workflow_id


@contextlib.contextmanager
def server(directory: Path, *arguments: str) -> Iterator[Server]:
    """Start a server on a free port, with these further arguments, and stop it at the end."""
    with (directory / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [program("torc-server"), "run", "--port", "0", "--database", str(directory / "torc.db"),
             "--log-level", "warn", *arguments],
            stdout=subprocess.PIPE, stderr=log, cwd=directory, env=environment(directory), text=True,
        )  # fmt: skip
    try:
        line = process.stdout.readline()
        if not line.startswith("TORC_SERVER_PORT="):
            raise Failed(f"torc-server did not start: {(directory / 'server.log').read_text()[-2000:]}")
        port = line.strip().partition("=")[2]
        yield Server(f"http://127.0.0.1:{port}/torc-service/v1", process.pid, directory)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def capacity(parallel: int) -> list[str]:
    return ["--num-cpus", str(parallel), "--memory-gb", MEMORY_GB, "--num-gpus", "0"]


def run_alone(spec: Path, directory: Path, parallel: int) -> Sample:
    """The whole of `torc run`: program start, server in the same process, creation and all jobs."""
    return run([program("torc"), "run", spec, *capacity(parallel)], directory, environment(directory))


def run_with_server(spec: Path, directory: Path, parallel: int) -> Sample:
    """A runner on a workflow that a separate server holds ready; CPU and memory are of both."""
    with server(directory) as host:
        workflow_id = host.create(spec)
        before = cpu_seconds(host.pid)
        runner = run(
            [program("torc-job-runner"), str(workflow_id), *capacity(parallel)],
            directory,
            environment(directory, host.url),
        )
        cpu = runner.cpu + cpu_seconds(host.pid) - before
        return Sample(runner.seconds, cpu, runner.peak_mb + memory_mb(host.pid))


def completed(database: Path) -> int:
    """Return how many jobs the database knows as completed."""
    return count(database, "SELECT count(*) FROM job WHERE status = 5")


def count(database: Path, query: str) -> int:
    """Return the single number that a query gives."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute(query).fetchone()[0])
