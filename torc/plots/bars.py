"""Bars: peak and average of each job beside what it asked for."""

from __future__ import annotations

from typing import Any, NamedTuple

from bokeh.layouts import column
from bokeh.models import ColumnDataSource, DataRange1d, FactorRange, HoverTool
from bokeh.models.layouts import Column
from bokeh.plotting import figure

from torc.plots.data import Attempt, Metrics, Samples
from torc.plots.style import (
    LIMIT,
    MAIN,
    SECOND,
    bytes_axis,
    duration_axis,
    finish_legend,
    new_figure,
    percent_axis,
    plain,
    show_empty,
)
from torc.units import format_duration

MOST_BARS = 50
_ROW = 22
_FRAME = 110


class Bar(NamedTuple):
    """One job's figures; none where they are not known."""

    job_id: int
    label: str
    peak: float
    average: float
    requested: float | None
    samples: int = 0


def summary(metrics: Metrics) -> Column:
    """Return peak and average CPU and memory, and the run time, of the jobs with the highest figures."""
    times = time_bars(metrics)
    plots = [
        _bars("CPU, peak and average", cpu_bars(metrics), "0.0", " %", "bars:cpu", metrics.hint),
        _bars("Memory, peak and average", memory_bars(metrics), "0.00 ib", "", "bars:memory", metrics.hint),
        _bars("Run time", times, "", "", "bars:time", "", single=True),
    ]
    percent_axis(plots[0].xaxis)
    bytes_axis(plots[1].xaxis)
    duration_axis(plots[2].xaxis, "Run time", max((bar.peak for bar in times), default=0.0))
    return column(*plots, sizing_mode="stretch_width")


def _measured(metrics: Metrics) -> list[tuple[int, Samples, Attempt | None]]:
    """Return jobs with the samples of, and the figures after, their latest attempt, as far as there are any."""
    latest = {attempt.job_id: attempt for attempt in metrics.attempts}
    jobs = dict.fromkeys([*metrics.samples, *latest])
    return [(job_id, metrics.samples.get(job_id, Samples()), latest.get(job_id)) for job_id in jobs]


def cpu_bars(metrics: Metrics) -> list[Bar]:
    """Return peak and average CPU of each job that has figures."""
    bars = []
    for job_id, samples, attempt in _measured(metrics):
        job, values = metrics.jobs.get(job_id), samples.cpu_percent
        told = (attempt.peak_cpu_percent, attempt.avg_cpu_percent) if attempt else (None, None)
        if job is None or not (values or told[0] is not None):
            continue
        average = sum(values) / len(values) if values else told[1] or 0.0
        requested = None if job.num_cpus is None else 100.0 * job.num_cpus
        bars.append(Bar(job_id, job.label, max(*values, told[0] or 0.0, 0.0), average, requested, len(values)))
    return bars


def memory_bars(metrics: Metrics) -> list[Bar]:
    """Return peak and average memory of each job that has figures."""
    bars = []
    for job_id, samples, attempt in _measured(metrics):
        job, values = metrics.jobs.get(job_id), samples.memory_bytes
        told = (attempt.peak_memory_bytes or 0, attempt.avg_memory_bytes or 0) if attempt else (0, 0)
        if job is None or not (values or told[0]):
            continue
        average = sum(values) / len(values) if values else told[1]
        # The kernel's account of the largest process knows peaks between samples.
        bars.append(Bar(job_id, job.label, max(*values, told[0], 0), average, job.requested_memory, len(values)))
    return bars


def time_bars(metrics: Metrics) -> list[Bar]:
    """Return the run time of each job that has ended."""
    last = {attempt.job_id: attempt for attempt in metrics.attempts if attempt.end is not None}
    return [
        Bar(job_id, metrics.jobs[job_id].label, (attempt.end or 0.0) - attempt.start, 0.0, None)
        for job_id, attempt in last.items()
        if job_id in metrics.jobs
    ]


def _bars(
    title: str, bars: list[Bar], number: str, unit: str, source_name: str, hint: str, *, single: bool = False
) -> figure:
    bars.sort(key=lambda bar: -bar.peak)
    note = f"the {MOST_BARS} highest of {len(bars):,} jobs" if len(bars) > MOST_BARS else ""
    # The first factor is at the bottom.
    shown = bars[:MOST_BARS][::-1]
    labels = [plain(bar.label) for bar in shown]
    settings: dict[str, Any] = {"y_range": FactorRange(factors=labels)} if shown else {}
    plot = new_figure(title, height=_FRAME + _ROW * max(3, len(shown)), note=note, **settings)
    if not shown:
        show_empty(plot, "No job has ended yet" if single else "No samples", hint)
        return plot
    source = ColumnDataSource(
        {
            "label": labels,
            "peak": [bar.peak for bar in shown],
            "average": [bar.average for bar in shown],
            "requested": [float("nan") if bar.requested is None else bar.requested for bar in shown],
            "id": [bar.job_id for bar in shown],
            "samples": [bar.samples for bar in shown],
        }
        | ({"took": [format_duration(bar.peak) for bar in shown]} if single else {}),
        name=source_name,
    )
    first = "run time" if single else "peak"
    drawn = plot.hbar(y="label", right="peak", height=0.75, source=source, color=SECOND, legend_label=first)
    tips = [("job", "@label"), (first, "@took" if single else f"@peak{{{number}}}{unit}")]
    if not single:
        plot.hbar(y="label", right="average", height=0.4, source=source, color=MAIN, legend_label="average")
        plot.scatter(
            "requested", "label", source=source, marker="dash", angle=1.5708, size=16, line_width=3, color=LIMIT,
            legend_label="requested",
        )  # fmt: skip
        tips += [("average", f"@average{{{number}}}{unit}"), ("requested", f"@requested{{{number}}}{unit}")]
    plot.add_tools(HoverTool(renderers=[drawn], tooltips=tips))
    # An unseen point makes room for requests that are near; the range grows with bars of jobs that still run.
    near = plot.scatter([_reach(shown) or 1.0], [labels[0]], alpha=0)
    plot.x_range = DataRange1d(start=0, renderers=[drawn, near])
    plot.ygrid.visible = False
    finish_legend(plot)
    return plot


def _reach(bars: list[Bar]) -> float:
    """Return how far the axis goes: requests far beyond every bar would make the bars invisible."""
    highest = max(bar.peak for bar in bars)
    near = [bar.requested for bar in bars if bar.requested is not None and bar.requested <= 3 * highest]
    return max([highest, *near])
