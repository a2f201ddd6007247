"""A real IPython shell with the magics, and a real server in the background."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from workflow.home import own_database

from torc.kernel_ext.failure import CommandFailed

HELLO = "%%torc {}\nname: hello\njobs:\n  - name: greet\n    command: echo hello\n"

Run = Callable[[str], Any]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A database whose server in the background ends with the module."""
    with own_database(tmp_path_factory.mktemp("home")) as place:
        yield place


@pytest.fixture
def shell(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell with the extension, in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPYTHONDIR", str(home / "ipython"))
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "torc")
    yield shell
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


@pytest.fixture
def run(shell: InteractiveShell) -> Run:
    """Run a cell that must succeed and return its value."""

    def call(cell: str) -> Any:
        with capture_output() as said:
            done = shell.run_cell(cell)
        assert done.success, said.stdout + said.stderr
        return done.result

    return call


@pytest.fixture
def fail(shell: InteractiveShell) -> Callable[[str], tuple[str, str, Any]]:
    """Run a cell that must fail in one line; return the line, what was printed before, and what was displayed."""

    def call(cell: str) -> tuple[str, str, Any]:
        with capture_output() as said:
            done = shell.run_cell(cell)
        assert isinstance(done.error_in_exec, CommandFailed)
        assert "Traceback" not in said.stdout + said.stderr
        *before, line = said.stdout.rstrip("\n").split("\n")
        assert line == f"error: {done.error_in_exec}"
        return line, "\n".join(before), said.outputs

    return call


def html_of(value: Any) -> str:
    return str(value._repr_mimebundle_()["text/html"])
