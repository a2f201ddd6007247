"""Whether a value fits its key: from a file, where it has a type, or from an environment variable, where it is text.

What does not fit raises ValueError with the rest of a sentence about the value, and how to mend it.
"""

from __future__ import annotations

import math
import os
import re
from typing import Any

from torc.config.keys import Key

_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "url": (str,),
    "path": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "tables": (list,),
    "regex": (str,),
    "pair": (str,),
}
_EXPECTED = {
    "text": ("text", 'write it in double quotes: "..."'),
    "url": ("an address", 'write "http://HOST:PORT/torc-service/v1"'),
    "path": ("a path", 'write it in double quotes: "..."'),
    "integer": ("a whole number", "write it without quotes and without a point, for example 8"),
    "number": ("a number", "write it without quotes, for example 8.5"),
    "boolean": ("true or false", "write it without quotes"),
    "list": ("a list of texts", 'write ["one", "two"]'),
    "tables": ("an array of tables", "begin each with its own [[...]] line"),
    "regex": ("a regular expression", "write it in single quotes: '...'"),
    "pair": ("of the form NAME=value", 'write "NAME=value"'),
}
_SWITCHES = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


class Unfit(ValueError):
    """A value that its key does not take: what it is not, and how to mend it."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def check(key: Key, value: Any) -> Any:
    """Return the value of a file as torc uses it."""
    fits = isinstance(value, _TYPES[key.kind]) and (key.kind == "boolean" or not isinstance(value, bool))
    if key.kind == "list":
        fits = fits and all(isinstance(item, str) for item in value)
    elif key.kind == "tables":
        fits = fits and all(isinstance(item, dict) for item in value)
    if not fits:
        expected, hint = _EXPECTED[key.kind]
        raise Unfit(f"is not {expected}", hint)
    return _within(key, value)


def parse(key: Key, text: str) -> Any:
    """Return what the text of an environment variable means."""
    try:
        if key.kind == "integer":
            return _within(key, int(text))
        if key.kind == "number":
            return _within(key, float(text))
    except Unfit:
        raise
    except ValueError:
        raise Unfit(f"is not {_EXPECTED[key.kind][0]}", "for example 8") from None
    if key.kind == "boolean":
        if text.strip().lower() not in _SWITCHES:
            raise Unfit("is not true or false", "write true or false")
        return _SWITCHES[text.strip().lower()]
    if key.kind == "list":
        return [item.strip() for item in text.split(",") if item.strip()]
    return _within(key, text)


def _within(key: Key, value: Any) -> Any:
    if key.choices and value not in key.choices:
        from difflib import get_close_matches

        near = get_close_matches(value, key.choices, n=1)
        raise Unfit("is not one of " + ", ".join(key.choices), f"did you mean '{near[0]}'?" if near else "write one")
    if key.kind in ("integer", "number"):
        _check_bounds(key, value)
    elif key.kind == "url":
        _check_url(value)
    elif isinstance(value, str):
        _check_text(key, value)
    return os.path.expanduser(value) if key.kind == "path" else value  # noqa: PTH111 - stays text


def _check_text(key: Key, text: str) -> None:
    if not text or "\0" in text:
        raise Unfit("holds a NUL character" if text else "is empty", "leave the key out, or give it a value")
    fits = True
    if key.kind == "regex":
        try:
            re.compile(text)
        except re.error:
            fits = False
    elif key.kind == "pair":
        fits = "=" in text[1:]
    if not fits:
        expected, hint = _EXPECTED[key.kind]
        raise Unfit(f"is not {expected}", hint)


def _check_bounds(key: Key, value: float) -> None:
    if not math.isfinite(value) or abs(value) >= 2**63:
        raise Unfit("is not a usable number", "write a smaller one")
    if key.least is not None and (value <= key.least if key.above else value < key.least):
        raise Unfit(f"is not {'above' if key.above else 'at least'} {key.least:g}", "write a larger one")
    if key.most is not None and value > key.most:
        raise Unfit(f"is above {key.most:g}", "write a smaller one")


def _check_url(text: str) -> None:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = None
    if not usable or any(character <= " " for character in text):
        raise Unfit("is not a server address", _EXPECTED["url"][1])
