"""``joblib.Parallel`` with its calls in jobs."""

from __future__ import annotations

import math
import multiprocessing
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from joblib import Parallel, delayed, effective_n_jobs, parallel_config
from server.outside import until

import torc.joblib
from torc.client.connect import is_alive
from torc.errors import InvalidInput
from torc.executor.errors import RemoteTraceback
from torc.executor.execute import Executor
from torc.workflow.connection import Connection

from . import work


@pytest.fixture
def parallel(executor: Executor) -> Iterator[Executor]:
    """The executor that makes what ``Parallel`` is given, two calls at a time."""
    with parallel_config(backend="torc", n_jobs=2, executor=executor):
        yield executor


def calls(executor: Executor) -> int:
    count: int = executor._session.client.list_jobs(workflow_id=executor.workflow_id)["total_count"]
    return count


def test_results_come_in_order_whatever_the_size_of_batches(parallel: Executor) -> None:
    numbers = list(range(40))
    roots = [math.sqrt(x) for x in numbers]
    for size in ("auto", 1, 7):
        assert Parallel(batch_size=size)(delayed(math.sqrt)(x) for x in numbers) == roots
    assert list(Parallel(return_as="generator")(delayed(math.sqrt)(x) for x in numbers)) == roots
    unordered = Parallel(return_as="generator_unordered")(delayed(math.sqrt)(x) for x in numbers)
    assert sorted(unordered) == roots


def test_calls_are_made_by_workers_with_arguments_of_every_kind(parallel: Executor) -> None:
    factor = 3

    def scaled(x: int, *, by: int = 1) -> tuple[int, int]:
        return os.getpid(), x * factor * by

    results = Parallel()(delayed(scaled)(x, by=2) for x in range(6))
    assert [value for _, value in results] == [0, 6, 12, 18, 24, 30]
    assert os.getpid() not in {pid for pid, _ in results}


def test_many_short_calls_take_few_jobs(parallel: Executor) -> None:
    before = calls(parallel)
    assert Parallel()(delayed(abs)(-x) for x in range(500)) == list(range(500))
    assert calls(parallel) - before < 150
    jobs = parallel._session.client.pages("list_jobs", workflow_id=parallel.workflow_id)
    assert any(re.fullmatch(r"abs_\d+", job["name"]) for job in jobs)


def test_large_arguments_are_shared_by_the_batches(make: Callable[..., Executor]) -> None:
    executor, table = make(), np.arange(300_000.0)
    with parallel_config(backend="torc", n_jobs=2, executor=executor):
        sums = Parallel(batch_size=2)(delayed(np.dot)(table, b=table) for _ in range(6))
    assert sums == [float(table @ table)] * 6
    files = [path for path in Path(executor._session.output_dir, "call_values").iterdir() if "argument_" in path.name]
    assert len(files) == 1


def test_an_exception_comes_as_itself_with_its_traceback_and_the_next_loop_goes_on(parallel: Executor) -> None:
    with pytest.raises(ValueError, match="so it is") as raised:
        Parallel()(delayed(work.fail)("so it is") for _ in range(50))
    assert isinstance(raised.value.__cause__, RemoteTraceback)
    assert "in fail" in str(raised.value.__cause__)
    assert Parallel()(delayed(abs)(x) for x in (-1, -2)) == [1, 2]


def test_after_an_error_the_other_calls_end_also_those_that_run(parallel: Executor, gate: Path) -> None:
    def fail_beside(path: str) -> None:
        work.pid_of(Path(path))
        raise ValueError("over")

    with pytest.raises(ValueError, match="over"):
        Parallel(batch_size=1)([delayed(work.wait_for)(str(gate)), delayed(fail_beside)(str(gate))])
    pid = work.pid_of(gate)
    until(lambda: not is_alive(pid))


def test_a_timeout_ends_the_calls(parallel: Executor, gate: Path) -> None:
    with pytest.raises(multiprocessing.TimeoutError):
        Parallel(timeout=0.01)(delayed(work.wait_for)(str(gate)) for _ in range(2))
    until(lambda: parallel._session.left == 0)


