"""Where the server's log goes: lines for people on standard error, and a rotated file for people or programs.

Lines look as those of the earlier system, ``WARN torc::server::auth: ...``, so that what searches its
logs finds the same. A disk that is full costs lines, never the server.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from torc.errors import InvalidInput
from torc.redaction import Redaction

LEVELS = {"error": "ERROR", "warn": "WARNING", "info": "INFO", "debug": "DEBUG", "trace": "DEBUG"}
FILE_NAME = "torc-server.log"
MAX_BYTES = 10 * 2**20
KEPT_FILES = 5

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What to log, and where to besides standard error.

    Parameters
    ----------
    level
        ``info``, or with levels of single parts: ``torc::server::auth=debug,warn``.
    directory
        Directory of the log file; none writes no file.
    as_json
        Write the file as one JSON object in each line.
    """

    level: str = "info"
    directory: Path | None = None
    as_json: bool = False


def start(settings: LogSettings, *, console: bool = True) -> None:
    """Send the log of this process where the settings say.

    Raises
    ------
    InvalidInput
        When the level is not known or the directory cannot be written.
    """
    levels = parse_levels(settings.level)
    handlers: list[logging.Handler] = []
    if console:
        handlers.append(logging.StreamHandler())
        handlers[0].setFormatter(Lines())
    if settings.directory is not None:
        file = _open_file(settings.directory)
        file.setFormatter(JsonLines() if settings.as_json else Lines())
        handlers.append(file)
    for handler in handlers:
        handler.addFilter(Redaction())
    logging.basicConfig(level="DEBUG" if settings.level == "trace" else "INFO", handlers=handlers, force=True)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def reopen() -> None:
    """Open the log files anew, after somebody has moved them away."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, LogFile):
            handler.reopen()


def parse_levels(text: str) -> dict[str, str]:
    """Return the level of each logger that a text as in ``RUST_LOG`` names; one without a name is that of torc."""
    levels = {"torc": LEVELS["info"]}
    for part in filter(None, map(str.strip, text.split(","))):
        name, found, word = part.rpartition("=")
        if word.lower() not in LEVELS:
            raise InvalidInput(
                f"'{word}' is not a log level", field="log_level", value=word, hint="one of " + ", ".join(LEVELS)
            )
        levels[name.replace("::", ".") if found else "torc"] = LEVELS[word.lower()]
    return levels


def torc_filters(text: str) -> str:
    """Return what of ``RUST_LOG``, which belongs to other programs, too, is about torc."""
    parts = (part.strip().rpartition("=") for part in text.split(","))
    known = [f"{name}={word}" for name, _, word in parts if name.startswith("torc") and word.lower() in LEVELS]
    return ",".join(known)


class Lines(logging.Formatter):
    """Lines for people: ``time LEVEL target: message``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record, whatever its text contains, and the traceback below it."""
        message = _CONTROL.sub(lambda found: repr(found[0])[1:-1], record.getMessage())
        line = f"{_time(record)} {_level(record):5} {_target(record)}: {message}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonLines(logging.Formatter):
    """Lines for programs, one JSON object each."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        fields = {"message": record.getMessage(), **_pairs(record)}
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        line = {"timestamp": _time(record), "level": _level(record), "target": _target(record), "fields": fields}
        return json.dumps(line, default=str)


def _pairs(record: logging.LogRecord) -> dict[str, Any]:
    """Return what the message of a record says, as names and values (``extra={"pairs": ...}``)."""
    pairs: dict[str, Any] = getattr(record, "pairs", {})
    return pairs


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _level(record: logging.LogRecord) -> str:
    return "WARN" if record.levelname == "WARNING" else record.levelname


def _target(record: logging.LogRecord) -> str:
    return record.name.replace(".", "::")


class LogFile(RotatingFileHandler):
    """A log file that only its owner reads, is rotated by size, and outlives a full disk."""

    def __init__(self, path: Path) -> None:
        self._lost = 0
        super().__init__(path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8", errors="backslashreplace")

    def _open(self) -> io.TextIOWrapper:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        raw = io.FileIO(self.baseFilename, "a", opener=lambda path, _: os.open(path, flags, 0o600))
        os.fchmod(raw.fileno(), 0o600)
        # Without a buffer nothing is left over from a failed write that would make the next one fail, too.
        return io.TextIOWrapper(raw, self.encoding, self.errors, write_through=True)

    def reopen(self) -> None:
        """Let the next line open the file by its name."""
        self.acquire()
        try:
            if self.stream is not None:
                self.stream.close()
                self.stream = None
        finally:
            self.release()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; after lines were lost, how many."""
        lost = self._lost
        super().emit(record)
        if lost and self._lost == lost:
            self._lost = 0
            text = "%d lines of the log were lost: the file could not be written"
            super().emit(logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, (lost,), None))

    def doRollover(self) -> None:  # noqa: N802 - the base class names it
        """Rotate; where that is not possible the file grows."""
        try:
            super().doRollover()
        except OSError as error:
            self._tell(error)
            self.stream = self.stream or self._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the base class names it
        """Count a lost line and say it once."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        if not self._lost:
            self._tell(error)
        self._lost += 1

    def _tell(self, error: OSError) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"torc-server: cannot write {self.baseFilename}: {error.strerror}; serving goes on\n")


def _open_file(directory: Path) -> LogFile:
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        return LogFile(directory / FILE_NAME)
    except OSError as error:
        raise InvalidInput(
            f"cannot write logs below {directory}: {error.strerror or error}",
            field="log_dir",
            value=str(directory),
            hint="give a directory that you may write with --log-dir",
        ) from None
