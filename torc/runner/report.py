"""What the server is still to be told, and how long it may wait. Pure."""

from __future__ import annotations

from typing import Any

AT_ONCE = 0.0
WITH_DEPENDENTS = 0.005
RELAXED = 0.05
LARGEST = 1000
_NEVER = float("inf")


def patience(min_unmet: int | None, slots: int) -> float:
    """Return for how many seconds a job's completion may be held back.

    ``min_unmet`` is how many jobs were unfinished in the smallest set that it is a member of: when few,
    this completion may be the one that others wait for.
    """
    if min_unmet is None:
        return RELAXED
    return AT_ONCE if min_unmet <= 2 * slots else WITH_DEPENDENTS


class Report:
    """Starts, completions and jobs handed back that wait to be sent."""

    def __init__(self) -> None:
        self.starts: dict[int, dict[str, Any]] = {}
        self.completions: list[tuple[int, dict[str, Any]]] = []
        self.released: list[int] = []
        self.due = _NEVER

    def __bool__(self) -> bool:
        return bool(self.starts or self.completions or self.released)

    def start(self, key: int, job: dict[str, Any], when: str, now: float) -> None:
        """Tell that a job runs, soon."""
        self.starts[key] = {"job_id": job["id"], "attempt_id": job["attempt_id"], "start_time": when}
        self.due = min(self.due, now + RELAXED)

    def complete(self, key: int, entry: dict[str, Any], due: float) -> None:
        """Tell how a job ended; a start that was not told yet no longer matters."""
        self.starts.pop(key, None)
        self.completions.append((key, entry))
        self.due = min(self.due, due)

    def release(self, job_ids: list[int]) -> None:
        """Hand jobs back at once."""
        if job_ids:
            self.released += job_ids
            self.due = AT_ONCE

    def take(self) -> tuple[list[int], dict[str, Any]]:
        """Return the keys of the next completions and the part of an exchange that tells everything."""
        batch, self.completions = self.completions[:LARGEST], self.completions[LARGEST:]
        body = {
            "starts": list(self.starts.values()),
            "completions": [entry for _, entry in batch],
            "released": self.released,
        }
        self.starts, self.released = {}, []
        self.due = AT_ONCE if self.completions else _NEVER
        return [key for key, _ in batch], {name: part for name, part in body.items() if part}
