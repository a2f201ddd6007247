"""How a workflow is going."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from torc.states import FINAL
from torc.views.display import Displayed
from torc.views.workflow import status_text, workflow_html

_FINAL = frozenset(status.name for status in FINAL)
#: Less is no time to tell a rate by.
_SHORTEST = 0.5


@dataclass(frozen=True, slots=True)
class Status(Displayed):
    """Counts of a workflow's jobs at one moment; ``rate`` is in jobs per second."""

    workflow_id: int
    name: str
    state: str
    run_id: int
    counts: dict[str, int]
    total: int
    done: int
    is_complete: bool
    runners: int
    expected_runners: int
    rate: float | None
    seconds_left: float | None
    as_of: float

    @property
    def left(self) -> int:
        """Jobs that have not ended."""
        return self.total - self.done

    @property
    def is_successful(self) -> bool:
        """Whether every job has completed (or was left out)."""
        return self.is_complete and self.total == self.counts["completed"] + self.counts["disabled"]

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return asdict(self)

    def __repr__(self) -> str:
        return f"<{status_text(self.to_dict())}>"

    def _html(self) -> str:
        return workflow_html(self.name, self.workflow_id, self.to_dict())


class StatusReader:
    """Makes statuses from replies, and a rate from one to the next."""

    def __init__(self) -> None:
        self._first: tuple[int, int, float] | None = None

    def read(self, reply: dict[str, Any]) -> Status:
        """Return what a reply says."""
        counts = reply["jobs_by_status"]
        done = sum(count for name, count in counts.items() if name in _FINAL)
        left = reply["total_jobs"] - done
        rate = self._rate(reply, done)
        return Status(
            workflow_id=reply["workflow_id"],
            name=reply["workflow_name"],
            state=reply["status"],
            run_id=reply["run_id"],
            counts=dict(counts),
            total=reply["total_jobs"],
            done=done,
            is_complete=reply["is_complete"],
            runners=reply["active_compute_nodes"],
            expected_runners=reply["active_scheduled_nodes"] + reply["pending_scheduled_nodes"],
            rate=rate,
            seconds_left=left / rate if rate and not reply["is_complete"] else None,
            as_of=time.time(),
        )

    def _rate(self, reply: dict[str, Any], done: int) -> float | None:
        now = time.monotonic()
        if self._first is None or self._first[0] != reply["run_id"] or done < self._first[1]:
            self._first = (reply["run_id"], done, now)
        _, before, began = self._first
        if done > before and now - began >= _SHORTEST:
            return (done - before) / (now - began)
        # What completed in earlier runs says nothing about this one.
        whole = reply.get("walltime_seconds")
        return done / whole if reply["run_id"] == 1 and done and whole else None
