"""The runner's way to the server: a protocol, and threads that make its calls.

Everything that goes over is plain dicts; :class:`torc.client.client.Client` is one such server.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Protocol

from torc.errors import ServerUnreachable, TorcError


class Server(Protocol):
    """Something that performs the operations of the contract by name."""

    def call(self, name: str, /, *path_args: Any, body: Any = None, **arguments: Any) -> Any:
        """Perform one operation; path and query arguments by name.

        Raises
        ------
        TorcError
            As the server said, or :class:`~torc.errors.ServerUnreachable`.
        """


def is_temporary(error: BaseException) -> bool:
    """Say whether the same request may well succeed later."""
    if isinstance(error, ServerUnreachable):
        return True
    return isinstance(error, TorcError) and (error.http_status >= 500 or error.http_status == 429)


def server_is_down(error: BaseException) -> bool:
    """Say whether the server's host itself refused the connection.

    Then no server runs that could give this runner's jobs away, and the time does not count against the lease.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ConnectionRefusedError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


class Courier:
    """A thread that makes one call after the other; results wait in ``done`` until they are taken."""

    def __init__(self, name: str, wake: Callable[[], None]) -> None:
        self.done: deque[tuple[Callable[[Any], None], Any]] = deque()
        self._wake = wake
        self._work: SimpleQueue[tuple[Callable[[], Any], Callable[[Any], None]] | None] = SimpleQueue()
        self._name = name
        self._thread: threading.Thread | None = None

    def send(self, call: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Have ``call`` made; ``then`` gets its result or exception, in the thread that calls :meth:`deliver`."""
        if self._thread is None:
            # A daemon: a request that hangs must not keep the program from ending.
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        self._work.put((call, then))

    def deliver(self) -> None:
        """Hand over the results that have arrived."""
        while self.done:
            then, value = self.done.popleft()
            then(value)

    def close(self) -> None:
        """Let the thread end after its present call."""
        self._work.put(None)

    def _run(self) -> None:
        while (item := self._work.get()) is not None:
            call, then = item
            try:
                value = call()
            except BaseException as error:
                value = error
            self.done.append((then, value))
            self._wake()
