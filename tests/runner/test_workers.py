"""The foreman and its workers, told what to do as a runner tells them."""

from __future__ import annotations

import json
import os
import py_compile
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from server.outside import DEADLINE, until

from torc.runner.keeper import Keepers
from torc.runner.workers.logs import Logs

from .conftest import alive, pid_in

SHAPE = ("call", 0)


class Crew:
    """Keepers, and what they have told."""

    def __init__(self, directory: Path, **settings: Any) -> None:
        self.directory = directory
        self.poll = select.poll()
        env = {**os.environ, "TORC_WORKFLOW_ID": "1", "PYTHONPATH": str(Path(__file__).parent)}
        exit_file = str(directory / "exits.jsonl")
        given = {"env": env, "bash": "/bin/bash", "exit_file": exit_file, "policy": "end", "identity": {"run_id": 1}}
        self.settings = given | settings
        self.keepers = Keepers(self.settings, -1, lambda fd: self.poll.register(fd, select.POLLIN))
        self.starts: dict[int, int] = {}
        self.exits: dict[int, tuple[Any, ...]] = {}
        self.dropped: list[int] = []

    def call(
        self, key: int, function: str, *args: Any, devices: str | None = None, path: Path | None = None
    ) -> tuple[Any, ...]:
        """A call as the runner orders it; it finds modules in the directory, or below ``path``."""
        about = {"function": {"title": function, "name": function, "path": [str(path or self.directory)]}}
        call = {"call": {"function": "f", "arguments": {"json": [list(args), {}]}}}
        inputs = [{"name": "f", "data": about}, {"name": "c", "data": call}]
        env = {"TORC_JOB_ID": str(key), "TORC_ATTEMPT_ID": "1", "TORC_JOB_NAME": f"job {key}"}
        logs = [str(self.directory / f"{key}.{end}") for end in "oe"]
        return (key, (inputs, 100 + key, str(self.directory / f"{key}.pickle")), SHAPE, env, devices, *logs, 0.0)

    def hear(self, seconds: float = 10.0) -> None:
        """Take in one round of reports."""
        for fd, _ in self.poll.poll(seconds * 1000):
            for starts, exits, dropped in self.keepers.receive(fd):
                self.starts |= {key: pid for key, pid, _ in starts}
                self.exits |= {exit_[0]: exit_ for exit_ in exits}
                self.dropped += dropped

    def wait(self, *keys: int) -> list[tuple[Any, ...]]:
        """Return the exits of these calls."""
        deadline = time.monotonic() + DEADLINE
        while not set(keys) <= self.exits.keys():
            assert time.monotonic() < deadline, f"no exit of {set(keys) - self.exits.keys()}"
            self.hear(1.0)
        return [self.exits[key] for key in keys]

    def started(self, key: int) -> int:
        """Return the process of a call that runs."""
        while key not in self.starts:
            self.hear()
        return self.starts[key]

    def result(self, key: int) -> Any:
        """Return what a call has returned."""
        (exit_,) = self.wait(key)
        assert exit_[1] == 0, exit_
        return exit_[8][1][0]["data"]["json"]


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Crew]:
    made = Crew(tmp_path)
    yield made
    made.keepers.close()


def test_no_foreman_is_started_for_commands(crew: Crew) -> None:
    logs = [str(crew.directory / name) for name in ("o", "e")]
    crew.keepers.give("run", [(1, ("-c", "echo hello"), 0, {"TORC_JOB_ID": "1"}, None, *logs, 0.0)], [])
    assert crew.wait(1)[0][1] == 0
    assert crew.keepers.foreman is None


def test_a_call_ends_with_its_value_and_figures(crew: Crew) -> None:
    crew.keepers.give("run", [], [crew.call(1, "builtins:pow", 2, 5)])
    ((key, status, peak, cpu, _, duration, heir, error, told),) = crew.wait(1)
    assert (key, status, heir, error) == (1, 0, None, None)
    assert told == (None, [{"id": 101, "data": {"json": 32}}])
    assert peak > 1_000_000 and 0 <= cpu < 5 and 0 < duration < 20


