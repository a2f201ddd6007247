"""Commands that make one request start without what the server, checks and plots need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from torc.server.embedded import host

from .conftest import Torc

HEAVY = (
    "asyncio", "bokeh", "concurrent.futures", "jinja2", "matplotlib", "multiprocessing", "numpy", "pandas", "pydantic",
    "sqlalchemy", "tomllib", "torc.config.toml", "torc.models", "torc.runner", "torc.server", "torc.spec", "tornado",
    "unittest", "yaml",
)  # fmt: skip
PROGRAM = (
    "import sys\n"
    "from torc.cli.main import execute\n"
    "code = execute(sys.argv[1:])\n"
    f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    "sys.exit(code)\n"
)


@pytest.mark.parametrize(
    "line",
    [
        "--version",
        "workflows list",
        "workflows get 1",
        "workflows status 1",
        "jobs list 1 -f json",
        "files list 1",
        "events list 1",
        "results list 1",
        "user-data list 1",
        "compute-nodes list 1",
        "resource-requirements list 1",
        "workflows cancel 1",
        "server status",
        "__complete workflow ''",
    ],
)
def test_command_loads_little(torc: Torc, workflow_id: int, tmp_path: Path, line: str) -> None:
    arguments = [word.strip("'") for word in line.split()]
    with host(tmp_path / "torc.db"):
        ended = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, timeout=240)
    assert (ended.returncode, ended.stderr) == (0, "[]\n")


def test_configuration_file_costs_only_its_reader(torc: Torc, workflow_id: int, tmp_path: Path) -> None:
    (tmp_path / "torc.toml").write_text("[client]\nformat = 'json'\n")
    with host(tmp_path / "torc.db"):
        ended = subprocess.run([sys.executable, "-c", PROGRAM, "workflows", "list"], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "['tomllib']\n")
