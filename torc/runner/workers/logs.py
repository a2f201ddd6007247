"""The log files of a worker's present call.

Making two files costs more than a short call. So they have no names at first, and get them when the call has written
something, has run for a moment or has died: a short call that says nothing leaves no files, and the next one uses them.
"""

from __future__ import annotations

import os
import time

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_NOCTTY | os.O_CLOEXEC
#: Calls that run for so long have their files in place.
_MOMENT = 0.015


class Logs:
    """Standard output and error of one worker."""

    __slots__ = ("_fds", "_is_fresh", "_named", "_paths")

    def __init__(self) -> None:
        self._fds: list[int] = []
        self._paths: tuple[str, ...] = ()
        self._named = False
        self._is_fresh = False

    def prepare(self, *paths: str) -> None:
        """Have files for a call, which will stand under these paths."""
        self._paths = paths
        self._is_fresh = not self._fds
        if not self._fds:
            self._named = False
            for path in paths:
                self._fds.append(self._open(path))

    def _open(self, path: str) -> int:
        try:
            return os.open(os.path.dirname(path), _FLAGS | os.O_TMPFILE, 0o600)  # noqa: PTH120
        except OSError:  # not every file system knows files without names
            self._named = True
            return os.open(path, _FLAGS | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)

    def fresh(self) -> list[int]:
        """Return the files if the worker does not have them yet."""
        return self._fds if self._is_fresh else []

    def show_if_older(self, started: float) -> None:
        """Give the files their names when the call has run for a moment."""
        if time.monotonic() - started >= _MOMENT:
            self.show()

    def show(self) -> None:
        """Give the files their names."""
        if not self._named:
            self._named = True
            for fd, path in zip(self._fds, self._paths, strict=True):
                _link(fd, path)

    def settle(self) -> None:
        """The call is over: what it has used is not for the next one."""
        if any(os.fstat(fd).st_size for fd in self._fds):
            self.show()
        if self._named:
            self.close()

    def close(self) -> None:
        """Let go of the files."""
        while self._fds:
            os.close(self._fds.pop())


def _link(fd: int, path: str) -> None:
    source = f"/proc/self/fd/{fd}"
    try:
        # Naming a directory makes this linkat, which follows the link that stands for the file.
        os.link(source, path, src_dir_fd=fd, follow_symlinks=True)
    except FileExistsError:
        os.unlink(path)  # noqa: PTH108
        os.link(source, path, src_dir_fd=fd, follow_symlinks=True)
    except OSError:
        return  # the disk is full, or the directory has gone: the call itself is well
