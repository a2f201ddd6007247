"""Plain data to KDL, in the dialect that :mod:`torc.spec.kdl` reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from torc.spec.kdl import ENTRIES, JSON_TEXTS

_NODE_OF = {plural: node for node, plural in ENTRIES.items()}
#: Lists of which each item is a node of its own.
_SINGULAR = {"commands": "command", "rules": "rule"}
_WIDTH = 100
_BARE = re.compile(r"(?!(?:true|false|null|nan|inf)$)[A-Za-z_][A-Za-z0-9_-]*")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
#: Quotes, backslashes and what KDL forbids or takes for a line break.
_SPECIAL = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]')
_IN_SCRIPT = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")


def to_kdl(data: dict[str, Any]) -> str:
    """Return a document; entries with several lines are set apart by empty ones."""
    lines: list[str] = []
    for key, value in data.items():
        nodes = [_node_of(key, item) for item in value] if key in _NODE_OF else [list(_node(key, value))]
        for node in nodes:
            if lines and (len(node) > 1 or lines[-1] == "}"):
                lines.append("")
            lines.extend(node)
    return "\n".join(lines) + "\n"


def _node_of(plural: str, item: dict[str, Any]) -> list[str]:
    """Return the node of one entry of a list."""
    rest = dict(item)
    name = rest.pop("name", None)
    head = _NODE_OF[plural] if name is None else f"{_NODE_OF[plural]} {_string(name)}"
    if plural == "files" and list(rest) == ["path"]:
        return [f"{head} path={_string(rest['path'])}"]
    if plural == "user_data" and "data" in rest:
        rest["data"] = json.dumps(rest["data"], ensure_ascii=False, allow_nan=False)
    return list(_block(head, rest))


def _block(head: str, items: dict[str, Any], *, free: bool = False) -> Iterator[str]:
    if not items:
        yield head
        return
    yield head + " {"
    for key, value in items.items():
        yield from (f"    {line}" if line else line for line in _node(key, value, free=free))
    yield "}"


def _node(key: str, value: Any, *, free: bool = False) -> Iterator[str]:
    """Yield the lines of a key with its value; in ``free`` mappings each key is one node."""
    name = _name(key)
    if isinstance(value, dict):
        yield from _mapping(name, key, value)
    elif isinstance(value, list):
        yield from _list(name, key, value, free=free)
    elif isinstance(value, str) and _is_script(value):
        yield f'{name} """'
        yield from (_escaped_line(line) for line in value.split("\n"))
        yield '"""'
    else:
        yield f"{name} {_scalar(value)}"


def _mapping(name: str, key: str, value: dict[str, Any]) -> Iterator[str]:
    if key == "resource_requirements" and not value:
        # Nothing but defaults: a node without children would be no requirements at all.
        value = {"num_cpus": 1}
    if _is_expressible(value) or key not in JSON_TEXTS:
        yield from _block(name, value, free=True)
    else:
        yield f"{name} {_string(json.dumps(value, ensure_ascii=False, allow_nan=False))}"


def _is_expressible(value: Any) -> bool:
    """Say whether nodes with children carry a mapping as it is."""
    if isinstance(value, dict):
        return bool(value) and all(map(_is_expressible, value.values()))
    if isinstance(value, list):
        # One argument alone is a value, none is nothing.
        return len(value) > 1 and not any(isinstance(item, dict | list) for item in value)
    return True


def _list(name: str, key: str, items: list[Any], *, free: bool) -> Iterator[str]:
    if key in _SINGULAR and not free:
        for item in items:
            yield from _node(_SINGULAR[key], item)
        return
    line = " ".join([name, *map(_scalar, items)])
    if free or len(line) <= _WIDTH or len(items) < 2:
        yield line
    else:
        yield from (f"{name} {_scalar(item)}" for item in items)


def _is_script(text: str) -> bool:
    """Say whether a text has several lines that a string over several lines keeps as they are."""
    lines = text.split("\n")
    return len(lines) > 1 and not any(line and not line.strip() for line in lines) and not _IN_SCRIPT.search(text)


def _escaped_line(line: str) -> str:
    return line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _name(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return _string(value)
    return f"#{json.dumps(value)}" if value is None or isinstance(value, bool) else json.dumps(value, allow_nan=False)


def _string(text: str) -> str:
    return f'"{_SPECIAL.sub(_escaped, text)}"'


def _escaped(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[0]) or f"\\u{{{ord(match[0]):x}}}"
