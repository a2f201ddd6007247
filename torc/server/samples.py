"""The newest samples of what running jobs use: kept in memory for a while, as runners send them with their exchanges.

Nothing of this is in the database. Whoever looks at samples is told by the event stream that there are new ones, and
runners of a workflow that somebody looks at send them as they take them.
"""

from __future__ import annotations

import asyncio
import time
from array import array
from bisect import bisect_right
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from torc.server.store import workflows
from torc.server.wire import Json, encode

if TYPE_CHECKING:
    from torc.models.job import ExchangeRequest
    from torc.server.service import Service
    from torc.server.services.call import Call

#: Samples that are kept of one job or machine: an hour and a half at an interval of five seconds.
MOST_OF_ONE = 1_000
#: Samples that are kept of all: about 20 MB. A job counts as so many more, which is what keeping it takes.
MOST = 400_000
OF_ITSELF = 12
#: Of what one exchange brings the last are taken.
MOST_AT_ONCE = 10_000
#: Up to so many samples are a reply that the event loop can make by itself, in a millisecond or two.
SMALL = 2_000
#: Without a new sample for so long, a job has ended.
KEEP_SECONDS = 900.0
#: Who looks is told at most so often.
TELL_SECONDS = 1.0
_WIDTH = 6


class _Series:
    """Samples of one job or machine in order of time, as one array of numbers."""

    __slots__ = ("run_id", "touched", "values")

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id
        self.touched = 0.0
        self.values = array("d")

    def __len__(self) -> int:
        return len(self.values) // _WIDTH

    @property
    def last(self) -> float:
        """The number of the newest sample."""
        return self.values[-_WIDTH]

    def add(self, number: int, label: float, timestamp: float, *figures: float) -> bool:
        """Append a sample unless it is known; a request that is repeated brings the same ones again."""
        values = self.values
        if values and (timestamp <= values[-4] and label == values[-5]):
            return False
        values.extend((number, label, timestamp, *figures))
        if len(self) > MOST_OF_ONE + MOST_OF_ONE // 4:
            del values[: len(values) - MOST_OF_ONE * _WIDTH]
        return True

    def newer(self, since: int, limit: int) -> array[float]:
        """Return a copy of the samples newer than ``since``, at most the last ``limit``."""
        values, first = self.values, 0
        if values[0] <= since:
            first = bisect_right(range(len(self)), since, key=lambda place: int(values[place * _WIDTH]))
        return values[max(first, len(self) - limit) * _WIDTH :]


class Watch:
    """Somebody who looks at a workflow's samples; ``fresh`` is set with the signal when there are new ones."""

    __slots__ = ("fresh", "signal")

    def __init__(self, signal: asyncio.Event) -> None:
        self.signal = signal
        self.fresh = False


