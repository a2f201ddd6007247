from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .inside import Torc


@pytest.fixture
def torc(tmp_path: Path) -> Iterator[Torc]:
    """The services on a fresh database."""
    opened = Torc(tmp_path / "torc.db")
    yield opened
    opened.close()
