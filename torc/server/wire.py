"""Encoding of replies: values that are JSON already go out as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json


class Json(str):
    """Text that is JSON already."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """A reply about work that goes on after it: status 202."""

    value: Any


def array(items: Sequence[str]) -> Json:
    """Return a JSON array of texts that are JSON already."""
    return Json("[" + ",".join(items) + "]")


def encode(value: Any) -> bytes:
    """Return the bytes of a reply; :class:`Json` may be the value itself or a value of the outer mapping."""
    if isinstance(value, Accepted):
        value = value.value
    if isinstance(value, Json):
        return value.encode()
    if isinstance(value, Mapping) and any(isinstance(part, Json) for part in value.values()):
        # A list stands under two names: it is encoded once.
        encoded = {id(part): encode(part) for part in value.values()}
        parts = [piece for name, part in value.items() for piece in (b",", to_json(name), b":", encoded[id(part)])]
        return b"{" + b"".join(parts[1:]) + b"}"
    return to_json(value)
