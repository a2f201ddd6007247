"""One worker: a process that makes one call after the other, forked from the foreman.

Each call has its own log files, environment, working directory and figures; modules and what functions keep in them
stay, as in every pool of processes. Frames on the socket are as those of the guardian.

To the worker: ``(shared environment or none if it is known, env, inputs, output, spill)``, with new files for standard
output and error unless those that it has are still unused. From the worker: ``(return code, cpu seconds, peak bytes,
reason, values, stays, sources)``; values are the ``user_data`` of a completion, one that does not stay takes no more
calls, and sources are the files whose modules it has imported meanwhile.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import resource
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

from torc.executor.perform import perform
from torc.runner.workers.sources import Sources, note_imports

_PR_SET_PDEATHSIG = 1


def frame(value: Any) -> bytes:
    """Return a message with its length in front."""
    content = marshal.dumps(value)
    return len(content).to_bytes(4, "little") + content


def serve(line: socket.socket) -> NoReturn:
    """Make calls until the foreman hangs up."""
    code = 1
    try:
        os.setsid()
        _restore_signals()
        _end_with_parent()
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(line_buffering=True, encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
        own, place, stays = os.getpid(), _Place(), True
        noted: Sources = {}
        note_imports(noted)
        while stays and (order := _next(line)) is not None:
            shared, *call = order
            place.leave(shared)
            told = _carry_out(*call)
            left = _left_threads()
            stays = place.settle() and not left
            if os.getpid() != own:
                os._exit(told[0])  # the call has forked: its result is what it returns in the worker itself
            # One by one: a thread that the call has left may be importing.
            sources = dict(noted.popitem() for _ in range(len(noted)))
            line.sendall(frame((*told, stays, sources)))
        code = 0
    finally:
        os._exit(code)


class _Place:
    """What a call finds and may change: environment, directory, standard streams and the like."""

    def __init__(self) -> None:
        self._home = os.getcwd()  # noqa: PTH109
        self._env: dict[str, str] = {}
        self._files: list[tuple[int, int]] = []
        self._streams = sys.stdin, sys.stdout, sys.stderr
        self._recursion_limit = sys.getrecursionlimit()
        self._umask = os.umask(0o077)
        os.umask(self._umask)

    def settle(self) -> bool:
        """Write out what the call has printed; say whether another one would find its streams in order."""
        stdin, stdout, stderr = self._streams
        try:
            stdout.flush()
            stderr.flush()
            return _open_files() == self._files and not stdin.closed
        except (OSError, ValueError):  # the call has closed them, or the disk is full
            return False

    def leave(self, shared: dict[str, str] | None) -> None:
        """Put back what the call before may have changed."""
        if shared is not None:
            self._env = shared
        for name in os.environ.keys() - self._env.keys():
            del os.environ[name]
        for name, value in self._env.items():
            if os.environ.get(name) != value:
                os.environ[name] = value
        with contextlib.suppress(OSError):
            os.chdir(self._home)
        os.umask(self._umask)
        sys.setrecursionlimit(self._recursion_limit)
        sys.stdin, sys.stdout, sys.stderr = self._streams
        self._files = _open_files()


def _left_threads() -> bool:
    """Say in the call's own log, if it has left threads behind, that they end with it: nobody would wait for them.

    Daemons and the threads of pools may stay for the next call, which is what libraries keep them for.
    """
    if threading.active_count() == 1:
        return False
    pooled = getattr(sys.modules.get("concurrent.futures.thread"), "_threads_queues", ())
    own = threading.current_thread()
    left = [thread for thread in threading.enumerate() if not (thread is own or thread.daemon or thread in pooled)]
    with contextlib.suppress(OSError, ValueError, AttributeError):  # the call has closed it
        for thread in left:
            print(f"the thread {thread.name!r} was not done when its call returned, and ends here", file=sys.stderr)
    return bool(left)


def _open_files() -> list[tuple[int, int]]:
    """Return which files stand behind the standard streams."""
    return [(status.st_dev, status.st_ino) for status in map(os.fstat, range(3))]


def _restore_signals() -> None:
    """Undo what the foreman has set: calls find what a new interpreter would."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def _end_with_parent() -> None:
    """Have the kernel end this process when the foreman dies: nobody else would."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return


def _next(line: socket.socket) -> Any:
    size, logs, _, _ = socket.recv_fds(line, 4, 2, socket.MSG_WAITALL)
    for number, fd in enumerate(logs, 1):
        os.dup2(fd, number)
        os.close(fd)
    content = _read(line, int.from_bytes(size, "little")) if size else b""
    return marshal.loads(content) if content else None


def _read(line: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        part = line.recv(size - len(content), socket.MSG_WAITALL)
        if not part:
            return b""
        content += part
    return content


def _carry_out(
    env: dict[str, str], inputs: list[dict[str, Any]], output: int | None, spill: str
) -> tuple[int, float, int, str | None, list[dict[str, Any]]]:
    os.environ.update(env)
    before = _cpu()
    _reset_peak()
    outcome = perform(inputs, Path(spill))
    values = [] if output is None else [{"id": output, "data": outcome.data}]
    return int(outcome.reason is not None), _cpu() - before, _peak(), outcome.reason, values


def _cpu() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _reset_peak() -> None:
    """Let the kernel count this process's peak memory anew."""
    with contextlib.suppress(OSError):
        fd = os.open("/proc/self/clear_refs", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(fd, b"5")
        finally:
            os.close(fd)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
