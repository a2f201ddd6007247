"""A disk without room, in whatever words it is told."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from torc.errors import StorageFull


def is_full(error: OSError | sqlite3.Error) -> bool:
    """Return whether an error means that there is no room on the disk, or none for this user."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    # The second is all that SQLite says when the memory that connections share has no room on the disk.
    return getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE)


def no_space(path: str | Path) -> StorageFull:
    """Return the error for a file that needs room."""
    return StorageFull(f"no space left for {path}", hint="free space on its disk and try again")
