"""Futures, and calls that fail, after the cases that CPython tests its own executors with."""

from __future__ import annotations

import asyncio
import concurrent.futures
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError
from pathlib import Path
from typing import Any

import pytest
from server.outside import until

from torc.executor.errors import CallLost, CannotTravel, RemoteTraceback
from torc.executor.execute import Executor

from . import work


def test_the_traceback_of_the_worker_is_the_cause(executor: Executor) -> None:
    with pytest.raises(ValueError, match="no good") as raised:
        executor.submit(work.fail, "no good").result(30)
    cause = raised.value.__cause__
    assert type(cause) is RemoteTraceback
    assert "raise ValueError(message)" in str(cause)
    assert "perform" not in str(cause)


def test_a_killed_worker_loses_its_own_call_only(executor: Executor) -> None:
    lost, kept = executor.submit(work.die), executor.submit(work.square, 5)
    with pytest.raises(BrokenExecutor, match="SIGKILL"):
        lost.result(30)
    assert kept.result(30) == 25
    assert executor.submit(work.square, 6).result(30) == 36


@pytest.mark.parametrize("kind", ["RaisesWhenSent"])
def test_an_argument_that_cannot_be_pickled_is_told_at_once(executor: Executor, kind: str) -> None:
    with pytest.raises(CannotTravel, match=r"args\[0\] is a .*RaisesWhenSent"):
        executor.submit(id, work.make(kind))


@pytest.mark.parametrize(
    ("function", "argument", "error"),
    [
        (id, work.RaisesWhenLoaded(), ValueError),  # in the worker, before the call
        (id, work.CrashesWhenLoaded(), CallLost),
        (work.die, None, CallLost),
        (work.make, "RaisesWhenSent", CannotTravel),  # the result, in the worker
        (work.make, "DiesWhenSent", CallLost),
        (id, work.ExitsWhenLoaded(), SystemExit),
        (work.make, "ExitsWhenSent", SystemExit),
        (work.make, "DiesWhenSentAfterMuch", CallLost),
        (work.make, "RaisesWhenLoaded", CallLost),  # the result, here
        (work.make, "ExitsWhenLoaded", CallLost),
        (work.die_with, b"x" * 1_000_000, CallLost),
    ],
)
def test_a_failure_at_any_step_ends_the_call_and_nothing_else(
    executor: Executor, function: Any, argument: Any, error: type[BaseException]
) -> None:
    future = executor.submit(function) if argument is None else executor.submit(function, argument)
    with pytest.raises(error):
        future.result(30)
    assert executor.submit(work.square, 2).result(30) == 4


def test_a_waiting_call_can_be_cancelled_and_a_running_one_cannot(make: Callable[..., Executor], gate: Path) -> None:
    executor = make(max_workers=1)
    running = executor.submit(work.wait_for, str(gate), "done")
    waiting = executor.submit(work.square, 2)
    until(running.running)
    assert not running.cancel()
    assert waiting.cancel() and waiting.cancel() and waiting.cancelled() and waiting.done()
    with pytest.raises(CancelledError):
        waiting.result(0)
    if waiting.job_id is not None:
        assert executor._session.client.get_job(waiting.job_id)["status"] == "canceled"
    gate.touch()
    assert running.result(30) == "done"


def test_callbacks_are_called_with_the_future(executor: Executor) -> None:
    told: list[Any] = []
    called = threading.Event()
    future = executor.submit(work.square, 4)
    future.add_done_callback(lambda future: (told.append(future.result()), called.set()))
    assert called.wait(30)
    assert told == [16]


def test_callbacks_are_called_however_a_call_ends_also_when_it_has_ended(
    make: Callable[..., Executor], gate: Path
) -> None:
    executor = make(max_workers=1)
    bad, running = executor.submit(work.fail, "no"), executor.submit(work.wait_for, str(gate))
    canceled = executor.submit(work.square, 2)
    told: list[Any] = []
    for future in (bad, canceled):
        future.add_done_callback(told.append)
    assert canceled.cancel() and canceled in told
    until(lambda: bad in told)
    for future in (bad, canceled):
        future.add_done_callback(told.append)
    assert told[2:] == [bad, canceled]
    assert not running.done()


