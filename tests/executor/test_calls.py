"""What calls bring along, what comes back, and what is kept of them."""

from __future__ import annotations

import functools
import itertools
import math
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from server.outside import until

import torc
from torc.errors import InvalidInput, NotFound
from torc.executor.errors import CannotTravel, DependencyFailed, RemoteError
from torc.executor.execute import Executor

from . import work


def result(executor: Executor, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return executor.submit(function, *args, **kwargs).result(30)


def test_functions_of_every_kind_are_called(executor: Executor) -> None:
    factor = 3

    class Scale:
        def __init__(self, by: int) -> None:
            self.by = by

        def __call__(self, x: int) -> int:
            return self.by * x

        def method(self, x: int) -> int:
            return self.by + x

    assert result(executor, lambda x: x * factor, 2) == 6
    assert result(executor, Scale(5), 2) == 10
    assert result(executor, Scale(5).method, 2) == 7
    assert result(executor, functools.partial(math.pow, 2), 3) == 8.0
    assert result(executor, str.upper, "a") == "A"
    assert result(executor, [1, 2].count, 2) == 1


def test_functions_and_properties_with_caches_travel(executor: Executor) -> None:
    @functools.cache
    def fibonacci(n: int) -> int:
        return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)

    class Table:
        @functools.cached_property
        def rows(self) -> int:
            return 3

        @functools.lru_cache  # noqa: B019
        def row(self, number: int) -> int:
            return number

    assert result(executor, fibonacci, 90) == 2880067194370816120
    assert result(executor, lambda n: fibonacci(n), 90) == 2880067194370816120
    assert result(executor, lambda table: (table.rows, table.row(2)), Table()) == (3, 2)
    assert fibonacci.cache_info().currsize == 0


def test_what_only_begins_its_work_is_refused(executor: Executor) -> None:
    async def later() -> int:
        return 1

    def parts() -> Iterator[int]:
        yield 1

    with pytest.raises(InvalidInput, match=r"later is asynchronous.*asyncio\.run"):
        executor.submit(later)
    with pytest.raises(InvalidInput, match=r"parts is a generator function.*a list"):
        executor.map(functools.partial(parts), [])


def test_a_class_of_a_closure_comes_back_as_the_same_class(executor: Executor) -> None:
    class Point:
        def __init__(self, x: int) -> None:
            self.x = x

    found = result(executor, lambda x: Point(x), 4)
    assert type(found) is Point and found.x == 4


@pytest.mark.parametrize(
    "value",
    [
        None, True, 0, -1, 2**62, 2**200, 0.1, 1e300, -0.0, math.inf, "", "ä€😀", "a\nb\0c", "\ud800", b"\0\xff",
        (1, 2), [(1,), [2]], {"a": {"b": [1, None]}}, {1: "one"}, {"t": (1,)}, {1, 2}, 3 + 4j, Ellipsis, range(3),
        "x" * 100_000, list(range(5000)), Path("a/b"), {"json": 1}, {"error": 1}, {"pickle": "x", "file": "y"},
        [1.0, 1, True],
    ],
    ids=lambda value: repr(value)[:30],
)  # fmt: skip
def test_values_come_back_with_their_types(executor: Executor, value: Any) -> None:
    (found, *_), kwargs = result(executor, work.capture, value, key=value)
    for back in (found, kwargs["key"]):
        assert type(back) is type(value)
        assert back == value
        assert repr(back) == repr(value)


def test_arrays_and_frames_travel_small_and_large(executor: Executor) -> None:
    for size in (10, 1_000_000):
        array = np.arange(size, dtype=float)
        assert np.array_equal(result(executor, lambda a: a * 2, array), array * 2)
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
    pd.testing.assert_frame_equal(result(executor, lambda f: f.assign(c=f.a * 2), frame), frame.assign(c=[2, 4]))


