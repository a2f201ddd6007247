"""Matches regexes against names, within a bounded time.

Python's engine backtracks and cannot be stopped from outside. A bound on the work is therefore computed from the
parsed pattern: what is cheap for sure runs here, the rest in a process of its own that is ended when the time is up.
A pattern that begins with ``^`` and literal text is only tried on names with that beginning.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import warnings
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from torc.errors import InvalidInput

try:
    from re import _parser as _sre_parse  # type: ignore[attr-defined]
except ImportError:  # pragma: no cover - another implementation of Python
    _sre_parse = None

_MAX_LENGTH = 10_000
#: Steps for each second allowed that are taken in this process; beyond that a process of its own is started.
_CHEAP = 50_000_000
#: All regexes together get so many times what one gets.
_ALL = 100
#: Comparisons of regexes with names that one specification may ask for.
_MAX_COMPARISONS = 200_000_000
#: Longest wait for the other process, which may have to be loaded from a slow file system first.
_PATIENCE = 120
# The kernel ends the process when it has used up its processor time, whatever the engine is doing.
_PROGRAM = """
import json, re, signal, sys, warnings
warnings.simplefilter("ignore")
regex, names, seconds = json.load(sys.stdin)
search = re.compile(regex).search
signal.setitimer(signal.ITIMER_PROF, seconds)
json.dump([number for number, name in enumerate(names) if search(name)], sys.stdout)
"""


class Matcher:
    """Finds the names that regexes match; equal regexes are matched once."""

    def __init__(self, names: Sequence[str], seconds: float) -> None:
        self.names = names
        self.seconds = seconds
        self.longest = max(map(len, names), default=0)
        self.found: dict[str, tuple[int, ...]] = {}
        self.comparisons = 0
        self._steps_left = _ALL * _CHEAP * seconds
        self._seconds_left = _ALL * seconds
        self._sorted: list[tuple[str, int]] | None = None

    def positions(self, regex: str) -> tuple[int, ...]:
        """Return the positions of the names in which ``regex`` is found, in order.

        Raises
        ------
        InvalidInput
            When it is not a regex, or matching takes longer than allowed.
        """
        if regex not in self.found:
            self.found[regex] = self._match(regex)
        return self.found[regex]

    def _match(self, regex: str) -> tuple[int, ...]:
        with warnings.catch_warnings():
            # What may change its meaning in a later Python is not worth a line of output here.
            warnings.simplefilter("ignore")
            return self._match_quietly(regex)

    def _match_quietly(self, regex: str) -> tuple[int, ...]:
        if len(regex) > _MAX_LENGTH:
            raise InvalidInput(f"a regex of {len(regex):,} characters is longer than the limit of {_MAX_LENGTH:,}")
        try:
            pattern = re.compile(regex)
        except re.error as error:
            raise InvalidInput(f"'{regex}' is not a regex: {error}", hint="see the syntax of Python's re") from None
        except (OverflowError, RecursionError, ValueError):
            raise InvalidInput(f"'{regex}' is too large for a regex") from None
        candidates = self._candidates(regex)
        self.comparisons += len(candidates)
        if self.comparisons > _MAX_COMPARISONS:
            raise InvalidInput(
                f"matching all regexes takes more than {_MAX_COMPARISONS:,} comparisons",
                hint="use depends_on, or begin each regex with ^ and literal text",
            )
        steps = len(candidates) * effort(regex, self.longest)
        if steps <= min(_CHEAP * self.seconds, self._steps_left):
            self._steps_left -= steps
            search = pattern.search
            return tuple(number for number in candidates if search(self.names[number]))
        return self._match_apart(regex, candidates)

    def _candidates(self, regex: str) -> Sequence[int]:
        prefix = literal_beginning(regex)
        if not prefix:
            return range(len(self.names))
        if self._sorted is None:
            self._sorted = sorted((name, number) for number, name in enumerate(self.names))
        first = bisect_left(self._sorted, (prefix, -1))
        last = first
        while last < len(self._sorted) and self._sorted[last][0].startswith(prefix):
            last += 1
        return sorted(number for _, number in self._sorted[first:last])

    def _match_apart(self, regex: str, candidates: Sequence[int]) -> tuple[int, ...]:
        allowed = self.seconds + len(candidates) * 2e-5
        if self._seconds_left <= 0:
            raise InvalidInput(
                f"matching all regexes takes more than {_ALL * self.seconds:.0f} s",
                hint="avoid repeats inside repeats, or use depends_on",
            )
        begun = time.monotonic()
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-S", "-c", _PROGRAM],
                input=json.dumps([regex, [self.names[number] for number in candidates], allowed]),
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
            )
        except (OSError, subprocess.TimeoutExpired):
            raise InvalidInput(f"the regex '{regex}' could not be matched", hint="use a simpler one") from None
        finally:
            self._seconds_left -= time.monotonic() - begun
        if done.returncode == -signal.SIGPROF:
            raise InvalidInput(
                f"matching the regex '{regex}' against {len(candidates):,} names takes more than {allowed:.1f} s",
                hint="avoid repeats inside repeats, such as (a+)+",
            )
        if done.returncode:
            raise InvalidInput(f"the regex '{regex}' could not be matched", hint="use a simpler one")
        return tuple(candidates[number] for number in json.loads(done.stdout))


def effort(regex: str, length: int) -> float:
    """Return an upper bound on the steps that a search in a name of this length takes."""
    if _sre_parse is None:
        return float("inf")
    try:
        return (length + 1) * _steps(_sre_parse.parse(regex), length)
    except (RecursionError, OverflowError):
        return float("inf")


def _steps(parsed: Any, length: int) -> float:
    steps = 1.0
    for operation, argument in parsed:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, body = argument
            inner = _steps(body, length)
            times = min(int(most), length) - min(int(least), length) + 1
            # A choice inside a repeat may be taken anew each time.
            steps *= times * (1 if inner == 1 else float("inf"))
        elif name == "BRANCH":
            steps *= sum(_steps(branch, length) for branch in argument[1])
        elif name == "SUBPATTERN":
            steps *= _steps(argument[-1], length)
        elif name in ("ASSERT", "ASSERT_NOT"):
            steps *= _steps(argument[1], length)
        elif name in ("GROUPREF", "GROUPREF_EXISTS", "ATOMIC_GROUP"):
            return float("inf")
        steps = max(steps, 1.0)
    return steps


def literal_beginning(regex: str) -> str:
    """Return the text that every match of the regex begins the name with; empty when unknown."""
    if not regex.startswith("^") or "|" in regex or _sre_parse is None:
        return ""
    try:
        parsed = _sre_parse.parse(regex)
    except (re.error, RecursionError, OverflowError):
        return ""
    if parsed.state.flags & (re.IGNORECASE | re.MULTILINE | re.VERBOSE):
        return ""
    literal = []
    for operation, argument in list(parsed)[1:]:
        if str(operation) != "LITERAL":
            break
        literal.append(chr(argument))
    return "".join(literal)
