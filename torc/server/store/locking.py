"""Keeps two servers off one database, and decides which journal its file system can bear.

The lock is ``flock`` on ``<database>.lock``: the kernel drops it when the holder dies, so it is never
stale. The file's text names the holder for the message that the second server prints.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
from pathlib import Path

from torc.errors import DatabaseUnusable
from torc.server.store.space import is_full, no_space

#: File systems on which WAL's shared memory does not work between hosts.
NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "gpfs", "beegfs", "ceph", "glusterfs", "fuse.glusterfs",
     "fuse.sshfs", "afs", "9p", "pvfs2", "orangefs", "panfs", "wekafs"}
)  # fmt: skip


class DatabaseLocked(DatabaseUnusable):
    """Another process holds the database; ``holder`` says which."""

    def __init__(self, path: Path, holder: dict[str, object]) -> None:
        self.holder = holder
        who = f"process {holder.get('pid', '?')} on host {holder.get('host', '?')}"
        super().__init__(
            f"{path} is in use by a torc server, {who}",
            hint="use that server, or stop it first",
        )


class Lock:
    """A held lock."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def acquire(database: Path) -> Lock:
    """Lock a database for this process.

    Raises
    ------
    DatabaseLocked
        When another process holds it.
    StorageFull, DatabaseUnusable
        When the lock cannot be written.
    """
    path = database.with_name(database.name + ".lock")
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise DatabaseUnusable(
            f"{path} cannot be opened: {error.strerror}", hint="the database's directory must be writable"
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        text = os.read(descriptor, 4096)
        os.close(descriptor)
        raise DatabaseLocked(database, _parse(text)) from None
    os.ftruncate(descriptor, 0)
    try:
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode(), 0)
    except OSError as error:
        os.close(descriptor)
        if is_full(error):
            raise no_space(path) from None
        raise DatabaseUnusable(f"{path} cannot be written: {error.strerror}") from None
    return Lock(descriptor)


def _parse(text: bytes) -> dict[str, object]:
    try:
        holder = json.loads(text)
    except ValueError:
        return {}
    return holder if isinstance(holder, dict) else {}


def journal_mode(path: Path, mounts: str | None = None) -> str:
    """Return ``wal``, or ``delete`` where the file system is shared between hosts.

    ``mounts`` stands in for the text of ``/proc/self/mountinfo``.
    """
    return "delete" if file_system(path, mounts) in NETWORK_FILE_SYSTEMS else "wal"


def file_system(path: Path, mounts: str | None = None) -> str:
    """Return the type of the file system that holds ``path``, or an empty string when unknown."""
    if mounts is None:
        try:
            mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
    target = os.path.realpath(path)
    best, kind = "", ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) < 5 or not after:
            continue
        point = fields[4].replace("\\040", " ")
        inside = target == point or target.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, after.split()[0]
    return kind
