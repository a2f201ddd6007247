"""Whether a database file is sound, read without changing it and while others use it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from torc.errors import DatabaseUnusable
from torc.server.store.migrations import check

#: Files up to this size are looked at when a server starts: half a second where the disk is not the limit.
QUICK_BYTES = 256 * 2**20
_SHOWN = 5


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open an existing torc database for reading.

    Raises
    ------
    DatabaseUnusable
        When it is not there, not a torc database, or cannot be read.
    """
    if not path.is_file():
        raise DatabaseUnusable(f"there is no database {path}", hint="give its file with --database")
    uri = f"file:{quote(str(path.resolve()))}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise DatabaseUnusable(f"{path} cannot be read: {error}", hint="restore it from a backup") from error


def problems(connection: sqlite3.Connection, *, quick: bool = False) -> list[str]:
    """Return what is wrong with the pages, indexes and references of a database."""
    pragma = "quick_check" if quick else "integrity_check"
    found = [row[0] for row in connection.execute(f"PRAGMA {pragma}({_SHOWN})") if row[0] != "ok"]
    if not quick and not found:
        rows = connection.execute('SELECT DISTINCT "table", parent FROM pragma_foreign_key_check').fetchmany(_SHOWN)
        found = [f"rows of {table} refer to rows of {parent} that are not there" for table, parent in rows]
    return found


def check_before_serving(path: Path) -> bool:
    """Look for damage in a database that is about to be served; false when it is too large for that.

    Raises
    ------
    DatabaseUnusable
        When it is damaged.
    """
    if not path.exists() or path.stat().st_size == 0:
        return True
    if path.stat().st_size > QUICK_BYTES:
        return False
    with reading(path) as connection:
        check(connection, str(path))
        found = problems(connection, quick=True)
    if found:
        raise damaged(path, found)
    return True


def damaged(path: Path, found: list[str]) -> DatabaseUnusable:
    """Return the error for a database with problems."""
    return DatabaseUnusable(f"{path} is damaged: {found[0]}", hint="put a backup in its place with torc-server restore")
