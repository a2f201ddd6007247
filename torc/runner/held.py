"""A job that the runner holds, from its claim to its report."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from torc.runner.capacity import Need


class Stage(Enum):
    """How far a held job is."""

    waiting = "waiting"  #: here, until there is room
    queued = "queued"  #: with the guardian, which starts it in the place of another
    given = "given"  #: the guardian was told to start it


@dataclass(slots=True)
class Held:
    """One claimed job."""

    key: int
    job: dict[str, Any]
    need: Need
    shape: object
    since: float  #: monotonic time of the claim
    stage: Stage = Stage.waiting
    pid: int | None = None
    started: float | None = None  #: monotonic, set with the pid
    imposed: tuple[str, str] | None = None  #: status and reason, when the runner ends it
    forgotten: bool = False  #: the server has given it away: its end is nobody's business
    script: str | None = None
    usage: dict[str, Any] | None = None  #: figures of the samples, when it was watched

    def remove_script(self) -> None:
        """Remove the file that was made for a very long command."""
        if self.script is not None:
            with contextlib.suppress(OSError):
                Path(self.script).unlink()

    @property
    def is_call(self) -> bool:
        """Whether it is a function to call, not a command."""
        return self.job.get("inputs") is not None and not self.job.get("invocation_script")

    @property
    def job_id(self) -> int:
        """The job's id."""
        return int(self.job["id"])
