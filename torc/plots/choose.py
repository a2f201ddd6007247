"""A plot by its name."""

from __future__ import annotations

import time

from bokeh.layouts import column
from bokeh.models import LayoutDOM

from torc.plots.bars import summary
from torc.plots.data import Metrics
from torc.plots.gantt import gantt
from torc.plots.kinds import Kind
from torc.plots.lines import comparison, job_figure, no_nodes, node_figure


def plot(metrics: Metrics, kind: Kind, job_id: int | None = None) -> tuple[str, LayoutDOM]:
    """Return title and figure of a plot; ``job`` needs the id of one."""
    if kind == "job":
        assert job_id is not None
        return f"Job {metrics.jobs[job_id].label}", job_figure(metrics, job_id)
    if kind == "cpu":
        return "CPU of all jobs", comparison(metrics, "cpu")
    if kind == "memory":
        return "Memory of all jobs", comparison(metrics, "memory")
    if kind == "summary":
        return "Summary", summary(metrics)
    if kind == "gantt":
        return "Jobs over time", gantt(metrics, time.time() if _runs(metrics) else None)
    nodes: list[LayoutDOM] = [node_figure(node) for node in metrics.nodes]
    return "Compute nodes", column(nodes or [no_nodes(metrics)], sizing_mode="stretch_width")


def _runs(metrics: Metrics) -> bool:
    return any(attempt.end is None for attempt in metrics.attempts)
