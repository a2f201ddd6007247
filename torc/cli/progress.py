"""What ``torc run`` shows while jobs run: a live line on a terminal, now and then a plain line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

from torc.cli import output
from torc.states import FINAL
from torc.units import format_duration

LIVE_SECONDS = 0.1
PLAIN_SECONDS = 5.0


class Counts(Protocol):
    """The runner's own counts, see :class:`torc.runner.options.Progress`."""

    running: int
    completed: int
    failed: int
    canceled: int
    terminated: int
    connected: bool
    note: str | None


class ProgressDisplay:
    """Turns a runner's counts into lines, not more often than is good for the eye or the log."""

    def __init__(
        self,
        status: dict[str, Any],
        *,
        quiet: bool = False,
        live: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total: int = status["total_jobs"]
        self.before = sum(status["jobs_by_status"].get(final.name, 0) for final in FINAL)
        self.quiet = quiet
        self.live = sys.stderr.isatty() if live is None else live
        self._clock = clock
        self._began = self._shown_at = clock()
        self._shown = ""
        self._noted = ""
        self._latest: Counts | None = None

    def update(self, progress: Counts) -> None:
        """Take the runner's counts, and show them if it is time."""
        self._latest = progress
        if self.quiet:
            return
        if progress.note and progress.note != self._noted:
            self._note(progress.note)
        now = self._clock()
        if now - self._shown_at >= (LIVE_SECONDS if self.live else PLAIN_SECONDS):
            self._show(now)

    def close(self) -> None:
        """Show the last counts and leave the line."""
        if self.quiet or self._latest is None:
            return
        if self.live:
            output.status_line(self.line(self._latest, final=True), final=True)
        else:
            output.note(self.line(self._latest, final=True))

    def line(self, progress: Counts, *, final: bool = False) -> str:
        """Return the counts as text: ``12/100 done, 4 running, 1 failed, 3.4 jobs/s, about 25.0s left``."""
        ended = progress.completed + progress.failed + progress.canceled + progress.terminated
        parts = [f"{min(self.before + ended, self.total)}/{self.total} done"]
        if not final:
            parts.append(f"{progress.running} running")
        unlucky = (
            (progress.failed, "failed"),
            (progress.canceled, "canceled"),
            (progress.terminated, "terminated"),
        )
        parts += [f"{count} {name}" for count, name in unlucky if count]
        seconds = self._clock() - self._began
        if ended and seconds > 0:
            rate = ended / seconds
            parts.append(f"{rate:.1f} jobs/s")
            left = self.total - self.before - ended
            if left > 0 and not final:
                parts.append(f"about {format_duration(left / rate)} left")
        if not progress.connected:
            parts.append("waiting for the server")
        return ", ".join(parts)

    def _show(self, now: float) -> None:
        assert self._latest is not None
        text = self.line(self._latest)
        self._shown_at = now
        # Rates change all the time: a plain line is worth printing when the counts do.
        counts = text.partition(" jobs/s")[0].rpartition(",")[0] or text
        if self.live:
            output.status_line(text)
        elif counts != self._shown:
            output.note(text)
        self._shown = counts

    def _note(self, text: str) -> None:
        self._noted = text
        if self.live:
            output.status_line("")
        output.note(text)
