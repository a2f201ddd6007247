"""Texts with ``{parameter}`` places, split once and filled many times.

Only ``{p}`` and ``{p:spec}`` with ``p`` a parameter of the item are places; every other brace is text. ``${p}`` is
left to the shell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from torc.errors import InvalidInput

_WIDE = re.compile(r"[0-9]{4,}")
_WIDTH = re.compile(r"[0-9]{1,3}")


class Places:
    """Finds the places of one item's parameters."""

    def __init__(self, names: Iterable[str]) -> None:
        alternatives = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
        self.pattern = re.compile(rf"(\$?)\{{({alternatives})(?::([^{{}}]*))?\}}") if alternatives else None

    def used(self, text: str) -> set[str]:
        """Return the parameters that a text uses."""
        if self.pattern is None or "{" not in text:
            return set()
        return {match[2] for match in self.pattern.finditer(text) if not match[1]}

    def left_to_shell(self, text: str) -> list[str]:
        """Return the parameters that a text writes as ``${p}``."""
        if self.pattern is None or "${" not in text:
            return []
        return [match[2] for match in self.pattern.finditer(text) if match[1]]

    def longest(self, text: str, width: Callable[[str], int]) -> int:
        """Return how many characters a text has at most when values of these widths are filled in."""
        if self.pattern is None or "{" not in text:
            return len(text)
        found = [match for match in self.pattern.finditer(text) if not match[1]]
        return len(text) + sum(max((width(match[2]), *map(int, _WIDTH.findall(match[3] or "")))) for match in found)

    def compile(self, text: str, order: Mapping[str, int]) -> Callable[..., str] | None:
        """Return a function of the values in ``order`` that gives the text, None when it holds no place.

        Raises
        ------
        InvalidInput
            When a format would make a text of more than 999 characters out of one value.
        """
        if not self.used(text):
            return None
        pieces: list[str] = []
        at = 0
        for match in self.pattern.finditer(text) if self.pattern else ():
            if match[1] or match[2] not in order:
                continue
            if match[3] and _WIDE.search(match[3]):
                raise InvalidInput(f"the format '{match[3]}' is wider than the limit of 999")
            pieces.append(_escaped(text[at : match.start()]))
            pieces.append(f"{{{order[match[2]]}{':' + match[3] if match[3] else ''}}}")
            at = match.end()
        pieces.append(_escaped(text[at:]))
        return "".join(pieces).format


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def compile_value(value: Any, places: Places, order: Mapping[str, int]) -> Callable[..., Any] | None:
    """Return a function that fills a nested value, None when nothing in it changes."""
    if isinstance(value, str):
        return places.compile(value, order)
    if isinstance(value, list):
        items = [(item, compile_value(item, places, order)) for item in value]
        if any(fill for _, fill in items):
            return lambda *row: [fill(*row) if fill else item for item, fill in items]
    elif isinstance(value, dict):
        pairs = [
            (key, places.compile(key, order), item, compile_value(item, places, order)) for key, item in value.items()
        ]
        if any(fill_key or fill for _, fill_key, _, fill in pairs):
            return lambda *row: {
                (fill_key(*row) if fill_key else key): (fill(*row) if fill else item)
                for key, fill_key, item, fill in pairs
            }
    return None


def texts_of(value: Any) -> Iterable[str]:
    """Return all texts in a nested value, keys included."""
    pending = [value]
    while pending:
        here = pending.pop()
        if isinstance(here, str):
            yield here
        elif isinstance(here, list):
            pending.extend(here)
        elif isinstance(here, dict):
            pending.extend(here)
            pending.extend(here.values())
