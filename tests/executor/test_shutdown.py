"""The end of an executor, after the cases that CPython tests its own with."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, CancelledError
from pathlib import Path

import pytest
from server.outside import until

from torc.client.connect import is_alive
from torc.executor.errors import CallLost
from torc.executor.execute import Executor

from . import work


def test_calls_after_the_shutdown_are_refused(make: Callable[..., Executor]) -> None:
    executor = make()
    executor.shutdown()
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(pow, 2, 5)
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.map(pow, [1], [1])


def test_a_shutdown_waits_for_the_calls(make: Callable[..., Executor]) -> None:
    executor = make()
    futures = [executor.submit(work.square, x) for x in range(50)]
    executor.shutdown()
    assert all(future.done() for future in futures)
    assert [future.result() for future in futures] == [x * x for x in range(50)]
    executor.shutdown()  # again


def test_the_end_of_a_with_block_is_a_shutdown(make: Callable[..., Executor]) -> None:
    with make() as executor:
        results = executor.map(abs, range(-5, 5))
    assert list(results) == [5, 4, 3, 2, 1, 0, 1, 2, 3, 4]
    with pytest.raises(RuntimeError):
        executor.submit(abs, 1)


def test_a_shutdown_may_cancel_what_does_not_run_yet(make: Callable[..., Executor], gate: Path) -> None:
    executor = make(max_workers=1)
    running = executor.submit(work.wait_for, str(gate), "done")
    until(running.running)
    waiting = [executor.submit(work.square, x) for x in range(20)]
    closing = threading.Thread(target=executor.shutdown, kwargs={"cancel_futures": True})
    closing.start()
    until(lambda: all(future.cancelled() for future in waiting))
    gate.touch()
    closing.join(30)
    assert running.result(0) == "done"
    with pytest.raises(CancelledError):
        waiting[0].result()


def test_a_shutdown_need_not_wait(make: Callable[..., Executor], gate: Path) -> None:
    executor = make()
    future = executor.submit(work.wait_for, str(gate), 42)
    executor.shutdown(wait=False)
    assert not future.done()
    gate.touch()
    assert future.result(30) == 42


def test_a_shutdown_may_cancel_without_waiting(make: Callable[..., Executor], gate: Path) -> None:
    executor = make(max_workers=1)
    running = executor.submit(work.wait_for, str(gate), "done")
    until(running.running)
    waiting = [executor.submit(work.square, x) for x in range(5)]
    executor.shutdown(wait=False, cancel_futures=True)
    assert all(future.cancelled() for future in waiting)
    assert not running.done()
    gate.touch()
    assert running.result(30) == "done"


def test_a_shutdown_ends_right_after_a_cancellation(make: Callable[..., Executor]) -> None:
    executor = make(max_workers=1)
    executor.submit(int).result(30)
    executor.submit(int).cancel()
    closing = threading.Thread(target=executor.shutdown)
    closing.start()
    closing.join(30)
    assert not closing.is_alive()


def test_a_worker_that_dies_during_the_shutdown_holds_nothing_up(make: Callable[..., Executor], gate: Path) -> None:
    def die_later() -> None:
        work.wait_for(str(gate))
        work.die()

    executor = make(max_workers=1)
    future = executor.submit(die_later)
    until(future.running)
    closing = threading.Thread(target=executor.shutdown)
    closing.start()
    gate.touch()
    closing.join(30)
    assert not closing.is_alive()
    assert isinstance(future.exception(0), BrokenExecutor)


def test_calls_can_be_ended_also_those_that_run(make: Callable[..., Executor], gate: Path) -> None:
    executor = make(max_workers=1)
    executor.end([])
    done = executor.submit(work.square, 2)
    assert done.result(30) == 4
    running, waiting = executor.submit(work.wait_for, str(gate)), executor.submit(work.square, 3)
    until(running.running)
    pid = work.pid_of(gate)
    executor.end([done, running, waiting])
    assert (done.result(), waiting.cancelled()) == (4, True)
    assert isinstance(running.exception(30), CallLost)
    until(lambda: not is_alive(pid))
    assert executor.submit(work.square, 4).result(30) == 16


def test_an_executor_that_was_never_used_starts_nothing(make: Callable[..., Executor]) -> None:
    with make() as executor:
        assert repr(executor) == "<Executor executor: no call yet>"
    assert executor._session is None


def test_nothing_hangs_when_an_executor_is_forgotten_with_calls_under_way(make: Callable[..., Executor]) -> None:
    import torc.executor.execute as module

    executor = module.Executor(max_workers=1, output_dir=make()._settings.output_dir, connection=make()._connection)
    future = executor.submit(work.square, 12)
    session = executor._session
    del executor
    assert future.result(30) == 144
    session.join()
