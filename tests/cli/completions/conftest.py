from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from torc.cli.completions.command import table_of
from torc.cli.completions.scripts import script
from torc.client import connect
from torc.server.embedded import host

NAMES = ("plain", "two words", "$(touch marker)", "`touch marker`", "it's; touch marker", "übung")
Scripts = Callable[..., Path]


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    """Write the script for a shell and return its path."""

    def write(shell: str, program: str = "torc") -> Path:
        file = tmp_path / f"{program}.{shell}"
        file.write_text(script(shell, table_of(program)))
        return file

    return write


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The environment of a shell in which ``torc`` is this one."""
    programs = Path(sys.executable).parent
    assert (programs / "torc").exists(), "torc is not installed beside this Python"
    return {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(tmp_path), "TERM": "xterm"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[None]:
    """A server with a workflow for each of ``NAMES``; the last one has a job for each."""
    with host(tmp_path / "torc.db"), connect.connect(database=tmp_path / "torc.db") as client:
        for name in NAMES:
            workflow = client.create_workflow(body={"name": name, "user": "ada"})
        for name in NAMES:
            client.create_job(body={"workflow_id": workflow["id"], "name": name, "command": "true"})
        yield
