"""All plots of a workflow as files."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from bokeh.models import LayoutDOM

from torc.errors import TorcError
from torc.plots.bars import summary
from torc.plots.data import Metrics
from torc.plots.gantt import gantt
from torc.plots.kinds import ThemeName
from torc.plots.lines import comparison, job_figure, node_figure
from torc.plots.page import item, page

Format = Literal["html", "json"]

#: Every page carries BokehJS, more than a megabyte: not one for each of thousands of jobs.
MOST_JOB_PLOTS = 50


def plots(metrics: Metrics, *, chosen: bool) -> Iterator[tuple[str, str, LayoutDOM]]:
    """Yield the plots: the ends of their file names, titles and figures.

    Parameters
    ----------
    chosen
        Whether the user chose the jobs: then each gets its plot, however many there are.
    """
    for job_id in job_ids(metrics, chosen=chosen):
        yield f"job_{job_id}", f"Job {metrics.jobs[job_id].label}", job_figure(metrics, job_id)
    yield "cpu_all_jobs", "CPU of all jobs", comparison(metrics, "cpu")
    yield "memory_all_jobs", "Memory of all jobs", comparison(metrics, "memory")
    yield "summary", "Summary", summary(metrics)
    yield "gantt", "Jobs over time", gantt(metrics)
    for number, node in enumerate(metrics.nodes, 1):
        name = "compute_node" if len(metrics.nodes) == 1 else f"compute_node_{number}"
        yield name, f"Compute node {node.hostname}", node_figure(node)


def job_ids(metrics: Metrics, *, chosen: bool) -> list[int]:
    """Return the jobs that get a plot of their own: all, or those with most samples when there are too many."""
    if chosen or len(metrics.jobs) <= MOST_JOB_PLOTS:
        return sorted(metrics.jobs)
    longest = sorted(metrics.jobs, key=lambda job_id: (-len(metrics.samples.get(job_id, ())), job_id))
    return sorted(longest[:MOST_JOB_PLOTS])


def write_plots(
    metrics: Metrics,
    directory: Path,
    *,
    prefix: str = "resource_plot",
    file_format: Format = "html",
    theme: ThemeName = "auto",
    chosen: bool = False,
) -> list[Path]:
    """Write all plots into a directory, which is created when it is missing; return their paths.

    Raises
    ------
    TorcError
        When a file cannot be written; the message names it.
    """
    written = []
    for name, title, figure in plots(metrics, chosen=chosen):
        path = directory / f"{prefix}_{name}.{file_format}"
        text = page(figure, f"{title} - torc", theme) if file_format == "html" else item(figure, theme)
        _write(path, text)
        written.append(path)
    return written


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise TorcError(f"cannot write {path}: {error.strerror}") from None
