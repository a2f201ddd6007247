"""YAML to plain data, in one pass over libyaml's events.

Scalars follow the YAML 1.2 core schema: ``NO``, ``1:10``, ``12:30:45``, ``012`` and dates stay text. Keys are
always text. Duplicate keys and unknown tags are errors. Nothing recurses, and what aliases repeat is counted.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from torc.spec.limits import Limits
from torc.spec.problems import Path
from torc.spec.readers import MAX_DIGITS, Places, ReadError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMERIC_START = frozenset("0123456789+-.")
_TAG = "tag:yaml.org,2002:"
#: A text that aliases repeat counts as one value more for every so many characters.
_LONG = 100
_MISSING = object()
_BRACES_UNQUOTED = re.compile(r"(?:[\[,]\s*|:\s+|-\s+)([^\s\"'\[\],:#]*\{[^}\n]*\}[^\s,\]\"']*)")


class _Frame:
    """A mapping or sequence that is being read."""

    __slots__ = ("anchor", "container", "key", "merged", "path", "start")

    def __init__(self, container: Any, path: Path | None, anchor: str | None, start: int) -> None:
        self.container = container
        self.path = path
        self.anchor = anchor
        self.start = start
        self.key: Any = _MISSING
        self.merged: list[dict[str, Any]] | None = None


def read(text: str, limits: Limits, places: Places | None = None) -> Any:
    """Return the data of a YAML document, None when it holds nothing."""
    builder = _Builder(limits, places)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise _explained(error, text) from None
    except yaml.reader.ReaderError as error:
        raise _unreadable(error, text) from None
    except RecursionError:
        raise ReadError(f"nested deeper than the limit of {limits.depth} levels") from None
    return builder.result


class _Builder:
    """Turns events into data."""

    def __init__(self, limits: Limits, places: Places | None) -> None:
        self.limits = limits
        self.places = places
        self.result: Any = None
        self.documents = 0
        self.frames: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.count = 0
        self.repeated = 0

    def take(self, event: Any) -> None:
        """Take the next event of the parser."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent:
            self._open(event, {})
        elif kind is yaml.SequenceStartEvent:
            self._open(event, [])
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close(event)
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent:
            self.documents += 1
            if self.documents > 1:
                raise _at(event, "a second YAML document begins here; a specification is one document")

    def _scalar(self, event: Any) -> None:
        size = 1 + len(event.value) // _LONG
        self.count += size
        frame = self.frames[-1] if self.frames else None
        if frame and frame.key is _MISSING and type(frame.container) is dict:
            self._key(frame, event)
            return
        value = _resolve(event)
        if event.anchor:
            self.anchors[event.anchor] = (value, size)
        self._put(value, event)

    def _key(self, frame: _Frame, event: Any) -> None:
        key = event.value
        if key == "<<" and event.implicit[0]:
            if frame.merged is None:
                frame.merged = []
        elif key in frame.container:
            raise _at(event, f"duplicate key '{key}'", hint="keep one of the two")
        if event.tag is not None and event.tag not in ("!", _TAG + "str"):
            raise _at(event, f"unknown tag '{event.tag}'")
        frame.key = key
        if event.anchor:
            self.anchors[event.anchor] = (key, 1 + len(key) // _LONG)
        if self.places is not None and frame.path is not None:
            mark = event.start_mark
            self.places[(*frame.path, key)] = (mark.line + 1, mark.column + 1)

    def _put(self, value: Any, event: Any) -> None:
        if not self.frames:
            self.result = value
            return
        frame = self.frames[-1]
        if type(frame.container) is list:
            frame.container.append(value)
            self._place_item(frame, event)
        elif frame.key == "<<" and frame.merged is not None:
            self._merge(frame, value, event)
        else:
            frame.container[frame.key] = value
            frame.key = _MISSING

    def _place_item(self, frame: _Frame, event: Any) -> None:
        # An opened container was placed when it began.
        if self.places is not None and frame.path is not None:
            mark = event.start_mark
            self.places.setdefault((*frame.path, len(frame.container) - 1), (mark.line + 1, mark.column + 1))

    def _merge(self, frame: _Frame, value: Any, event: Any) -> None:
        maps = value if isinstance(value, list) else [value]
        if frame.merged is None or not all(isinstance(one, dict) for one in maps):
            raise _at(event, "'<<' takes a mapping or a list of mappings")
        frame.merged.extend(maps)
        frame.key = _MISSING

    def _open(self, event: Any, container: Any) -> None:
        self.count += 1
        if event.tag not in (None, "!", _TAG + "map", _TAG + "seq"):
            raise _at(event, f"unknown tag '{event.tag}'", hint="remove the tag")
        if len(self.frames) >= self.limits.depth:
            raise _at(event, f"nested deeper than the limit of {self.limits.depth} levels")
        path = self._open_path(event) if self.places is not None else None
        if self.frames and self.frames[-1].key is _MISSING and type(self.frames[-1].container) is dict:
            raise _at(event, "a list or mapping cannot be a key", hint="put quotes around text with [ ] or { }")
        self.frames.append(_Frame(container, path, event.anchor, self.count - 1))

    def _open_path(self, event: Any) -> Path | None:
        if not self.frames:
            return ()
        frame = self.frames[-1]
        if frame.path is None or (frame.key is _MISSING and type(frame.container) is dict):
            return None
        step = len(frame.container) if type(frame.container) is list else frame.key
        path = (*frame.path, step)
        if self.places is not None and type(frame.container) is list:
            self.places[path] = (event.start_mark.line + 1, event.start_mark.column + 1)
        return path

    def _close(self, event: Any) -> None:
        frame = self.frames.pop()
        for merged in frame.merged or ():
            for key, value in merged.items():
                frame.container.setdefault(key, value)
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.container, self.count - frame.start)
        self._put(frame.container, event)

    def _alias(self, event: Any) -> None:
        known = self.anchors.get(event.anchor)
        if known is None:
            raise _at(event, f"alias '*{event.anchor}' stands before its anchor or inside it")
        value, size = known
        self.count += size
        self.repeated += size
        if self.repeated > self.limits.aliases:
            raise _at(event, f"aliases repeat more than the limit of {self.limits.aliases:,} values")
        frame = self.frames[-1] if self.frames else None
        if frame and frame.key is _MISSING and type(frame.container) is dict:
            raise _at(event, "an alias cannot be a key")
        self._put(value, event)


