"""The runner's end of the pipes to its guardian, and to its foreman once there are calls."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

GUARDIAN = ("-I", "-S", str(Path(__file__).with_name("guardian.py")))
#: Without the working directory among the modules: what lies there is for the calls, not for the foreman.
FOREMAN = ("-P", "-m", "torc.runner.workers.foreman")


class GuardianGone(Exception):
    """The guardian has ended although it was not told to."""


class Keeper:
    """Starts a guardian, or with ``program`` a foreman, and talks to it."""

    def __init__(self, settings: dict[str, Any], log_fd: int, program: Sequence[str] = GUARDIAN) -> None:
        commands, self._commands = os.pipe()
        self.reports, reports = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, *program, str(commands), str(reports)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log_fd if log_fd >= 0 else subprocess.DEVNULL,
            pass_fds=(commands, reports),
            start_new_session=True,
        )
        os.close(commands)
        os.close(reports)
        self._inbox = b""
        self.send("setup", settings)

    @property
    def pid(self) -> int:
        """The guardian's process id."""
        return self._process.pid

    def send(self, *command: Any) -> None:
        """Tell the guardian something; it reads at all times, so this does not block for long.

        One that has ended is told nothing: its closed ``reports`` pipe says so.
        """
        frame = marshal.dumps(command)
        data = memoryview(len(frame).to_bytes(4, "little") + frame)
        try:
            while data:
                data = data[os.write(self._commands, data) :]
        except BrokenPipeError:
            return

    def receive(self) -> list[tuple[list[Any], list[Any], list[Any]]]:
        """Return the reports that have arrived; call it when the ``reports`` pipe is readable."""
        data = os.read(self.reports, 1 << 20)
        if not data:
            raise GuardianGone("the guardian process has ended")
        inbox = self._inbox + data
        frames, start = [], 0
        while len(inbox) - start >= 4:
            end = start + 4 + int.from_bytes(inbox[start : start + 4], "little")
            if len(inbox) < end:
                break
            frames.append(marshal.loads(inbox[start + 4 : end]))
            start = end
        self._inbox = inbox[start:]
        return frames

    def close(self, timeout: float = 15.0) -> None:
        """Close the pipes and wait for the guardian's end."""
        os.close(self._commands)
        os.close(self.reports)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Keepers:
    """The guardian, and a foreman from the first call on, as if they were one.

    Parameters
    ----------
    watch
        Called with the file number of each pipe that reports will come on.
    """

    def __init__(self, settings: dict[str, Any], log_fd: int, watch: Callable[[int], None]) -> None:
        self._settings = settings
        self._log_fd = log_fd
        self._watch = watch
        self.guardian = Keeper(settings, log_fd)
        self.foreman: Keeper | None = None
        watch(self.guardian.reports)

    @property
    def pid(self) -> int:
        """The guardian's process id."""
        return self.guardian.pid

    def send(self, command: str, *arguments: Any) -> None:
        """Tell both; keys that one does not know it ignores."""
        if command == "setup":
            self._settings = arguments[0]
        self.guardian.send(command, *arguments)
        if self.foreman is not None:
            self.foreman.send(command, *arguments)

    def give(self, command: str, jobs: Sequence[Any], calls: Sequence[Any]) -> None:
        """Send jobs to the guardian and calls to the foreman."""
        if jobs:
            self.guardian.send(command, jobs)
        if calls:
            if self.foreman is None:
                self.foreman = Keeper(self._settings, self._log_fd, FOREMAN)
                self._watch(self.foreman.reports)
            self.foreman.send(command, calls)

    def receive(self, fd: int) -> list[tuple[list[Any], list[Any], list[Any]]]:
        """Return the reports that have arrived on one of the pipes."""
        keeper = self.foreman if self.foreman is not None and fd == self.foreman.reports else self.guardian
        return keeper.receive()

    def close(self) -> None:
        """Close the pipes and wait for their ends."""
        for keeper in (self.guardian, self.foreman):
            if keeper is not None:
                keeper.close()
