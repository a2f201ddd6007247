"""What every executor of ``concurrent.futures`` does, after the cases that CPython tests its own with.

This is of submitting and mapping; `test_waiting`, `test_shutdown` and `test_futures` have the other cases.

Left out, with reasons:

- of the executors: a negative or zero ``max_workers`` raises ``InvalidInput`` (tested with the options), and there is
  no default number and no upper bound: the machine's CPUs and memory say how many calls fit. Workers keep functions
  for the next call; what is tested is that they keep no arguments.
- of the shutdown: that the interpreter waits for calls at its end, and that calls submitted then are refused. Here the
  work outlives the program (tested with programs that end). That the processes have ended after ``del executor``:
  the threads of this program end, the runner leaves by itself.
- of ``wait`` and ``as_completed``: futures that were canceled and that nobody was told of yet. Whoever cancels a call
  here has told everybody when ``cancel`` returns, so it counts as done.
- of thread pools: how many threads there are, idle threads, ``thread_name_prefix``, and locks of the module after a
  fork: calls run in no threads of this program.
- of interpreter pools: objects shared between interpreters.
- of process pools: start methods, ``max_tasks_per_child``, ``mp_context``, ``kill_workers``, ``terminate_workers``,
  number of processes, the limits of semaphores, the pipe that wakes the manager's thread: workers belong to the
  runner, which decides. A killed worker loses its own call only, so nothing breaks the executor, and a call that
  cannot be pickled is refused by ``submit`` itself, so it cannot fail after a shutdown.
- initializers: workers are shared; what a call needs it imports, and imports stay.
- of futures: those that only concern what the class ``Future`` inherits: its states, ``set_result`` and
  ``set_exception`` called twice, the names of its classes, snapshots, exceptions that are false (which older versions
  of Python take for none); and its ``repr``, which here says which job it is.
"""

from __future__ import annotations

import concurrent.futures
import itertools
import math
import sys
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import wait
from pathlib import Path
from typing import Any

import pytest
from server.outside import DEADLINE, until

import torc
from torc.executor.execute import Executor

from . import work


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


@pytest.mark.parametrize("size", [3, 6, 40, 50])
def test_map_makes_as_many_calls_in_one_job_as_a_chunk_has(make: Callable[..., Executor], size: int) -> None:
    executor = make()
    futures = []
    submit = executor._opened().submit
    executor._session.submit = lambda *args, **kwargs: futures.append(submit(*args, **kwargs)) or futures[-1]
    assert list(executor.map(pow, range(40), range(40), chunksize=size)) == list(map(pow, range(40), range(40)))
    assert [future.name for future in futures] == [f"pow_{number}" for number in range(1, math.ceil(40 / size) + 1)]


def test_map_raises_an_exception_in_place_of_its_chunk(executor: Executor) -> None:
    results = executor.map(divmod, [1, 1, 1, 1, 1], [2, 3, 4, 0, 5], chunksize=3)
    assert [next(results) for _ in range(3)] == [(0, 1)] * 3
    with pytest.raises(ZeroDivisionError) as raised:
        next(results)
    assert "starmap" not in str(raised.value.__cause__)


def test_chunks_take_what_other_calls_take(executor: Executor) -> None:
    @torc.job(memory="20m")
    def double(x: Any) -> Any:
        return x * 2

    first = executor.submit(work.square, 2)
    assert list(executor.map(double, ["a", (1,), first], chunksize=2)) == ["aa", (1, 1), 8]
    results = executor.map(double, itertools.count(), chunksize=2, buffersize=2)
    assert [next(results) for _ in range(5)] == [0, 2, 4, 6, 8]


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
        for number in (0, -1):
            with pytest.raises(ValueError, match=name):
                executor.map(str, [1], **{name: number})
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


def test_a_map_whose_results_nobody_takes_is_done_by_the_shutdown(
    make: Callable[..., Executor], tmp_path: Path
) -> None:
    paths = [tmp_path / str(number) for number in range(3)]
    with make() as executor:
        executor.map(Path.touch, paths)
    assert all(path.exists() for path in paths)


def test_a_map_that_times_out_cancels_what_has_not_begun(make: Callable[..., Executor], gate: Path) -> None:
    executor = make(max_workers=1)
    running = executor.submit(work.wait_for, str(gate))
    until(running.running)
    results = executor.map(Path.touch, [gate.with_name("second"), gate.with_name("third")], timeout=0)
    with pytest.raises(TimeoutError):
        next(results)
    gate.touch()
    executor.shutdown()
    assert not gate.with_name("second").exists() and not gate.with_name("third").exists()


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
    assert gone.wait(DEADLINE)
    for value in executor.map(lambda _: Big(), [1]):
        gone.clear()
        weakref.finalize(value, gone.set)
        del value
        assert gone.wait(DEADLINE)


def test_no_reference_to_an_argument_or_to_the_object_of_a_method_is_kept(executor: Executor) -> None:
    class Big:
        def method(self, other: Big) -> None:
            pass

    gone = [threading.Event(), threading.Event()]
    objects = [Big(), Big()]
    for one, event in zip(objects, gone, strict=True):
        weakref.finalize(one, event.set)
    executor.submit(objects[0].method, objects[1])
    del one
    objects.clear()
    assert all(event.wait(DEADLINE) for event in gone)


def test_a_worker_keeps_no_argument_after_its_call(make: Callable[..., Executor]) -> None:
    def hold(argument: Any) -> None:
        sys.held = weakref.ref(argument)  # type: ignore[attr-defined]

    executor = make(max_workers=1)
    executor.submit(hold, {1}).result(30)
    assert executor.submit(lambda: sys.held() is None).result(30)  # type: ignore[attr-defined]


def test_no_more_calls_run_at_a_time_than_there_are_workers(make: Callable[..., Executor], gate: Path) -> None:
    executor = make(max_workers=2)
    futures = [executor.submit(work.wait_for, str(gate.with_name(f"gate{number}"))) for number in range(30)]
    until(lambda: len(list(gate.parent.glob("gate*.pid"))) >= 2)
    until(lambda: sum(future.running() for future in futures) >= 2)
    assert len(list(gate.parent.glob("gate*.pid"))) == sum(future.running() for future in futures) == 2
    for number in range(30):
        gate.with_name(f"gate{number}").touch()
    assert wait(futures, timeout=DEADLINE).not_done == set()


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
