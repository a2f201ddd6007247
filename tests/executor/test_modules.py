"""Modules that are edited between two calls."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from torc.executor.execute import Executor


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory with modules of this test, on the path of this program."""
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def test_the_next_call_sees_an_edited_module_although_this_program_does_not(executor: Executor, place: Path) -> None:
    write(place / "edited_between.py", "def rate():\n    return 1\n")
    module: Any = importlib.import_module("edited_between")
    assert executor.submit(module.rate).result(30) == 1
    write(place / "edited_between.py", "def rate():\n    return 'of another kind'\n")
    assert executor.submit(module.rate).result(30) == "of another kind"
    assert module.rate() == 1


def test_functions_that_travel_by_value_see_edited_modules_of_a_package(executor: Executor, place: Path) -> None:
    write(place / "edited_pack" / "__init__.py", "")
    write(place / "edited_pack" / "part.py", "value = 1\n")

    def take() -> Any:
        from edited_pack import part

        return part.value

    assert executor.submit(take).result(30) == 1
    write(place / "edited_pack" / "part.py", "value = [2, 2]\n")
    assert executor.submit(take).result(30) == [2, 2]


def test_workers_stay_as_long_as_their_modules_do(executor: Executor, place: Path) -> None:
    write(place / "left_alone.py", "import os\n\n\ndef pid():\n    return os.getpid()\n")
    module: Any = importlib.import_module("left_alone")
    first = executor.submit(module.pid).result(30)
    write(place / "not_imported.py", "x = 1\n")
    write(place / "left_alone.txt", "data")
    assert first in {executor.submit(os.getpid).result(30) for _ in range(3)}
