"""A workflow: what it is, and how far."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from torc.units import format_duration
from torc.views import html
from torc.views.words import counted


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
    unlucky = {name: status["counts"].get(name, 0) for name in ("failed", "canceled", "terminated", "pending_failed")}
    if any(unlucky.values()):
        parts[0] += f" ({counts_text(unlucky)})"
    if status.get("rate") and not status["is_complete"]:
        parts.append(f"{status['rate']:.1f} jobs/s")
    if status.get("seconds_left"):
        parts.append(f"about {format_duration(status['seconds_left'])} left")
    return ", ".join(parts)


def workflow_html(
    name: str,
    workflow_id: int | None,
    status: Mapping[str, Any] | None,
    *,
    note: str = "",
    parts: Mapping[str, int] = MappingProxyType({}),
) -> str:
    """Return a snapshot of a workflow.

    Parameters
    ----------
    note
        Something to say below, for example that the server is out of reach.
    parts
        How many of what a definition has.
    """
    if workflow_id is None:
        return html.document(
            html.title(f"Workflow {name}", "not created yet"),
            html.table(
                [label for label, count in parts.items() if count], [[count for count in parts.values() if count]]
            ),
            html.paragraph(note),
        )
    head = html.title(f"Workflow {workflow_id}: {name}", "" if status is None else status_text(status))
    if status is None:
        return html.document(head, html.paragraph(note))
    counts = {label: count for label, count in status["counts"].items() if count}
    return html.document(
        head,
        html.progress(status["done"], status["total"]),
        html.table(["status", "jobs"], [*counts.items(), ("total", status["total"])]),
        html.paragraph(f"Run {status['run_id']}, {_runners(status['runners'])}, as of {moment(status['as_of'])}"),
        html.paragraph(note),
    )


def _runners(count: int) -> str:
    return counted(count, "runner") if count else "no runner"


def moment(seconds: float) -> str:
    """Return a point in time for people everywhere."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
