"""What cloudpickle leaves out: caches of functions and properties, and exceptions that want more than they tell.

Loaded when the first pickle is written, which takes cloudpickle's import.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import CodeType
from typing import Any

import cloudpickle

from torc.executor.naming import importable_name

_CachedFunction = type(functools.lru_cache(int))


class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickles by value what no other process can import, and notes the files that code which goes along comes from."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.files: set[str] = set()

    def reducer_override(self, value: Any) -> Any:
        """Return how a value is made again; part of the interface of the standard library's picklers."""
        if isinstance(value, _CachedFunction):
            if importable_name(value) is None:
                return _cached, (value.__wrapped__, value.cache_parameters())
        elif isinstance(value, functools.cached_property):
            return _property, (value.func, value.attrname)
        elif isinstance(value, BaseException) and type(value).__reduce__ is BaseException.__reduce__:
            return _raised, (type(value), value.args), value.__dict__ or None
        elif isinstance(value, CodeType):
            self.files.add(value.co_filename)
        return super().reducer_override(value)


def _cached(function: Callable[..., Any], parameters: dict[str, Any]) -> Any:
    """Return a function with a cache that is still empty."""
    return functools.lru_cache(**parameters)(function)


def _property(function: Callable[..., Any], name: str | None) -> Any:
    made: Any = functools.cached_property(function)
    made.attrname = name
    return made


def _raised(kind: type[BaseException], args: tuple[Any, ...]) -> BaseException:
    """Return an exception with these ``args``, which need not be what its class is made from."""
    try:
        return kind(*args)
    except Exception:  # it is made from something else
        error = kind.__new__(kind, *args)
        error.args = args
        return error
