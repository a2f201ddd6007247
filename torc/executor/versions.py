"""Versions of Python and packages: those that a function was made with, and those that its workers have.

Workers of the same environment are compared at once, others when a call has been with them. Differences of packages
are warnings; a difference of Python is an error for code that is sent by value.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any

from torc.client.connect import is_alive
from torc.errors import InvalidInput
from torc.executor.interpreter import Interpreter, ask, executable_of
from torc.executor.naming import importable_name


def used_by(function: Callable[..., Any]) -> dict[str, str]:
    """Return the versions of the packages that a function names, by itself or in functions that go along with it."""
    names = dict.fromkeys(_packages(function, set()))
    return {name: version for name in names if name not in sys.stdlib_module_names and (version := loaded(name))}


def loaded(package: str) -> str | None:
    """Return the version of a package that this process has imported."""
    version = getattr(sys.modules.get(package), "__version__", None)
    return version if isinstance(version, str) else None


def _packages(function: Any, seen: set[int]) -> Iterator[str]:
    """Yield the top-level packages of all that a function refers to."""
    function = getattr(function, "__wrapped__", function)
    if not isinstance(function, FunctionType) or id(function) in seen:
        return
    seen.add(id(function))
    used = [function.__globals__.get(name) for name in _names(function.__code__)]
    for found in [function, *used, *(cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell))]:
        module = found.__name__ if isinstance(found, ModuleType) else getattr(found, "__module__", None)
        if isinstance(module, str):
            yield module.partition(".")[0]
        if callable(found) and importable_name(found) is None:
            yield from _packages(found, seen)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _names(part)


def _is_filled(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def installed(package: str) -> str | None:
    """Return the version of a package that a new process of this environment would find."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _release(version: str) -> tuple[int, ...]:
    """Return the numbers of a version without what builds add to it, and without zeros at the end."""
    numbers = [int(number) for number in re.findall(r"\d+", re.split(r"[^\d.]", version, maxsplit=1)[0])]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def refuse_other_python(about: Mapping[str, Any], python: Sequence[int], executable: str) -> None:
    """Refuse a function that was sent by value from another version of Python.

    Raises
    ------
    InvalidInput
    """
    if list(about["python"]) != list(python):
        sent, here = (".".join(map(str, version)) for version in (about["python"], python))
        raise InvalidInput(
            f"{about['title']} was sent by Python {sent}, the worker is Python {here}: {executable}",
            field="fn",
            value=about["title"],
            hint="code travels between equal versions only; use the same environment, or an importable function",
        )


class Versions:
    """What one program knows of the versions that its calls meet; it is told of each difference once."""

    def __init__(self) -> None:
        self._checked: set[str] = set()
        self._told: set[tuple[str, str, str | None]] = set()
        self._other: Interpreter | None = None

    def meet(self, runner_pids: Iterable[int]) -> None:
        """Look at the interpreters of runners that other programs have started on this machine."""
        for pid in runner_pids:
            executable = executable_of(pid)
            if executable is not None and executable != sys.executable:
                self._other = ask(executable, pid) or self._other

    def check(self, about: Mapping[str, Any]) -> None:
        """Compare the record of a function with the workers that are known.

        Raises
        ------
        InvalidInput
            When it goes by value to another Python.
        """
        other = self._other
        if other is not None and is_alive(other.pid):
            if "value" in about:
                refuse_other_python(about, other.python, other.executable)
            there = {name: other.packages.get(name.lower()) for name in about["versions"] if installed(name)}
            self.warn({name: (about["versions"][name], found) for name, found in there.items()})
            return
        fresh = about["versions"].keys() - self._checked
        self._checked |= fresh
        # A package may have been upgraded since this program has loaded it.
        self.warn({name: (about["versions"][name], found) for name in fresh if (found := installed(name))})

    def warn(self, found: Mapping[str, tuple[str, str | None]]) -> None:
        """Warn of packages that workers have in another version, given by name with both versions."""
        for name, (here, there) in found.items():
            if (name, here, there) in self._told or (there and _release(here) == _release(there)):
                continue
            self._told.add((name, here, there))
            words = f"have {name} {there}" if there else f"do not have {name}"
            warnings.warn(f"workers {words}, this program uses {name} {here}", RuntimeWarning, stacklevel=_depth())


def _depth() -> int:
    """Return how many frames the caller is away from the program that uses this package."""
    frame, depth = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("torc."):
        frame, depth = frame.f_back, depth + 1
    return depth