def _resolve(event: Any) -> Any:
    value: str = event.value
    tag = event.tag
    if tag is None or tag == "!":
        if not event.implicit[0]:
            return value
        if value in _WORDS:
            return _WORDS[value]
        return _number(value, event) if value[0] in _NUMERIC_START else value
    if tag == _TAG + "str":
        return value
    if tag in (_TAG + "int", _TAG + "float", _TAG + "bool", _TAG + "null"):
        resolved = _WORDS[value] if value in _WORDS else _number(value, event)
        if not isinstance(resolved, str):
            return resolved
        raise _at(event, f"'{value}' does not fit its tag '{tag.removeprefix(_TAG)}'")
    raise _at(event, f"unknown tag '{tag}'", hint="remove the tag")


def _number(value: str, event: Any) -> Any:
    if _INT.fullmatch(value):
        if len(value) > MAX_DIGITS:
            raise _at(event, f"a number of more than {MAX_DIGITS} digits", hint="put quotes around text")
        return int(value, 0)
    if _FLOAT.fullmatch(value):
        number = float(value)
        if number in (float("inf"), float("-inf")):
            raise _at(event, f"'{value}' is beyond the range of numbers")
        return number
    if _NOT_FINITE.fullmatch(value):
        raise _at(event, f"'{value}' is not a number that can be stored", hint="put quotes around text")
    return value


def _at(event: Any, message: str, *, hint: str | None = None) -> ReadError:
    mark = event.start_mark
    return ReadError(message, mark.line + 1, mark.column + 1, hint=hint)


def _explained(error: yaml.MarkedYAMLError, text: str) -> ReadError:
    mark = error.problem_mark or error.context_mark
    message = " ".join(part for part in (error.context, error.problem) if part) or "not YAML"
    if mark is None:
        return ReadError(message)
    lines = text.split("\n", mark.line + 1)
    return ReadError(message, mark.line + 1, mark.column + 1, hint=_hint(message, lines, mark.line))


def _hint(message: str, lines: list[str], number: int) -> str | None:
    if "'\\t'" in message or (number < len(lines) and lines[number].lstrip(" ").startswith("\t")):
        return "indent with spaces; YAML does not allow tabs there"
    for line in reversed(lines[max(0, number - 1) : number + 1]):
        braces = _BRACES_UNQUOTED.search(line)
        if braces:
            return f'put quotes around text with braces: "{braces[1]}"'
    return None


def _unreadable(error: yaml.reader.ReaderError, text: str) -> ReadError:
    character = error.character if isinstance(error.character, str) else chr(error.character)
    offset = text.find(character)
    line = text.count("\n", 0, offset) + 1 if offset >= 0 else None
    return ReadError(f"the character {character!r} is not allowed in YAML", line, None)
