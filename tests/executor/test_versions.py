"""Python and packages of the workers, compared with those of the program that submits."""

from __future__ import annotations

import os
import subprocess
import sys
import types
import venv
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import torc
from torc.errors import InvalidInput
from torc.executor import key, versions
from torc.executor.execute import Executor
from torc.executor.interpreter import Interpreter, ask, executable_of
from torc.executor.perform import perform
from torc.executor.submission import describe_function
from torc.executor.versions import Versions, used_by

from . import work


def about(**packages: str) -> dict[str, Any]:
    return {"title": "f", "python": list(sys.version_info[:2]), "value": {}, "versions": packages}


def test_packages_are_found_where_the_function_and_its_company_name_them() -> None:
    def inner(x: int) -> Any:
        return [np.int64(x) for _ in range(2)]

    assert used_by(lambda: inner(1)) == {"numpy": np.__version__}
    assert used_by(np.linspace) == {"numpy": np.__version__}
    assert used_by(lambda: os.getpid()) == used_by(len) == used_by(work.square) == {}


def test_a_package_that_was_upgraded_after_its_import_is_told_at_submit_once(
    make: Callable[..., Executor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "installed", lambda name: "99.1" if name == "numpy" else None)
    executor = make()
    with pytest.warns(
        RuntimeWarning, match=f"workers have numpy 99.1, this program uses numpy {np.__version__}"
    ) as told:
        futures = [executor.submit(lambda x: int(np.int64(x)), 4) for _ in range(3)]
    assert [warning.filename for warning in told if warning.category is RuntimeWarning] == [__file__]
    assert [future.result(30) for future in futures] == [4] * 3


@pytest.mark.parametrize(("here", "there"), [("1.2", "1.2.0"), ("1.2+local", "1.2"), ("2.0.0rc1", "2.0.0")])
def test_versions_that_differ_in_how_they_are_written_are_equal(
    here: str, there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(versions, "installed", lambda name: there)
    with warnings.catch_warnings(action="error"):
        Versions().check(about(package=here))


def test_a_call_tells_which_packages_its_worker_has_in_other_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(key.VARIABLE, str(tmp_path / "call.key"))
    for function, data in ((lambda: int(np.int64(4)), "json"), (lambda: np.int64("x"), "error")):
        sent = describe_function(function, "tag", lambda name: tmp_path / name)
        sent.data["function"]["versions"] = {"numpy": "0.1", "nowhere": "1"}
        call = {"call": {"function": sent.name, "arguments": {"json": [[], {}]}}}
        outcome = perform([{"name": "c", "data": call}, {"name": sent.name, "data": sent.data}], tmp_path / "spill")
        assert data in outcome.data
        assert outcome.data["versions"] == {"numpy": ("0.1", np.__version__), "nowhere": ("1", None)}


def test_what_a_worker_has_in_another_version_is_told_with_the_first_outcome(
    make: Callable[..., Executor], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = types.ModuleType("torc_absent")
    module.__version__ = "1.5"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torc_absent", module)
    executor = make()

    def use() -> int:
        return 4 if torc_absent is None else 5

    torc_absent = types.SimpleNamespace(__module__="torc_absent")
    with pytest.warns(RuntimeWarning, match=r"workers do not have torc_absent, this program uses torc_absent 1\.5"):
        assert executor.submit(use).result(30) == 5


@pytest.fixture
def other_python(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of an environment without packages."""
    venv.create(tmp_path / "env", symlinks=True)
    command = [str(tmp_path / "env" / "bin" / "python"), "-c", "print(flush=True); input()"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    yield process
    process.communicate("\n")


def test_the_interpreter_of_a_running_process_is_asked_for_its_versions(other_python: Any) -> None:
    assert executable_of(other_python.pid) == other_python.args[0]
    found = ask(other_python.args[0], other_python.pid)
    assert found == Interpreter(other_python.pid, other_python.args[0], tuple(sys.version_info[:2]), {})
    here = ask(sys.executable, os.getpid())
    assert here.packages["numpy"] == np.__version__
    assert ask("/bin/false", 1) is executable_of(2**22 + 1) is None


def test_the_runner_of_another_environment_is_compared_when_a_program_attaches(
    make: Callable[..., Executor], other_python: Any
) -> None:
    first = make()
    client, workflow_id = first._connection.client, first.workflow_id
    body = {"workflow_id": workflow_id, "hostname": os.uname().nodename, "pid": other_python.pid, "num_cpus": 1}
    node = client.create_compute_node(body={**body, "memory_gb": 1.0})
    attached = torc.attach(workflow_id, first._connection).executor
    with pytest.warns(RuntimeWarning, match="workers do not have numpy"):
        attached.submit(lambda: np.__version__)
    seen = attached._session.versions
    seen._other = seen._other._replace(python=(3, 9))
    with pytest.raises(InvalidInput, match=r"sent by Python 3\.\d+, the worker is Python 3\.9: .*bin/python"):
        attached.submit(lambda: 1)
    kept = attached.submit(work.square, 3)  # its code is there already
    client.delete_compute_node(node["id"])
    assert kept.result(30) == 9
    attached.shutdown()
