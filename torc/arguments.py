"""Secrets on this process's own command line, where every user of the machine can read them."""

from __future__ import annotations

import contextlib
from pathlib import Path


def hide(secret: str) -> None:
    """Overwrite a secret in what ``ps`` shows of this process, where the system allows it.

    Before that moment it could be seen, so this is no excuse for giving it there.
    """
    with contextlib.suppress(OSError, ValueError, IndexError, ImportError):
        _overwrite(secret.encode("utf-8", "surrogateescape"))


def _overwrite(secret: bytes) -> None:
    import ctypes

    # Fields are counted from 1 and the name of the program, which may contain anything, is the second.
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = int(fields[45]), int(fields[46])
    if not secret or not start < end:
        return
    line = b"\0" + ctypes.string_at(start, end - start)
    for before in (b"\0", b"="):
        at = line.find(before + secret + b"\0")
        while at >= 0:
            ctypes.memset(start + at, ord("*"), len(secret))
            at = line.find(before + secret + b"\0", at + 1)
