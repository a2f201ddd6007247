"""Copies of a database: a consistent one while a server uses it, and one put back in its place."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from torc.errors import Conflict, DatabaseUnusable, StorageFull
from torc.server.store import integrity, locking
from torc.server.store.migrations import check

#: Called with the pages copied so far and all pages.
Progress = Callable[[int, int], None]

_STEP_PAGES = 4096


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy that has been made; ``replaced`` is where the database is that stood in its place."""

    path: Path
    size: int
    schema: int
    replaced: Path | None = None


def back_up(database: Path, target: Path, *, overwrite: bool = False, progress: Progress | None = None) -> Copied:
    """Copy a database as it is at this moment into one file; writers go on meanwhile.

    Raises
    ------
    DatabaseUnusable
        When the database is damaged, or ``target`` cannot be written.
    Conflict
        When ``target`` exists already.
    StorageFull
    """
    if target.exists() and not overwrite:
        raise Conflict(f"{target} exists already", hint="give another name, or --overwrite")
    with _replacing(target) as temporary:
        schema = _copy(database, temporary, progress)
        size = temporary.stat().st_size
    return Copied(target, size, schema)


def restore(backup: Path, database: Path, *, progress: Progress | None = None) -> Copied:
    """Put a copy of ``backup`` in the place of a database, which is kept beside it under another name.

    Raises
    ------
    DatabaseLocked
        While a server holds the database.
    DatabaseUnusable
        When the backup is not a sound torc database of a schema that this program knows.
    StorageFull
    """
    database = database.resolve()
    database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = locking.acquire(database)
    try:
        with _replacing(database) as temporary:
            schema = _copy(backup, temporary, progress)
            size = temporary.stat().st_size
            replaced = _set_aside(database) if database.exists() else None
        return Copied(database, size, schema, replaced)
    finally:
        lock.release()


@contextlib.contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """Give a new, private file that takes the place of ``target`` when all went well, and is gone when not."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
        yield temporary
        _sync(temporary)
        temporary.replace(target)
        _sync(target.parent)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full(target) from None
        raise DatabaseUnusable(f"{target}: {error.strerror or error}", hint="give another place") from None
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            temporary.with_name(temporary.name + suffix).unlink(missing_ok=True)


def _copy(source: Path, target: Path, progress: Progress | None) -> int:
    with integrity.reading(source) as origin:
        schema = check(origin, str(source))
        # A read transaction holds one state for the whole copy: without it every write would begin the copy anew.
        origin.execute("BEGIN")
        origin.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy:
            try:
                origin.backup(copy, pages=_STEP_PAGES, progress=_reported(progress))
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, not three
            except sqlite3.OperationalError as error:
                if "full" in str(error):
                    raise _full(target) from None
                raise
            found = integrity.problems(copy)
    if found:
        raise integrity.damaged(source, found)
    return schema


def _reported(progress: Progress | None) -> Callable[[int, int, int], object] | None:
    return (lambda _status, left, total: progress(total - left, total)) if progress else None


def _set_aside(database: Path) -> Path:
    """Give a database a second name, under which it stays when the first is taken over."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    aside = _unused(database.with_name(f"{database.name}.replaced-{time.strftime('%Y%m%dT%H%M%S')}"))
    # What a damaged file has left in its journal belongs to it, and must not be applied to the one that comes.
    for suffix in ("-wal", "-shm", "-journal"):
        leftover = database.with_name(database.name + suffix)
        if leftover.exists():
            leftover.rename(aside.with_name(aside.name + suffix))
    try:
        os.link(database, aside)
    except OSError:  # not every file system has links
        database.rename(aside)
    return aside


def _unused(path: Path) -> Path:
    names = (path.with_name(f"{path.name}-{number}") for number in range(2, 1000))
    return path if not path.exists() else next(name for name in names if not name.exists())


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _full(target: Path) -> StorageFull:
    return StorageFull(f"no space left for {target}", hint="free space on its disk, or give another place")
