"""Texts that users gave, as they may be shown in a terminal."""

from __future__ import annotations

import re
from typing import Any

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours, cursor movements
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?"  # titles, links and other strings
    r"|\x1b[ -/]*[0-~]?"
    # Remaining control characters, and marks that change the direction of what follows.
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)


def clean(text: Any) -> str:
    """Return text without terminal escapes."""
    return _ESCAPES.sub("", str(text))


def clean_line(value: Any) -> str:
    """Return a value as text on one line without terminal escapes."""
    return clean(re.sub(r"[\r\n\t]+", " ", str(value)))
