"""Watching events while whoever serves the database comes and goes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from server.outside import open_streams, until

from torc.client.client import Client
from torc.client.transport import HttpTransport

from .conftest import Torc

PROGRAM = [sys.executable, "-c", "from torc.cli.main import main; main()"]
WAITING = "name: w\njobs:\n  - {name: j, command: 'touch up; while ! test -e go; do sleep 0.05; done'}\n"


@pytest.fixture
def run(torc: Torc) -> Iterator[subprocess.Popen[str]]:
    """A run that serves its own database and waits for the file ``go``."""
    Path("w.yaml").write_text(WAITING)
    command = [*PROGRAM, "run", "w.yaml", "--num-cpus", "1", "--memory-gb", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    until(Path("up").exists)
    yield process
    process.kill()
    process.wait()


def watch(torc: Torc) -> tuple[subprocess.Popen[str], str]:
    """Begin to watch; returns when the first event is seen."""
    watcher = subprocess.Popen(
        [*PROGRAM, "events", "monitor", "1", "--poll-interval", "0.1", "-f", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watcher.stdout is not None
    place = json.loads(Path("torc.db.server").read_text())
    client = Client(HttpTransport(place["url"], place["token"]))
    until(lambda: open_streams(place["url"], place["token"]) == 1)
    client.create_event(body={"workflow_id": 1, "data": {"category": "ping"}})
    return watcher, watcher.stdout.readline()


def test_watching_ends_well_with_the_run_that_completes(torc: Torc, run: subprocess.Popen[str]) -> None:
    watcher, first = watch(torc)
    assert json.loads(first)["data"]["category"] == "ping"
    Path("go").touch()
    out, err = watcher.communicate(timeout=240)
    assert (watcher.returncode, err) == (0, "")
    kinds = [json.loads(line)["event_type"] for line in out.splitlines()]
    assert "workflow_completed" in kinds
    assert len([kind for kind in kinds if kind == "job_completed"]) == 1


def test_watching_goes_on_when_the_run_was_stopped_before(torc: Torc, run: subprocess.Popen[str]) -> None:
    watcher, _ = watch(torc)
    run.terminate()
    run.wait(timeout=240)
    assert torc("workflows", "reinitialize", 1).code == 0
    assert watcher.stdout is not None
    while json.loads(watcher.stdout.readline())["event_type"] != "workflow_reinitialized":
        pass
    assert watcher.poll() is None
    watcher.terminate()
    watcher.communicate(timeout=240)
