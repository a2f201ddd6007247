"""What every executor of ``concurrent.futures`` does, after the cases that CPython tests its own with.

Left out, with reasons:

- of the executors: a negative or zero ``max_workers`` raises ``InvalidInput`` (tested with the options); the worker
  sees no reference from a call before, but functions are kept for the next call.
- of ``map``: ``chunksize`` changes no result; that several calls arrive in one chunk cannot be seen. A future of its
  own cannot be canceled by the call that runs.
- of the shutdown: that the interpreter waits for calls at its end, and that calls submitted then are refused. Here the
  work outlives the program (tested with programs that end). ``del executor`` ends its threads when its calls are done.
- of thread pools: how many threads there are, idle threads, ``thread_name_prefix``: there are no threads.
- of interpreter pools: objects shared between interpreters.
- of process pools: start methods, ``max_tasks_per_child``, ``mp_context``, ``kill_workers``, ``terminate_workers``,
  number of processes, the pipe that wakes the manager's thread:
  workers belong to the runner, which decides. A killed worker loses its own call only, so nothing breaks the executor.
- initializers: workers are shared; what a call needs it imports, and imports stay.
- of futures: those that only concern the class ``Future``, which is inherited; among them exceptions that are false,
  which older versions of Python take for none.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import itertools
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, FIRST_EXCEPTION, BrokenExecutor, CancelledError, as_completed, wait
from pathlib import Path
from typing import Any

import pytest
from server.outside import until

from torc.executor.errors import CallLost, CannotTravel, RemoteTraceback
from torc.executor.execute import Executor

from . import work


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Path]:
    """A file that calls of :func:`work.wait_for` wait for; it is there at the end of the test."""
    path = tmp_path / "gate"
    yield path
    path.touch()


def test_a_submitted_call_gives_its_result(executor: Executor) -> None:
    assert executor.submit(pow, 2, 8).result(30) == 256


def test_positional_and_keyword_arguments_arrive_whatever_their_names(executor: Executor) -> None:
    future = executor.submit(work.capture, 1, self=2, fn=3)
    assert future.result(30) == ((1,), {"self": 2, "fn": 3})
    assert executor.submit(work.square, x=8).result(30) == 64


def test_submit_and_map_want_a_function(executor: Executor) -> None:
    with pytest.raises(TypeError):
        executor.submit()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        executor.submit(fn=work.capture, arg=1)  # type: ignore[call-arg]


def test_map_gives_results_in_the_order_of_its_arguments(executor: Executor) -> None:
    assert list(executor.map(pow, range(10), range(10))) == list(map(pow, range(10), range(10)))
    assert list(executor.map(pow, range(10), range(10), chunksize=3)) == list(map(pow, range(10), range(10)))


def test_map_stops_with_its_shortest_argument(executor: Executor) -> None:
    assert list(executor.map(pow, [2, 3, 4], itertools.repeat(2))) == [4, 9, 16]
    assert list(executor.map(pow, [], [])) == []


def test_map_raises_an_exception_in_its_place(executor: Executor) -> None:
    results = executor.map(divmod, [1, 1, 1, 1], [2, 3, 0, 5])
    assert next(results) == (0, 1)
    assert next(results) == (0, 1)
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_map_raises_when_a_result_takes_too_long(make: Callable[..., Executor], gate: Path) -> None:
    executor = make()
    assert executor.submit(work.square, 1).result(30) == 1
    found = []
    with pytest.raises(concurrent.futures.TimeoutError):
        for value in executor.map(
            work.wait_for, [str(gate.with_name("open")), str(gate)], ["first", "second"], timeout=2
        ):
            found.append(value)
    assert found in ([], ["first"])


def test_map_refuses_chunks_of_nothing_and_buffers_of_nothing(executor: Executor) -> None:
    for name in ("chunksize", "buffersize"):
        with pytest.raises(ValueError, match=name):
            executor.map(str, [1], **{name: 0})
        with pytest.raises(TypeError, match=name):
            executor.map(str, [1], **{name: "1"})


def test_map_with_a_buffer_takes_from_an_endless_input_only_what_it_needs(executor: Executor) -> None:
    taken = itertools.count()
    results = executor.map(work.square, taken, buffersize=3)
    assert [next(results) for _ in range(4)] == [0, 1, 4, 9]
    assert next(taken) == 7
    results.close()  # type: ignore[attr-defined]


def test_map_with_a_buffer_takes_several_endless_inputs_and_none_at_all(executor: Executor) -> None:
    results = executor.map(pow, itertools.count(), itertools.repeat(2), buffersize=2)
    assert list(itertools.islice(results, 5)) == [0, 1, 4, 9, 16]
    results.close()  # type: ignore[attr-defined]
    assert list(executor.map(work.square, buffersize=2)) == []
    assert list(executor.map(work.square, range(3), buffersize=100)) == [0, 1, 4]


def test_map_with_a_buffer_stops_at_an_exception(executor: Executor) -> None:
    taken = itertools.count(3, -1)
    results = executor.map(lambda x: 1 // x, taken, buffersize=2)
    assert [next(results) for _ in range(3)] == [0, 0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert list(results) == []


def test_map_submits_before_anybody_asks_for_results(executor: Executor, tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(3)]
    results = executor.map(Path.touch, paths)
    until(lambda: all(path.exists() for path in paths))
    del results


def test_an_abandoned_map_cancels_what_has_not_begun(make: Callable[..., Executor], gate: Path) -> None:
    executor = make(max_workers=1)
    results = executor.map(work.wait_for, [str(gate)] * 3)
    until(gate.with_name("gate.pid").exists)
    del results
    gate.touch()
    until(lambda: not executor.futures or all(future.done() for future in executor.futures))


def test_no_reference_to_a_result_is_kept(executor: Executor) -> None:
    class Big:
        pass

    gone = threading.Event()
    result = executor.submit(Big).result(30)
    weakref.finalize(result, gone.set)
    del result
    assert gone.wait(10)
    for value in executor.map(lambda _: Big(), [1]):
        gone.clear()
        weakref.finalize(value, gone.set)
        del value
        assert gone.wait(10)


def test_many_threads_may_submit_at_once(executor: Executor) -> None:
    found: list[list[int]] = []

    def submit() -> None:
        found.append([future.result(30) for future in [executor.submit(work.square, x) for x in range(20)]])

    threads = [threading.Thread(target=submit) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[x * x for x in range(20)]] * 5


# wait


def test_wait_takes_the_same_future_twice(executor: Executor) -> None:
    future = executor.submit(work.square, 3)
    done, not_done = wait([future, future], timeout=30)
    assert (done, not_done) == ({future}, set())


def test_wait_returns_with_the_first_completed(make: Callable[..., Executor], gate: Path) -> None:
    executor = make()
    quick, slow = executor.submit(work.square, 21), executor.submit(work.wait_for, str(gate))
    assert wait([quick, slow], timeout=30, return_when=FIRST_COMPLETED) == ({quick}, {slow})
    # ... at once when one has completed before.
    assert wait([quick, slow], timeout=30, return_when=FIRST_COMPLETED) == ({quick}, {slow})


def test_wait_returns_with_the_first_exception(make: Callable[..., Executor], gate: Path) -> None:
    executor = make()
    slow = executor.submit(work.wait_for, str(gate))
    good, bad = executor.submit(work.square, 2), executor.submit(work.fail, "oops")
    done, not_done = wait([good, bad, slow], timeout=30, return_when=FIRST_EXCEPTION)
    assert bad in done and not_done >= {slow}
    assert wait([bad, slow], timeout=30, return_when=FIRST_EXCEPTION) == ({bad}, {slow})


def test_wait_returns_when_all_have_completed_in_whatever_way(make: Callable[..., Executor], gate: Path) -> None:
    executor = make(max_workers=1)
    running = executor.submit(work.wait_for, str(gate))
    waiting = executor.submit(work.square, 1)
    failing = executor.submit(work.fail, "oops")
    assert waiting.cancel()
    gate.touch()
    assert wait([running, waiting, failing], timeout=30) == ({running, waiting, failing}, set())
    assert waiting.cancelled()


def test_wait_returns_when_the_time_is_up(make: Callable[..., Executor], gate: Path) -> None:
    executor = make()
    quick, slow = executor.submit(work.square, 2), executor.submit(work.wait_for, str(gate))
    quick.result(30)
    assert wait([quick, slow], timeout=0.05) == ({quick}, {slow})


# as_completed


def test_as_completed_yields_each_as_it_ends(make: Callable[..., Executor], gate: Path) -> None:
    executor = make()
    slow, quick = executor.submit(work.wait_for, str(gate)), executor.submit(work.square, 2)
    ends = as_completed([slow, quick, quick], timeout=30)
    assert next(ends) is quick
    gate.touch()
    assert list(ends) == [slow]


def test_as_completed_raises_when_the_time_is_up(make: Callable[..., Executor], gate: Path) -> None:
    executor = make()
    slow = executor.submit(work.wait_for, str(gate))
    with pytest.raises(concurrent.futures.TimeoutError, match=r"1 \(of 1\) futures unfinished"):
        list(as_completed([slow], timeout=0.05))


def test_as_completed_lets_go_of_what_it_has_yielded(executor: Executor) -> None:
    futures = [executor.submit(work.square, x) for x in range(5)]
    for future in as_completed(futures, timeout=30):
        futures.remove(future)
        reference = weakref.ref(future)
        future.result()
        del future
        until(lambda reference=reference: reference() is None)


# shutdown


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


# exceptions and deaths


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
    ],
)
def test_a_failure_at_any_step_ends_the_call_and_nothing_else(
    executor: Executor, function: Any, argument: Any, error: type[BaseException]
) -> None:
    future = executor.submit(function) if argument is None else executor.submit(function, argument)
    with pytest.raises(error):
        future.result(30)
    assert executor.submit(work.square, 2).result(30) == 4


# futures


def test_a_waiting_call_can_be_cancelled_and_a_running_one_cannot(make: Callable[..., Executor], gate: Path) -> None:
    executor = make(max_workers=1)
    running = executor.submit(work.wait_for, str(gate), "done")
    waiting = executor.submit(work.square, 2)
    until(running.running)
    assert not running.cancel()
    assert waiting.cancel() and waiting.cancel() and waiting.cancelled() and waiting.done()
    with pytest.raises(CancelledError):
        waiting.result(0)
    gate.touch()
    assert running.result(30) == "done"
    client = executor._session.client
    until(lambda: client.get_job(waiting.job_id)["status"] == "canceled")


def test_callbacks_are_called_with_the_future(executor: Executor) -> None:
    told: list[Any] = []
    called = threading.Event()
    future = executor.submit(work.square, 4)
    future.add_done_callback(lambda future: (told.append(future.result()), called.set()))
    assert called.wait(30)
    assert told == [16]


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
