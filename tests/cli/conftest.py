from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from torc.cli.main import execute


@dataclass
class Ended:
    """A command that has run."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Torc = Callable[..., Ended]


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TORC_API_URL", "TORC_API_TOKEN", "TORC_USERNAME", "TORC_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TORC_DATABASE", str(tmp_path / "torc.db"))
    monkeypatch.setenv("USER", "ada")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def torc(capsys: pytest.CaptureFixture[str]) -> Torc:
    """Run a command line in this process, on a database of the test's own, without a server."""

    def run(*arguments: object) -> Ended:
        code = execute([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return run


SPEC = """
name: demo
description: two stages
files:
  - {name: raw, path: raw.txt}
  - {name: clean, path: clean.txt}
user_data:
  - {name: config, data: {rate: 0.1}}
jobs:
  - name: first
    command: cp ${files.input.raw} ${files.output.clean}
  - name: second
    command: cat ${files.input.clean}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A specification of two jobs, one after the other, with its input in place."""
    file = tmp_path / "demo.yaml"
    file.write_text(SPEC)
    (tmp_path / "raw.txt").write_text("x")
    return file


@pytest.fixture
def workflow_id(torc: Torc, spec: Path) -> int:
    created = torc("workflows", "create", spec, "-f", "json")
    assert created.code == 0, created.err
    return int(created.json["id"])
