from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .stub import StubServer

_OURS = (
    "TORC_API_URL",
    "TORC_API_TOKEN",
    "TORC_DATABASE",
    "TORC_USERNAME",
    "TORC_PASSWORD",
    "TORC_TLS_CA_CERT",
    "http_proxy",
    "https_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in _OURS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


@pytest.fixture
def stub() -> Iterator[StubServer]:
    server = StubServer()
    yield server
    server.close()
