from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import torc
from torc.workflow import connection

_OURS = ("TORC_API_URL", "TORC_API_TOKEN", "TORC_USERNAME", "TORC_PASSWORD")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory with a database of its own, whose server in the background ends with the module."""
    place = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in _OURS:
            patch.delenv(name, raising=False)
        patch.setenv("TORC_DATABASE", str(place / "torc.db"))
        patch.setattr(connection, "_current", None)
        yield place
        torc.stop_server()


@pytest.fixture(autouse=True)
def place(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of each test."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def python() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a program in another interpreter, as another notebook would."""

    def run(program: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            timeout=60,
            env=dict(os.environ),
            check=False,
        )

    return run