def test_large_values_go_to_files_that_only_their_owner_reads(executor: Executor) -> None:
    assert result(executor, len, os.urandom(50_000_000)) == 50_000_000
    files = list(Path(executor._session.output_dir, "call_values").iterdir())
    assert any(file.stat().st_size > 50_000_000 for file in files)
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_calls_share_the_file_of_a_large_argument(make: Callable[..., Executor]) -> None:
    executor = make()
    array = np.arange(400_000.0)
    whole, part = executor.submit(lambda a, b, key: (len(a), len(b), key[0][5]), array, array[:200_000], key=[array]), 9
    others = list(executor.map(lambda a, x: float(a[x]), [array] * 5, range(5)))
    assert (whole.result(30), others) == ((400_000, 200_000, 5.0), [0.0, 1.0, 2.0, 3.0, 4.0])
    array[part] = -1.0  # what was sent stays as it was, what is sent now is new
    assert result(executor, lambda a: float(a[part]), array) == -1.0
    files = list(Path(executor._session.output_dir, "call_values").iterdir())
    assert len(files) == 3


def test_rows_and_columns_of_frames_are_inputs_of_map(executor: Executor) -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    assert list(executor.map(lambda row: row.b * row.a, frame.itertuples())) == ["x", "yy"]
    assert list(executor.map(lambda a, b: b * a, frame.a, frame.b)) == ["x", "yy"]
    assert list(executor.map(lambda row: row["b"], frame.to_dict("records"))) == ["x", "y"]
    assert list(executor.map(lambda group: group[1].a.sum(), frame.groupby("b"))) == [1, 2]


def test_generators_are_inputs_of_map(executor: Executor) -> None:
    def numbers() -> Iterator[int]:
        yield from range(5)

    assert list(executor.map(work.square, numbers())) == [0, 1, 4, 9, 16]


def test_futures_stand_for_their_results_wherever_they_are(executor: Executor) -> None:
    one, two = executor.submit(work.square, 1), executor.submit(work.square, 2)
    args, kwargs = result(executor, work.capture, one, [two, {"deep": (one, two)}], key=two)
    assert args == (1, [4, {"deep": (1, 4)}])
    assert kwargs == {"key": 4}
    client, workflow_id = executor._session.client, executor.workflow_id
    edges = client.list_job_dependencies(workflow_id)["items"]
    assert {(one.job_id, True), (two.job_id, True)} <= {(edge["depends_on_job_id"], True) for edge in edges}


def test_a_chain_of_calls_needs_nobody_who_waits(executor: Executor) -> None:
    future = executor.submit(work.square, 2)
    for _ in range(3):
        future = executor.submit(work.square, future)
    assert future.result(30) == 2**16


def test_many_results_are_reduced_by_one_call(executor: Executor) -> None:
    parts = [executor.submit(work.square, x) for x in range(200)]
    assert result(executor, sum, parts) == sum(x * x for x in range(200))


def test_what_takes_the_result_of_a_failed_call_is_not_called(executor: Executor) -> None:
    failed = executor.submit(work.fail, "first")
    later = executor.submit(work.square, failed)
    last = executor.submit(work.capture, [later])
    with pytest.raises(DependencyFailed, match="takes the result of fail") as raised:
        later.result(30)
    assert isinstance(raised.value.__cause__, ValueError)
    with pytest.raises(DependencyFailed):
        last.result(30)
    # ... also when it is submitted afterwards.
    with pytest.raises(DependencyFailed):
        result(executor, work.square, failed)


def test_what_takes_the_result_of_a_canceled_call_is_not_called(make: Callable[..., Executor], tmp_path: Path) -> None:
    executor = make(max_workers=1)
    executor.submit(work.wait_for, str(tmp_path / "gate"))
    canceled = executor.submit(work.square, 2)
    later = executor.submit(work.square, canceled)
    assert canceled.cancel()
    with pytest.raises(DependencyFailed):
        later.result(30)
    (tmp_path / "gate").touch()


def test_futures_of_others_are_refused(executor: Executor, make: Callable[..., Executor]) -> None:
    other = make().submit(work.square, 2)
    with pytest.raises(CannotTravel, match="no call of this executor"):
        executor.submit(work.square, other)


