from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser.lab import TorcServer, clean_environment

from torc.client.client import Client

from .jupyter import Jupyter, Recorder


@pytest.fixture(scope="package")
def torc_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TorcServer]:
    server = TorcServer(tmp_path_factory.mktemp("torc"))
    yield server
    server.stop()


@pytest.fixture(scope="package")
def client(torc_server: TorcServer) -> Iterator[Client]:
    with torc_server.client() as opened:
        yield opened


@pytest.fixture(scope="package")
def jupyter(torc_server: TorcServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    """A Jupyter server beside a real torc server, with a user who has logged in."""
    started = Jupyter(tmp_path_factory.mktemp("jupyter"), torc_server.environment)
    started.log_in()
    yield started
    started.close()


@pytest.fixture(scope="package")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Jupyter, Recorder]]:
    """A Jupyter server whose torc server only writes down what it is asked."""
    recorder = Recorder()
    environment = {**clean_environment(), "TORC_API_URL": recorder.url, "TORC_API_TOKEN": "our-own-token"}
    started = Jupyter(tmp_path_factory.mktemp("recorded"), environment)
    started.log_in()
    yield started, recorder
    started.close()
    recorder.close()


@pytest.fixture
def behind(recorded: tuple[Jupyter, Recorder]) -> Iterator[tuple[Jupyter, Recorder]]:
    """The same, with nothing asked yet."""
    recorded[1].asked.clear()
    yield recorded
    recorded[1].status, recorded[1].headers = 200, {}
