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

    A pipe or device, such as ``/dev/stdout``, keeps its place and is written to.

    Raises
    ------
    InvalidInput
        When it cannot be created.
    """
    try:
        is_special = target.exists() and not target.is_file()
        partial = target if is_special else target.with_name(f".{target.name}.{os.getpid()}.part")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CLOEXEC | (0 if is_special else os.O_CREAT | os.O_EXCL), 0o600)
    except OSError as error:
        raise InvalidInput(f"cannot write {target}: {error.strerror}", field=field, value=str(target)) from error
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
        if not is_special:
            partial.replace(target)
    finally:
        if not is_special:
            partial.unlink(missing_ok=True)
