"""What a check has to say."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["OK", "WARN", "FAIL"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and what to do about it."""

    level: Level
    name: str
    message: str
    mend: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


def ok(name: str, message: str) -> Finding:
    """All is well."""
    return Finding("OK", name, message)


def warn(name: str, message: str, mend: str) -> Finding:
    """It works, and could bite later."""
    return Finding("WARN", name, message, mend)


def fail(name: str, message: str, mend: str) -> Finding:
    """The server would not start, or not work."""
    return Finding("FAIL", name, message, mend)