def test_what_cannot_travel_is_named(executor: Executor) -> None:
    import threading

    lock = threading.Lock()
    captured = {"deep": [1, lock]}
    with pytest.raises(CannotTravel, match=r"args\[0\]\['deep'\]\[1\] is a _thread.lock"):
        executor.submit(work.square, captured)
    with pytest.raises(CannotTravel, match=r"its variable 'lock' is a _thread\.lock"):
        executor.submit(lambda: lock.acquire())
    with pytest.raises(CannotTravel, match=r"the result of .*<lambda>\['x'\] is a _thread.lock"):
        result(executor, lambda: {"x": __import__("threading").Lock()})
    with pytest.raises(InvalidInput, match="is not a function"):
        executor.submit("text")  # type: ignore[arg-type]


def test_exceptions_come_back_as_they_are_whatever_they_are_made_from(executor: Executor) -> None:
    class Coded(Exception):
        def __init__(self, *, code: int) -> None:
            super().__init__(f"code {code}")
            self.code = code

    def raise_group() -> None:
        error = Coded(code=3)
        error.add_note("a note")
        raise ExceptionGroup("both", [error, work.Odd("so", "so")])

    with pytest.raises(work.Odd, match="very odd") as raised:
        result(executor, work.raise_odd)
    assert 'raise Odd("very", "odd")' in str(raised.value.__cause__)
    with pytest.raises(ExceptionGroup) as group:
        result(executor, raise_group)
    coded, odd = group.value.exceptions
    assert type(coded) is Coded and (str(coded), coded.code, coded.__notes__) == ("code 3", 3, ["a note"])
    assert type(odd) is work.Odd and str(odd) == "so so"


def test_an_exception_that_cannot_be_sent_is_told_by_name(executor: Executor) -> None:
    with pytest.raises(RemoteError, match="Locked: closed") as raised:
        result(executor, work.raise_locked)
    assert "raise Locked" in str(raised.value.__cause__)


def test_the_text_of_an_exception_may_be_anything(executor: Executor) -> None:
    named = executor.submit(work.fail, "no file 'a\udcff'")
    binary = executor.submit(work.fail, "a\0b")
    silent = executor.submit(work.raise_silent)
    assert isinstance(silent.exception(30), work.Silent)
    assert str(named.exception(30)) == "no file 'a\udcff'"
    assert str(binary.exception(30)) == "a\0b"
    assert "ValueError: a\\x00b" in str(binary.exception(30).__cause__)  # type: ignore[union-attr]
    assert result(executor, work.square, 2) == 4


def test_an_exit_in_a_call_ends_the_call_only(executor: Executor) -> None:
    assert isinstance(executor.submit(sys.exit, 3).exception(30), SystemExit)
    assert result(executor, work.square, 2) == 4


def test_the_line_of_a_cell_stands_in_the_traceback(executor: Executor) -> None:
    import linecache

    text = "def broken():\n    raise KeyError('in the cell')\n"
    linecache.cache["<cell 7>"] = (len(text), None, text.splitlines(keepends=True), "<cell 7>")
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(text, "<cell 7>", "exec"), space)
    error = executor.submit(space["broken"]).exception(30)
    assert "raise KeyError('in the cell')" in str(error.__cause__)


def test_output_is_one_attribute_away_and_each_call_has_its_own(executor: Executor) -> None:
    def talk(word: str) -> None:
        print(word)
        print("to", word, file=sys.stderr)
        os.system(f"echo shell {word}")

    futures = [executor.submit(talk, word) for word in ("one", "two")]
    for future, word in zip(futures, ("one", "two"), strict=True):
        future.result(30)
        assert future.stdout() == f"{word}\nshell {word}\n"
        assert future.stderr() == f"to {word}\n"
    silent = executor.submit(work.square, 1)
    silent.result(30)
    assert silent.stdout() == ""


def test_the_output_of_a_call_can_be_followed(make: Callable[..., Executor], tmp_path: Path) -> None:
    def talk(path: str) -> None:
        print("begun")
        work.wait_for(path)

    executor = make()
    future = executor.submit(talk, str(tmp_path / "gate"))
    until(lambda: future.stdout() == "begun\n")
    (tmp_path / "gate").touch()
    future.result(30)


