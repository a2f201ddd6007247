"""A server without ceremony: found, started once, and left to work on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import torc
from torc.errors import Conflict, DatabaseUnusable, InvalidInput, ServerUnreachable
from torc.server.embedded import host
from torc.workflow import connection

Python = Callable[..., "subprocess.CompletedProcess[str]"]
FIND = "import torc; print(torc.connect().url)"


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A database of each test's own."""
    path = tmp_path / "own" / "torc.db"
    monkeypatch.setenv("TORC_DATABASE", str(path))
    monkeypatch.setattr(connection, "_current", None)
    yield path
    if not os.environ.get("TORC_API_URL"):
        torc.stop_server()


def test_server_is_started_once_outlives_its_starter_and_ends_when_told(python: Python, database: Path) -> None:
    assert torc.server_status().url is None
    assert not database.parent.exists()
    first = python(FIND)
    assert first.returncode == 0, first.stderr
    status = torc.server_status()
    assert status.is_background
    assert status.url == first.stdout.strip() == python(FIND).stdout.strip()
    assert torc.start_server() == status
    discovery = Path(f"{database}.server")
    assert discovery.stat().st_mode & 0o777 == 0o600
    assert json.loads(discovery.read_text())["token"]
    assert torc.stop_server() is True
    assert torc.server_status().url is None
    assert torc.stop_server() is False


def test_programs_that_start_at_once_share_one_server() -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", FIND], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    told = [process.communicate(timeout=240) for process in started]
    assert [process.returncode for process in started] == [0] * 4, told
    assert len({out for out, _ in told}) == 1


def test_server_that_was_killed_is_replaced_although_its_file_is_still_there(database: Path) -> None:
    connected = torc.connect()
    before = torc.server_status()
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)
    assert Path(f"{database}.server").exists()
    assert len(connected.workflows) == 0
    after = torc.server_status()
    assert after.is_background
    assert after.pid != before.pid


def test_server_wants_its_token() -> None:
    url = torc.connect().url
    with pytest.raises(torc.errors.Unauthorized):
        torc.connect(url)


def test_run_that_hosts_the_database_is_used_and_not_stopped(database: Path) -> None:
    with host(database) as (url, _):
        assert torc.connect().url == url
        assert not torc.server_status().is_background
        with pytest.raises(Conflict, match="was not started in the background"):
            torc.stop_server()


def test_configured_server_goes_first(monkeypatch: pytest.MonkeyPatch, database: Path) -> None:
    with host(database.with_name("other.db")) as (url, token):
        monkeypatch.setenv("TORC_API_URL", url)
        monkeypatch.setenv("TORC_API_TOKEN", token)
        assert torc.connect().url == url
        assert torc.server_status().url == url
        with pytest.raises(InvalidInput, match="is configured, so none is started"):
            torc.start_server()
    assert not database.exists()


def test_configured_server_that_is_away_is_an_error_and_nothing_is_started(
    monkeypatch: pytest.MonkeyPatch, database: Path
) -> None:
    monkeypatch.setenv("TORC_API_URL", "http://127.0.0.1:9")
    with pytest.raises(ServerUnreachable):
        torc.connect()
    assert not database.exists()


def test_database_that_cannot_be_used_is_told(database: Path) -> None:
    database.parent.mkdir()
    database.write_text("no database at all, but long enough to be looked at" * 100)
    with pytest.raises(DatabaseUnusable, match=r"torc\.db"):
        torc.connect()


def test_directory_that_cannot_be_made_is_told(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database.parent.write_text("a file")
    with pytest.raises(DatabaseUnusable) as caught:
        torc.connect()
    assert "TORC_DATABASE" in str(caught.value)
    database.parent.unlink()
