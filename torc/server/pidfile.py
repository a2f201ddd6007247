"""The file that names the server's process, locked for as long as that process lives.

The lock tells a running server from a file that a dead one has left, even when its process id belongs to
somebody else by now: the kernel drops it with the process.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from torc.errors import InvalidInput
from torc.server.store.space import is_full, no_space

SYSTEM_DIRECTORY = Path("/var/run")
NAME = "torc-server.pid"


def default_path(database: Path) -> Path:
    """Return where the pid file goes when nobody says so: the first place that this user may write."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    for directory in (SYSTEM_DIRECTORY, *([Path(runtime)] if runtime else [])):
        if os.access(directory, os.W_OK):
            return directory / NAME
    return database.with_name(database.name + ".pid")


class PidFile:
    """A pid file of this process, from here until :meth:`remove`.

    Raises
    ------
    InvalidInput
        When a live process holds it, it is something else, or it cannot be written.
    StorageFull
        When there is no room for it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._descriptor = self._acquire()
        except OSError as error:
            if is_full(error):
                raise no_space(path) from None
            raise _refused(path, f"cannot write {path}: {error.strerror}", "give another --pid-file") from None

    def remove(self) -> None:
        """Delete the file, unless it is another one by now, and let go of the lock."""
        if self._is_in_place(self._descriptor):
            self.path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def _acquire(self) -> int:
        while True:
            descriptor = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            try:
                self._lock(descriptor)
                if self._is_in_place(descriptor):
                    os.fchmod(descriptor, 0o600)
                    os.ftruncate(descriptor, 0)
                    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
                    return descriptor
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # its owner has just removed it: there may be a new one

    def _lock(self, descriptor: int) -> None:
        content = os.pread(descriptor, 64, 0).strip()
        if content and not content.isdigit():
            raise _refused(self.path, f"{self.path} is not a pid file", "give another --pid-file")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = content.decode() or "that is just starting"
            hint = f"stop it with 'kill {pid}', or give this one another --pid-file"
            raise _refused(self.path, f"a server runs already, process {pid} ({self.path})", hint) from None

    def _is_in_place(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        except FileNotFoundError:
            return False


def _refused(path: Path, message: str, hint: str) -> InvalidInput:
    return InvalidInput(message, field="pid_file", value=str(path), hint=hint)
