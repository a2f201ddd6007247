"""Logging for scripts that use :mod:`torc.api`."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from logging.handlers import RotatingFileHandler
from os import PathLike

from torc.errors import InvalidInput
from torc.units import parse_memory

_CONSOLE_FORMAT = "%(levelname)s: %(message)s"
_FILE_FORMAT = "%(asctime)s | %(levelname)-7s | %(name)s:%(lineno)d | %(message)s"
_KEPT_FILES = 5


def setup_logging(
    filename: str | PathLike[str] | None = None,
    console_level: str = "INFO",
    file_level: str = "DEBUG",
    mode: str = "w",
    rotation: str | None = "10 MB",
    packages: Iterable[str] | None = None,
) -> None:
    """Send the log lines of torc to standard error and, if wanted, to a file.

    Calling it again replaces what the previous call set up.

    Parameters
    ----------
    filename
        File to log to; without one there is no file.
    console_level, file_level
        Names of the lowest levels to show: DEBUG, INFO, WARNING, ERROR, CRITICAL.
    mode
        ``w`` begins the file anew, ``a`` appends.
    rotation
        Size at which the file is renamed and a new one begun; null for never.
    packages
        Further packages whose lines are wanted.
    """
    handlers = [_handler(logging.StreamHandler(sys.stderr), console_level, _CONSOLE_FORMAT)]
    if filename is not None:
        handlers.append(_handler(_file(filename, mode, rotation), file_level, _FILE_FORMAT))
    for package in ("torc", *(packages or ())):
        logger = logging.getLogger(package)
        for previous in [one for one in logger.handlers if one.name == __name__]:
            logger.removeHandler(previous)
            previous.close()
        logger.setLevel(min(handler.level for handler in handlers))
        for handler in handlers:
            logger.addHandler(handler)


def _handler(handler: logging.Handler, level: str, text_format: str) -> logging.Handler:
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise InvalidInput(
            f"'{level}' is not a log level", value=level, hint="write DEBUG, INFO, WARNING, ERROR or CRITICAL"
        )
    handler.setLevel(number)
    handler.setFormatter(logging.Formatter(text_format))
    handler.name = __name__
    return handler


def _file(filename: str | PathLike[str], mode: str, rotation: str | None) -> logging.Handler:
    if rotation is None:
        return logging.FileHandler(filename, mode)
    if mode == "w":
        open(filename, "w", encoding="utf-8").close()
    size = parse_memory(rotation.replace(" ", ""), field="rotation")
    return RotatingFileHandler(filename, maxBytes=size, backupCount=_KEPT_FILES)
