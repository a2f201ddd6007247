"""The runner's log file: one line for each thing that happens, written in batches."""

from __future__ import annotations

import os
import time

LEVELS = {"trace": 10, "debug": 10, "info": 20, "warn": 30, "warning": 30, "error": 40}


class Log:
    """Lines of ``time level message key=value ...``; a disk that is full costs lines, never the run."""

    def __init__(self, path: str, level: str = "info") -> None:
        self.path = path
        self.fd = -1
        self._level = LEVELS.get(level, 20)
        self._lines: list[str] = []
        self._second, self._stamp = 0, ""
        try:
            self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError:
            self.fd = -1

    def write(self, level: str, message: str, **pairs: object) -> None:
        """Add a line, when its level is wanted."""
        if LEVELS[level] < self._level or self.fd < 0:
            return
        now = time.time()
        if int(now) != self._second:
            self._second = int(now)
            self._stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
        told = "".join([f" {name}={value}" for name, value in pairs.items()])
        line = f"{self._stamp}.{int(now % 1 * 1000):03d}Z {level.upper():7} {message}{told}"
        self._lines.append(line.replace("\n", "\\n") + "\n")

    def flush(self) -> None:
        """Write the lines out."""
        if self._lines:
            text = "".join(self._lines).encode("utf-8", "backslashreplace")
            self._lines.clear()
            try:
                os.write(self.fd, text)
            except OSError:
                return

    def close(self) -> None:
        """Write out and close."""
        self.flush()
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1
