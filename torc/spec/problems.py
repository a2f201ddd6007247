"""The list that problems of one specification are collected in."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice
from typing import Any

from torc.errors import Problem

Path = tuple[str | int, ...]

#: Problems kept for the report; the rest is only counted.
REPORTED = 50
_SCANNED = 20_000
_COMPARED = 300


class Problems:
    """Errors and warnings found so far; a path is reported once for each message."""

    def __init__(self) -> None:
        self.errors: dict[tuple[str, Path], Problem] = {}
        self.warnings: list[Problem] = []
        self.left_out = 0

    def add(self, path: Path, message: str, hint: str | None = None) -> None:
        """Note an error."""
        if len(self.errors) < REPORTED:
            self.errors.setdefault((message, path), Problem(message, path, hint))
        elif (message, path) not in self.errors:
            self.left_out += 1

    @property
    def full(self) -> bool:
        """Whether further errors are only counted, so that nothing need be found out about them."""
        return len(self.errors) >= REPORTED

    def warn(self, message: str, path: Path = (), hint: str | None = None) -> None:
        """Note something that does not keep the workflow from being created."""
        if len(self.warnings) < REPORTED:
            self.warnings.append(Problem(message, path, hint))

    def rest(self) -> list[Problem]:
        """Return a last entry for the errors that are only counted."""
        return [Problem(f"and {self.left_out} more")] if self.left_out else []


class Broken:
    """Items that were left out because something is wrong with them; references to them are no second problem."""

    def __init__(self) -> None:
        self.names: dict[str, set[str]] = {}
        self.unnamed: set[str] = set()

    def add(self, noun: str, name: Any = None) -> None:
        """Note a broken item; without a plain name any name of its noun may have been meant."""
        self.names.setdefault(noun, set())
        if isinstance(name, str) and "{" not in name:
            self.names[noun].add(name)
        else:
            self.unnamed.add(noun)

    def may_hold(self, noun: str, name: str) -> bool:
        """Tell whether a missing name may be that of a broken item."""
        return noun in self.unnamed or name in self.names.get(noun, ())

    def __contains__(self, noun: str) -> bool:
        return noun in self.names


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a hint with the nearest known word, or None when nothing is near."""
    # Comparing with very many names would take longer than all other checks together.
    names = list(islice(known, _SCANNED))
    alike = (name for name in names if abs(len(name) - len(word)) <= 4 and name[:1] == word[:1])
    nearest = list(islice(alike, _COMPARED)) or names[:_COMPARED]
    found = get_close_matches(word, nearest, n=1, cutoff=0.6)
    return f"did you mean '{found[0]}'?" if found else None
