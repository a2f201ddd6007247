"""A runner of the in-memory server, in this process or in its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from server.outside import DEADLINE, until

from torc.runner.loop import Runner
from torc.runner.options import Outcome, RunnerOptions

from .reference import Reference


@pytest.fixture
def server() -> Reference:
    return Reference()


@pytest.fixture
def make_runner(tmp_path: Path, server: Reference) -> Callable[..., Runner]:
    """A runner with two CPUs that was not started yet."""

    def make(**options: Any) -> Runner:
        given = {"num_cpus": 2, "memory_gb": 4, "num_gpus": 0, "output_dir": str(tmp_path / "output")} | options
        return Runner(server, 1, RunnerOptions(**given))

    return make


@pytest.fixture
def run(make_runner: Callable[..., Runner]) -> Callable[..., Outcome]:
    """Run to the end in this thread."""
    return lambda **options: make_runner(**options).run()


@pytest.fixture
def background(make_runner: Callable[..., Runner]) -> Iterator[Callable[..., Background]]:
    """Run in another thread; whatever still runs at the end of the test is stopped."""
    begun: list[Background] = []

    def begin(**options: Any) -> Background:
        begun.append(Background(make_runner(**options)))
        return begun[-1]

    yield begin
    for item in begun:
        item.runner.request_stop()
        item.runner.request_stop()
        item.thread.join(DEADLINE)


class Background:
    """A runner on a thread."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.outcome: Outcome | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        self.outcome = self.runner.run()

    def finish(self, seconds: float = DEADLINE) -> Outcome:
        self.thread.join(seconds)
        assert self.outcome is not None, "the runner did not end"
        return self.outcome


def alive(pid: int) -> bool:
    """Say whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def pid_in(path: Path) -> int:
    """Return the process id that a job wrote to a file."""
    return until(lambda: path.exists() and path.read_text().strip().isdigit() and int(path.read_text()))


os.environ.pop("TORC_TEST_CRASH", None)
