"""The text that Prometheus reads. Loaded with the first request for it: the library costs 60 ms."""

from __future__ import annotations

import platform
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING

from prometheus_client import ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from torc import __version__
from torc.server.metrics import BOUNDS, Durations
from torc.server.store import figures

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

    from torc.server.service import Service

#: Counting rows takes at most this part of the time, and is done at most so often.
COUNTING_SHARE = 0.02
COUNTING_SECONDS = 5.0


class Page(Collector):
    """All metrics of one server."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._process = ProcessCollector(registry=None)
        self._figures: figures.Figures | None = None
        self._until = 0.0

    def render(self, accept: str) -> tuple[bytes, str]:
        """Return text and its type; called in a thread, for rows are counted."""
        encode, kind = choose_encoder(accept)
        return encode(self), kind

    def collect(self) -> Iterator[Metric]:
        """Yield each family of metrics."""
        yield self._build()
        yield from self._requests()
        yield from self._writer()
        yield from self._rows()
        yield from self._process.collect()

    def _build(self) -> Metric:
        family = GaugeMetricFamily("torc_build_info", "What runs here.", labels=["version", "python", "sqlite"])
        family.add_metric([__version__, platform.python_version(), sqlite3.sqlite_version], 1)
        return family

    def _requests(self) -> Iterator[Metric]:
        counted = list(self._service.metrics.requests.items())  # the event loop goes on counting
        yield _histogram(
            "torc_http_request_duration_seconds",
            "Requests by path and status; claims and streams are held while there is nothing to tell.",
            ["method", "route", "status"],
            (([method, route, str(status)], durations) for (method, route, status), durations in counted),
        )
        bus = self._service.bus
        yield GaugeMetricFamily("torc_http_requests_in_flight", "Requests being answered.", self._service.requests)
        yield GaugeMetricFamily("torc_claims_waiting", "Claims that are held until there is a job.", bus.waiting)
        yield GaugeMetricFamily("torc_event_streams", "Open event streams.", bus.streams)

    def _writer(self) -> Iterator[Metric]:
        metrics, database = self._service.metrics, self._service.database
        yield GaugeMetricFamily("torc_writes_queued", "Changes that wait for the writer.", database.queued)
        yield CounterMetricFamily("torc_writes", "Changes that were committed.", metrics.writes)
        text = "Commits, each of one or more changes, by the time on the disk."
        yield _histogram("torc_commit_duration_seconds", text, [], [([], metrics.commits)])
        text = "Commits by the time for which the first change waited in the queue."
        yield _histogram("torc_write_wait_seconds", text, [], [([], metrics.queued)])
        sizes = GaugeMetricFamily("torc_database_size_bytes", "Bytes on disk.", labels=["file"])
        for name, size in figures.file_sizes(database.path).items():
            sizes.add_metric([name], size)
        yield sizes

    def _rows(self) -> Iterator[Metric]:
        found = self._counted()
        jobs = GaugeMetricFamily("torc_jobs", "Jobs of all workflows.", labels=["status"])
        for status, count in found.jobs.items():
            jobs.add_metric([status], count)
        yield jobs
        yield GaugeMetricFamily("torc_workflows", "Workflows.", found.workflows)
        yield GaugeMetricFamily("torc_compute_nodes_active", "Compute nodes with a runner.", found.active_nodes)

    def _counted(self) -> figures.Figures:
        now = time.monotonic()
        if self._figures is None or now >= self._until:
            self._figures = self._service.database.read(figures.of_database).result()
            took = time.monotonic() - now
            self._until = now + max(COUNTING_SECONDS, took / COUNTING_SHARE)
        return self._figures


def _histogram(name: str, text: str, labels: Sequence[str], rows: Iterable[tuple[list[str], Durations]]) -> Metric:
    family = HistogramMetricFamily(name, text, labels=labels)
    bounds = [*map(str, BOUNDS), "+Inf"]
    for values, durations in rows:
        buckets = list(zip(bounds, accumulate(durations.counts), strict=True))
        family.add_metric(values, buckets=buckets, sum_value=durations.total)
    return family
