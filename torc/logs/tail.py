"""The end of growing log files, until their job has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, BinaryIO

from torc.errors import NotFound
from torc.logs.choice import Choice
from torc.logs.files import Attempt
from torc.logs.reading import blocks, open_log, seek_last_lines

#: Between two looks at the files, which are on this machine, and two questions to the server.
LOOK_SECONDS = 0.2
ASK_SECONDS = 1.0


def is_same_attempt(job: Mapping[str, Any], attempt: Attempt) -> bool:
    """Say whether a job runs, and in this attempt."""
    return bool(job["status"] == "running" and (job.get("attempt_id") or 1) == attempt.attempt_id)


class Tail:
    """Reads the chosen logs as they grow.

    Parameters
    ----------
    is_running
        Asked now and then whether the job still runs.
    lines
        Begin with so many of the last lines; without it with the first one.
    """

    def __init__(self, logs: Choice, is_running: Callable[[], bool], lines: int | None = None) -> None:
        self._logs = logs
        self._is_running = is_running
        self._lines = lines
        self._files: dict[str, BinaryIO] = {}
        self._stack = ExitStack()

    def chunks(self) -> Iterator[tuple[str, bytes]]:
        """Yield what is written, each piece with the kind of its log.

        Raises
        ------
        NotFound
            When the job has ended and none of its logs is here.
        """
        with self._stack:
            running, asked = True, 0.0
            while running:
                if time.monotonic() - asked >= ASK_SECONDS:
                    running, asked = self._is_running(), time.monotonic()
                # After the answer that the job has ended there is one more look: now everything is written.
                self._open_new()
                fresh = False
                for kind, file in self._files.items():
                    for chunk in blocks(file):
                        fresh = True
                        yield kind, chunk
                if running and not fresh:
                    time.sleep(LOOK_SECONDS)
            if not self._files:
                raise self._logs.nothing_there()

    def _open_new(self) -> None:
        for kind, path in self._logs.files.items():
            if kind in self._files:
                continue
            try:
                file = open_log(path, self._logs.directory)
            except NotFound:
                continue
            self._files[kind] = self._stack.enter_context(file)
            if self._lines is not None:
                seek_last_lines(file, self._lines)
