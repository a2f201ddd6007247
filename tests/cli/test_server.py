"""The server in the background, by command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from torc.server.embedded import host

from .conftest import Torc


@pytest.fixture
def started(torc: Torc) -> Iterator[str]:
    """The address of a server in the background."""
    begun = torc("server", "start", "-f", "json")
    assert begun.code == 0, begun.err
    yield begun.json["url"]
    torc("server", "stop")


def test_server_is_started_once_used_by_commands_and_ends_when_told(torc: Torc, started: str, tmp_path: Path) -> None:
    told = torc("server", "status")
    assert (told.code, told.out.startswith(f"{started} (process "), told.err) == (0, True, "")
    assert torc("server", "start").out == told.out
    assert torc("server", "status", "-f", "json").json == {
        **torc("server", "start", "-f", "json").json, "database": str(tmp_path / "torc.db"), "is_background": True,
    }  # fmt: skip
    assert torc("workflows", "list", "--url", started).code == 1, "it wants the token of its file"
    assert torc("workflows", "list").code == 0
    assert torc("server", "stop").out == "The server has ended.\n"
    assert torc("server", "status", "-f", "json").json["url"] is None


def test_no_server_is_said_and_none_is_started_or_stopped(torc: Torc, tmp_path: Path) -> None:
    for word in ("status", "stop"):
        told = torc("server", word)
        assert told.code == 0
        assert told.out.startswith(f"No server runs for {tmp_path / 'torc.db'}")
    assert not list(tmp_path.iterdir())


def test_server_that_was_started_in_another_way_is_not_stopped(torc: Torc, tmp_path: Path) -> None:
    with host(tmp_path / "torc.db") as (url, _):
        assert torc("server", "status", "-f", "json").json["is_background"] is False
        refused = torc("server", "stop")
        assert refused.code == 1
        assert f"error: {url}" in refused.err
        assert "stop it where it was started" in refused.err
        assert torc("workflows", "list").code == 0


def test_none_is_started_beside_a_configured_one(torc: Torc, tmp_path: Path) -> None:
    refused = torc("server", "start", "--url", "http://127.0.0.1:9")
    assert refused.code == 2
    assert "none is started here" in refused.err
    assert not list(tmp_path.iterdir())
