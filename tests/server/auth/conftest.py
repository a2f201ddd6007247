from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .serving import Running, Someone, password_file, settings

Serve = Callable[..., Running]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers; by default with the accounts of everybody."""
    running: list[Running] = []

    def start(**auth: Any) -> Running:
        given = auth if "file" in auth else {"file": password_file(tmp_path), **auth}
        running.append(Running(settings(tmp_path, **given)))
        return running[-1]

    yield start
    for server in running:
        server.close()


@pytest.fixture
def someone() -> Iterator[Callable[..., Someone]]:
    """Makes people who ask; their connections are closed at the end."""
    people: list[Someone] = []

    def make(server: Running, authorization: str | None = None) -> Someone:
        people.append(Someone(server.port, authorization))
        return people[-1]

    yield make
    for person in people:
        person.close()
