"""From a function and its arguments to the records that a worker can call it by."""

from __future__ import annotations

import concurrent.futures
import hashlib
import json
import linecache
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial, reduce
from pathlib import Path
from types import CellType, FunctionType, ModuleType
from typing import Any, NamedTuple

from torc.errors import InvalidInput
from torc.executor.encoding import Encoded, dumps, encode, seal
from torc.executor.errors import CannotTravel
from torc.executor.future import Future

_MAIN = ("__main__", "__mp_main__")


class Sent(NamedTuple):
    """A function as a record; equal functions have equal names."""

    name: str
    title: str
    data: dict[str, Any]


def describe_function(function: Callable[..., Any], tag: str, spill: Callable[[str], Path]) -> Sent:
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
    title = _title(function)
    about: dict[str, Any] = {"title": title, "python": list(sys.version_info[:2]), "path": _own_path()}
    place = importable_name(function)
    if place is not None:
        about["name"] = place
        digest = hashlib.sha256(json.dumps(about).encode()).hexdigest()[:8]
    else:
        content = dumps(function, title)
        digest = hashlib.sha256(content).hexdigest()[:8]
        about |= {"value": seal(content, "function", spill(f"function_{tag}_{digest}"))}
        about |= {"sources": _sources(function), "versions": _versions(function)}
    return Sent(f"{title}:function:{tag}:{digest}", title, {"function": about})


def importable_name(function: Callable[..., Any]) -> str | None:
    """Return ``module:qualified.name`` when that leads to the function in every process."""
    module, path = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    if not module or module in _MAIN or not path or "<" in path or module not in sys.modules:
        return None
    try:
        found = reduce(getattr, path.split("."), sys.modules[module])
    except AttributeError:
        return None
    if getattr(found, "__torc_function__", found) is not function:
        return None
    spec = getattr(sys.modules[module], "__spec__", None)
    return f"{module}:{path}" if spec is not None else None


def safe_name(title: str) -> str:
    """Return a title in a form that is safe as part of a file name."""
    return re.sub(r"[^A-Za-z0-9_.]+", "_", title).strip("_") or "call"


def _title(function: Callable[..., Any]) -> str:
    if isinstance(function, partial):
        return _title(function.func)
    return str(getattr(function, "__qualname__", type(function).__qualname__)).rpartition("<locals>.")[2]


def _own_path() -> list[str]:
    """Return where this process looks for modules beside its installation."""
    roots = (sys.prefix, sys.base_prefix)
    return [str(Path(entry).absolute()) for entry in sys.path if not entry.startswith(roots)]


def _sources(function: Callable[..., Any]) -> dict[str, str]:
    """Return the text that a function was made from when it is in no file, as that of a cell."""
    name = getattr(getattr(function, "__code__", None), "co_filename", None)
    if name is None or Path(name).exists():
        return {}
    text = "".join(linecache.getlines(name))
    return {name: text} if text else {}


def _versions(function: Callable[..., Any]) -> dict[str, str]:
    """Return the versions of the packages that a function names."""
    return {name: version for name in _packages(function) if (version := _version(name))}


def _packages(function: Callable[..., Any]) -> Iterator[str]:
    if not isinstance(function, FunctionType):
        return
    used = [function.__globals__.get(name) for name in function.__code__.co_names]
    for found in used + [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]:
        module = found.__name__ if isinstance(found, ModuleType) else getattr(found, "__module__", None)
        if isinstance(module, str):
            yield module.partition(".")[0]


def _is_filled(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def _version(package: str) -> str | None:
    version = getattr(sys.modules.get(package), "__version__", None)
    return version if isinstance(version, str) else None


def encode_arguments(
    args: tuple[Any, ...], kwargs: dict[str, Any], owner: Callable[[Future], bool], spill: Path
) -> tuple[Encoded, list[Future]]:
    """Return arguments in their encoded form, and the futures among them, wherever they stand."""
    found: dict[str, Future] = {}

    def stand_in(value: Any) -> str | None:
        if not isinstance(value, concurrent.futures.Future):
            return None
        if not isinstance(value, Future) or not owner(value):
            message = f"{value!r} is among the arguments and is no call of this executor"
            raise CannotTravel(message, field="args", hint="pass its result()")
        found[value.output] = value
        return value.output

    try:
        encoded = encode([list(args), kwargs], "arguments", "arguments", spill, stand_in)
    except CannotTravel as error:
        # As whoever calls knows them.
        error.message = error.message.replace("arguments[0]", "args").replace("arguments[1]", "kwargs")
        raise
    return encoded, list(found.values())
