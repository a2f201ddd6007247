"""JSON and JSON5 to plain data.

Strict JSON is tried first because its reader is by far the fastest. What is not strict JSON goes to pyjson5
when that is installed, else to the reader of this module, which also finds positions, duplicate keys and
the place of an error.
"""

from __future__ import annotations

import json
import math
import re
from types import ModuleType
from typing import Any, NoReturn

from torc.spec.limits import Limits
from torc.spec.problems import Path
from torc.spec.readers import MAX_DIGITS, Inspection, Lines, Places, ReadError, has_surrogates, optional

COMPILED = optional("pyjson5")

_SPACE = re.compile(r"(?:[\s\ufeff]+|//[^\n\r\u2028\u2029]*|/\*(?:[^*]|\*(?!/))*\*/)*")
_STRING = re.compile(r'"((?:[^"\\\n\r]|\\(?:\r\n|.))*)"|\'((?:[^\'\\\n\r]|\\(?:\r\n|.))*)\'', re.DOTALL)
_NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F]+|(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![\w.$])"
)
_WORD = re.compile(r"[+-]?(?:[$_]|[^\W\d])[\w$\u200c\u200d]*")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.DOTALL)
_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "0": "\0"}
_CONTINUATIONS = frozenset(("\n", "\r", "\r\n", "\u2028", "\u2029"))
_WORDS = {"true": True, "false": False, "null": None}
#: What a colon can stand in without separating a key from its value.
_COLONS = re.compile(
    r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|//[^\n\r\u2028\u2029]*|/\*(?:[^*]|\*(?!/))*\*/|(:)', re.DOTALL
)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89abAB]", re.ASCII)
_SURROGATE_ANY = re.compile(r"\\u[dD][89a-fA-F]", re.ASCII)


class _NotStrict(Exception):
    """Something that only a look with positions can report well."""


def read(text: str, limits: Limits, places: Places | None = None, *, compiled: ModuleType | None = COMPILED) -> Any:
    """Return the data of a JSON or JSON5 text."""
    if places is not None:
        return Reader(text, limits, places).read()
    try:
        data = _strict(text)
    except (_NotStrict, ValueError, RecursionError):
        data = _relaxed(text, limits, compiled)
    else:
        if _depth_beyond(data, limits.depth) or (_SURROGATE_ANY.search(text) and Inspection(data).unfit):
            return Reader(text, limits).read()
    return data


def _strict(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite, parse_int=_whole)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _NotStrict
    return result


def _whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _NotStrict
    return int(text)


def _refuse(_: str) -> NoReturn:
    raise _NotStrict


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _NotStrict
    return number


def _relaxed(text: str, limits: Limits, compiled: ModuleType | None) -> Any:
    if compiled is not None:
        try:
            data = compiled.decode(text, limits.depth)
        except (compiled.Json5Exception, RecursionError, ValueError):
            return Reader(text, limits).read()
        found = Inspection(data)
        # The compiled reader keeps the last of equal keys without a word.
        if not found.unfit and found.keys == sum(1 for match in _COLONS.finditer(text) if match[1]):
            return data
    return Reader(text, limits).read()


def _depth_beyond(data: Any, depth: int) -> bool:
    level = [data] if isinstance(data, (dict, list)) else []
    for _ in range(depth):
        if not level:
            return False
        following: list[Any] = []
        for container in level:
            values = container.values() if isinstance(container, dict) else container
            following.extend(value for value in values if isinstance(value, (dict, list)))
        level = following
    return bool(level)


