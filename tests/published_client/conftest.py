from __future__ import annotations

import fcntl
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from server.outside import Server

from torc.contract import PREFIX

from . import published

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples" / "python"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def published_python() -> Path:
    """The Python that has the published client."""
    return published.python()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory, published_python: Path) -> dict[str, Any]:
    """What came of the scenarios with the published client."""
    return _once(tmp_path_factory, "published", published_python)


@pytest.fixture(scope="session")
def own_report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of the scenarios with our own package."""
    return _once(tmp_path_factory, "own", Path(sys.executable), "inner")


def _once(factory: pytest.TempPathFactory, name: str, python: Path, *left_out: str) -> dict[str, Any]:
    """Run the scenarios, once for all processes of the test run."""
    shared = factory.getbasetemp()
    directory = (shared.parent if shared.name.startswith("popen-") else shared) / f"{name}_client"
    directory.mkdir(exist_ok=True)
    file = directory / "report.json"
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            _run_scenarios(python, directory, file, left_out)
    return json.loads(file.read_text())


def _run_scenarios(python: Path, directory: Path, file: Path, left_out: tuple[str, ...]) -> None:
    passwords = directory / "htpasswd"
    passwords.write_bytes(b"ada:" + bcrypt.hashpw(b"secret", bcrypt.gensalt(4)) + b"\n")
    passwords.chmod(0o600)
    server = Server(directory / "torc.db", "--auth-file", str(passwords), "--admin-user", "ada")
    command = [python, HERE / "driver", server.url, file, *left_out]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=published.environment())
    finally:
        server.stop()
    assert done.returncode == 0, done.stderr


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own."""
    made = Server(tmp_path / "torc.db")
    yield made
    made.stop()


@pytest.fixture
def script(server: Server, tmp_path: Path) -> Run:
    """Run one of the examples in the test's directory with a given Python."""

    def run(python: str | Path, name: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        file = tmp_path / name
        text = (EXAMPLES / name).read_text()
        if Path(python) != Path(sys.executable):
            # There it is only in torc.api.
            text = text.replace("    DefaultApi,\n", "").replace(
                "\nfrom torc.open", "\nfrom torc.api import DefaultApi\nfrom torc.open"
            )
        file.write_text(text.replace(f"http://localhost:8080{PREFIX}", server.url))
        return subprocess.run(
            [python, file, *arguments], capture_output=True, text=True, cwd=tmp_path, env=published.environment(**env)
        )

    return run