def test_a_callback_that_raises_keeps_no_other_from_its_call(
    executor: Executor, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[Any] = []
    future = executor.submit(work.square, 4)
    for callback in (lambda _: 1 / 0, told.append):
        future.add_done_callback(callback)
    until(lambda: told == [future])
    assert executor.submit(work.square, 5).result(30) == 25
    assert "exception calling callback" in caplog.text


def test_results_and_exceptions_are_waited_for_as_long_as_is_said(make: Callable[..., Executor], gate: Path) -> None:
    executor = make(max_workers=1)
    running, waiting = executor.submit(work.wait_for, str(gate)), executor.submit(work.square, 2)
    for ask in (running.result, running.exception, waiting.result, waiting.exception):
        with pytest.raises(concurrent.futures.TimeoutError):
            ask(timeout=0)
    found: list[type[BaseException]] = []

    def ask_for_result() -> None:
        try:
            waiting.result(30)
        except CancelledError as error:
            found.append(type(error))

    asking = threading.Thread(target=ask_for_result)
    asking.start()
    assert waiting.cancel()
    asking.join(30)
    assert found == [CancelledError]
    with pytest.raises(CancelledError):
        waiting.exception(0)


def test_callers_that_only_submit_and_add_callbacks_need_no_thread_that_waits(executor: Executor) -> None:
    """Callers such as joblib keep a few calls ahead, and submit the next from the callback of the one before."""
    inputs, found = iter(range(50)), {}
    lock, done = threading.Lock(), threading.Event()

    def dispatch(_: Any = None) -> None:
        with lock:
            x = next(inputs, None)
        if x is not None:
            future = executor.submit(work.square, x)
            future.add_done_callback(lambda future: take(x, future.result()))
            future.add_done_callback(dispatch)

    def take(x: int, value: int) -> None:
        found[x] = value
        if len(found) == 50:
            done.set()

    for _ in range(4):
        threading.Thread(target=dispatch).start()
    assert done.wait(30)
    assert found == {x: x * x for x in range(50)}


def test_a_pool_of_threads_may_share_an_executor_and_wait_in_it(make: Callable[..., Executor]) -> None:
    executor = make()  # not used before: the threads race for its beginning
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        values = threads.map(lambda x: executor.submit(work.square, x).result(30), range(80))
        assert list(values) == [x * x for x in range(80)]
    assert len(executor._connection.client.list_jobs(workflow_id=executor.workflow_id, limit=200)["items"]) == 80


def test_an_event_loop_gathers_cancels_and_gets_exceptions(make: Callable[..., Executor], gate: Path) -> None:
    executor = make(max_workers=1)

    async def work_together() -> list[Any]:
        loop = asyncio.get_running_loop()
        first = [loop.run_in_executor(executor, work.square, x) for x in range(5)]
        ends = await asyncio.gather(*first, loop.run_in_executor(executor, work.fail, "no"), return_exceptions=True)
        running = executor.submit(work.wait_for, str(gate), "through")
        waiting = executor.submit(work.square, 2)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.wrap_future(waiting), 0.05)
        assert waiting.cancelled()
        gate.touch()
        return [*ends, await running]

    *values, error, last = asyncio.run(work_together())
    assert (values, last) == ([0, 1, 4, 9, 16], "through")
    assert isinstance(error, ValueError)


def test_futures_can_be_awaited(executor: Executor) -> None:
    async def both() -> list[int]:
        loop = asyncio.get_running_loop()
        wrapped = asyncio.wrap_future(executor.submit(work.square, 3))
        return [await wrapped, await loop.run_in_executor(executor, work.square, 4)]

    assert asyncio.run(both()) == [9, 16]


def test_a_program_that_ends_leaves_its_calls_to_be_done(make: Callable[..., Executor], tmp_path: Path) -> None:
    connection = make()._connection
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, torc\n"
        "def double(x):\n    return 2 * x\n"
        "executor = torc.Executor(max_workers=1, output_dir=sys.argv[1])\n"
        "executor.submit(double, executor.submit(double, 10))\n"
        "print(executor.workflow_id)\n"
    )
    command = [sys.executable, str(script), str(tmp_path / "output")]
    ended = subprocess.run(command, env={**_environ(), **connection.environment()}, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    attached = Executor.attach(int(ended.stdout), connection=connection)
    assert [future.result(30) for future in attached.futures] == [20, 40]
    assert attached.submit(work.square, 9).result(30) == 81
    attached.shutdown()


def _environ() -> dict[str, str]:
    import os

    return dict(os.environ)
