"""Reading log files without being led astray: regular files below their directory, through no link."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO

from torc.errors import InvalidInput, NotFound

BLOCK = 64 * 1024
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Without O_NONBLOCK a named pipe would hold the open until somebody writes.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def open_log(path: str, below: str) -> BinaryIO:
    """Open the regular file ``path``, which begins with the directory ``below``; only that may lie behind links.

    Raises
    ------
    NotFound
        When there is no such file.
    InvalidInput
        When it is a link, a pipe, a device or a directory, lies behind a link, or may not be read.
    """
    try:
        descriptor = _open(below, path.removeprefix(f"{below}/").split("/"))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"{path} does not exist", field="path", value=path) from error
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise _not_regular(path) from None
        raise InvalidInput(f"{path} cannot be read: {error.strerror}", field="path", value=path) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _not_regular(path)
    return os.fdopen(descriptor, "rb")


def _open(directory: str, steps: list[str]) -> int:
    if any(step in ("", ".", "..") for step in steps):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    folder = os.open(directory, _DIRECTORY)
    try:
        for step in steps[:-1]:
            below = os.open(step, _DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = below
        return os.open(steps[-1], _FILE, dir_fd=folder)
    finally:
        os.close(folder)


def _not_regular(path: str) -> InvalidInput:
    return InvalidInput(f"{path} is not a regular file, so it is not read", field="path", value=path)


def size_of(file: BinaryIO) -> int:
    """Return how many bytes an open file has now."""
    return os.fstat(file.fileno()).st_size


def blocks(file: BinaryIO) -> Iterator[bytes]:
    """Yield what is left of a file."""
    while block := file.read(BLOCK):
        yield block


def seek_last_lines(file: BinaryIO, count: int) -> None:
    """Move to where the last ``count`` lines begin."""
    end = size = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - BLOCK)
        file.seek(start)
        block = file.read(end - start)
        # The newline at the very end begins no line.
        position = len(block) - 1 if end == size and block.endswith(b"\n") else len(block)
        while (position := block.rfind(b"\n", 0, position)) >= 0:
            count -= 1
            if not count:
                file.seek(start + position + 1)
                return
        end = start
    file.seek(0)
