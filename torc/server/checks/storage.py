"""The database and the places that the server writes."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from torc.errors import DatabaseUnusable
from torc.server.checks.finding import Finding, fail, ok, warn
from torc.server.store import integrity, locking
from torc.server.store.migrations import LATEST, check

_LITTLE, _SOME = 64 * 2**20, 2**30
_SUFFIXES = ("", "-wal", "-shm", ".lock", ".server")


def database(path: Path, *, quick: bool) -> Iterator[Finding]:
    """Whether the file is there, ours, of a known schema, and sound."""
    if not path.exists():
        yield _creatable(path)
        return
    try:
        with integrity.reading(path) as connection:
            version = check(connection, str(path))
            found = integrity.problems(connection, quick=quick)
    except DatabaseUnusable as error:
        yield fail("database", error.message, error.hint or "give another --database")
        return
    yield ok("database", f"{path}, {path.stat().st_size / 2**20:.1f} MiB")
    if version == LATEST:
        yield ok("schema", f"version {version}")
    else:
        text = f"version {version}; the server will bring it to {LATEST}"
        yield warn("schema", text, f"make a copy before: torc-server backup --database {path} OUT")
    if found:
        yield fail("integrity", "; ".join(found), f"torc-server restore --database {path} BACKUP")
    else:
        yield ok("integrity", "pages and rows were looked at" if quick else "pages, indexes and references are sound")


def _creatable(path: Path) -> Finding:
    parent = next(place for place in path.parents if place.exists())
    if os.access(parent, os.W_OK | os.X_OK):
        return ok("database", f"{path} will be created")
    return fail("database", f"{path} cannot be created: {parent} cannot be written", "give another --database")


def disk(path: Path) -> Iterator[Finding]:
    """Where the database lies: kind of file system, and room."""
    parent = next(place for place in path.parents if place.exists())
    kind = locking.file_system(parent)
    if locking.journal_mode(parent) == "wal":
        yield ok("file system", f"{kind or 'unknown'}, with a write-ahead log")
    else:
        text = f"{kind} is shared between hosts: no write-ahead log there, and readers wait for writers"
        yield warn("file system", text, "put the database on a disk of this machine")
    free = shutil.disk_usage(parent).free
    text = f"{free / 2**30:.1f} GiB free"
    mend = "free space, or put the database elsewhere"
    yield (
        fail("space", text, mend)
        if free < _LITTLE
        else warn("space", text, mend)
        if free < _SOME
        else ok("space", text)
    )


def modes(path: Path, log_dir: Path | None) -> Iterator[Finding]:
    """Whether only the owner can read what holds everybody's commands."""
    files = [path.with_name(path.name + suffix) for suffix in _SUFFIXES]
    if log_dir is not None:
        files.append(log_dir)
    open_to_all = [file for file in files if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077]
    for file in open_to_all:
        mode = stat.S_IMODE(file.stat().st_mode)
        right = 0o700 if file.is_dir() else 0o600
        yield warn("modes", f"{file} has mode {mode:03o}: other users may look into it", f"chmod {right:o} {file}")
    if not open_to_all:
        yield ok("modes", "only their owner reads database and logs")


def log_directory(directory: Path | None) -> Iterator[Finding]:
    """Whether logs can be written."""
    if directory is None:
        return
    place = next(place for place in (directory, *directory.parents) if place.exists())
    if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
        yield ok("logs", f"{directory} can be written")
    else:
        yield fail("logs", f"{directory} cannot be written", "give another --log-dir")
