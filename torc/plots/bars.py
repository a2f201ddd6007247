"""Bars: peak and average of each job beside what it asked for."""

from __future__ import annotations

from typing import Any, NamedTuple

from bokeh.layouts import column
from bokeh.models import ColumnDataSource, FactorRange, HoverTool, NumeralTickFormatter
from bokeh.models.layouts import Column
from bokeh.plotting import figure

from torc.plots.data import Metrics, Samples
from torc.plots.style import (
    LIMIT,
    MAIN,
    SECOND,
    bytes_axis,
    finish_legend,
    new_figure,
    percent_axis,
    plain,
    show_empty,
)

MOST_BARS = 50
_ROW = 22
_FRAME = 110


class Bar(NamedTuple):
    """One job's figures; none where they are not known."""

    label: str
    peak: float
    average: float
    requested: float | None


def summary(metrics: Metrics) -> Column:
    """Return peak and average CPU and memory, and the run time, of the jobs with the highest figures."""
    plots = [
        _bars("CPU, peak and average", _cpu_bars(metrics), "0.0", " %"),
        _bars("Memory, peak and average", _memory_bars(metrics), "0.00 ib", ""),
        _bars("Run time", _time_bars(metrics), "00:00:00", "", single=True),
    ]
    percent_axis(plots[0].xaxis)
    bytes_axis(plots[1].xaxis)
    plots[2].xaxis.formatter = NumeralTickFormatter(format="00:00:00")
    plots[2].xaxis.axis_label = "Run time (h:mm:ss)"
    return column(*plots, sizing_mode="stretch_width")


def _sampled(metrics: Metrics) -> list[tuple[int, Samples]]:
    return [(job_id, samples) for job_id, samples in metrics.samples.items() if samples]


def _cpu_bars(metrics: Metrics) -> list[Bar]:
    bars = []
    for job_id, samples in _sampled(metrics):
        job, values = metrics.jobs[job_id], samples.cpu_percent
        requested = None if job.num_cpus is None else 100.0 * job.num_cpus
        bars.append(Bar(job.label, max(values), sum(values) / len(values), requested))
    return bars


def _memory_bars(metrics: Metrics) -> list[Bar]:
    bars = []
    peaks = {attempt.job_id: attempt.peak_memory_bytes or 0 for attempt in metrics.attempts}
    for job_id, samples in _sampled(metrics):
        job, values = metrics.jobs[job_id], samples.memory_bytes
        # The kernel's account of the largest process knows peaks between samples.
        peak = max(*values, peaks.get(job_id, 0))
        bars.append(Bar(job.label, peak, sum(values) / len(values), job.memory_bytes))
    return bars


def _time_bars(metrics: Metrics) -> list[Bar]:
    last = {attempt.job_id: attempt for attempt in metrics.attempts if attempt.end is not None}
    return [
        Bar(metrics.jobs[job_id].label, (attempt.end or 0.0) - attempt.start, 0.0, None)
        for job_id, attempt in last.items()
        if job_id in metrics.jobs
    ]


def _bars(title: str, bars: list[Bar], number: str, unit: str, *, single: bool = False) -> figure:
    bars.sort(key=lambda bar: -bar.peak)
    note = f"the {MOST_BARS} highest of {len(bars):,} jobs" if len(bars) > MOST_BARS else ""
    # The first factor is at the bottom.
    shown = bars[:MOST_BARS][::-1]
    labels = [plain(bar.label) for bar in shown]
    settings: dict[str, Any] = {"y_range": FactorRange(factors=labels)} if shown else {}
    plot = new_figure(title, height=_FRAME + _ROW * max(3, len(shown)), note=note, **settings)
    if not shown:
        show_empty(plot, "No samples")
        return plot
    source = ColumnDataSource(
        {
            "label": labels,
            "peak": [bar.peak for bar in shown],
            "average": [bar.average for bar in shown],
            "requested": [float("nan") if bar.requested is None else bar.requested for bar in shown],
        }
    )
    first = "run time" if single else "peak"
    drawn = plot.hbar(y="label", right="peak", height=0.75, source=source, color=SECOND, legend_label=first)
    tips = [("job", "@label"), (first, f"@peak{{{number}}}{unit}")]
    if not single:
        plot.hbar(y="label", right="average", height=0.4, source=source, color=MAIN, legend_label="average")
        plot.scatter(
            "requested", "label", source=source, marker="dash", angle=1.5708, size=16, line_width=3, color=LIMIT,
            legend_label="requested",
        )  # fmt: skip
        tips += [("average", f"@average{{{number}}}{unit}"), ("requested", f"@requested{{{number}}}{unit}")]
    plot.add_tools(HoverTool(renderers=[drawn], tooltips=tips))
    plot.x_range.update(start=0, end=1.05 * (_reach(shown) or 1.0))
    plot.ygrid.visible = False
    finish_legend(plot)
    return plot


def _reach(bars: list[Bar]) -> float:
    """Return how far the axis goes: requests far beyond every bar would make the bars invisible."""
    highest = max(bar.peak for bar in bars)
    near = [bar.requested for bar in bars if bar.requested is not None and bar.requested <= 3 * highest]
    return max([highest, *near])
