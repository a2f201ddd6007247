"""Brings a database to the schema of this program: numbered SQL files, each in its own transaction."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from torc import __version__
from torc.errors import DatabaseUnusable
from torc.server.store.space import is_full, no_space

#: Marks the file as ours (``PRAGMA application_id``).
APPLICATION_ID = 0x746F7263

_FILES = sorted(Path(__file__).parent.glob("[0-9][0-9][0-9][0-9]_*.sql"))
LATEST = int(_FILES[-1].name[:4])


def check(connection: sqlite3.Connection, path: str) -> int:
    """Return the schema version of a database, 0 for an empty one.

    Raises
    ------
    DatabaseUnusable
        When the file is not SQLite, belongs to another program, or was made by a newer torc.
    StorageFull
        When there is no room to open it.
    """
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    except sqlite3.DatabaseError as error:
        if is_full(error):
            raise no_space(path) from None
        raise DatabaseUnusable(
            f"{path} cannot be read as a SQLite database: {error}", hint="give another file with --database"
        ) from None
    if tables and application != APPLICATION_ID:
        raise DatabaseUnusable(f"{path} is a database of another program", hint="give another file with --database")
    if version > LATEST:
        raise DatabaseUnusable(
            f"{path} has schema version {version}, made by a newer torc; torc {__version__} knows up to {LATEST}",
            hint="upgrade torc or give another file with --database",
        )
    return int(version)


def migrate(connection: sqlite3.Connection, path: str) -> None:
    """Apply what is missing. The connection must be in autocommit mode."""
    version = check(connection, path)
    for file in _FILES[version:]:
        number = int(file.name[:4])
        script = file.read_text(encoding="utf-8")
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{script}\nPRAGMA application_id = {APPLICATION_ID};\n"
                f"PRAGMA user_version = {number};\nCOMMIT;"
            )
        except sqlite3.DatabaseError as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if is_full(error):
                raise no_space(path) from None
            raise DatabaseUnusable(f"{path} cannot be brought to schema version {number}: {error}") from None