class Samples:
    """All samples that are kept, and who looks at them. Lives on the event loop.

    Parameters
    ----------
    release
        Lets the exchange that a compute node holds return: its runner then learns that somebody looks.
    """

    def __init__(self, release: Callable[[int], None]) -> None:
        self._release = release
        # The key of a machine is its negative compute node id. Those that got no sample for longest come first.
        self._series: OrderedDict[tuple[int, int], _Series] = OrderedDict()
        self._keys: defaultdict[int, OrderedDict[tuple[int, int], None]] = defaultdict(OrderedDict)
        self._counts: Counter[int] = Counter()
        self._watches: defaultdict[int, set[Watch]] = defaultdict(set)
        #: Workflows of which was told a moment ago, and whether there is more to tell.
        self._told: dict[int, bool] = {}
        # With the clock as a start, numbers grow on when the server is started anew.
        self.last = int(time.time() * 1e6)

    @property
    def kept(self) -> int:
        """How many samples are kept."""
        return self._counts.total()

    def _weight(self, workflow_id: int) -> int:
        return self._counts[workflow_id] + OF_ITSELF * len(self._keys[workflow_id])

    def take(self, workflow_id: int, body: ExchangeRequest) -> None:
        """Keep what a runner sent."""
        before, now, run_id = self.last, time.monotonic(), body.run_id
        for job in body.samples[-MOST_AT_ONCE:]:
            row = (job.attempt_id, job.timestamp, job.cpu_percent, job.memory_bytes, job.num_processes)
            self._add((workflow_id, job.job_id), run_id, now, row)
        for node in body.node_samples[-MOST_AT_ONCE:]:
            row = (0, node.timestamp, node.cpu_percent, node.memory_bytes, node.total_memory_bytes)
            self._add((workflow_id, -body.compute_node_id), run_id, now, row)
        if self.last != before:
            self._drop_old(now)
            self._tell(workflow_id)

    def _add(self, key: tuple[int, int], run_id: int, now: float, row: tuple[float, float, *tuple[float, ...]]) -> None:
        series = self._series.get(key)
        if series is None or series.run_id != run_id:
            self._drop(key)
            series = self._series[key] = _Series(run_id)
            self._keys[key[0]][key] = None
        before = len(series)
        if series.add(self.last + 1, *row):
            self.last += 1
            self._counts[key[0]] += len(series) - before
            series.touched = now
            self._series.move_to_end(key)
            self._keys[key[0]].move_to_end(key)

    def _drop_old(self, now: float) -> None:
        while self._series:
            key, oldest = next(iter(self._series.items()))
            if oldest.touched > now - KEEP_SECONDS:
                break
            self._drop(key)
        self._make_room()

    def _make_room(self) -> None:
        """Drop the oldest of those workflows that have the most: what others keep is theirs."""
        excess = self._counts.total() + OF_ITSELF * len(self._series) - MOST
        while excess > 0:
            largest = max(self._keys, key=self._weight)
            weight, fair = self._weight(largest), MOST // len(self._keys)
            while excess > 0 and weight > fair:
                self._drop(next(iter(self._keys[largest])))
                left = self._weight(largest) if largest in self._keys else 0
                excess, weight = excess - (weight - left), left

    def _drop(self, key: tuple[int, int]) -> None:
        series = self._series.pop(key, None)
        if series is None:
            return
        self._counts[key[0]] -= len(series)
        keys = self._keys[key[0]]
        del keys[key]
        if not keys:
            del self._keys[key[0]], self._counts[key[0]]

    def forget(self, workflow_id: int) -> None:
        """Drop the samples of a workflow that is gone."""
        for key in list(self._keys.get(workflow_id, ())):
            self._drop(key)

    def newer(self, workflow_id: int, since: int = 0, *, limit: int, job_id: int | None = None) -> dict[str, Any]:
        """Return the samples of a workflow, or of one of its jobs, that are newer than a number."""
        return _reply(*self.copied(workflow_id, since, limit, job_id))

    async def reply(self, workflow_id: int, since: int, limit: int, job_id: int | None) -> Json | dict[str, Any]:
        """Return the same, made in a thread where it is much, and then in its text form."""
        last, copies = self.copied(workflow_id, since, limit, job_id)
        if sum(len(values) for _, values in copies) <= SMALL * _WIDTH:
            return _reply(last, copies)
        return await asyncio.to_thread(lambda: Json(encode(_reply(last, copies)).decode()))

    def copied(
        self, workflow_id: int, since: int, limit: int, job_id: int | None
    ) -> tuple[int, list[tuple[int, array[float]]]]:
        """Return the number of the last sample, and for each job or machine a copy of what is newer than a number."""
        found = []
        for key in self._chosen(workflow_id, job_id):
            series = self._series[key]
            if series.last > since:
                found.append((key[1], series.newer(since, limit)))
        return self.last, found

    def _chosen(self, workflow_id: int, job_id: int | None) -> Iterable[tuple[int, int]]:
        if job_id is not None:
            return [key] if (key := (workflow_id, job_id)) in self._series else []
        return self._keys.get(workflow_id, ())

    def is_watched(self, workflow_id: int) -> bool:
        """Say whether anybody looks at the samples of a workflow."""
        return workflow_id in self._watches

    def watch(self, workflow_id: int, signal: asyncio.Event, busy: Iterable[int]) -> Watch:
        """Set the signal whenever there are new samples; runners that are busy now are to send theirs at once."""
        is_first = workflow_id not in self._watches
        watch = Watch(signal)
        self._watches[workflow_id].add(watch)
        if is_first:
            for node_id in busy:
                self._release(node_id)
        return watch

    def unwatch(self, workflow_id: int, watch: Watch) -> None:
        """Set a signal no more."""
        self._watches[workflow_id].discard(watch)
        if not self._watches[workflow_id]:
            del self._watches[workflow_id]

    def _tell(self, workflow_id: int) -> None:
        if workflow_id not in self._watches:
            return
        if workflow_id in self._told:
            self._told[workflow_id] = True
            return
        self._told[workflow_id] = False
        for watch in self._watches[workflow_id]:
            watch.fresh = True
            watch.signal.set()
        asyncio.get_running_loop().call_later(TELL_SECONDS, self._rested, workflow_id)

    def _rested(self, workflow_id: int) -> None:
        if self._told.pop(workflow_id):
            self._tell(workflow_id)


def _reply(last: int, copies: Iterable[tuple[int, array[float]]]) -> dict[str, Any]:
    jobs, nodes = [], []
    for number, values in copies:
        label, timestamp, cpu, memory, third = (values[column::_WIDTH] for column in range(1, _WIDTH))
        common = {"timestamp": list(timestamp), "cpu_percent": list(cpu), "memory_bytes": _whole(memory)}
        if number > 0:
            more = {"attempt_id": _whole(label), "num_processes": _whole(third)}
            jobs.append({"job_id": number, **common, **more})
        else:
            nodes.append({"compute_node_id": -number, **common, "total_memory_bytes": int(third[-1])})
    return {"last": last, "jobs": jobs, "nodes": nodes}


def _whole(values: Iterable[float]) -> list[int]:
    return [int(value) for value in values]


async def get_samples(service: Service, call: Call) -> Json | dict[str, Any]:
    """Return the newest samples of what running jobs use, of those jobs whose runners send some."""
    service.peek(workflows.head, call.id)
    query = call.query
    return await service.samples.reply(call.id, query.since, query.limit, query.job_id)
