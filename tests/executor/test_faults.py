"""Workers, runners and servers that die, and users who interrupt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from server.outside import DEADLINE, until

from torc.client import background
from torc.client.connect import Choice
from torc.executor.errors import CallLost
from torc.executor.execute import Executor
from torc.workflow.connection import Connection

from . import work


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_worker_killed_in_the_middle_is_reported_with_its_reason(
    make: Callable[..., Executor], tmp_path: Path
) -> None:
    executor = make()
    future = executor.submit(work.wait_for, str(tmp_path / "gate"))
    os.kill(work.pid_of(tmp_path / "gate"), signal.SIGKILL)
    with pytest.raises(CallLost, match="killed by SIGKILL"):
        future.result(30)


def test_a_lost_call_is_made_again_when_that_is_asked_for(make: Callable[..., Executor], tmp_path: Path) -> None:
    executor = make(retries=1)
    gate = tmp_path / "gate"
    future = executor.submit(work.wait_for, str(gate), "second")
    first = work.pid_of(gate)
    os.kill(first, signal.SIGKILL)
    until(lambda: work.pid_of(gate) != first)
    gate.touch()
    assert future.result(30) == "second"
    assert future.attempt_id == 2


def test_a_lost_call_is_not_made_again_for_ever(make: Callable[..., Executor]) -> None:
    with pytest.raises(CallLost):
        make(retries=2).submit(work.die).result(30)


def test_a_killed_runner_loses_what_it_ran_and_the_next_one_does_the_rest(
    make: Callable[..., Executor], tmp_path: Path
) -> None:
    executor = make(max_workers=1)
    gate = tmp_path / "gate"
    lost, waiting = executor.submit(work.wait_for, str(gate)), executor.submit(work.square, 7)
    worker = work.pid_of(gate)
    process = executor._session.runner._process
    process.kill()
    process.wait()
    with pytest.raises(CallLost, match="its runner ended"):
        lost.result(30)
    assert waiting.result(60) == 49
    until(lambda: not alive(worker))


def test_a_killed_foreman_takes_its_workers_along(make: Callable[..., Executor], tmp_path: Path) -> None:
    executor = make()
    gate = tmp_path / "gate"
    future = executor.submit(work.wait_for, str(gate))
    worker = work.pid_of(gate)
    foreman = int(Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(foreman, signal.SIGKILL)
    with pytest.raises(CallLost):
        future.result(30)
    until(lambda: not alive(worker))
    assert executor.submit(work.square, 3).result(30) == 9


def test_a_server_that_is_killed_is_started_again_and_nothing_is_lost(tmp_path: Path) -> None:
    choice = Choice.make(database=tmp_path / "torc.db")
    connection = Connection(choice)
    gate = tmp_path / "gate"
    try:
        with Executor(max_workers=2, output_dir=str(tmp_path / "output"), connection=connection) as executor:
            running = executor.submit(work.wait_for, str(gate), "through")
            work.pid_of(gate)
            os.kill(background.status(choice).pid, signal.SIGKILL)
            later = executor.submit(work.square, 5)
            assert later.result(60) == 25
            gate.touch()
            assert running.result(60) == "through"
    finally:
        background.stop(choice)


def test_a_job_canceled_on_the_server_ends_its_worker_and_its_future(
    make: Callable[..., Executor], tmp_path: Path
) -> None:
    executor = make()
    future = executor.submit(work.wait_for, str(tmp_path / "gate"))
    worker = work.pid_of(tmp_path / "gate")
    until(future.running)
    executor._session.client.manage_status_change(future.job_id, "canceled", 1)
    with pytest.raises(CallLost, match="canceled"):
        future.result(30)
    until(lambda: not alive(worker))


def test_a_canceled_workflow_ends_all_futures(make: Callable[..., Executor], tmp_path: Path) -> None:
    executor = make(max_workers=1)
    futures = [executor.submit(work.wait_for, str(tmp_path / "gate")) for _ in range(3)]
    work.pid_of(tmp_path / "gate")
    executor._session.client.cancel_workflow(executor.workflow_id)
    for future in futures:
        with pytest.raises((CallLost, Exception)):
            future.result(30)
        assert future.done()


def test_an_interrupt_ends_the_waiting_and_not_the_work(make: Callable[..., Executor], tmp_path: Path) -> None:
    connection = make()._connection
    gate = tmp_path / "gate"
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, torc\n"
        "from torc.workflow.progress import Waiting\n"
        f"sys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "from executor import work\n"
        "Waiting.look = lambda self: print('waits', flush=True)\n"
        "with torc.Executor(max_workers=1, output_dir=sys.argv[2]) as executor:\n"
        "    print(executor.workflow_id, flush=True)\n"
        "    print(list(executor.map(work.wait_for, [sys.argv[1]], ['value'])))\n"
    )
    command = [sys.executable, str(script), str(gate), str(tmp_path / "output")]
    environment = {**os.environ, **connection.environment()}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    workflow_id = int(process.stdout.readline())
    work.pid_of(gate)
    until(lambda: process.stdout.readline() == "waits\n")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == -signal.SIGINT
    assert "threading.py" not in errors
    assert errors.endswith(f"the work goes on, torc.attach({workflow_id}) leads back to it\n")
    gate.touch()
    attached = Executor.attach(workflow_id, connection=connection)
    assert [future.result(30) for future in attached.futures] == ["value"]
    attached.shutdown()


def test_a_thousand_calls_come_back_in_order_while_workers_die(make: Callable[..., Executor]) -> None:
    def sometimes(x: int) -> int:
        if x % 100 == 50:
            work.die()
        return x

    executor = make()
    futures = [executor.submit(sometimes, x) for x in range(1000)]
    deadline = time.monotonic() + 2 * DEADLINE
    for x, future in enumerate(futures):
        left = max(0.0, deadline - time.monotonic())
        if x % 100 == 50:
            assert isinstance(future.exception(left), CallLost)
        else:
            assert future.result(left) == x
