"""Lines over time: one job's CPU, memory and processes, all jobs beside each other, and the machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from bokeh.layouts import column
from bokeh.models import BasicTicker, ColumnDataSource, HoverTool
from bokeh.models.annotations import Span
from bokeh.models.layouts import Column
from bokeh.plotting import figure

from torc.plots.data import JobInfo, Metrics, NodeSamples, Samples
from torc.plots.drawing import shortened
from torc.plots.style import (
    LIMIT,
    LINE_COLOURS,
    MAIN,
    REST,
    bytes_axis,
    finish_legend,
    new_figure,
    percent_axis,
    plain,
    show_empty,
)
from torc.plots.thinning import columns

Metric = Literal["cpu", "memory"]

MOST_POINTS = 5_000
#: Up to so many points are drawn as dots, too: of one point there is no line.
FEW_POINTS = 10
#: Points of all lines of a comparison together.
MOST_POINTS_TOGETHER = 200_000
NAMED_LINES = 20
MOST_LINES = 1_000
TIME = "Time (UTC)"
NO_SAMPLES = "No samples yet, or shorter than the sample interval, or not watched"

_DATES: Any = {"@x": "datetime"}
_WHEN = ("time", "@x{%F %T}")


def job_figure(metrics: Metrics, job_id: int) -> Column:
    """Return one job's CPU use, memory and number of processes over time, below each other."""
    job, samples = metrics.jobs[job_id], metrics.samples.get(job_id, Samples())
    cpu = new_figure(f"Job {job.label}", x_axis_type="datetime", note=_attempts_note(metrics, job_id))
    if not samples:
        show_empty(cpu, NO_SAMPLES, metrics.hint)
        return column(cpu, sizing_mode="stretch_width")
    percent_axis(cpu.yaxis)
    _draw(cpu, samples, samples.cpu_percent, "CPU", "@y{0.0} %", f"cpu:{job_id}")
    _limit(cpu, "requested CPUs", None if job.num_cpus is None else 100.0 * job.num_cpus, samples, samples.cpu_percent)
    memory = new_figure("Memory", x_axis_type="datetime", x_range=cpu.x_range)
    bytes_axis(memory.yaxis)
    _draw(memory, samples, samples.memory_bytes, "memory", "@y{0.00 ib}", f"memory:{job_id}")
    _limit(memory, "requested memory", job.requested_memory, samples, samples.memory_bytes)
    processes = new_figure("Processes", x_axis_type="datetime", x_range=cpu.x_range, height=180)
    processes.yaxis.axis_label = "Processes"
    processes.yaxis.ticker = BasicTicker(min_interval=1)
    _draw(processes, samples, samples.num_processes, "processes", "@y{0}", f"processes:{job_id}", stepped=True)
    processes.xaxis.axis_label = TIME
    for plot in (cpu, memory, processes):
        plot.y_range.update(start=0)
        finish_legend(plot, "above")
    return column(cpu, memory, processes, sizing_mode="stretch_width")


def _attempts_note(metrics: Metrics, job_id: int) -> str:
    attempts = [attempt for attempt in metrics.attempts if attempt.job_id == job_id]
    if len(attempts) < 2:
        return ""
    return "Attempts: " + ", ".join(f"{attempt.attempt_id} {attempt.status}" for attempt in attempts[-10:])


def _draw(
    plot: figure,
    samples: Samples,
    values: Sequence[float],
    name: str,
    shown: str,
    source_name: str,
    *,
    stepped: bool = False,
) -> None:
    """Draw one line. By its source's name a page finds where samples that come later belong."""
    x, y = columns(samples.timestamps, values, samples.attempts, MOST_POINTS)
    source = ColumnDataSource({"x": x, "y": y}, name=source_name)
    if stepped:
        line: Any = plot.step("x", "y", source=source, mode="after", line_width=2, color=MAIN, legend_label=name)
    else:
        line = plot.line("x", "y", source=source, line_width=2, color=MAIN, legend_label=name)
    if len(x) <= FEW_POINTS:
        plot.scatter("x", "y", source=source, size=5, color=MAIN, legend_label=name)
    plot.add_tools(HoverTool(renderers=[line], tooltips=[_WHEN, (name, shown)], formatters=_DATES, mode="vline"))


def _limit(plot: figure, name: str, value: float | None, samples: Samples, values: Sequence[float]) -> None:
    """Draw what was asked for; a line of the legend, so that it can be hidden and does not squeeze the rest."""
    if not value:
        return
    plot.add_layout(span := Span(location=value, dimension="width", line_color=LIMIT, line_dash="dashed", line_width=2))
    # The range follows the data: a limit just above it is made visible by a point of its own, a far one is not.
    is_near = value <= 3 * max(values)
    x, y = (samples.timestamps[0] * 1000, 1.05 * value) if is_near else (np.nan, np.nan)
    entry = plot.line([x], [y], color=LIMIT, line_dash="dashed", line_width=2, legend_label=name)
    entry.js_link("visible", span, "visible")


