"""Calls that leave their worker in disorder: the next call finds everything in its place."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from server.outside import until

from torc.executor.errors import CallLost
from torc.executor.execute import Executor

from . import work


@pytest.fixture(scope="module")
def executor(connection: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An executor with one worker, so that each call follows the one before."""
    output = tmp_path_factory.mktemp("executor") / "output"
    with Executor(max_workers=1, output_dir=str(output), connection=connection) as made:
        yield made


def say(word: str) -> str:
    print(word)
    return word


def is_well(executor: Executor) -> bool:
    """Say whether calls come back with their own results and output."""
    futures = [executor.submit(say, word) for word in ("one", "two")]
    return [(future.result(30), future.stdout()) for future in futures] == [("one", "one\n"), ("two", "two\n")]


def test_a_child_that_a_call_forks_does_not_answer_in_its_place(executor: Executor) -> None:
    def fork() -> int:
        return os.fork()

    def fork_and_fail() -> None:
        if os.fork() == 0:
            sys.exit("the child")

    assert executor.submit(fork).result(30) > 0
    assert is_well(executor)
    assert executor.submit(fork_and_fail).result(30) is None
    assert is_well(executor)


@pytest.mark.parametrize("code", [0, 7])
def test_a_call_that_leaves_its_process_has_no_result(executor: Executor, code: int) -> None:
    future = executor.submit(os._exit, code)
    with pytest.raises(CallLost, match=f"left with code {code} in the middle of the call"):
        future.result(30)
    assert executor._session.client.get_job(future.job_id)["status"] == "failed"
    assert is_well(executor)


def test_streams_that_a_call_has_closed_or_replaced_are_there_again(executor: Executor) -> None:
    def close() -> None:
        sys.stdout.close()
        sys.stderr = None  # type: ignore[assignment]

    def close_files() -> None:
        os.close(1)
        os.close(2)

    def redirect() -> None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115

    for function in (close, close_files, redirect):
        assert executor.submit(function).result(30) is None
        assert is_well(executor)


def test_output_that_cannot_be_written_stays_with_its_call(executor: Executor) -> None:
    def fill() -> None:
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, 1)
        os.dup2(full, 2)
        print("lost")

    assert isinstance(executor.submit(fill).exception(30), OSError)
    assert is_well(executor)


def test_threads_that_a_call_leaves_behind_end_with_it_and_say_so(executor: Executor, tmp_path: Path) -> None:
    gate = tmp_path / "gate"

    def leave() -> int:
        threading.Thread(target=lambda: print(work.wait_for(str(gate), "late")), name="late").start()
        return os.getpid()

    future = executor.submit(leave)
    pid = future.result(30)
    assert future.stderr() == "the thread 'late' was not done when its call returned, and ends here\n"
    assert executor.submit(os.getpid).result(30) != pid
    until(lambda: not Path(f"/proc/{pid}").exists())
    gate.touch()
    assert is_well(executor)


def test_daemons_and_pools_stay_with_their_worker(executor: Executor, tmp_path: Path) -> None:
    def keep(path: str) -> int:
        threading.Thread(target=work.wait_for, args=(path,), daemon=True).start()
        sys.pool = ThreadPoolExecutor(1)  # type: ignore[attr-defined]
        return sys.pool.submit(os.getpid).result()  # type: ignore[attr-defined]

    pid = executor.submit(keep, str(tmp_path / "gate")).result(30)
    assert executor.submit(os.getpid).result(30) == pid
    (tmp_path / "gate").touch()


def test_limits_and_masks_hold_for_one_call(executor: Executor) -> None:
    def confine() -> None:
        sys.setrecursionlimit(60)
        os.umask(0o777)

    def see() -> tuple[int, int]:
        mask = os.umask(0)
        os.umask(mask)
        return sys.getrecursionlimit(), mask

    before = executor.submit(see).result(30)
    executor.submit(confine).result(30)
    assert executor.submit(see).result(30) == before


def test_a_disk_without_room_fails_the_call_that_needs_it(make: Callable[..., Executor], tmp_path: Path) -> None:
    executor = make(output_dir=str(tmp_path / "output"))
    assert executor.submit(work.square, 2).result(30) == 4
    values = tmp_path / "output" / "call_values"
    values.touch()  # in the way of the directory
    with pytest.raises(OSError, match="call_values"):
        executor.submit(len, os.urandom(100_000))
    with pytest.raises(OSError, match="call_values"):
        executor.submit(os.urandom, 100_000).result(30)
    values.unlink()
    assert executor.submit(len, os.urandom(100_000)).result(30) == 100_000
