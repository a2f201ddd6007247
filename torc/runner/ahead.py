"""How many jobs to claim ahead of free capacity: what is expected to start within about a second. Pure."""

from __future__ import annotations


class AheadEstimate:
    """Average duration of the latest jobs, and the queue that follows from it."""

    def __init__(self, limit: int, horizon: float = 1.0, weight: float = 0.05) -> None:
        self.limit = limit
        self.horizon = horizon
        self._weight = weight
        self._average: float | None = None

    @property
    def average(self) -> float:
        """The average duration so far; 0 before the first job has ended."""
        return self._average or 0.0

    def saw(self, duration: float) -> None:
        """Take the duration of a job that has ended."""
        if self._average is None:
            self._average = duration
        else:
            # A long job counts at once: short ones behind it must not be hoarded.
            weight = 0.5 if duration > self.horizon else self._weight
            self._average += weight * (duration - self._average)

    def wanted(self, running: int, oldest: float) -> int:
        """Return how many jobs should wait here while ``running`` run, the oldest for ``oldest`` seconds."""
        if self._average is None or not running:
            return 0
        average = max(self._average, 0.0005, oldest / 2 if oldest > self.horizon else 0.0)
        return min(self.limit, int(running * self.horizon / average))
