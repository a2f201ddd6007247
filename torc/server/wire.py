"""Encoding of replies: values that are JSON already go out as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import to_json


class Json(str):
    """Text that is JSON already."""

    __slots__ = ()


def array(items: Sequence[str]) -> Json:
    """Return a JSON array of texts that are JSON already."""
    return Json("[" + ",".join(items) + "]")


def encode(value: Any) -> bytes:
    """Return the bytes of a reply; :class:`Json` may be the value itself or a value of the outer mapping."""
    if isinstance(value, Json):
        return value.encode()
    if isinstance(value, Mapping) and any(isinstance(part, Json) for part in value.values()):
        parts = [to_json(name) + b":" + encode(part) for name, part in value.items()]
        return b"{" + b",".join(parts) + b"}"
    return to_json(value)