def test_loops_inside_calls_stay_in_their_process(parallel: Executor) -> None:
    def inner(backend: str | None) -> set[Any]:
        return set(Parallel(n_jobs=2, backend=backend)(delayed(os.getpid)() for _ in range(4))) - {os.getpid()}

    before = calls(parallel)
    assert Parallel(batch_size=1)(delayed(inner)(backend) for backend in (None, "torc", "threading")) == [set()] * 3
    assert calls(parallel) - before == 3


def test_n_jobs_says_how_many_calls_run_at_a_time(connection: Connection, tmp_path: Path) -> None:
    options: dict[str, Any] = {"connection": connection, "output_dir": str(tmp_path)}
    with parallel_config(backend="torc", **options):
        assert effective_n_jobs(-1) == effective_n_jobs(None) == Executor(**options).max_workers
        assert effective_n_jobs(3) == 3
        assert effective_n_jobs(-1000) == 1
        assert Parallel(n_jobs=1)(delayed(os.getpid)() for _ in range(2)) == [os.getpid()] * 2
        with pytest.raises(ValueError, match="n_jobs == 0"):
            Parallel(n_jobs=0)(delayed(abs)(x) for x in (1, 2))
    assert torc.joblib.TorcBackend(cpus=10_000, **options).effective_n_jobs(-1) == 1


def test_an_own_executor_has_the_needs_and_the_name_that_were_given(connection: Connection, tmp_path: Path) -> None:
    backend = torc.joblib.TorcBackend(memory="20m", name="loops", output_dir=str(tmp_path), connection=connection)
    with parallel_config(backend=backend, n_jobs=2):
        first = Parallel()(delayed(abs)(x) for x in (-1, -2))
        number = backend._executor.workflow_id
        assert (first, Parallel()(delayed(abs)(x) for x in (-3, -4))) == ([1, 2], [3, 4])
        assert backend._executor.workflow_id == number
        # Another number of calls at a time takes another runner.
        assert Parallel(n_jobs=3)(delayed(abs)(x) for x in (-5, -6)) == [5, 6]
        assert backend._executor.workflow_id != number
        backend._executor.shutdown()
        assert Parallel()(delayed(abs)(x) for x in (-7, -8)) == [7, 8]
        assert backend._executor.workflow_id == number
        backend._executor.shutdown()
    client = connection.client
    assert client.get_workflow(number)["name"] == "loops"
    assert [item["memory"] for item in client.list_resource_requirements(workflow_id=number)["items"]] == ["20m"]


@pytest.mark.parametrize(
    ("options", "error"),
    [({"memory": "much"}, InvalidInput), ({"max_workers": 2}, TypeError), ({"mem": "1g"}, TypeError)],
    ids=["amount", "n_jobs-by-another-name", "unknown"],
)
def test_options_that_cannot_be_are_refused_at_once(options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        parallel_config(backend="torc", **options)


def test_options_that_nobody_would_respect_are_refused(executor: Executor) -> None:
    with pytest.raises(InvalidInput, match="memory is given beside an executor"):
        parallel_config(backend="torc", executor=executor, memory="1g")
    with pytest.raises(InvalidInput, match="memory is given to Parallel") as raised:
        Parallel(n_jobs=2, backend="torc", memory="1g")(delayed(abs)(x) for x in (1, 2))
    assert raised.value.hint == "write parallel_config(backend='torc', memory='1g')"


def test_loops_may_run_in_several_threads(executor: Executor) -> None:
    found: dict[int, list[int]] = {}

    def loop(number: int) -> None:
        with parallel_config(backend="torc", n_jobs=2, executor=executor):
            found[number] = Parallel()(delayed(pow)(number, x) for x in range(20))

    threads = [threading.Thread(target=loop, args=(number,)) for number in (2, 3, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: [number**x for x in range(20)] for number in (2, 3, 5)}


def test_scikit_learn_fits_its_models_in_calls(parallel: Executor) -> None:
    from sklearn.datasets import make_classification
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score

    inputs, classes = make_classification(n_samples=80, random_state=0)
    before = calls(parallel)
    scores = cross_val_score(LogisticRegression(), inputs, classes, cv=4)
    assert calls(parallel) > before
    with parallel_config(backend="threading", n_jobs=1):
        assert scores.tolist() == cross_val_score(LogisticRegression(), inputs, classes, cv=4).tolist()


def test_only_this_module_loads_joblib() -> None:
    program = (
        "import sys, torc, torc.executor.decorator, torc.runner.workers.worker; assert 'joblib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
