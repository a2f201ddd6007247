"""How large a specification may be. Every limit is checked before the work that it bounds is done."""

from __future__ import annotations

from dataclasses import dataclass

from torc.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on reading and expansion.

    ``relations`` bounds the file and user-data entries of all jobs together and the names that lists
    collect; ``characters`` the texts of all that items with parameters stand for; ``aliases`` the nodes that YAML
    aliases repeat, long texts counting as many; ``regex_seconds`` the processor time for one regex.
    """

    bytes: int = 256 * 2**20
    depth: int = 200
    aliases: int = 1_000_000
    jobs: int = 1_000_000
    relations: int = 20_000_000
    characters: int = 2**31
    regex_seconds: float = 1.0


DEFAULT_LIMITS = Limits()


class Allowance:
    """What is left of ``characters``.

    Parameters
    ----------
    limit
        How many there are in the beginning.
    """

    def __init__(self, limit: int) -> None:
        self._limit = self._left = limit

    def take(self, characters: int) -> None:
        """Count texts that are about to be written.

        Raises
        ------
        InvalidInput
            When there would be more than the limit; then they do not count.
        """
        if characters > self._left:
            raise InvalidInput(
                f"parameters write more text than the limit of {self._limit:,} characters",
                hint="use fewer or shorter ranges, or move long commands into a script",
            )
        self._left -= characters
