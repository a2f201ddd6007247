"""A line in the log for each request, and a count; with ``TORC_TIMING_ENABLED=true`` also what commits took."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from torc.contract import ROUTES
from torc.server.metrics import Metrics
from torc.server.store.engine import Commit

if TYPE_CHECKING:
    from tornado.web import RequestHandler

logger = logging.getLogger(__name__)

#: Paths and methods that the contract does not have are counted as one: anybody can make up others without end.
UNKNOWN = "unknown"
_METHODS = frozenset(route.verb for route in ROUTES)


class RequestLog:
    """Takes note of requests and commits."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._timing = os.environ.get("TORC_TIMING_ENABLED", "").lower() in ("1", "true", "yes", "on")

    def request(self, handler: RequestHandler) -> None:
        """Take note of a request that has been answered."""
        status, request = handler.get_status(), handler.request
        seconds = request.request_time()
        method = request.method if request.method in _METHODS else UNKNOWN
        self._metrics.count_request(method, getattr(handler, "route_path", UNKNOWN), status, seconds)
        level = self._level(status)
        if logger.isEnabledFor(level):
            _write(level, method=request.method, path=request.path, status=status, ms=round(seconds * 1000, 2))

    def commit(self, commit: Commit) -> None:
        """Take note of a commit; called on the writer thread."""
        self._metrics.count_commit(commit)
        if self._timing:
            _write(
                logging.INFO,
                commit=",".join(commit.names),
                queued_ms=round(commit.queued * 1000, 2),
                ran_ms=round(commit.ran * 1000, 2),
                committed_ms=round(commit.committed * 1000, 2),
            )

    def _level(self, status: int) -> int:
        # Above 500 the reply itself says what is wrong, a lock or a full disk: no news for the log of a `torc run`.
        if status == 500:
            return logging.WARNING
        return logging.INFO if status > 500 or self._timing else logging.DEBUG


def _write(level: int, **pairs: object) -> None:
    """Write a line for people, with its values apart for programs."""
    logger.log(level, "%s", " ".join(f"{name}={value}" for name, value in pairs.items()), extra={"pairs": pairs})
