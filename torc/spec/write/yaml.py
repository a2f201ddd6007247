"""Plain data to YAML as a person would write it: block style, literal blocks for scripts, quotes where needed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

#: Characters that YAML forbids, changes or takes for a line break unless they are escaped.
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
#: Text that stays text without quotes: begins like a word or a path, and cannot be read as anything else.
_PLAIN = re.compile(r"[A-Za-z0-9_./$~^(<\\\u00a1-\u2027\u202a-\ufdff\U00010000-\U0010ffff][^\x00-\x1f]*")
_BREAKS_PLAIN = re.compile(r":(?:\s|$)|\s#|\s$")
#: What some reader of YAML, of either version, takes for something else than text.
_NOT_TEXT = re.compile(
    r"(?:true|false|yes|no|on|off|y|n|null|~|<<|\.nan|[-+]?\.inf|[-+.\d][-+.,:_\d\sxotza-f]*)", re.IGNORECASE
)


def to_yaml(data: dict[str, Any]) -> str:
    """Return a document; its lists are set apart by empty lines."""
    lines: list[str] = []
    for key, value in data.items():
        if lines and isinstance(value, list | dict) and value:
            lines.append("")
        lines.extend(_entry(f"{scalar(key)}:", value))
    return "\n".join(lines) + "\n"


def _entry(head: str, value: Any) -> Iterator[str]:
    """Yield the lines of a value behind its key or dash."""
    if isinstance(value, str) and _is_script(value):
        yield f"{head} {'|' if value.endswith(chr(10)) else '|-'}"
        yield from _indented(value.removesuffix("\n").split("\n"))
    elif isinstance(value, dict | list) and value and not _is_numbers(value):
        yield head
        yield from _indented(_lines(value))
    else:
        yield f"{head} {_inline(value)}"


def _lines(value: dict[str, Any] | list[Any]) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _entry(f"{scalar(key)}:", item)
        return
    for item in value:
        if isinstance(item, dict | list) and item and not _is_numbers(item):
            first, *rest = _lines(item)
            yield f"- {first}"
            yield from _indented(rest)
        else:
            yield from _entry("-", item)


def _indented(lines: list[str] | Iterator[str]) -> Iterator[str]:
    return (f"  {line}" if line else line for line in lines)


def _is_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is int or type(item) is float for item in value)


def _is_script(text: str) -> bool:
    """Say whether a text has several lines that a literal block keeps as they are."""
    body = text.removesuffix("\n")
    return (
        "\n" in text
        and not body[:1].isspace()
        and bool(body.rpartition("\n")[2].strip(" \t"))
        and not _UNPRINTABLE.search(text)
    )


def _inline(value: Any) -> str:
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, list) and value:
        return f"[{', '.join(map(_inline, value))}]"
    return json.dumps(value, allow_nan=False)


def scalar(text: str) -> str:
    """Return a text on one line, in quotes if it needs them."""
    if _PLAIN.fullmatch(text) and not (
        _BREAKS_PLAIN.search(text) or _NOT_TEXT.fullmatch(text) or _ESCAPED.search(text)
    ):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", quoted)
