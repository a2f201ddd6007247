"""Functions of cells, and calls that go on while their kernel is interrupted, killed and started again."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import pytest
from kernel_ext.kernel import Kernel, of_type
from server.outside import until

from torc.workflow.connection import Connection

BEGIN = """
import enum, fcntl, torc
from dataclasses import dataclass
from pathlib import Path

@dataclass
class Point:
    x: int

class Kind(enum.Enum):
    odd = 1
    even = 0

def inspect(number):
    Path("begun").touch()
    with open("gate") as gate:
        fcntl.flock(gate, fcntl.LOCK_SH)
    if number == 2:
        raise ValueError(Point(number))
    return Point(number), Kind(number % 2)

executor = torc.Executor(max_workers=2)
"""
ATTACH = """
import torc
workflow = torc.attach({number})
def end(future):
    error = future.exception(60)
    return future.result() if error is None else (type(error), error, str(error.__cause__))
"""

Start = Callable[[], Kernel]


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[TextIO]:
    """A locked file at which calls wait until it is closed."""
    with (tmp_path / "gate").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


@pytest.fixture
def start(connection: Connection, gate: TextIO, tmp_path: Path) -> Iterator[Start]:
    """Start a kernel that ends with the test, and that its calls may go on without."""
    kernels: list[Kernel] = []

    def call() -> Kernel:
        kernels.append(Kernel(tmp_path, **connection.environment()))
        return kernels[-1]

    yield call
    gate.close()
    for kernel in kernels:
        kernel.kill()


def test_a_killed_kernel_loses_no_call(start: Start, gate: TextIO, tmp_path: Path) -> None:
    first = start()
    first.run(BEGIN)
    first.run("results = executor.map(inspect, range(5))")
    number = json.loads(first.value("executor.workflow_id"))
    until((tmp_path / "begun").exists)
    os.kill(first.manager.provisioner.pid, signal.SIGKILL)
    second = start()
    second.run(ATTACH.format(number=number))
    assert second.value("[future.name for future in workflow.futures]") == str([f"inspect_{n}" for n in range(1, 6)])
    gate.close()
    ends = second.value("[end(future) for future in workflow.futures]")
    good = "(Point(x={0}), <Kind.{1}: {2}>)"
    assert good.format(0, "even", 0) in ends and good.format(4, "even", 0) in ends
    assert ends.index("x=0") < ends.index("x=1") < ends.index("ValueError") < ends.index("x=3") < ends.index("x=4")
    assert "raise ValueError(Point(number))" in ends
    assert second.value("workflow.executor.submit(lambda: 1 + 1).result(60)") == "2"


def test_an_interrupt_ends_the_cell_and_not_the_calls(start: Start, gate: TextIO, tmp_path: Path) -> None:
    kernel = start()
    kernel.run(BEGIN)
    kernel.run("from torc.workflow.progress import Waiting\nWaiting.look = lambda self: Path('waits').touch()")
    messages = kernel.messages(kernel.begin("with executor:\n    results = list(executor.map(inspect, range(2)))"))
    until(lambda: (tmp_path / "begun").exists() and (tmp_path / "waits").exists())
    kernel.manager.interrupt_kernel()
    (error,) = of_type(list(messages), "error")
    assert error["content"]["ename"] == "KeyboardInterrupt"
    number = json.loads(kernel.value("executor._session.workflow_id"))
    (line,) = error["content"]["traceback"]
    assert line.endswith(f"stopped waiting; the work goes on, torc.attach({number}) leads back to it")
    gate.close()
    kernel.run(ATTACH.format(number=number))
    ends = kernel.value("[end(future)[0] for future in workflow.futures]")
    assert ends == "[Point(x=0), Point(x=1)]"


def test_tracebacks_name_the_cells_and_show_their_lines(start: Start, tmp_path: Path) -> None:
    kernel = start()
    kernel.run("import torc\nexecutor = torc.Executor(max_workers=1)")
    kernel.run("class Scale:\n    def by(self, x):\n        return 1 / x  # in a class")
    kernel.run("def outer(x):\n    return Scale().by(x)  # calls another cell")
    (error,) = of_type(list(kernel.messages(kernel.begin("executor.submit(outer, 0).result(60)"))), "error")
    shown = "\n".join(error["content"]["traceback"])
    assert "Cell In[3], line 2, in outer\n    return Scale().by(x)  # calls another cell" in shown
    assert "Cell In[2], line 3, in by\n    return 1 / x  # in a class" in shown
    assert "ipykernel" not in shown.partition("ZeroDivisionError: division by zero")[0]
    kernel.run("future = executor.submit(outer, 0); future.exception(60)")
    assert "Cell In[3], line 2, in outer" in kernel.value("future.stderr()")
    # The same text in another cell.
    kernel.run("def outer(x):\n    return Scale().by(x)  # calls another cell")
    assert "Cell In[7], line 2, in outer" in kernel.value("str(executor.submit(outer, 0).exception(60).__cause__)")


def test_tracebacks_in_a_terminal_name_the_cells_too(connection: Connection, tmp_path: Path) -> None:
    cells = (
        "import torc; executor = torc.Executor(max_workers=1)\n"
        "invert = lambda x: 1 / x  # in the terminal\n"
        "print(executor.submit(invert, 0).exception(60).__cause__)\n"
    )
    command = [
        sys.executable,
        "-m",
        "IPython",
        "--simple-prompt",
        "--no-confirm-exit",
        "--HistoryManager.enabled=False",
    ]
    environment = {**os.environ, **connection.environment(), "IPYTHONDIR": str(tmp_path / "ipython")}
    ended = subprocess.run(command, input=cells, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert "Cell In[2], line 1, in <lambda>\n    invert = lambda x: 1 / x  # in the terminal" in ended.stdout, ended


def test_futures_and_executors_display_in_a_cell(start: Start, gate: TextIO) -> None:
    kernel = start()
    gate.close()
    kernel.run(BEGIN)
    assert "no call yet" in _html(kernel, "executor")
    kernel.run("def talk(): print('<b>words</b>')\nfuture = executor.submit(talk); await future")
    assert "talk_1" in _html(kernel, "future") and "&lt;b&gt;words" in _html(kernel, "future")
    kernel.run("bad = executor.submit(inspect, 2); bad.exception()")
    assert "raised ValueError" in _html(kernel, "bad") and "raise ValueError(Point(number))" in _html(kernel, "bad")
    assert "2 of 2 done (1 failed)" in _html(kernel, "executor")


def _html(kernel: Kernel, code: str) -> str:
    (result,) = of_type(kernel.run(code), "execute_result")
    return str(result["content"]["data"]["text/html"])
