"""Calls that want to submit calls, and functions that hold on to what belongs to this program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import torc
from torc.errors import InvalidInput
from torc.executor.errors import CannotTravel
from torc.executor.execute import Executor

from . import work

HINT = "submit from the program: a call that takes a future as an argument waits for its result"


@torc.job
def submitted_inside(x: int) -> int:
    return x


@pytest.mark.parametrize(
    "submit",
    [
        lambda: torc.Executor().submit(work.square, 2).result(),
        lambda: list(torc.Executor(quiet=True).map(work.square, [1, 2])),
        lambda: submitted_inside.submit(2).result(),
        lambda: list(submitted_inside.map([1, 2])),
    ],
    ids=["submit", "map", "job", "job-map"],
)
def test_a_call_that_submits_calls_is_told_how_calls_are_joined(executor: Executor, submit: Callable[[], Any]) -> None:
    with pytest.raises(InvalidInput, match=r"^a call cannot submit calls itself") as raised:
        executor.submit(submit).result(30)
    assert raised.value.hint == HINT


def test_futures_that_a_function_captures_are_to_be_arguments(executor: Executor) -> None:
    future = executor.submit(work.square, 3)
    parts = {"all": [future]}
    with pytest.raises(CannotTravel, match=r"its variable 'future' is a future, which cannot be sent") as raised:
        executor.submit(lambda: future.result())
    assert raised.value.hint == "pass the future as an argument of the call, where it stands for its result"
    with pytest.raises(CannotTravel, match=r"its variable 'parts'\['all'\]\[0\] is a future"):
        executor.submit(lambda: parts["all"][0].result())
    assert executor.submit(lambda known: known["all"][0] + 1, parts).result(30) == 10


def test_an_executor_that_a_function_captures_or_takes_stays_here(executor: Executor) -> None:
    with pytest.raises(CannotTravel, match=r"its variable 'executor' is an executor, which cannot") as raised:
        executor.submit(lambda: executor.submit(work.square, 2))
    assert raised.value.hint == HINT
    with pytest.raises(CannotTravel, match=r"args\[0\] is an executor"):
        executor.submit(work.capture, executor)
    with pytest.raises(CannotTravel, match=r"its variable 'submitted'\.__self__ is an executor"):
        submitted = executor.submit
        executor.submit(lambda: submitted(work.square, 2))
