"""Where connections come in, also when this process may open no more files."""

from __future__ import annotations

import errno
import logging
import os
import socket
import time
from typing import Any

logger = logging.getLogger(__name__)

_NO_MORE_FILES = (errno.EMFILE, errno.ENFILE)
#: Pause between two lines in the log about connections that were turned away.
QUIET_SECONDS = 60.0


class Door(socket.socket):
    """A listening socket that turns connections away for which there is no file left.

    Left in the queue they would keep the event loop awake and fill the log until somebody else goes. One file is kept
    in reserve to take them from there.
    """

    __slots__ = ("_reserve", "_silent_until")

    def __init__(self, listening: socket.socket) -> None:
        super().__init__(listening.family, listening.type, listening.proto, fileno=listening.detach())
        self.setblocking(False)
        self._reserve = _reserved()
        self._silent_until = 0.0

    def accept(self) -> tuple[socket.socket, Any]:
        """Take the next connection."""
        try:
            return super().accept()
        except OSError as error:
            if error.errno not in _NO_MORE_FILES:
                raise
            self._turn_away()
            raise ConnectionAbortedError(errno.ECONNABORTED, "no file is left for this connection") from None

    def close(self) -> None:
        """Stop listening."""
        if self.fileno() >= 0:
            os.close(self._reserve)
        super().close()

    def _turn_away(self) -> None:
        os.close(self._reserve)
        try:
            super().accept()[0].close()
        finally:
            self._reserve = _reserved()
        if time.monotonic() >= self._silent_until:
            self._silent_until = time.monotonic() + QUIET_SECONDS
            logger.error("connections are turned away: this process may open no more files (see ulimit -n)")


def _reserved() -> int:
    return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
