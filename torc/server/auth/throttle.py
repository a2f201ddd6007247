"""Slows down whoever tries wrong passwords, without shutting out the user whose name is tried.

Each address waits for the failures it has made itself with a name. The failures that others made with that
name make its wait longer, but never begin it: a first try from a new address is always looked at.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

#: Wrong tries that cost nothing: with one name from one address, and with any names from one address.
FREE, FREE_PER_ADDRESS = 5, 20
LONGEST, LONGEST_PER_ADDRESS = 300.0, 60.0
#: Failures with a name from elsewhere that weigh as much as one from the address itself.
FAR = 10
FORGET_SECONDS = 900.0
MAX_KEYS = 20_000

_Key = tuple[str, str]


class Throttle:
    """Counts failures by name and address."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[_Key, tuple[int, float]] = OrderedDict()

    def wait(self, user: str, address: str) -> float:
        """Return how long this address must wait before it may try this name; 0 is now."""
        now = self._clock()
        own, own_last = self._seen((user, address), now)
        everywhere, _ = self._seen((user, ""), now)
        here, last_here = self._seen(("", address), now)
        pause = _pause(own + (everywhere - own) // FAR - FREE, LONGEST) if own else 0.0
        pause_here = _pause(here - FREE_PER_ADDRESS, LONGEST_PER_ADDRESS)
        return max(0.0, own_last + pause - now, last_here + pause_here - now)

    def failed(self, user: str, address: str) -> None:
        """Note a wrong password or an unknown name."""
        now = self._clock()
        for key in ((user, address), (user, ""), ("", address)):
            count, _ = self._seen(key, now)
            self._failures[key] = (count + 1, now)
            self._failures.move_to_end(key)
        while len(self._failures) > MAX_KEYS:
            self._failures.popitem(last=False)

    def succeeded(self, user: str, address: str) -> None:
        """Forget what this address did wrong with this name."""
        self._failures.pop((user, address), None)

    def _seen(self, key: _Key, now: float) -> tuple[int, float]:
        count, last = self._failures.get(key, (0, 0.0))
        return (count, last) if count and now - last < FORGET_SECONDS else (0, 0.0)


def _pause(excess: int, longest: float) -> float:
    return 0.0 if excess < 0 else min(longest, 2.0 ** min(excess, 20))