def comparison(metrics: Metrics, metric: Metric) -> figure:
    """Return the CPU use or the memory of all jobs in one figure.

    The jobs with the highest peaks have a colour and an entry in the legend; the others are grey.
    """
    peaks = {job_id: max(_values(samples, metric)) for job_id, samples in metrics.samples.items() if samples}
    ranked = sorted(peaks, key=lambda job_id: (-peaks[job_id], job_id))
    shown = ranked[:MOST_LINES]
    note = ""
    if len(ranked) > NAMED_LINES:
        note = f"{NAMED_LINES} highest of {len(ranked):,} jobs in colour"
        note += f", the next {len(shown) - NAMED_LINES:,} grey" if len(ranked) > len(shown) else ", the others grey"
    title = "CPU of all jobs" if metric == "cpu" else "Memory of all jobs"
    plot = new_figure(title, height=460, note=note, x_axis_type="datetime")
    if not shown:
        show_empty(plot, NO_SAMPLES, metrics.hint)
        return plot
    (percent_axis if metric == "cpu" else bytes_axis)(plot.yaxis)
    plot.xaxis.axis_label = TIME
    most = max(50, min(MOST_POINTS, MOST_POINTS_TOGETHER // len(shown)))
    value = "@y{0.0} %" if metric == "cpu" else "@y{0.00 ib}"
    _draw_rest(plot, metrics, shown[NAMED_LINES:], metric, most)
    for job_id, colour in zip(shown[:NAMED_LINES], LINE_COLOURS, strict=False):
        _draw_named(plot, metrics.jobs[job_id], metrics.samples[job_id], metric, colour, most, value)
    plot.y_range.update(start=0)
    finish_legend(plot)
    return plot


def _values(samples: Samples, metric: Metric) -> Sequence[float]:
    return samples.cpu_percent if metric == "cpu" else samples.memory_bytes


def _draw_named(
    plot: figure, job: JobInfo, samples: Samples, metric: Metric, colour: str, most: int, value: str
) -> None:
    x, y = columns(samples.timestamps, _values(samples, metric), samples.attempts, most)
    source = ColumnDataSource({"x": x, "y": y, "job": [job.label] * len(x)}, name=f"{metric}:{job.id}")
    label = plain(shortened(job.label, 32))
    line: Any = plot.line("x", "y", source=source, color=colour, line_width=2, legend_label=label)
    if len(x) <= FEW_POINTS:
        line = plot.scatter("x", "y", source=source, size=5, color=colour, legend_label=label)
    tips = [("job", "@job"), _WHEN, ("CPU" if metric == "cpu" else "memory", value)]
    plot.add_tools(HoverTool(renderers=[line], tooltips=tips, formatters=_DATES))


def _draw_rest(plot: figure, metrics: Metrics, job_ids: Sequence[int], metric: Metric, most: int) -> None:
    if not job_ids:
        return
    xs, ys = [], []
    for job_id in job_ids:
        samples = metrics.samples[job_id]
        x, y = columns(samples.timestamps, _values(samples, metric), samples.attempts, most)
        xs.append(x)
        ys.append(y)
    names = [metrics.jobs[job_id].label for job_id in job_ids]
    source = ColumnDataSource({"xs": xs, "ys": ys, "job": names, "id": list(job_ids)}, name=f"{metric}:others")
    lines = plot.multi_line("xs", "ys", source=source, color=REST, alpha=0.4, legend_label="other jobs")
    plot.add_tools(HoverTool(renderers=[lines], tooltips=[("job", "@job")]))


def no_nodes(metrics: Metrics) -> figure:
    """Return the figure of machines of which there are no samples."""
    plot = new_figure("Compute nodes")
    show_empty(plot, "No samples of machines", metrics.hint)
    return plot


def node_figure(node: NodeSamples) -> Column:
    """Return CPU and memory of a machine over time."""
    cpu = new_figure(f"Compute node {node.hostname}", x_axis_type="datetime")
    if not node.timestamps:
        show_empty(cpu, "No samples of this machine")
        return column(cpu, sizing_mode="stretch_width")
    samples = Samples(node.timestamps, attempts=[1] * len(node.timestamps))
    percent_axis(cpu.yaxis, "CPU (all cores = 100 %)")
    _draw(cpu, samples, node.cpu_percent, "CPU", "@y{0.0} %", f"node_cpu:{node.id}")
    memory = new_figure("Memory", x_axis_type="datetime", x_range=cpu.x_range)
    bytes_axis(memory.yaxis)
    _draw(memory, samples, node.memory_bytes, "memory", "@y{0.00 ib}", f"node_memory:{node.id}")
    _limit(memory, "all memory", node.total_memory_bytes, samples, node.memory_bytes)
    memory.xaxis.axis_label = TIME
    for plot in (cpu, memory):
        plot.y_range.update(start=0)
        finish_legend(plot, "above")
    return column(cpu, memory, sizing_mode="stretch_width")
