from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from torc.config import Config, files, load

Write = Callable[..., Path]
Load = Callable[..., Config]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write the configuration file of a place; nothing else is found."""
    monkeypatch.setattr(files, "SYSTEM_FILE", tmp_path / "etc" / "config.toml")
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    places = {
        "system": tmp_path / "etc" / "config.toml",
        "user": tmp_path / "home" / "torc" / "config.toml",
        "local": tmp_path / "project" / "torc.toml",
    }

    def write(place: str, text: str | bytes) -> Path:
        path = places[place]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def read(write: Write, tmp_path: Path) -> Load:
    """Load the configuration with the given environment."""

    def read(**environ: str) -> Config:
        return load({"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "home"), **environ})

    return read
