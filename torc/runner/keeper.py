"""The runner's end of the pipes to its guardian."""

from __future__ import annotations

import marshal
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

GUARDIAN = str(Path(__file__).with_name("guardian.py"))


class GuardianGone(Exception):
    """The guardian has ended although it was not told to."""


class Keeper:
    """Starts a guardian and talks to it."""

    def __init__(self, settings: dict[str, Any], log_fd: int) -> None:
        commands, self._commands = os.pipe()
        self.reports, reports = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", GUARDIAN, str(commands), str(reports)],
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
