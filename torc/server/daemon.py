"""Running in the background: a process without terminal whose parent ends when it serves, or says why it does not."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from typing import Any, NoReturn

from torc.errors import TorcError

logger = logging.getLogger(__name__)

Ready = Callable[[int], None]


class NotStarted(TorcError):
    """The process in the background ended before it served."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def start(work: Callable[[Ready], None]) -> tuple[int, int]:
    """Run ``work(ready)`` in the background; returns port and process id once it has called ``ready(port)``.

    Raises
    ------
    NotStarted
        With what the process had to say.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _detach(work, writing)
    os.close(writing)
    os.waitpid(child, 0)
    with open(reading, "rb") as pipe:
        text = pipe.read()
    told: dict[str, Any] = json.loads(text) if text else {}
    if "port" not in told:
        raise NotStarted(told.get("error", "the server died while it started"), told.get("exit_code", 1))
    return told["port"], told["pid"]


def _detach(work: Callable[[Ready], None], pipe: int) -> NoReturn:
    """Leave terminal, session and directory, work, and end without a way back."""
    parent = _Parent(pipe)
    code = 1
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.chdir("/")
        os.umask(0o077)
        _let_go_of_files(pipe)
        work(lambda port: parent.tell(port=port, pid=os.getpid()))
        code = 0
    except TorcError as error:
        code = error.exit_code
        logger.error("%s", error)
        parent.tell(error=str(error), exit_code=code)
    except BaseException as error:  # nobody is above to see it
        logger.exception("the server ended")
        parent.tell(error=f"{type(error).__name__}: {error}", exit_code=code)
    finally:
        logging.shutdown()
        os._exit(code)


class _Parent:
    """The process that waits to be told, once."""

    def __init__(self, pipe: int) -> None:
        self._pipe: int | None = pipe

    def tell(self, **what: Any) -> None:
        if self._pipe is not None:
            os.write(self._pipe, json.dumps(what).encode())
            os.close(self._pipe)
            self._pipe = None


def _let_go_of_files(kept: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    os.closerange(3, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))
