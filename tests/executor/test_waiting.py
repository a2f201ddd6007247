"""``wait`` and ``as_completed`` with the futures of calls, after the cases that CPython tests its own with."""

from __future__ import annotations

import concurrent.futures
import sys
import weakref
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, FIRST_EXCEPTION, as_completed, wait
from pathlib import Path

import pytest
from server.outside import until

from torc.executor.execute import Executor

from . import work


def test_wait_misses_none_of_many(executor: Executor) -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        futures = {executor.submit(work.square, x) for x in range(100)}
        assert wait(futures, timeout=120) == (futures, set())
    finally:
        sys.setswitchinterval(interval)


def test_wait_takes_the_same_future_twice(executor: Executor) -> None:
    future = executor.submit(work.square, 3)
    done, not_done = wait([future, future], timeout=120)
    assert (done, not_done) == ({future}, set())


def test_wait_returns_with_the_first_completed(make: Callable[..., Executor], gate: Path) -> None:
    executor = make()
    quick, slow = executor.submit(work.square, 21), executor.submit(work.wait_for, str(gate))
    assert wait([quick, slow], timeout=120, return_when=FIRST_COMPLETED) == ({quick}, {slow})
    # ... at once when one has completed before.
    assert wait([quick, slow], timeout=120, return_when=FIRST_COMPLETED) == ({quick}, {slow})


def test_wait_returns_with_the_first_exception(make: Callable[..., Executor], gate: Path) -> None:
    executor = make()
    slow = executor.submit(work.wait_for, str(gate))
    good, bad = executor.submit(work.square, 2), executor.submit(work.fail, "oops")
    done, not_done = wait([good, bad, slow], timeout=120, return_when=FIRST_EXCEPTION)
    assert bad in done and not_done >= {slow}
    assert wait([bad, slow], timeout=120, return_when=FIRST_EXCEPTION) == ({bad}, {slow})


def test_wait_returns_when_all_have_completed_in_whatever_way(make: Callable[..., Executor], gate: Path) -> None:
    executor = make(max_workers=1)
    running = executor.submit(work.wait_for, str(gate))
    waiting = executor.submit(work.square, 1)
    failing = executor.submit(work.fail, "oops")
    assert waiting.cancel()
    gate.touch()
    assert wait([running, waiting, failing], timeout=120) == ({running, waiting, failing}, set())
    assert waiting.cancelled()


def test_wait_returns_when_the_time_is_up(make: Callable[..., Executor], gate: Path) -> None:
    executor = make()
    quick, slow = executor.submit(work.square, 2), executor.submit(work.wait_for, str(gate))
    quick.result(30)
    assert wait([quick, slow], timeout=0.05) == ({quick}, {slow})


def test_as_completed_yields_each_as_it_ends(make: Callable[..., Executor], gate: Path) -> None:
    executor = make()
    slow, quick = executor.submit(work.wait_for, str(gate)), executor.submit(work.square, 2)
    ends = as_completed([slow, quick, quick], timeout=120)
    assert next(ends) is quick
    gate.touch()
    assert list(ends) == [slow]


def test_as_completed_raises_when_the_time_is_up(make: Callable[..., Executor], gate: Path) -> None:
    executor = make()
    slow = executor.submit(work.wait_for, str(gate))
    with pytest.raises(concurrent.futures.TimeoutError, match=r"1 \(of 1\) futures unfinished"):
        list(as_completed([slow], timeout=0.05))


def test_as_completed_yields_what_has_ended_in_whatever_way_before_the_time_is_up(
    make: Callable[..., Executor], gate: Path
) -> None:
    executor = make(max_workers=1)
    ended = {executor.submit(work.square, 2), executor.submit(work.fail, "no")}
    wait(ended, timeout=120)
    slow, canceled = executor.submit(work.wait_for, str(gate)), executor.submit(work.square, 3)
    assert canceled.cancel()
    for seconds in (0, 0.05):
        found = set()
        with pytest.raises(concurrent.futures.TimeoutError, match=r"1 \(of 4\) futures unfinished"):
            for future in as_completed({*ended, slow, canceled}, timeout=seconds):
                found.add(future)
        assert found == {*ended, canceled}


def test_as_completed_lets_go_of_what_it_has_yielded(executor: Executor) -> None:
    futures = [executor.submit(work.square, x) for x in range(5)]
    for future in as_completed(futures, timeout=120):
        futures.remove(future)
        reference = weakref.ref(future)
        future.result()
        del future
        until(lambda reference=reference: reference() is None)