class Reader:
    """JSON5 in Python, without recursion, with the place of everything."""

    def __init__(self, text: str, limits: Limits, places: Places | None = None) -> None:
        self.text = text
        self.limits = limits
        self.places = places
        self.at = 0
        self.lines = Lines(text)

    def read(self) -> Any:
        """Return the one value that the text holds."""
        self._skip()
        result = self._value(())
        self._skip()
        if self.at < len(self.text):
            self._fail("text after the end of the value")
        return result

    def _skip(self) -> None:
        match = _SPACE.match(self.text, self.at)
        if match:
            self.at = match.end()
        if self.text.startswith("/*", self.at):
            self._fail("a comment is not closed")

    def _fail(self, message: str, at: int | None = None, hint: str | None = None) -> NoReturn:
        line, column = self.lines.place(self.at if at is None else at)
        raise ReadError(message, line, column, hint=hint)

    def _place(self, path: Path) -> None:
        if self.places is not None:
            self.places[path] = self.lines.place(self.at)

    def _value(self, path: Path) -> Any:
        """Read a value; containers that are open stand on ``stack``."""
        stack: list[tuple[Any, Path, Any]] = []
        container: Any = None
        key: Any = None
        while True:
            value, opened = self._scalar_or_open()
            if opened:
                if len(stack) >= self.limits.depth:
                    self._fail(f"nested deeper than the limit of {self.limits.depth} levels", self.at - 1)
                stack.append((container, path, key))
                path = path if container is None else (*path, key if container.__class__ is dict else len(container))
                container = value
                key = None
            elif container is None:
                return value
            else:
                _store(container, key, value)
            # Close what ends here, then stand before the next value.
            while True:
                ready, key = self._next_slot(container, path, fresh=opened)
                if ready:
                    break
                value = container
                container, path, key = stack.pop()
                if container is None:
                    return value
                _store(container, key, value)
                opened = False

    def _next_slot(self, container: Any, path: Path, *, fresh: bool) -> tuple[bool, Any]:
        """Go to the next value of the container; False when the container ends."""
        end = "}" if container.__class__ is dict else "]"
        self._skip()
        if not fresh and not self.text.startswith(end, self.at):
            if not self.text.startswith(",", self.at):
                self._fail(f"expected ',' or '{end}'" if self.at < len(self.text) else f"'{end}' is missing at the end")
            self.at += 1
            self._skip()
        if self.text.startswith(end, self.at):
            self.at += 1
            return False, None
        if container.__class__ is list:
            if self.places is not None:
                self._place((*path, len(container)))
            return True, None
        return True, self._key(container, path)

    def _key(self, container: dict[str, Any], path: Path) -> str:
        start = self.at
        match = _STRING.match(self.text, self.at)
        if match:
            self.at = match.end()
            key = self._unescape(match)
        else:
            match = _WORD.match(self.text, self.at)
            if not match or match[0][0] in "+-":
                self._fail("expected a key" if self.at < len(self.text) else "'}' is missing at the end")
            self.at = match.end()
            key = match[0]
        if key in container:
            self._fail(f"duplicate key '{key}'", start, "keep one of the two")
        if self.places is not None:
            self.places[(*path, key)] = self.lines.place(start)
        self._skip()
        if not self.text.startswith(":", self.at):
            self._fail(f"expected ':' after the key '{key}'")
        self.at += 1
        self._skip()
        return key

    def _scalar_or_open(self) -> tuple[Any, bool]:
        first = self.text[self.at : self.at + 1]
        if first in ("{", "["):
            self.at += 1
            return ({} if first == "{" else []), True
        if first in ('"', "'"):
            match = _STRING.match(self.text, self.at)
            if not match:
                self._fail("a string is not closed")
            string = self._unescape(match)
            self.at = match.end()
            return string, False
        match = _NUMBER.match(self.text, self.at)
        if match:
            number = self._number(match[0])
            self.at = match.end()
            return number, False
        return self._word(first), False

    def _word(self, first: str) -> Any:
        match = _WORD.match(self.text, self.at)
        if match and match[0] in _WORDS:
            self.at = match.end()
            return _WORDS[match[0]]
        if match and match[0].lstrip("+-") in ("NaN", "Infinity"):
            self._fail(f"{match[0]} is not a number that can be stored", hint="put quotes around text")
        if match:
            self._fail(f"unexpected '{match[0]}'", hint="put quotes around text")
        self._fail(f"unexpected {first!r}" if first else "the text ends where a value is expected")

    def _number(self, text: str) -> int | float:
        digits = text.lstrip("+-")
        sign = -1 if text[0] == "-" else 1
        if digits[:2] in ("0x", "0X"):
            return sign * int(digits, 16)
        if digits.isdigit():
            if len(digits) > MAX_DIGITS:
                self._fail(f"a number of more than {MAX_DIGITS} digits", hint="put quotes around text")
            return sign * int(digits)
        number = sign * float(digits)
        if math.isinf(number):
            self._fail(f"{text} is beyond the range of numbers")
        return number

    def _unescape(self, match: re.Match[str]) -> str:
        text: str = match[1] if match[1] is not None else match[2]
        if "\\" in text:
            text = _ESCAPE.sub(_unescaped, text)
            if _SURROGATE_ESCAPE.search(match[0]):
                text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if has_surrogates(text) or ("\ufffd" in text and "\ufffd" not in match[0] and "fffd" not in match[0].lower()):
            self._fail("half of a surrogate pair is not a character", match.start())
        return text


def _store(container: Any, key: Any, value: Any) -> None:
    if container.__class__ is dict:
        container[key] = value
    else:
        container.append(value)


def _unescaped(match: re.Match[str]) -> str:
    if match[1] or match[2]:
        return chr(int(match[1] or match[2], 16))
    if match[3] in _CONTINUATIONS:
        return ""
    return _SIMPLE.get(match[3], match[3])
