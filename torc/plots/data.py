"""The samples and attempts in the databases that runners leave in ``resource_utilization``."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torc.errors import InvalidInput

_MARK = b"SQLite format 3\0"
_NEEDED = {
    "job_resource_samples": ("job_id", "timestamp", "cpu_percent", "memory_bytes", "num_processes"),
    "job_metadata": ("job_id", "job_name"),
}
_LOCK_TIMEOUT = 10.0
#: Memory of jobs that asked for none; no process has so little.
NO_REQUEST = 2**20


@dataclass(slots=True)
class JobInfo:
    """A job and what it asked for, as far as that is known."""

    id: int
    name: str
    num_cpus: int | None = None
    memory_bytes: int | None = None

    @property
    def label(self) -> str:
        """Id and name."""
        return f"{self.id} {self.name}"

    @property
    def requested_memory(self) -> int | None:
        """The memory that it asked for: what jobs without resource requirements are given is no request."""
        return None if self.memory_bytes is None or self.memory_bytes <= NO_REQUEST else self.memory_bytes


@dataclass(slots=True)
class Samples:
    """One job's samples in order of time: columns of equal length; CPU counts one core as 100."""

    timestamps: list[float] = field(default_factory=list)
    cpu_percent: list[float] = field(default_factory=list)
    memory_bytes: list[int] = field(default_factory=list)
    num_processes: list[int] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.timestamps)


@dataclass(slots=True)
class Attempt:
    """One attempt of a job; without an end it still ran when the file was written."""

    job_id: int
    attempt_id: int
    start: float
    end: float | None
    status: str
    return_code: int | None = None
    peak_memory_bytes: int | None = None
    cpu_time_seconds: float | None = None
    avg_memory_bytes: int | None = None
    peak_cpu_percent: float | None = None
    avg_cpu_percent: float | None = None


@dataclass(slots=True)
class NodeSamples:
    """The samples of one machine; CPU counts all its cores together as 100."""

    hostname: str
    total_memory_bytes: int = 0
    timestamps: list[float] = field(default_factory=list)
    cpu_percent: list[float] = field(default_factory=list)
    memory_bytes: list[int] = field(default_factory=list)
    id: int | None = None  #: of its compute node, while a runner is at work there


@dataclass(slots=True)
class Metrics:
    """Everything that is known of the jobs of a workflow; ``hint`` tells what to do where samples are missing."""

    jobs: dict[int, JobInfo] = field(default_factory=dict)
    samples: dict[int, Samples] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    nodes: list[NodeSamples] = field(default_factory=list)
    hint: str = ""

    def only(self, job_ids: Iterable[int]) -> Metrics:
        """Return the part that concerns these jobs.

        Raises
        ------
        InvalidInput
            When there is no such job.
        """
        wanted = dict.fromkeys(job_ids)
        for job_id in wanted:
            if job_id not in self.jobs:
                known = ", ".join(str(number) for number in sorted(self.jobs)[:10]) or "none"
                more = ", ..." if len(self.jobs) > 10 else ""
                raise InvalidInput(
                    f"no samples of job {job_id}", field="job_ids", value=job_id, hint=f"there are: {known}{more}"
                )
        return Metrics(
            {job_id: self.jobs[job_id] for job_id in wanted},
            {job_id: self.samples[job_id] for job_id in wanted if job_id in self.samples},
            [attempt for attempt in self.attempts if attempt.job_id in wanted],
            self.nodes,
            self.hint,
        )


def read_metrics(paths: Sequence[Path], *, job_id: int | None = None) -> Metrics:
    """Read the files of one workflow together, or what they have of one job.

    Raises
    ------
    InvalidInput
        When a file is none of these databases; the message names it.
    """
    metrics = Metrics()
    origin: dict[int, Path] = {}
    for path in paths:
        with _opened(path) as connection:
            try:
                _read_jobs(connection, path, metrics, origin)
                _read_samples(connection, metrics, job_id)
                _read_attempts(connection, metrics)
                _read_node(connection, path, metrics)
            except (sqlite3.Error, TypeError, ValueError) as error:
                raise _unusable(path, str(error)) from None
    for samples in metrics.samples.values():
        _sort(samples)
    metrics.attempts.sort(key=lambda attempt: (attempt.start, attempt.job_id))
    return metrics


