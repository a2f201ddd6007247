"""The plots as still pictures, for readers who get no script: saved notebooks on the web, pages of ``nbconvert``.

They show the same figures as the plots of Bokeh, with fewer points and fewer lines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from torc.plots.bars import Bar, cpu_bars, memory_bars, time_bars
from torc.plots.data import Attempt, Metrics, Samples
from torc.plots.drawing import (
    INK,
    WIDTH,
    Axis,
    Drawing,
    counts,
    durations,
    marked,
    moments,
    percents,
    shortened,
    sizes,
)
from torc.plots.gantt import attempt_label, lanes, last_moment
from torc.plots.kinds import Kind
from torc.plots.lines import FEW_POINTS, Metric
from torc.plots.style import LIMIT, LINE_COLOURS, MAIN, REST, SECOND, STATUS_COLOURS
from torc.plots.thinning import columns
from torc.units import format_bytes, format_duration

#: Kinds whose pictures bear the title of the plot; the others have one of several charts each.
TITLED = ("cpu", "memory", "gantt")
MOST_POINTS = 240
NAMED_LINES = 10
MOST_LINES = 60
MOST_BARS = 20
MOST_NODES = 4
NAMED_ROWS = 30
MOST_ROWS = 300
_LEFT, _RIGHT, _NAME = 78, 30, 24
_BESIDE = 180  #: room for names
_TITLE, _BELOW = 22, 24
_ROW = 18

Marks = Callable[[float], dict[float, str]]


class _Line(NamedTuple):
    samples: Samples
    values: Sequence[float]
    colour: str
    name: str = ""


def picture(metrics: Metrics, kind: Kind, job_id: int | None = None) -> str:
    """Return a plot as SVG; empty when there is nothing to see."""
    drawing = Drawing()
    if kind == "job":
        assert job_id is not None
        _job(drawing, metrics, job_id)
    elif kind == "cpu" or kind == "memory":
        _comparison(drawing, metrics, kind)
    elif kind == "summary":
        _summary(drawing, metrics)
    elif kind == "gantt":
        _gantt(drawing, metrics)
    else:
        _nodes(drawing, metrics)
    return drawing.svg() if drawing.height else ""


def _job(drawing: Drawing, metrics: Metrics, job_id: int) -> None:
    job, samples = metrics.jobs[job_id], metrics.samples.get(job_id, Samples())
    if not samples:
        return
    cpus = None if job.num_cpus is None else 100.0 * job.num_cpus
    _chart(drawing, "CPU", [_Line(samples, samples.cpu_percent, MAIN)], percents, asked=cpus)
    memory = [_Line(samples, samples.memory_bytes, MAIN)]
    _chart(drawing, "Memory", memory, sizes, asked=job.requested_memory)
    _chart(drawing, "Processes", [_Line(samples, samples.num_processes, MAIN)], counts, height=60, stepped=True)


def _nodes(drawing: Drawing, metrics: Metrics) -> None:
    for node in [node for node in metrics.nodes if node.timestamps][:MOST_NODES]:
        samples = Samples(node.timestamps)
        cpu = [_Line(samples, node.cpu_percent, MAIN)]
        _chart(drawing, f"CPU of {node.hostname} (all cores = 100 %)", cpu, percents)
        memory = [_Line(samples, node.memory_bytes, MAIN)]
        _chart(drawing, f"Memory of {node.hostname}", memory, sizes, asked=node.total_memory_bytes, limit="all memory")


def _comparison(drawing: Drawing, metrics: Metrics, metric: Metric) -> None:
    lines = [
        _Line(
            samples, samples.cpu_percent if metric == "cpu" else samples.memory_bytes, REST, metrics.jobs[number].label
        )
        for number, samples in metrics.samples.items()
        if samples
    ]
    if not lines:
        return
    lines.sort(key=lambda line: -max(line.values))
    named = [line._replace(colour=colour) for line, colour in zip(lines[:NAMED_LINES], LINE_COLOURS, strict=False)]
    others = [line._replace(name="") for line in lines[NAMED_LINES:MOST_LINES]]
    begin = drawing.height + _TITLE
    title = "CPU of all jobs" if metric == "cpu" else "Memory of all jobs"
    _chart(drawing, title, [*others, *named], percents if metric == "cpu" else sizes, height=210, beside=_BESIDE)
    left = len(lines) - len(named)
    entries = [(line.name, line.colour) for line in named] + ([(f"{left:,} other jobs", REST)] if left else [])
    for number, (name, colour) in enumerate(entries):
        y = begin + 6 + number * _ROW
        drawing.bar(WIDTH - _BESIDE, y, 12, 3, colour)
        drawing.text(WIDTH - _BESIDE + 18, y + 5, shortened(name, _NAME))


def _chart(
    drawing: Drawing,
    title: str,
    lines: Sequence[_Line],
    marks: Marks,
    *,
    asked: float | None = None,
    limit: str = "requested",
    height: int = 110,
    beside: int = _RIGHT,
    stepped: bool = False,
) -> None:
    """Draw lines over time, and what was asked for as a dashed one where that is near."""
    top = drawing.height + _TITLE
    highest = max(max(line.values) for line in lines)
    is_near = asked is not None and 0 < asked <= 3 * highest
    high, shown = marked(marks, [highest, asked if is_near and asked else 0.0])
    y = Axis(0.0, high, top + height, top)
    begin, end = min(line.samples.timestamps[0] for line in lines), max(line.samples.timestamps[-1] for line in lines)
    x = Axis(begin, end, _LEFT, WIDTH - beside - 10)
    _frame(drawing, title, x, y, shown)
    for line in lines:
        _curve(drawing, line, x, y, stepped=stepped)
    if asked:
        about = format_bytes(int(asked)) if marks is sizes else f"{asked:g} %"
        drawing.text(x.end, top - 6, f"{limit}: {about}", anchor="end", colour=LIMIT)
    if asked and is_near:
        drawing.rule(
            x.start, y.at(asked), x.end, y.at(asked), colour=LIMIT, style='stroke-dasharray="6 4" stroke-width="1.5"'
        )
    drawing.height = top + height + _BELOW


def _frame(drawing: Drawing, title: str, x: Axis, y: Axis, shown: dict[float, str]) -> None:
    """Draw title, grid and axes of a chart whose horizontal axis is time."""
    drawing.text(0, y.end - 7, title, bold=True)
    for value, text in shown.items():
        drawing.rule(x.start, y.at(value), x.end, y.at(value), style='stroke-opacity="0.3"')
        drawing.text(x.start - 6, y.at(value) + 4, text, anchor="end")
    _times(drawing, x, y.start)


def _times(drawing: Drawing, x: Axis, bottom: float) -> None:
    for moment, text in moments(x.low, x.high).items():
        drawing.rule(x.at(moment), bottom, x.at(moment), bottom + 4)
        drawing.text(x.at(moment), bottom + 15, text, anchor="middle")
    drawing.text(0, bottom + 15, "UTC")


def _curve(drawing: Drawing, line: _Line, x: Axis, y: Axis, *, stepped: bool) -> None:
    most = MOST_POINTS if line.colour != REST else MOST_POINTS // 4
    times, values = columns(line.samples.timestamps, line.values, line.samples.attempts, most)
    places = [(x.at(time / 1000), y.at(value)) for time, value in zip(times.tolist(), values.tolist(), strict=True)]
    drawing.curve(places, line.colour, stepped=stepped, faint=line.colour == REST)
    if len(places) <= FEW_POINTS:
        for place in places:
            if place[1] == place[1]:  # a number
                drawing.dot(*place, line.colour)


def _summary(drawing: Drawing, metrics: Metrics) -> None:
    _bars(drawing, "CPU", cpu_bars(metrics), percents, lambda value: f"{value:.0f} %")
    _bars(drawing, "Memory", memory_bars(metrics), sizes, lambda value: format_bytes(int(value)))
    _bars(drawing, "Run time", time_bars(metrics), durations, format_duration)


def _bars(drawing: Drawing, title: str, bars: list[Bar], marks: Marks, told: Callable[[float], str]) -> None:
    """Draw peaks, averages inside of them, and what was asked for as a mark."""
    if not bars:
        return
    shown = sorted(bars, key=lambda bar: -bar.peak)[:MOST_BARS]
    highest = shown[0].peak
    near = [bar.requested for bar in shown if bar.requested and bar.requested <= 3 * highest]
    high, values = marked(marks, [highest, *near])
    x = Axis(0.0, high, _BESIDE, WIDTH - 80)
    top = drawing.height + _TITLE
    bottom = top + _ROW * len(shown)
    more = f", the {len(shown)} highest of {len(bars):,} jobs" if len(bars) > len(shown) else ""
    drawing.text(0, top - 7, title + more, bold=True)
    _legend(drawing, _parts(shown), top - 7)
    for value, text in values.items():
        drawing.rule(x.at(value), top, x.at(value), bottom, style='stroke-opacity="0.3"')
        drawing.text(x.at(value), bottom + 13, text, anchor="middle")
    for number, bar in enumerate(shown):
        y = top + _ROW * number
        drawing.text(x.start - 6, y + 13, shortened(bar.label, _NAME), anchor="end")
        drawing.bar(x.start, y + 3, x.at(bar.peak) - x.start, _ROW - 6, SECOND if bar.average else MAIN)
        if bar.average:
            drawing.bar(x.start, y + 6, x.at(bar.average) - x.start, _ROW - 12, MAIN)
        if bar.requested and bar.requested <= high:
            drawing.bar(x.at(bar.requested) - 1, y + 1, 2.5, _ROW - 2, LIMIT)
        drawing.text(WIDTH, y + 13, told(bar.peak), anchor="end")
    drawing.height = bottom + _BELOW


def _parts(bars: Sequence[Bar]) -> list[tuple[str, str]]:
    if not any(bar.average for bar in bars):
        return []
    requested = [("requested", LIMIT)] if any(bar.requested for bar in bars) else []
    return [("peak", SECOND), ("average", MAIN), *requested]


def _legend(drawing: Drawing, entries: Sequence[tuple[str, str]], y: float) -> None:
    """Write what colours mean, to the right."""
    right: float = WIDTH
    for name, colour in reversed(entries):
        drawing.text(right, y, name, anchor="end")
        right -= 6.2 * len(name) + 14
        drawing.bar(right, y - 8, 9, 9, colour)
        right -= 14


def _gantt(drawing: Drawing, metrics: Metrics) -> None:
    attempts = metrics.attempts[:MOST_ROWS]
    if not attempts:
        return
    last = last_moment(metrics)
    is_named = len(attempts) <= NAMED_ROWS
    rows = list(range(len(attempts))) if is_named else lanes(attempts, last)
    count = max(rows) + 1
    row_height = _ROW if count <= NAMED_ROWS else max(2.0, _ROW * NAMED_ROWS / count)
    x = Axis(attempts[0].start, last, _BESIDE if is_named else _LEFT, WIDTH - 40)
    top = drawing.height + _TITLE
    more = (
        f", the first {len(attempts):,} of {len(metrics.attempts):,}" if len(metrics.attempts) > len(attempts) else ""
    )
    drawing.text(0, top - 7, f"Jobs over time{more}", bold=True)
    _legend(drawing, _statuses(attempts), top - 7)
    for row, attempt in zip(rows, attempts, strict=True):
        y, end = top + row * row_height, last if attempt.end is None else attempt.end
        if is_named:
            drawing.text(x.start - 6, y + 13, shortened(attempt_label(metrics, attempt), _NAME), anchor="end")
        colour = STATUS_COLOURS.get(attempt.status, REST)
        drawing.bar(
            x.at(attempt.start), y + 0.15 * row_height, x.at(end) - x.at(attempt.start), 0.7 * row_height, colour
        )
    bottom = top + row_height * count + 2
    drawing.rule(x.start, bottom, x.end, bottom, colour=INK)
    _times(drawing, x, bottom)
    drawing.height = bottom + _BELOW


def _statuses(attempts: Sequence[Attempt]) -> list[tuple[str, str]]:
    return [
        (status, STATUS_COLOURS.get(status, REST)) for status in dict.fromkeys(attempt.status for attempt in attempts)
    ]
