"""What happens between threads: callbacks that misbehave, ends and cancellations at the same moment, forks."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from server.outside import until

from torc.executor import decorator, execute, outcomes
from torc.executor.execute import Executor
from torc.executor.future import Future

from . import work


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, GeneratorExit])
def test_a_callback_ends_no_thread_whatever_it_raises(
    executor: Executor, caplog: pytest.LogCaptureFixture, gate: Path, error: type[BaseException]
) -> None:
    told: list[Any] = []

    def bad(_: Any) -> None:
        raise error("no")

    future = executor.submit(work.wait_for, str(gate))
    for callback in (bad, told.append):
        future.add_done_callback(callback)
    gate.touch()
    until(lambda: told == [future])
    assert executor.submit(work.square, 5).result(30) == 25
    assert "exception calling callback" in caplog.text


def test_a_cancellation_whose_callback_leaves_reaches_the_server(make: Callable[..., Executor], gate: Path) -> None:
    executor = make(max_workers=1)
    executor.submit(work.wait_for, str(gate))
    waiting = executor.submit(work.square, 2)
    until(lambda: waiting.job_id is not None)
    waiting.add_done_callback(lambda _: sys.exit(3))
    with pytest.raises(SystemExit):
        waiting.cancel()
    assert waiting.cancelled()
    until(lambda: executor._session.client.get_job(waiting.job_id)["status"] == "canceled")


def test_callbacks_may_submit_cancel_and_shut_down_but_not_wait(
    make: Callable[..., Executor], gate: Path, caplog: pytest.LogCaptureFixture
) -> None:
    executor = make(max_workers=1)
    second = gate.with_name("second")
    first, running = executor.submit(work.wait_for, str(gate)), executor.submit(work.wait_for, str(second))
    waiting = [executor.submit(work.square, x) for x in range(3)]
    made: list[Future] = []
    over = threading.Event()

    def act(_: Any) -> None:
        made.append(executor.submit(work.square, 3))
        assert all(future.cancel() for future in waiting)
        executor.shutdown()
        over.set()

    first.add_done_callback(act)
    first.add_done_callback(lambda _: running.result())
    gate.touch()
    assert over.wait(30)
    second.touch()
    assert made[0].result(30) == 9
    executor.shutdown()
    assert "a callback cannot wait for wait_for_2" in caplog.text


def test_a_warning_that_is_an_error_costs_no_result(
    make: Callable[..., Executor], monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = make()
    monkeypatch.setattr(outcomes, "version_differences", lambda outcome: {"numpy": ("1.0", "2.0")})
    with warnings.catch_warnings(action="error"):
        assert executor.submit(work.square, 3).result(30) == 9
        assert executor.submit(work.square, 4).result(30) == 16


def test_threads_that_end_a_future_at_the_same_time_do_not_disturb_each_other(executor: Executor) -> None:
    executor.submit(int).result(30)
    problems: list[BaseException] = []

    def attempt(action: Callable[[], object], start: threading.Barrier) -> None:
        start.wait()
        try:
            action()
        except BaseException as error:
            problems.append(error)

    for number in range(200):
        future = Future(executor._session, f"future_{number}")
        done = {"status": "completed", "outputs": [{"data": {"value": {"json": 1}}}]}
        actions = [
            lambda future=future: outcomes.settle(future, {"status": "running"}),
            lambda future=future, done=done: outcomes.settle(future, done),
            lambda future=future: outcomes.fail(future, ValueError("given up")),
            future.give_up,
        ]
        start = threading.Barrier(len(actions))
        threads = [threading.Thread(target=attempt, args=(action, start)) for action in actions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert future.done()
    assert problems == []


def test_a_call_that_comes_with_the_shutdown_is_refused_or_made(
    make: Callable[..., Executor], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torc.executor.session as module

    executor = make()
    executor.submit(int).result(30)
    session, real = executor._session, module.encode_arguments

    def shut_down_meanwhile(*args: Any) -> Any:
        executor.shutdown()
        return real(*args)

    monkeypatch.setattr(module, "encode_arguments", shut_down_meanwhile)
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(work.square, 2)
    assert session.left == 0


def test_a_cancellation_does_not_wait_for_calls_that_come_later(
    make: Callable[..., Executor], gate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = make(max_workers=1)
    executor.submit(work.wait_for, str(gate))
    waiting = executor.submit(work.square, 2)
    until(lambda: waiting.job_id is not None)
    session = executor._session
    real, begun = session.sender._send_batch, threading.Event()

    def send_and_find_more(batch: Any) -> None:
        begun.set()
        real(batch)
        if not gate.exists():
            executor.submit(work.square, 1)

    monkeypatch.setattr(session.sender, "_send_batch", send_and_find_more)
    monkeypatch.setattr("torc.executor.future.SERVER_HEARS_SECONDS", 600)
    executor.submit(work.square, 1)
    assert begun.wait(30)
    canceling = threading.Thread(target=waiting.cancel, daemon=True)
    canceling.start()
    canceling.join(30)
    gate.touch()
    assert not canceling.is_alive()
    executor.shutdown(cancel_futures=True)


def test_results_that_nobody_else_holds_the_executor_of_are_all_there(make: Callable[..., Executor]) -> None:
    model = make()
    settings = {"output_dir": model._settings.output_dir, "connection": model._connection}
    results = execute.Executor(max_workers=2, **settings).map(work.square, range(6), buffersize=2)
    assert list(results) == [x * x for x in range(6)]


def test_a_forked_process_cannot_use_the_executor_and_ends_without_it(executor: Executor) -> None:
    executor.submit(int).result(30)
    read, write = os.pipe()
    forks, over = threading.Event(), threading.Event()
    holder = threading.Thread(target=_hold, args=(executor._session.changed, forks, over))
    holder.start()
    assert forks.wait(30)
    pid = os.fork()
    if pid == 0:
        signal.alarm(30)
        with contextlib.suppress(BaseException):
            executor._session.close()
            execute._flush()
            try:
                executor.submit(int)
            except RuntimeError as error:
                os.write(write, str(error).encode())
        os._exit(0)
    over.set()
    holder.join()
    os.close(write)
    os.waitpid(pid, 0)
    assert b"was forked" in os.read(read, 1000)
    os.close(read)
    assert executor.submit(work.square, 2).result(30) == 4


def test_decorated_functions_have_another_executor_in_a_forked_process(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decorator, "_shared", executor)
    held, over = threading.Event(), threading.Event()
    holder = threading.Thread(target=_hold, args=(decorator._lock, held, over))
    holder.start()
    assert held.wait(30)
    pid = os.fork()
    if pid == 0:
        signal.alarm(30)
        os._exit(42 if decorator.shared_executor() is not executor else 1)
    over.set()
    holder.join()
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 42
    assert decorator.shared_executor() is executor


def _hold(lock: Any, is_held: threading.Event, over: threading.Event) -> None:
    with lock:
        is_held.set()
        over.wait(30)


ABANDONED = """
import sys
from pathlib import Path
import torc.executor.future, torc.executor.session as session
from torc.client.connect import Choice
from torc.executor.execute import Executor
from torc.workflow.connection import Connection
session.SERVER_HEARS_SECONDS = 600
connection = Connection(Choice.make(database=Path(sys.argv[1])))
executor = Executor(max_workers=1, output_dir=sys.argv[2], connection=connection)
results = executor.map(abs, range(3))
print(next(results), executor.workflow_id)
"""


def test_a_program_ends_though_it_has_left_results_of_a_map(make: Callable[..., Executor], tmp_path: Path) -> None:
    executor = make()
    database = str(executor._connection.choice.database)
    ended = subprocess.run(
        [sys.executable, "-c", ABANDONED, database, str(tmp_path / "output")],
        capture_output=True, text=True, timeout=240, check=True,
    )  # fmt: skip
    assert ended.stdout.startswith("0 ") and not ended.stderr
