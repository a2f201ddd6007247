"""Which part of a value is to blame when it cannot be pickled."""

from __future__ import annotations

import concurrent.futures
import io
import pickle
from collections.abc import Iterator
from types import FunctionType, MethodType
from typing import Any

#: The way to calls that depend on each other.
SUBMIT_OUTSIDE = "submit from the program: a call that takes a future as an argument waits for its result"
_DEEPEST = 20
_WIDEST = 1000


def describe(value: Any, name: str) -> tuple[str, str]:
    """Return where in a value the part is that cannot be pickled and what it is, and what to do instead."""
    place, part = _find(value, name, _DEEPEST, set())
    what, mend = _about(part)
    return f"{place} is {what}, which cannot be sent to another process", mend


def _about(part: Any) -> tuple[str, str]:
    if isinstance(part, concurrent.futures.Future):
        return "a future", "pass the future as an argument of the call, where it stands for its result"
    if isinstance(part, concurrent.futures.Executor):
        return "an executor", SUBMIT_OUTSIDE
    kind = type(part)
    module = "" if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}."
    return f"a {module}{kind.__qualname__}", "make it inside the function, or pass what it is made from"


def _find(value: Any, place: str, depth: int, seen: set[int]) -> tuple[str, Any]:
    """Return the innermost part that cannot be pickled."""
    seen.add(id(value))
    if depth:
        for step, part in _parts(value):
            if id(part) not in seen and not _travels(part):
                return _find(part, f"{place}{step}", depth - 1, seen)
    return place, value


def _travels(value: Any) -> bool:
    from torc.executor.pickler import Pickler

    try:
        Pickler(io.BytesIO(), protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    except Exception:
        return False
    return True


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a value holds, with the way there as it is written in Python."""
    if isinstance(value, concurrent.futures.Future | concurrent.futures.Executor):
        return  # what it is says more than what it holds
    if isinstance(value, dict):
        yield from ((f"[{key!r}]", part) for key, part in list(value.items())[:_WIDEST])
    elif isinstance(value, list | tuple):
        yield from ((f"[{number}]", part) for number, part in enumerate(value[:_WIDEST]))
    elif isinstance(value, set | frozenset):
        yield from ((" (a member)", part) for part in list(value)[:_WIDEST])
    elif isinstance(value, FunctionType):
        yield from _captured(value)
    elif isinstance(value, MethodType):
        yield ".__self__", value.__self__
    else:
        yield from ((f".{name}", part) for name, part in getattr(value, "__dict__", {}).items())
        if not isinstance(value, type):
            yield " (its class)", type(value)


def _captured(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield the variables that a function brings along: of enclosing functions, global ones and defaults."""
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield f": its variable '{name}'", cell.cell_contents
        except ValueError:
            continue  # not assigned yet
    for name in code.co_names:
        if name in function.__globals__:
            yield f": its global variable '{name}'", function.__globals__[name]
    for number, part in enumerate(function.__defaults__ or ()):
        yield f": its default {number + 1}", part
