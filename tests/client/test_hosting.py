"""Who serves a database when no server was started by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from torc.client.client import Client
from torc.client.connect import Choice
from torc.client.hosting import Hosting
from torc.discovery import discovery_file
from torc.errors import StorageFull


@pytest.fixture
def choice(tmp_path: Path) -> Choice:
    return Choice.make(database=tmp_path / "torc.db")


@pytest.fixture
def pair(choice: Choice) -> Iterator[tuple[Hosting, Hosting]]:
    first, second = Hosting(choice), Hosting(choice)
    yield first, second
    second.close()
    first.close()


def test_first_hosts_and_second_joins(pair: tuple[Hosting, Hosting]) -> None:
    first, second = pair
    hosting, joining = first.open(), second.open()
    assert (first.is_host, second.is_host) == (True, False)
    assert joining.url == hosting.url
    assert joining.endpoint.token == hosting.endpoint.token


def test_second_takes_over_when_the_host_ends(pair: tuple[Hosting, Hosting]) -> None:
    first, second = pair
    Client(first.open()).create_workflow(body={"name": "w", "user": "u"})
    client = Client(second.open())
    assert client.get_workflow(1)["name"] == "w"
    first.close()
    assert client.get_workflow(1)["name"] == "w"
    assert second.is_host


def test_end_of_hosting_leaves_no_file_behind(choice: Choice) -> None:
    hosting = Hosting(choice)
    hosting.open()
    assert choice.database is not None
    assert discovery_file(choice.database).stat().st_mode & 0o077 == 0
    hosting.close()
    assert not discovery_file(choice.database).exists()


def test_host_that_cannot_say_where_it_is_lets_go_of_the_database(
    choice: Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StorageFull("no space left")

    with monkeypatch.context() as patch, pytest.raises(StorageFull):
        patch.setattr("torc.discovery.publish", fail)
        Hosting(choice).open()
    later = Hosting(choice)
    later.open()
    assert later.is_host
    later.close()


def test_named_address_is_never_replaced_by_hosting() -> None:
    hosting = Hosting(Choice.make(url="http://127.0.0.1:1"))
    transport = hosting.open()
    assert transport.relocate is None
    assert not hosting.is_host