def test_every_call_is_a_job_with_a_result_and_figures(make: Callable[..., Executor]) -> None:
    def busy() -> int:
        return len(bytearray(40_000_000)) + sum(range(1_000_000)) * 0

    executor = make()
    futures = [executor.submit(busy), executor.submit(work.square, 2), executor.submit(work.fail, "no")]
    for future in futures:
        future.exception(30)
    client = executor._session.client
    results = {item["job_id"]: item for item in client.list_results(workflow_id=executor.workflow_id)["items"]}
    first, second, third = (results[future.job_id] for future in futures)
    assert (first["return_code"], second["return_code"], third["return_code"]) == (0, 0, 1)
    assert third["reason"] == "ValueError: no"
    assert first["peak_memory_bytes"] > second["peak_memory_bytes"] > 1_000_000
    assert first["cpu_time_seconds"] > second["cpu_time_seconds"] >= 0
    assert first["peak_cpu_percent"] >= first["avg_cpu_percent"] > 0
    assert client.get_job(futures[1].job_id)["name"] == "square_2"


def test_what_a_call_uses_is_seen_while_it_runs_and_without_what_its_worker_has_used_before(
    make: Callable[..., Executor], tmp_path: Path
) -> None:
    def spend() -> None:
        begin = time.process_time()
        while time.process_time() - begin < 1.0:
            sum(range(1_000))

    def idle(gate: str) -> None:
        Path(gate).read_text()

    os.mkfifo(tmp_path / "gate")
    executor = make(max_workers=1)
    executor.submit(spend).result(30)
    future = executor.submit(idle, str(tmp_path / "gate"))
    client, number = executor._session.client, executor.workflow_id

    def sampled() -> list[dict[str, Any]]:
        samples = client.get_samples(number)["jobs"]
        return [job for job in samples if job["job_id"] == future.job_id]

    until(sampled)
    (tmp_path / "gate").write_text("")
    future.result(30)
    (job,) = sampled()
    assert max(job["cpu_percent"]) < 50
    assert min(job["memory_bytes"]) > 1_000_000


def test_each_call_begins_in_the_same_place(executor: Executor) -> None:
    def roam() -> tuple[str, dict[str, str]]:
        before = os.getcwd(), dict(os.environ)
        os.chdir("/")
        os.environ["LEFT_BEHIND"] = "1"
        del os.environ["TORC_JOB_NAME"]
        return before

    places = [result(executor, roam) for _ in range(5)]
    assert {place for place, _ in places} == {os.getcwd()}
    assert all("LEFT_BEHIND" not in env and env["TORC_JOB_NAME"].startswith("roam_") for _, env in places)


def test_workers_are_used_again(executor: Executor) -> None:
    assert len({result(executor, os.getpid) for _ in range(10)}) <= 2


def test_calls_need_what_the_executor_says(make: Callable[..., Executor]) -> None:
    executor = make(cpus=2, memory="10m", runtime="5m", name="with needs")
    result(executor, work.square, 1)
    client = executor._session.client
    assert client.get_workflow(executor.workflow_id)["name"] == "with needs"
    found = client.list_resource_requirements(workflow_id=executor.workflow_id)["items"]
    assert [(item["num_cpus"], item["memory"], item["runtime"]) for item in found] == [(2, "10m", "5m")]


def test_a_decorated_function_is_called_here_and_as_a_job_with_its_own_needs(make: Callable[..., Executor]) -> None:
    @torc.job(cpus=1, memory="20m")
    def double(x: int, *, times: int = 1) -> int:
        """Double."""
        return x * 2**times

    @torc.job
    def plain(x: int) -> int:
        return x

    executor = make()
    assert double(4) == 8 and double.__doc__ == "Double." and plain(1) == 1
    assert result(executor, double, 4, times=2) == 16
    assert list(executor.map(plain, [1, 2])) == [1, 2]
    memory = [item["memory"] for item in executor._session.client.list_resource_requirements(
        workflow_id=executor.workflow_id)["items"]]  # fmt: skip
    assert memory == ["1m", "20m", "1m"]
    assert repr(double).startswith("<job ")