def test_a_call_that_raises_fails_with_a_reason(crew: Crew) -> None:
    crew.keepers.give("run", [], [crew.call(1, "builtins:int", "x"), crew.call(2, "nowhere:f")])
    first, second = crew.wait(1, 2)
    assert first[1] == second[1] == 1 << 8
    assert first[8][0].startswith("ValueError: invalid literal")
    assert "No module named 'nowhere'" in second[8][0]
    assert "ValueError: invalid literal" in (crew.directory / "1.e").read_text()


def test_queued_calls_take_the_place_of_those_that_end(crew: Crew) -> None:
    gate = crew.directory / "gate"
    crew.keepers.give("run", [], [crew.call(1, "os:system", f"while ! test -e {gate}; do sleep 0.01; done")])
    crew.keepers.give("queue", [], [crew.call(key, "os:getpid") for key in range(2, 50)])
    gate.touch()
    crew.wait(*range(1, 50))
    heirs = [crew.exits[key][6] for key in range(1, 50)]
    assert sorted(key for key in heirs if key) == [key for key in range(2, 50) if key in heirs]
    assert len({crew.result(key) for key in range(2, 50)}) <= 2


def test_dropped_calls_are_not_made(crew: Crew) -> None:
    crew.keepers.give("run", [], [crew.call(1, "time:sleep", 600)])
    crew.started(1)
    crew.keepers.give("queue", [], [crew.call(2, "os:getpid"), crew.call(3, "os:getpid")])
    crew.keepers.send("drop", [2, 3])
    while len(crew.dropped) < 2:
        crew.hear()
    crew.keepers.send("kill", int(signal.SIGKILL), [1])
    crew.wait(1)
    assert sorted(crew.dropped) == [2, 3] and crew.exits.keys() == {1}


def test_a_kill_ends_one_worker_with_all_it_has_started_and_no_other(crew: Crew) -> None:
    path = crew.directory / "pid"
    crew.keepers.give("run", [], [crew.call(1, "os:system", f"echo $$ > {path}; exec sleep 600")])
    crew.keepers.give("run", [], [crew.call(2, "time:sleep", 600)])
    child, other = pid_in(path), crew.started(2)
    crew.keepers.send("kill", int(signal.SIGKILL), [1])
    (exit_,) = crew.wait(1)
    assert exit_[1] == signal.SIGKILL and exit_[8] is None
    until(lambda: not alive(child))
    assert alive(other) and 2 not in crew.exits
    crew.keepers.give("run", [], [crew.call(3, "builtins:abs", -1)])
    assert crew.result(3) == 1


def test_an_idle_worker_that_dies_is_replaced(crew: Crew) -> None:
    crew.keepers.give("run", [], [crew.call(1, "os:getpid")])
    pid = crew.result(1)
    os.kill(pid, signal.SIGKILL)
    crew.keepers.give("run", [], [crew.call(2, "os:getpid")])
    (exit_,) = crew.wait(2)
    # The order may have reached the dying worker: then its call is lost, and told to be.
    assert exit_[1] in (0, signal.SIGKILL)
    crew.keepers.give("run", [], [crew.call(3, "os:getpid")])
    assert crew.result(3) != pid


def told_and_pid(crew: Crew, key: int, module: str, **options: Any) -> tuple[Any, int]:
    """Return what ``f`` of a module says, and which worker has made the call."""
    crew.keepers.give("run", [], [crew.call(key, f"{module}:f", **options)])
    told, pid = crew.result(key)
    return told, pid


def says(value: int) -> str:
    return f"import os\n\n\ndef f():\n    return [{value}, os.getpid()]\n"


