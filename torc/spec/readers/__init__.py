"""Readers: text in one of the formats becomes plain dicts, lists and scalars, with positions on request.

A reader takes the text, the limits and optionally a dict of :data:`Places` that it fills. It raises
:class:`ReadError` and nothing else.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from importlib import import_module
from types import ModuleType
from typing import Any

from torc.spec.problems import Path

#: Line and column (from 1) of keys and list items by path.
Places = dict[Path, tuple[int, int]]

#: Digits of a whole number; nothing that is meant as a number has more.
MAX_DIGITS = 100

_SURROGATE = re.compile("[\ud800-\udfff]")


class ReadError(Exception):
    """The text does not follow its format, or goes beyond a limit."""

    def __init__(
        self,
        message: str,
        line: int | None = None,
        column: int | None = None,
        *,
        hint: str | None = None,
        path: Path = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.hint = hint
        self.path = path


def optional(name: str) -> ModuleType | None:
    """Return a compiled reader, None when it is not installed."""
    try:
        return import_module(name)
    except ImportError:
        return None


class Lines:
    """Turns offsets into lines and columns, counted from 1."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts: list[int] | None = None

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset."""
        if self._starts is None:
            self._starts = [0, *(match.end() for match in re.finditer("\n", self.text))]
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def has_surrogates(text: str) -> bool:
    """Tell whether a string holds half of a surrogate pair, which no UTF-8 can carry."""
    return not text.isascii() and _SURROGATE.search(text) is not None


class Inspection:
    """What a walk over read data found: how many keys there are, and values that JSON cannot carry."""

    def __init__(self, data: Any) -> None:
        self.keys = 0
        self.unfit: str | None = None
        pending = [data]
        while pending:
            value = pending.pop()
            if isinstance(value, dict):
                self.keys += len(value)
                pending.extend(value.values())
                pending.extend(value)
            elif isinstance(value, list):
                pending.extend(value)
            elif isinstance(value, int):
                if abs(value) >= 10**MAX_DIGITS:
                    self.unfit = f"a number of more than {MAX_DIGITS} digits"
            elif isinstance(value, float) and not math.isfinite(value):
                self.unfit = f"{value} is not a number that can be stored"
            elif isinstance(value, str) and has_surrogates(value):
                self.unfit = "half of a surrogate pair is not a character"
