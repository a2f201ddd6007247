"""What jobs and machines use: samples as runners send them, and as plots take them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from torc.models.base import Count, Id, Record
from torc.models.result import NonNegative


class JobSample(Record):
    """A job at one moment: ``timestamp`` in seconds since the epoch, CPU with one core as 100."""

    job_id: Id
    attempt_id: Count = 1
    timestamp: NonNegative
    cpu_percent: NonNegative
    memory_bytes: Count
    num_processes: Count


class NodeSample(Record):
    """A machine at one moment; CPU counts all its cores together as 100."""

    timestamp: NonNegative
    cpu_percent: NonNegative
    memory_bytes: Count
    total_memory_bytes: Count = 0


class SamplesQuery(Record):
    """``since`` is the ``last`` of an earlier reply, ``limit`` the most of each job: its newest ones."""

    since: Count = 0
    job_id: Id | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 1000


class JobSamples(Record):
    """A job's samples in order of time: columns of equal length."""

    job_id: int
    attempt_id: list[int]
    timestamp: list[float]
    cpu_percent: list[float]
    memory_bytes: list[int]
    num_processes: list[int]


class NodeSamples(Record):
    """A machine's samples in order of time: columns of equal length."""

    compute_node_id: int | None = None
    hostname: str | None = None
    timestamp: list[float]
    cpu_percent: list[float]
    memory_bytes: list[int]
    total_memory_bytes: int


class Samples(Record):
    """The newest samples; ``last`` is where the next request begins."""

    last: int
    jobs: list[JobSamples]
    nodes: list[NodeSamples]


class MetricsQuery(Record):
    """``job_id`` asks for one job alone, with all its samples."""

    job_id: Id | None = None


class MeasuredJob(Record):
    """A job and what it asked for."""

    id: int
    name: str
    num_cpus: int
    memory_bytes: int


class MeasuredAttempt(Record):
    """When an attempt of a job ran, in seconds since the epoch, and what it used; without an end it still runs."""

    job_id: int
    attempt_id: int
    start: float
    end: float | None = None
    status: str
    return_code: int | None = None
    peak_memory_bytes: int | None = None
    avg_memory_bytes: int | None = None
    peak_cpu_percent: float | None = None
    avg_cpu_percent: float | None = None
    cpu_time_seconds: float | None = None


class MetricsReply(Record):
    """What the jobs of a run used, for plots.

    ``last`` is as in the samples' reply, ``hint`` tells what to do where samples are missing.
    """

    last: int
    jobs: list[MeasuredJob]
    attempts: list[MeasuredAttempt]
    samples: list[JobSamples]
    nodes: list[NodeSamples]
    hint: str


class PlotQuery(MetricsQuery):
    """The plot ``job`` needs a ``job_id``."""

    theme: Literal["light", "dark"] = "light"


class Plot(Record):
    """A Bokeh document for ``Bokeh.embed.embed_item``; ``bokeh`` is the version of BokehJS that it needs."""

    last: int
    bokeh: str
    title: str
    item: dict[str, object]
