"""The file beside a database in which its server says where it is: the one place that names and writes it.

Only the owner can read it, for it holds the token that the server wants.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import socket
from pathlib import Path

from torc import __version__
from torc.errors import DatabaseUnusable, StorageFull


def discovery_file(database: Path) -> Path:
    """Return the file in which a database's server says where it is."""
    return database.with_name(database.name + ".server")


def publish(database: Path, url: str, token: str | None) -> None:
    """Say that this process serves the database at ``url``.

    Raises
    ------
    StorageFull, DatabaseUnusable
        When the file cannot be written; nothing of it is left.
    """
    content = {
        "url": url,
        "token": token,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "version": __version__,
    }
    path = discovery_file(database)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull(f"no space left for {path}", hint="free space on its disk and try again") from error
        raise DatabaseUnusable(
            f"{path}: {error.strerror or error}", hint="make its directory writable, or give another --database"
        ) from error


def withdraw(database: Path) -> None:
    """Take back what this process has published; another process's word is left."""
    path = discovery_file(database)
    try:
        if json.loads(path.read_text(encoding="utf-8")).get("pid") == os.getpid():
            path.unlink()
    except (OSError, ValueError):
        pass