def _unusable(path: Path, why: str) -> InvalidInput:
    hint = "a runner writes resource_utilization/resource_metrics_*.db when 'granularity' is 'time_series'"
    return InvalidInput(f"{path} is not a database of resource metrics: {why}", field="db_paths", hint=hint)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with path.open("rb") as file:
            start = file.read(len(_MARK))
    except OSError as error:
        raise InvalidInput(f"cannot read {path}: {error.strerror}", field="db_paths", value=str(path)) from None
    if not start:
        raise _unusable(path, "the file is empty")
    if start != _MARK:
        raise _unusable(path, "it is no SQLite file")
    uri = f"{path.resolve().as_uri()}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=_LOCK_TIMEOUT)) as connection:
            for table, columns in _NEEDED.items():
                missing = set(columns).difference(_columns(connection, table))
                if missing:
                    raise _unusable(path, f"{table} has no {', '.join(sorted(missing))}")
            yield connection
    except sqlite3.Error as error:
        raise _unusable(path, str(error)) from None


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    # Whoever wrote the file could have put a query without an end in the place of a table.
    known = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone()
    if known is None or not str(known[0]).upper().startswith("CREATE TABLE"):
        return set()
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


def _select(
    connection: sqlite3.Connection, table: str, *columns: str, order: str = "rowid", job_id: int | None = None
) -> Iterable[Any]:
    """Return rows, of one job if it is given; columns that an older file does not have are none."""
    there = _columns(connection, table)
    if not there:
        return ()
    chosen = ", ".join(name if name in there else "NULL" for name in columns)
    where = "" if job_id is None else f" WHERE job_id = {job_id:d}"
    return connection.execute(f"SELECT {chosen} FROM {table}{where} ORDER BY {order}")


def _read_jobs(connection: sqlite3.Connection, path: Path, metrics: Metrics, origin: dict[int, Path]) -> None:
    rows = _select(connection, "job_metadata", "job_id", "job_name", "num_cpus", "memory_bytes", order="job_id")
    for job_id, name, cpus, memory in rows:
        known = metrics.jobs.get(job_id)
        if known is not None and known.name != name:
            raise InvalidInput(
                f"job {job_id} is '{known.name}' in {origin[job_id]} and '{name}' in {path}",
                field="db_paths",
                hint="plot the files of different servers separately",
            )
        metrics.jobs[job_id] = JobInfo(int(job_id), str(name), cpus, memory)
        origin[job_id] = path


def _read_samples(connection: sqlite3.Connection, metrics: Metrics, only: int | None) -> None:
    columns = (*_NEEDED["job_resource_samples"], "attempt_id")
    rows = _select(connection, "job_resource_samples", *columns, job_id=only)
    for job_id, timestamp, cpu, memory, processes, attempt in rows:
        samples = metrics.samples.setdefault(int(job_id), Samples())
        samples.timestamps.append(float(timestamp))
        samples.cpu_percent.append(float(cpu))
        samples.memory_bytes.append(int(memory))
        samples.num_processes.append(int(processes))
        samples.attempts.append(int(attempt or 1))
        if job_id not in metrics.jobs:
            metrics.jobs[job_id] = JobInfo(int(job_id), f"job {job_id}")


def _read_attempts(connection: sqlite3.Connection, metrics: Metrics) -> None:
    columns = (
        "job_id", "attempt_id", "start_time", "end_time", "status", "return_code", "peak_memory_bytes",
        "cpu_time_seconds",
    )  # fmt: skip
    for row in _select(connection, "job_attempts", *columns):
        metrics.attempts.append(Attempt(*row))


def _read_node(connection: sqlite3.Connection, path: Path, metrics: Metrics) -> None:
    hosts = [row[0] for row in _select(connection, "run_metadata", "hostname")]
    node = NodeSamples(str(hosts[0]) if hosts else path.stem.removeprefix("resource_metrics_"))
    columns = ("timestamp", "cpu_percent", "memory_bytes", "total_memory_bytes")
    for timestamp, cpu, memory, total in _select(connection, "system_resource_samples", *columns, order="timestamp"):
        node.timestamps.append(float(timestamp))
        node.cpu_percent.append(float(cpu))
        node.memory_bytes.append(int(memory))
        node.total_memory_bytes = max(node.total_memory_bytes, int(total))
    if node.timestamps:
        metrics.nodes.append(node)


def _sort(samples: Samples) -> None:
    order = sorted(range(len(samples)), key=samples.timestamps.__getitem__)
    for name in ("timestamps", "cpu_percent", "memory_bytes", "num_processes", "attempts"):
        column = getattr(samples, name)
        setattr(samples, name, [column[place] for place in order])
