"""Functions that workers import by name."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from server.outside import until


def square(x: int) -> int:
    return x * x


def capture(*args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return args, kwargs


def fail(message: str) -> None:
    raise ValueError(message)


def wait_for(path: str, value: Any = None) -> Any:
    """Say that the call runs, then wait until the file is there."""
    Path(f"{path}.pid").write_text(str(os.getpid()))
    until(Path(path).exists)
    return value


def pid_of(gate: Path) -> int:
    """Return the worker that waits for the gate."""
    path = Path(f"{gate}.pid")
    return until(lambda: path.exists() and path.read_text().isdigit() and int(path.read_text()))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_with(_: Any) -> None:
    die()


class CrashesWhenLoaded:
    def __reduce__(self) -> Any:
        return die, ()


class RaisesWhenLoaded:
    def __reduce__(self) -> Any:
        return fail, ("not here",)


class RaisesWhenSent:
    def __reduce__(self) -> Any:
        raise ValueError("not this one")


class ExitsWhenLoaded:
    def __reduce__(self) -> Any:
        return sys.exit, (3,)


class ExitsWhenSent:
    def __reduce__(self) -> Any:
        sys.exit(3)


class DiesWhenSentAfterMuch:
    def __reduce__(self) -> Any:
        return list, (["x" * 1_000_000 for _ in range(10)], DiesWhenSent())


class DiesWhenSent:
    def __reduce__(self) -> Any:
        die()


def make(kind: str) -> Any:
    """Return an object of the named class of this module."""
    return globals()[kind]()


class Odd(Exception):
    """An exception that cannot be loaded from what it pickles to."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def raise_odd() -> None:
    raise Odd("very", "odd")


class Locked(Exception):
    """An exception that cannot be sent."""

    def __init__(self) -> None:
        super().__init__("closed")
        self.lock = threading.Lock()


def raise_locked() -> None:
    raise Locked


class Silent(Exception):
    """An exception that cannot say what it is about."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


def raise_silent() -> None:
    raise Silent
