"""What jobs used, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from torc.units import format_bytes, format_duration
from torc.views import html

MOST_ROWS = 20


class Used(NamedTuple):
    """A job's figures, none where they are not known; CPU counts one core as 100, memory is in bytes."""

    job: str
    status: str
    seconds: float | None
    peak_cpu: float | None
    peak_memory: float | None
    num_cpus: int | None
    memory: int | None


def usage_html(title: str, jobs: Iterable[Used], picture: str = "", hint: str = "") -> str:
    """Return a picture of what jobs used, and, folded away where there is one, those that used most memory.

    Parameters
    ----------
    hint
        What to do where there is nothing to see.
    """
    ranked = sorted(jobs, key=lambda job: -(job.peak_memory or 0))
    if not ranked:
        return html.document(html.title(title), html.paragraph("No job has run."))
    note = f"the {MOST_ROWS} with most memory of {len(ranked):,} jobs" if len(ranked) > MOST_ROWS else ""
    table = html.table(["job", "status", "time", "peak CPU", "peak memory", "asked for"], map(_row, ranked[:MOST_ROWS]))
    if not picture:
        return html.document(html.title(title), html.paragraph(hint), table, html.paragraph(note))
    return html.document(html.title(title), picture, html.details("Table", table, html.paragraph(note)))


def _row(job: Used) -> Sequence[str | None]:
    asked = [
        "" if job.num_cpus is None else f"{job.num_cpus} CPU{'s' if job.num_cpus != 1 else ''}",
        "" if job.memory is None else format_bytes(job.memory),
    ]
    return [
        job.job,
        job.status,
        None if job.seconds is None else format_duration(job.seconds),
        None if job.peak_cpu is None else f"{job.peak_cpu:.0f} %",
        None if job.peak_memory is None else format_bytes(int(job.peak_memory)),
        ", ".join(part for part in asked if part),
    ]
