"""When each job ran."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

from bokeh.models import BasicTicker, ColumnDataSource, CustomJSTickFormatter, FixedTicker, HoverTool
from bokeh.plotting import figure

from torc.plots.data import Attempt, Metrics
from torc.plots.lines import TIME
from torc.plots.style import (
    REST,
    STATUS_COLOURS,
    finish_legend,
    new_figure,
    plain,
    show_empty,
)
from torc.units import format_bytes, format_duration

MOST_BARS = 20_000
NAMED_BARS = 60
_TALLEST = 900


def gantt(metrics: Metrics, now: float | None = None) -> figure:
    """Return a bar for each attempt of each job.

    A few have a row each, in the order in which they began. Many share rows, a bar following another that has
    ended: then the number of rows tells how many ran at a time.

    Parameters
    ----------
    now
        Where the bars of jobs that still run end; the last known moment by default.
    """
    attempts = metrics.attempts[:MOST_BARS]
    note = ""
    if len(metrics.attempts) > len(attempts):
        note = f"the first {len(attempts):,} of {len(metrics.attempts):,}"
    last = now if now is not None else last_moment(metrics)
    rows = lanes(attempts, last) if len(attempts) > NAMED_BARS else list(range(len(attempts)))
    count = max(rows, default=-1) + 1
    height = min(_TALLEST, max(240, 130 + 18 * count))
    plot = new_figure("Jobs over time", height=height, note=note, x_axis_type="datetime")
    if not attempts:
        show_empty(plot, "No job has run")
        return plot
    plot.xaxis.axis_label = TIME
    placed = list(zip(rows, attempts, strict=True))
    for status in dict.fromkeys(attempt.status for attempt in attempts):
        _draw(plot, metrics, status, [bar for bar in placed if bar[1].status == status], last)
    plot.y_range.update(start=count - 0.5, end=-0.5)
    plot.ygrid.visible = False
    _name_rows(plot, metrics, attempts)
    finish_legend(plot)
    return plot


def last_moment(metrics: Metrics) -> float:
    """Return the latest moment that anything is known of."""
    moments = [attempt.end or attempt.start for attempt in metrics.attempts]
    moments += [samples.timestamps[-1] for samples in metrics.samples.values() if samples]
    return max(moments, default=0.0)


def lanes(attempts: Sequence[Attempt], last: float) -> list[int]:
    """Return a row for each attempt, the lowest that is free when it begins; they come in order of their start."""
    free: list[int] = []
    taken: list[tuple[float, int]] = []
    rows = []
    for attempt in attempts:
        while taken and taken[0][0] <= attempt.start:
            heappush(free, heappop(taken)[1])
        row = heappop(free) if free else len(taken)
        heappush(taken, (last if attempt.end is None else attempt.end, row))
        rows.append(row)
    return rows


def _draw(plot: figure, metrics: Metrics, status: str, rows: list[tuple[int, Attempt]], last: float) -> None:
    ends = [attempt.end if attempt.end is not None else max(last, attempt.start) for _, attempt in rows]
    source = ColumnDataSource(
        {
            "row": [row for row, _ in rows],
            "left": [attempt.start * 1000 for _, attempt in rows],
            "right": [end * 1000 for end in ends],
            "job": [attempt_label(metrics, attempt) for _, attempt in rows],
            "took": [format_duration(end - attempt.start) for end, (_, attempt) in zip(ends, rows, strict=True)],
            "code": ["-" if attempt.return_code is None else str(attempt.return_code) for _, attempt in rows],
            "memory": [format_bytes(attempt.peak_memory_bytes or 0) for _, attempt in rows],
        },
        name=f"gantt:{status}",
    )
    colour = STATUS_COLOURS.get(status, REST)
    # The outline keeps a job of a few milliseconds visible.
    bars = plot.hbar(
        y="row", left="left", right="right", height=0.8, source=source, color=colour, line_color=colour,
        legend_label=f"{status} ({len(rows):,})",
    )  # fmt: skip
    tips = [
        ("job", "@job"),
        ("status", status),
        ("start", "@left{%F %T}"),
        ("took", "@took"),
        ("return code", "@code"),
        ("peak memory", "@memory"),
    ]
    plot.add_tools(HoverTool(renderers=[bars], tooltips=tips, formatters={"@left": "datetime"}))


def attempt_label(metrics: Metrics, attempt: Attempt) -> str:
    """Return the job's id and name, and which attempt it was beyond the first."""
    job = metrics.jobs.get(attempt.job_id)
    label = job.label if job else str(attempt.job_id)
    return label if attempt.attempt_id == 1 else f"{label} (attempt {attempt.attempt_id})"


def _name_rows(plot: figure, metrics: Metrics, attempts: Sequence[Attempt]) -> None:
    if len(attempts) > NAMED_BARS:
        plot.yaxis.axis_label = "Jobs at a time"
        plot.yaxis.ticker = BasicTicker(min_interval=1)
        plot.yaxis.formatter = CustomJSTickFormatter(code="return tick + 1")
        return
    plot.yaxis.ticker = FixedTicker(ticks=list(range(len(attempts))))
    plot.yaxis.major_label_overrides = {
        row: plain(attempt_label(metrics, attempt)) for row, attempt in enumerate(attempts)
    }