@pytest.mark.parametrize("file", ["lib.py", "pack/__init__.py", "pack/part/deep.py"])
def test_a_worker_makes_no_more_calls_once_a_module_that_it_has_imported_has_changed(crew: Crew, file: str) -> None:
    path, module = crew.directory / file, file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(says(1))
    first = told_and_pid(crew, 1, module)
    assert told_and_pid(crew, 2, module) == first
    path.write_text(says(22))
    second = told_and_pid(crew, 3, module)
    assert (first[0], second[0]) == (1, 22) and second[1] != first[1]
    assert told_and_pid(crew, 4, module) == second
    until(lambda: not alive(first[1]))


def test_no_idle_worker_keeps_a_module_as_it_was(crew: Crew) -> None:
    path, gates = crew.directory / "lib.py", {key: crew.directory / f"gate_{key}" for key in (1, 2, 3, 4)}
    for gate in gates.values():
        os.mkfifo(gate)
    wait = "\n\ndef g(gate):\n    open(gate).close()\n"
    path.write_text(says(1) + wait)
    crew.keepers.give("run", [], [crew.call(key, "lib:g", str(gates[key])) for key in (1, 2, 3)])
    before = {crew.started(key) for key in (1, 2, 3)}
    for key in (1, 2, 3):
        gates[key].write_text("")
    crew.wait(1, 2, 3)
    path.write_text(says(22) + wait)
    crew.keepers.give("run", [], [crew.call(4, "lib:g", str(gates[4]))])
    crew.keepers.give("queue", [], [crew.call(key, "lib:f") for key in (5, 6)])
    after = {crew.started(4)}
    gates[4].write_text("")
    for told, pid in (crew.result(5), crew.result(6)):
        assert told == 22
        after.add(pid)
    assert not after & before


def test_changes_within_a_second_that_keep_the_size_are_seen(crew: Crew) -> None:
    path, second = crew.directory / "lib.py", int(time.time()) + 3600
    for value in (1, 2, 3):
        path.write_text(says(value))
        os.utime(path, (second, second + value / 10))
        assert told_and_pid(crew, value, "lib")[0] == value
        py_compile.compile(str(path))  # as another program may do at any time


def test_a_module_that_is_gone_is_gone_for_the_next_call(crew: Crew) -> None:
    path = crew.directory / "lib.py"
    path.write_text(says(1))
    told_and_pid(crew, 1, "lib")
    path.unlink()
    crew.keepers.give("run", [], [crew.call(2, "lib:f")])
    (exit_,) = crew.wait(2)
    assert "No module named 'lib'" in exit_[8][0]


def test_installed_modules_and_files_that_are_no_modules_may_change(crew: Crew) -> None:
    installed = crew.directory / "site-packages"
    installed.mkdir()
    for path in (installed / "lib.py", crew.directory / "other.py"):
        path.write_text(says(1))
    first = told_and_pid(crew, 1, "lib", path=installed)
    (installed / "lib.py").write_text(says(22))
    (crew.directory / "other.py").write_text(says(22))
    assert told_and_pid(crew, 2, "lib", path=installed) == first


def test_a_module_that_a_call_loads_again_counts_as_it_was_last_read(crew: Crew) -> None:
    path = crew.directory / "lib.py"
    again = "\n\ndef g(value):\n    import importlib, lib, pathlib\n    path = pathlib.Path(lib.__file__)\n"
    again += "    path.write_text(path.read_text().replace('[1,', f'[{value},'))\n    importlib.reload(lib)\n"
    path.write_text(says(1) + again)
    first = told_and_pid(crew, 1, "lib")
    crew.keepers.give("run", [], [crew.call(2, "lib:g", 22)])
    crew.wait(2)
    crew.keepers.give("run", [], [crew.call(3, "os:getpid")])
    assert crew.result(3) == first[1]


