"""From a function and its arguments to the records that a worker can call it by."""

from __future__ import annotations

import concurrent.futures
import hashlib
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from torc.errors import InvalidInput
from torc.executor import cells
from torc.executor.encoding import Encoded, dumps, is_json, seal
from torc.executor.errors import CannotTravel
from torc.executor.future import Future
from torc.executor.installed import is_installed
from torc.executor.naming import importable_name
from torc.executor.versions import used_by

#: Larger arguments are files of their own, which calls with equal ones share.
SHARE_ABOVE = 1024 * 1024

Spill = Callable[[str], Path]


class Sent(NamedTuple):
    """A function as a record; equal functions have equal names."""

    name: str
    title: str
    data: dict[str, Any]


def describe_function(function: Callable[..., Any], tag: str, spill: Spill) -> Sent:
    """Return the record of a function: its name when others can import it, else all of it.

    Parameters
    ----------
    tag
        Goes into the record's name, so that the records of two programs do not meet.

    Raises
    ------
    InvalidInput
        When it cannot be called.
    CannotTravel
        Naming what it captures that cannot be pickled.
    """
    if not callable(function):
        raise InvalidInput(f"{function!r} is not a function", field="fn", value=repr(function)[:100])
    function = getattr(function, "__torc_function__", function)
    title = title_of(function)
    _refuse_if_unfinished(function, title)
    about: dict[str, Any] = {"title": title, "python": list(sys.version_info[:2]), "path": _own_path()}
    about |= {"versions": used_by(function)}
    place = importable_name(function)
    if place is not None:
        about["name"] = place
        digest = hashlib.sha256(json.dumps(about).encode()).hexdigest()[:8]
    else:
        files: set[str] = set()
        content = dumps(function, title, files=files)
        about |= {"cells": cells.describe(files)}
        digest = hashlib.sha256(content + json.dumps(about).encode()).hexdigest()[:8]
        about |= {"value": seal(content, "function", spill(f"function_{tag}_{digest}"))}
    return Sent(f"{title}:function:{tag}:{digest}", title, {"function": about})


def _refuse_if_unfinished(function: Callable[..., Any], title: str) -> None:
    """Refuse what does not do its work when it is called: nobody could send what it returns."""
    while isinstance(function, partial):
        function = function.func
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        kind, hint = "is asynchronous", "submit a function that calls it with asyncio.run"
    elif inspect.isgeneratorfunction(function):
        kind, hint = "is a generator function", "submit a function that returns a list"
    else:
        return
    raise InvalidInput(f"{title} {kind}, its result cannot be sent", field="fn", value=title, hint=hint)


def safe_name(title: str) -> str:
    """Return a title in a form that is safe as part of a file name."""
    return re.sub(r"[^A-Za-z0-9_.]+", "_", title).strip("_") or "call"


def title_of(function: Callable[..., Any]) -> str:
    """Return what calls of a function are called."""
    if isinstance(function, partial):
        return title_of(function.func)
    return str(getattr(function, "__qualname__", type(function).__qualname__)).rpartition("<locals>.")[2]


def _own_path() -> list[str]:
    """Return where this process looks for modules beside its installation."""
    return [str(Path(entry).absolute()) for entry in sys.path if not is_installed(entry)]


def encode_arguments(
    args: Sequence[Any], kwargs: dict[str, Any], owner: Callable[[Future], bool], spill: Spill, name: str
) -> tuple[Encoded, list[Future]]:
    """Return arguments in their encoded form, and the futures among them, wherever they stand."""
    found: dict[str, Future] = {}
    large: dict[int, Encoded] = {}

    def stand_in(value: Any) -> Any:
        if not isinstance(value, concurrent.futures.Future):
            return large.get(id(value))
        if not isinstance(value, Future) or not owner(value):
            message = f"{value!r} is among the arguments and is no call of this executor"
            raise CannotTravel(message, field="args", hint="pass its result()")
        found[value.output] = value
        return value.output

    arguments = [list(args), kwargs]
    if is_json(arguments):
        return {"json": arguments}, []
    try:
        for place, value in _places(args, kwargs):
            if size(value) > SHARE_ABOVE:
                content = dumps(value, place, stand_in)
                large[id(value)] = seal(content, "argument", spill("argument"), is_shared=True)
        content = dumps(arguments, "arguments", stand_in)
    except CannotTravel as error:
        # As whoever calls knows them.
        error.message = error.message.replace("arguments[0]", "args").replace("arguments[1]", "kwargs")
        raise
    return seal(content, "arguments", spill(name)), list(found.values())


def _places(args: Sequence[Any], kwargs: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from ((f"args[{number}]", value) for number, value in enumerate(args))
    yield from ((f"kwargs[{key!r}]", value) for key, value in kwargs.items())


def size(value: Any) -> int:
    """Return about how many bytes a value takes, without what it refers to."""
    nbytes = getattr(value, "nbytes", 0)  # those of an array that is a view count, too
    return max(sys.getsizeof(value), nbytes if isinstance(nbytes, int) else 0)
