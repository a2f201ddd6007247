"""A database of a test module's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import torc
from torc.workflow import connection

_OURS = ("TORC_API_URL", "TORC_API_TOKEN", "TORC_USERNAME", "TORC_PASSWORD")


@contextmanager
def own_database(place: Path, **environment: str) -> Iterator[Path]:
    """Let programs use a database in ``place``; its server in the background ends with this."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _OURS:
            patch.delenv(name, raising=False)
        for name, value in {"TORC_DATABASE": str(place / "torc.db"), **environment}.items():
            patch.setenv(name, value)
        patch.setattr(connection, "_current", None)
        yield place
        torc.stop_server()