def test_each_call_has_the_devices_that_it_was_given(crew: Crew) -> None:
    for key, devices in enumerate(("0", "1", "0", None), 1):
        crew.keepers.give("run", [], [crew.call(key, "os:getenv", "CUDA_VISIBLE_DEVICES", devices=devices)])
        assert crew.result(key) == devices
    crew.keepers.give("run", [], [crew.call(9, "os:getpid", devices="0"), crew.call(10, "os:getpid", devices="1")])
    assert crew.result(9) != crew.result(10)


def test_a_new_environment_reaches_workers_that_are_there(crew: Crew) -> None:
    crew.keepers.give("run", [], [crew.call(1, "os:getenv", "TORC_API_URL")])
    assert crew.result(1) is None
    crew.keepers.send("setup", {**crew.settings, "env": {**crew.settings["env"], "TORC_API_URL": "http://new"}})
    crew.keepers.give("run", [], [crew.call(2, "os:getenv", "TORC_API_URL")])
    assert crew.result(2) == "http://new"


def test_log_files_appear_when_there_is_something_to_see(crew: Crew) -> None:
    crew.keepers.give("run", [], [crew.call(1, "builtins:print", "hello")])
    crew.wait(1)
    assert (crew.directory / "1.o").read_text() == "hello\n"
    assert (crew.directory / "1.o").stat().st_mode & 0o777 == 0o600
    crew.keepers.give("run", [], [crew.call(2, "time:sleep", 600)])
    until(lambda: crew.started(2) and (crew.directory / "2.o").exists() and (crew.directory / "2.e").exists())
    crew.keepers.send("kill", int(signal.SIGKILL), [2])


def test_a_short_call_that_says_nothing_leaves_its_log_files_to_the_next_one(tmp_path: Path) -> None:
    logs, now = Logs(), time.monotonic()
    logs.prepare(str(tmp_path / "1.o"), str(tmp_path / "1.e"))
    assert len(logs.fresh()) == 2
    logs.show_if_older(now + 60)
    logs.settle()
    assert list(tmp_path.iterdir()) == []
    logs.prepare(str(tmp_path / "2.o"), str(tmp_path / "2.e"))
    assert logs.fresh() == []
    logs.show_if_older(now - 60)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2.e", "2.o"]
    logs.close()


def test_an_output_directory_that_is_gone_fails_the_call_with_a_reason(crew: Crew) -> None:
    order = list(crew.call(1, "builtins:abs", 1))
    order[5:7] = ["/nowhere/1.o", "/nowhere/1.e"]
    crew.keepers.give("run", [], [tuple(order)])
    (exit_,) = crew.wait(1)
    assert exit_[7] == (False, "cannot open /nowhere/1.o: No such file or directory (errno 2)")


@pytest.mark.parametrize("policy", ["end", "keep"])
def test_when_the_runner_goes_the_exits_are_kept_with_their_values(tmp_path: Path, policy: str) -> None:
    crew = Crew(tmp_path, policy=policy)
    gate = tmp_path / "gate"
    wait = f"while ! test -e {gate}; do sleep 0.01; done"
    crew.keepers.give("run", [], [crew.call(1, "builtins:abs", -5), crew.call(2, "os:system", wait)])
    pid = crew.started(2)
    crew.wait(1)
    foreman = crew.keepers.foreman._process
    os.close(crew.keepers.foreman._commands)
    if policy == "keep":
        gate.touch()
    assert foreman.wait(DEADLINE) == 0
    assert not alive(pid)
    lines = [json.loads(line) for line in (tmp_path / "exits.jsonl").read_text().splitlines()]
    exits = {line["job_id"]: line["exit"] for line in lines}
    assert exits[1][8] == [None, [{"id": 101, "data": {"json": 5}}]]
    if policy == "keep":
        assert exits[2][8] == [None, [{"id": 102, "data": {"json": 0}}]]
    else:
        assert exits[2][7] == [False, "its runner ended"]
    crew.keepers.foreman = None
    crew.keepers.close()
