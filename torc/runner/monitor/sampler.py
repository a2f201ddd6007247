"""The thread that takes samples, and what the runner's loop tells it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torc.runner.held import Held
from torc.runner.monitor.node import NodeUsage
from torc.runner.monitor.processes import Process, ProcessTable, read_process
from torc.runner.monitor.series import Series
from torc.runner.monitor.settings import MonitorSettings
from torc.runner.monitor.shared import SharedMemory
from torc.runner.monitor.usage import JobUsage

#: A job that has run for less has nothing to show yet.
YOUNGEST = 0.25
#: New jobs get their first sample about this often, so that one that ends before the interval is over has one.
_TICK = 1.0
_LAST_SAMPLE_WITHIN = 1.0
#: So many samples wait to be told to the server; of a runner that cannot reach it the oldest are lost.
_MOST_UNTOLD = 4_000
_CLOSE_WITHIN = 10.0


_JOB_SAMPLE = ("job_id", "timestamp", "cpu_percent", "memory_bytes", "num_processes", "attempt_id")
_NODE_SAMPLE = ("timestamp", "cpu_percent", "memory_bytes", "total_memory_bytes")


@dataclass(slots=True)
class _Watched:
    pid: int
    job_id: int
    attempt_id: int
    started: float
    usage: JobUsage


class Sampler:
    """Samples running jobs and the machine until it is closed.

    Parameters
    ----------
    tell
        Takes a warning for the user; called on the sampler's thread.
    """

    def __init__(
        self,
        settings: MonitorSettings,
        *,
        guardian: int,
        workflow_id: int,
        series_path: str,
        run: tuple[Any, ...],
        tell: Callable[[str], None],
    ) -> None:
        self.samples = 0  #: of jobs, taken so far
        #: Called on the sampler's thread when samples of jobs have been taken.
        self.taken: Callable[[], None] | None = None
        self._settings = settings
        self._table = ProcessTable(guardian, workflow_id)
        self._memory = SharedMemory()
        self._node = NodeUsage(cpu=settings.node_cpu, memory=settings.node_memory) if settings.node.enabled else None
        self._series = Series(series_path, tell) if settings.keeps_series else None
        self._watched: dict[int, _Watched] = {}
        self._untold: deque[dict[str, Any]] = deque(maxlen=_MOST_UNTOLD)
        self._node_untold: deque[dict[str, Any]] = deque(maxlen=_MOST_UNTOLD)
        self._closing = threading.Event()
        self._sampled_last = threading.Event()
        self._node_at = time.monotonic()
        self._flush_at = time.monotonic() + settings.flush_interval
        if self._series is not None:
            self._series.add("run_metadata", *run)
        self._thread = threading.Thread(target=self._run, name="torc-monitor", daemon=True)
        self._thread.start()

    def watch(self, held: Held, started: float, wall: float) -> None:
        """Take samples of a job that has started."""
        if not self._settings.jobs.enabled or held.pid is None:
            return
        attempt = held.job["attempt_id"]
        usage = JobUsage(started)
        if held.is_call:
            usage.begin(_read([held.pid]))
        self._watched[held.key] = _Watched(held.pid, held.job_id, attempt, started, usage)
        if self._settings.jobs.series and self._series is not None:
            self._describe(held)
            self._series.add("job_attempts", held.job_id, attempt, wall, None, "running", None, None, None)

    def forget(self, held: Held) -> dict[str, Any] | None:
        """Take no more samples of a job; return its figures, none when jobs are not watched."""
        if not self._settings.jobs.enabled:
            return None
        watched = self._watched.pop(held.key, None)
        return watched.usage.figures() if watched else {}

    def ended(self, held: Held, start: float, duration: float, result: dict[str, Any]) -> None:
        """Keep the end of a job beside its samples."""
        if not self._settings.jobs.series or self._series is None:
            return
        self._describe(held)
        self._series.add(
            "job_attempts", held.job_id, result["attempt_id"], start, start + duration, result["status"],
            result["return_code"], result["peak_memory_bytes"], result["cpu_time_seconds"],
        )  # fmt: skip

    def _describe(self, held: Held) -> None:
        assert self._series is not None
        need = held.need
        self._series.add("job_metadata", held.job_id, held.job["name"], need.cpus, need.memory, need.gpus)

    @property
    def has_news(self) -> bool:
        """Whether there are samples of jobs that the server does not know."""
        return bool(self._untold)

    def news(self) -> dict[str, list[dict[str, Any]]]:
        """Return the part of an exchange that tells what was sampled since the last one; nothing without jobs."""
        if not self._untold:
            return {}
        news = {"samples": _all_of(self._untold), "node_samples": _all_of(self._node_untold)}
        return {name: samples for name, samples in news.items() if samples}

    def finish(self) -> dict[str, Any]:
        """Take no more samples; return the figures of the machine."""
        self._closing.set()
        self._sampled_last.wait(_LAST_SAMPLE_WITHIN)
        return self._node.figures() if self._node is not None else {}

    def close(self) -> None:
        """Wait, within a bound, until what is kept is written."""
        self._closing.set()
        self._thread.join(_CLOSE_WITHIN)

    def _run(self) -> None:
        interval = self._settings.interval
        tick = min(_TICK, interval)
        every = max(1, round(interval / tick))
        begin, count = time.monotonic(), 0
        while not self._closing.wait(max(0.0, begin + (count + 1) * tick - time.monotonic())):
            # Ticks that were missed, on a machine that sleeps or is overloaded, are not made up for.
            passed = max(count + 1, int((time.monotonic() - begin) / tick))
            due = passed // every > count // every
            count = passed
            self._sample(everything=due)
        if time.monotonic() - self._node_at >= YOUNGEST:
            self._sample_node()
        self._sampled_last.set()
        if self._series is not None:
            self._series.flush()

    def _sample(self, *, everything: bool) -> None:
        now = time.monotonic()
        due = [
            job
            for job in self._watched.copy().values()
            if now - job.started >= YOUNGEST and (everything or not job.usage.samples)
        ]
        if due:
            self._sample_jobs(due)
        if everything:
            self._sample_node()
        if due and self.taken is not None:
            self.taken()
        if self._series is not None and (now >= self._flush_at or self._series.is_full):
            self._series.flush()
            self._flush_at = time.monotonic() + self._settings.flush_interval

    def _sample_jobs(self, due: list[_Watched]) -> None:
        found = self._table.find({job.pid: job.job_id for job in self._watched.copy().values()})
        for job in due:
            begun = time.monotonic()
            processes = _read(found.get(job.pid, ()))
            living = [process for process in processes if not process.is_ending]
            if not living:
                continue  # its end tells the rest
            # The moment of the reading: another would make a busy core more or less than 100 %.
            now = (begun + time.monotonic()) / 2
            memory = self._memory.occupied(living, job.usage.sharing, now)
            percent = job.usage.add(processes, memory, now)
            self.samples += 1
            row = (job.job_id, time.time(), percent, memory, len(living), job.attempt_id)
            self._untold.append(dict(zip(_JOB_SAMPLE, row, strict=True)))
            if self._settings.jobs.series and self._series is not None:
                self._series.add("job_resource_samples", *row)

    def _sample_node(self) -> None:
        if self._node is None:
            return
        self._node_at = time.monotonic()
        sample = self._node.sample(time.time())
        row = (sample.timestamp, sample.cpu_percent, sample.memory_bytes, sample.total_memory_bytes)
        if self._watched:
            self._node_untold.append(dict(zip(_NODE_SAMPLE, row, strict=True)))
        if self._settings.node.series and self._series is not None:
            self._series.add("system_resource_samples", *row)


def _all_of(queue: deque[dict[str, Any]]) -> list[dict[str, Any]]:
    """Take everything out of a queue to which another thread adds."""
    return [queue.popleft() for _ in range(len(queue))]


def _read(pids: Any) -> list[Process]:
    return [process for pid in pids if (process := read_process(pid)) is not None]
