"""A call, carried out in the job's own process: the only place where what others have sent is loaded.

What a job reads are records (dictionaries with ``name`` and ``data``): that of the call, that of its function,
which many calls share, and the results that it takes arguments from.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import starmap
from pathlib import Path
from typing import Any

from torc.errors import InvalidInput, TorcError
from torc.executor import cells
from torc.executor.encoding import Encoded, decode, encode
from torc.executor.errors import CannotTravel
from torc.executor.versions import loaded, refuse_other_python

#: Of packages the version at the call's making and the one here, null when there is none.
Differences = dict[str, tuple[str, str | None]]

_KEPT = 64
_functions: dict[Any, Callable[..., Any]] = {}
_is_in_call = False


class Outcome:
    """What came of a call: the data of its result record, and why it failed if it did."""

    __slots__ = ("data", "reason")

    def __init__(self, data: Encoded, reason: str | None = None) -> None:
        self.data = data
        self.reason = reason


def perform(inputs: Sequence[Mapping[str, Any]], spill: Path) -> Outcome:
    """Make the call that these records describe; whatever it raises is an outcome, too."""
    global _is_in_call
    differences: Differences = {}
    _is_in_call = True
    try:
        outcome = _perform(inputs, spill, differences)
    finally:
        _is_in_call = False
    if differences:
        outcome.data["versions"] = differences
    return outcome


def is_in_call() -> bool:
    """Say whether this process makes a call at present."""
    return _is_in_call


def _perform(inputs: Sequence[Mapping[str, Any]], spill: Path, differences: Differences) -> Outcome:
    try:
        records = {record["name"]: record["data"] for record in inputs}
        call = next(data["call"] for data in records.values() if isinstance(data, dict) and "call" in data)
        about = records[call["function"]]["function"]
        function = _function(about, differences)
        args, kwargs = decode(call["arguments"], "arguments", partial(_argument, records))
    except BaseException as error:
        return _raised(error, spill, depth=None)
    try:
        value = list(starmap(function, args)) if call.get("is_chunk") else function(*args, **kwargs)
    except BaseException as error:
        return _raised(error, spill, depth=1)
    try:
        return Outcome(encode(value, "result", f"the result of {about['title']}", spill))
    except BaseException as error:
        return _raised(error, spill, depth=None)


def _argument(records: Mapping[str, Any], stand_in: str | Encoded) -> Any:
    """Return the result of another call, which goes by its name, or a large argument."""
    if isinstance(stand_in, str):
        return decode(records[stand_in], "result")
    return decode(stand_in, "argument", partial(_argument, records))


def _function(about: Mapping[str, Any], differences: Differences) -> Callable[..., Any]:
    """Return the function of a record; the latest are kept, so that many calls load one function once."""
    cells.learn(about.get("cells", {}))  # a cell that was run again has another name
    place = about.get("name") or about["value"].get("mac")
    found = _functions.get(place)
    if found is None:
        _prepare(about, differences)
        found = _named(about) if "name" in about else decode(about["value"], "function")
        if len(_functions) >= _KEPT:
            _functions.clear()
        _functions[place] = found
    return found


def _prepare(about: Mapping[str, Any], differences: Differences) -> None:
    """Make this process like the submitting one, as far as the function may notice; note where it is not."""
    if "value" in about:
        refuse_other_python(about, sys.version_info[:2], sys.executable)
    sys.path += [entry for entry in about.get("path", ()) if entry not in sys.path]
    for name, version in about.get("versions", {}).items():
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
        if (found := loaded(name)) != version:
            differences[name] = (version, found)


def _named(about: Mapping[str, Any]) -> Callable[..., Any]:
    module, _, path = about["name"].partition(":")
    try:
        found: Any = importlib.import_module(module)
        for step in path.split("."):
            found = getattr(found, step)
    except (ImportError, AttributeError) as error:
        raise InvalidInput(
            f"{about['title']} cannot be imported by the worker ({sys.executable}): {error}",
            hint="install its module there, or define the function where the call is made",
        ) from error
    # A decorated function is what its name leads to; the call is meant for what it decorates.
    function: Callable[..., Any] = getattr(found, "__torc_function__", found)
    return function


def _raised(error: BaseException, spill: Path, depth: int | None) -> Outcome:
    """Return an exception as an outcome.

    Parameters
    ----------
    depth
        How many of our own frames lie above those of the function; none when there are no others.
    """
    trace = error.__traceback__
    for _ in range(depth or 0):
        trace = trace.tb_next if trace else None
    if depth is None and isinstance(error, TorcError):
        trace = None
    text = _plain(cells.rename("".join(traceback.format_exception(type(error), error, trace))))
    # Standard error is where one looks for it first, beside what the function has printed.
    with contextlib.suppress(OSError, ValueError):  # the disk is full, or the call has closed it
        print(text, end="", file=sys.stderr)
    name, message = _plain(type(error).__qualname__), _message(error)
    about: Encoded = {"type": name, "message": message[:10_000], "traceback": text[-100_000:]}
    # What it drags along, frames and earlier exceptions, stands in the text.
    error.__traceback__ = error.__context__ = error.__cause__ = None
    with contextlib.suppress(CannotTravel, OSError):  # then its name must do
        about |= {"exception": encode(error, "exception", name, spill)}
    first = message.strip().partition("\n")[0]
    return Outcome({"error": about}, f"{name}: {first}"[:500] if first else name)


def _message(error: BaseException) -> str:
    try:
        return _plain(str(error))
    except Exception as failure:  # its own code makes the text
        return f"(its text cannot be made: {type(failure).__qualname__})"


def _plain(text: str) -> str:
    """Return a text that the server takes: what names of files and data may bring along is escaped."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