def test_a_decorated_function_maps_over_inputs_as_its_executor_does(
    executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    @torc.job(memory="2m")
    def add(x: int, y: int) -> int:
        return x + y

    monkeypatch.setattr("torc.executor.decorator.shared_executor", lambda: executor)
    assert list(add.map([1, 2, 3], [10, 20])) == [11, 22]
    assert list(add.map(range(5), range(5), chunksize=2)) == [0, 2, 4, 6, 8]
    endless = add.map(itertools.count(), itertools.count(), buffersize=2)
    assert [next(endless) for _ in range(3)] == [0, 2, 4]
    endless.close()
    with pytest.raises(ValueError, match="chunksize"):
        add.map([1], [1], chunksize=0)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"max_workers": 0}, "max_workers"), ({"max_workers": -1}, "max_workers"), ({"cpus": 0}, "cpus"),
        ({"cpus": 1.5}, "cpus"), ({"gpus": -1}, "gpus"), ({"memory": "much"}, "memory"), ({"where": "moon"}, "where"),
        ({"runtime": "soon"}, "runtime"), ({"retries": -1}, "retries"),
        ({"memory": 4}, "memory"), ({"runtime": 60}, "runtime"),
    ],
)  # fmt: skip
def test_options_that_cannot_be_are_refused_before_anything_is_started(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        Executor(**options)
    assert raised.value.field == field


@pytest.mark.parametrize(
    ("options", "told", "hint"),
    [
        ({"cpus": 4096}, r"cpus=4096 can never run here: this machine has \d+ CPUs", r"cpus=\d+;"),
        ({"memory": "1024t"}, r"memory='1024t' can never run here: this machine has \d.* of memory", r"memory='\d+m';"),
        ({"gpus": 999}, r"gpus=999 can never run here: this machine has \d+ GPUs", r"gpus=\d+;"),
    ],
    ids=["cpus", "memory", "gpus"],
)
def test_a_call_that_fits_no_runner_here_is_refused_before_anything_is_started(
    make: Callable[..., Executor], options: dict[str, Any], told: str, hint: str
) -> None:
    executor = make(max_workers=None, **options)
    decorated = torc.job(**options)(work.square)
    for submit in (executor.submit, executor.map):
        with pytest.raises(InvalidInput, match=told) as raised:
            submit(work.square, [1])
        assert raised.value.field in options and re.search(hint, raised.value.hint)
    with pytest.raises(InvalidInput, match=told):
        make(max_workers=None).submit(decorated, 1)
    assert executor._session is None


def test_as_many_cpus_are_there_as_the_executor_says(make: Callable[..., Executor]) -> None:
    assert result(make(cpus=64, max_workers=1), work.square, 3) == 9


def test_an_executor_is_attached_to_after_its_program(make: Callable[..., Executor]) -> None:
    first = make()
    futures = [first.submit(work.square, x) for x in range(5)] + [first.submit(work.fail, "no")]
    first.shutdown()
    again = Executor.attach(first._session.workflow_id, connection=first._connection)
    assert [future.result(30) for future in again.futures[:5]] == [0, 1, 4, 9, 16]
    assert [future.name for future in again.futures] == [future.name for future in futures]
    with pytest.raises(ValueError, match="no"):
        again.futures[5].result(30)
    later = again.submit(work.square, again.futures[4])
    assert later.result(30) == 256
    # Another program may attach at the same time: their names do not meet.
    assert re.fullmatch(r"square_[0-9a-f]{6}_1", later.name)
    again.shutdown()


def test_only_workflows_of_executors_are_attached_to(make: Callable[..., Executor]) -> None:
    connection = make()._connection
    other = connection.client.create_workflow_from_plan({"workflow": {"name": "w", "user": "u"}})["id"]
    with pytest.raises(InvalidInput, match="not the workflow of an executor"):
        Executor.attach(other, connection=connection)
    with pytest.raises(NotFound):
        Executor.attach(10**9, connection=connection)
