"""The file in which a server says where it is: written whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from torc import discovery
from torc.errors import DatabaseUnusable, StorageFull


@pytest.mark.parametrize(
    ("number", "kind", "message"),
    [
        (errno.ENOSPC, StorageFull, "no space left for .*torc.db.server"),
        (errno.EACCES, DatabaseUnusable, "torc.db.server: Permission denied"),
    ],
)
def test_failed_publishing_names_the_file_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception], message: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(kind, match=message):
        discovery.publish(tmp_path / "torc.db", "http://127.0.0.1:1", "secret")
    assert list(tmp_path.iterdir()) == []
