"""How large a specification may be. Every limit is checked before the work that it bounds is done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on reading and expansion.

    ``relations`` bounds the file and user-data entries of all jobs together and the names that lists
    collect; ``aliases`` the nodes that YAML aliases repeat; ``regex_seconds`` the processor time for one regex.
    """

    bytes: int = 256 * 2**20
    depth: int = 200
    aliases: int = 1_000_000
    jobs: int = 1_000_000
    relations: int = 20_000_000
    regex_seconds: float = 1.0


DEFAULT_LIMITS = Limits()
