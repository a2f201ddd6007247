"""Files that commands write: whole, or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from torc.errors import InvalidInput


@contextlib.contextmanager
def replacing(target: Path, *, field: str) -> Iterator[IO[bytes]]:
    """Open a file, for its owner alone, that takes the place of ``target`` when all went well.

    Raises
    ------
    InvalidInput
        When it cannot be created.
    """
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise InvalidInput(f"cannot write {target}: {error.strerror}", field=field, value=str(target)) from error
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
