"""A workflow: what it is, and how far."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from torc.units import format_duration
from torc.views import html
from torc.views.bar import counts_html, status_bar
from torc.views.words import counted

_UNLUCKY = ("failed", "canceled", "terminated", "pending_failed")


def counts_text(counts: Mapping[str, int]) -> str:
    """Return ``3 completed, 1 failed``; statuses without jobs are left out."""
    return ", ".join(f"{count:,} {status}" for status, count in counts.items() if count) or "no jobs"


def workflow_line(name: str, workflow_id: int | None, status: Mapping[str, Any] | None, jobs: int = 0) -> str:
    """Return a workflow as one line, as far as it is known; ``jobs`` are those of its description."""
    if workflow_id is None:
        return f"<Workflow {name!r}: {counted(jobs, 'job')}, not created yet>"
    head = f"Workflow {workflow_id} {name!r}"
    return f"<{head}>" if status is None else f"<{head}: {status_text(status)}>"


def status_text(status: Mapping[str, Any]) -> str:
    """Return how a workflow is going: ``running, 12 of 100 done (1 failed), 3.4 jobs/s, about 25s left``."""
    parts = [f"{status['state']}, {status['done']:,} of {status['total']:,} done"]
    if unlucky_text(status):
        parts[0] += f" ({unlucky_text(status)})"
    if status.get("rate") and not status["is_complete"]:
        parts.append(f"{status['rate']:.1f} jobs/s")
    if status.get("seconds_left"):
        parts.append(f"about {format_duration(status['seconds_left'])} left")
    return ", ".join(parts)


def unlucky_text(status: Mapping[str, Any]) -> str:
    """Return which jobs ended without success: ``1 failed, 2 canceled``, or nothing."""
    unlucky = {name: status["counts"].get(name, 0) for name in _UNLUCKY}
    return counts_text(unlucky) if any(unlucky.values()) else ""


def progress_line(name: str, workflow_id: int, status: Mapping[str, Any]) -> str:
    """Return how far a workflow is as one line."""
    return f"<Progress of workflow {workflow_id} {name!r}: {status_text(status)}>"


def progress_html(name: str, workflow_id: int, status: Mapping[str, Any]) -> str:
    """Return a snapshot of how far a workflow is: a bar, the counts, and when that was."""
    return html.document(
        html.title(f"Workflow {workflow_id}: {name}", status_text(status)),
        status_bar(status["counts"]),
        counts_html(status["counts"], f"as of {moment(status['as_of'])}"),
    )


def workflow_html(
    name: str,
    workflow_id: int | None,
    status: Mapping[str, Any] | None,
    *,
    note: str = "",
    parts: Mapping[str, int] = MappingProxyType({}),
    picture: str = "",
) -> str:
    """Return a snapshot of a workflow.

    Parameters
    ----------
    note
        Something to say below, for example that the server is out of reach.
    parts
        How many of what a definition has.
    picture
        Drawing of what waits for what in a definition.
    """
    if workflow_id is None:
        counts = {label: count for label, count in parts.items() if count}
        return html.document(
            html.title(f"Workflow {name}", "not created yet"),
            html.table(list(counts), [list(counts.values())]) if counts else "",
            picture,
            html.paragraph(note),
        )
    head = html.title(f"Workflow {workflow_id}: {name}", "" if status is None else status_text(status))
    if status is None:
        return html.document(head, html.paragraph(note))
    return html.document(
        head,
        status_bar(status["counts"]),
        counts_html(status["counts"]),
        html.paragraph(f"Run {status['run_id']}, {_runners(status['runners'])}, as of {moment(status['as_of'])}"),
        html.paragraph(note),
    )


def _runners(count: int) -> str:
    return counted(count, "runner") if count else "no runner"


def moment(seconds: float) -> str:
    """Return a point in time for people everywhere."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
