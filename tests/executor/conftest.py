"""One server in the background for all tests, and executors on it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from server.outside import until

from torc.client import background
from torc.client.connect import Choice, is_alive
from torc.executor.execute import Executor
from torc.workflow.connection import Connection


@pytest.fixture(scope="session")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    directory = tmp_path_factory.mktemp("server")
    before = {name: os.environ.pop(name, None) for name in ("TORC_API_URL", "TORC_CALL_KEY_FILE")}
    os.environ["TORC_CALL_KEY_FILE"] = str(directory / "call.key")
    choice = Choice.make(database=directory / "torc.db")
    made = Connection(choice)
    yield made
    made.client.close()  # the rest is asked on a new connection
    _end_runners(made)
    made.close()
    background.stop(choice)
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def _end_runners(connection: Connection) -> None:
    """End the runners of programs that have ended before."""
    client = connection.client
    workflows = [workflow["id"] for workflow in client.pages("list_workflows")]
    pids = [
        node["pid"] for id in workflows for node in client.pages("list_compute_nodes", workflow_id=id, is_active=True)
    ]
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    until(lambda: not any(map(is_alive, pids)))


@pytest.fixture
def make(connection: Connection, tmp_path: Path) -> Iterator[Callable[..., Executor]]:
    """Executors that are gone after the test, whatever it left."""
    made: list[Executor] = []

    def begin(**options: Any) -> Executor:
        given = {"max_workers": 2, "output_dir": str(tmp_path / "output"), "connection": connection} | options
        made.append(Executor(**given))
        return made[-1]

    yield begin
    for executor in made:
        for future in executor.futures:
            executor._session.sender.cancel(future)  # also those that run
        executor.shutdown(cancel_futures=True)


@pytest.fixture(scope="module")
def executor(connection: Connection, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Executor]:
    """An executor that the tests of a module share."""
    output = tmp_path_factory.mktemp("executor") / "output"
    with Executor(max_workers=2, output_dir=str(output), connection=connection) as made:
        yield made


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Path]:
    """A file that calls of :func:`work.wait_for` wait for; it is there at the end of the test."""
    path = tmp_path / "gate"
    yield path
    path.touch()
