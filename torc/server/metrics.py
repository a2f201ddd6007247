"""What the server counts about itself. Counting costs a microsecond; :mod:`torc.server.metrics_page` shows it."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict

from torc.server.store.engine import Commit

#: Upper bounds of the classes of durations, seconds.
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Durations:
    """How often something took how long."""

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        """Count one more."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


class Metrics:
    """Requests, which the event loop counts, and commits, which the writer counts."""

    def __init__(self) -> None:
        #: By method, path of the contract and status.
        self.requests: defaultdict[tuple[str, str, int], Durations] = defaultdict(Durations)
        self.commits = Durations()
        self.queued = Durations()
        self.writes = 0

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that has been answered."""
        self.requests[method, route, status].add(seconds)

    def count_commit(self, commit: Commit) -> None:
        """Count a commit of the writer."""
        self.commits.add(commit.committed)
        self.queued.add(commit.queued)
        self.writes += len(commit.names)
