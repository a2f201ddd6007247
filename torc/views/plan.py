"""The stages of a workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torc.views import html
from torc.views.words import counted

_GROUPS = 10


def plan_line(plan: Mapping[str, Any]) -> str:
    """Return a plan as one line."""
    return f"<Plan of {plan['workflow_name']!r}: {_size(plan)}>"


def _size(plan: Mapping[str, Any]) -> str:
    return f"{counted(plan['total_jobs'], 'job')} in {counted(plan['total_stages'], 'stage')}"


def plan_html(plan: Mapping[str, Any], picture: str = "") -> str:
    """Return the stages as a table below a picture of the graph."""
    columns = ["stage", "begins", "jobs", "which", "allocations"]
    rows = [
        [stage["stage"], _after(stage["trigger"]), stage["num_jobs"], _groups(stage), _allocations(stage)]
        for stage in plan["stages"]
    ]
    # Without schedulers there is nothing to allocate.
    shown = len(columns) if any(row[-1] for row in rows) else -1
    return html.document(
        html.title(f"Plan of {plan['workflow_name']}", _size(plan)),
        picture,
        html.table(columns[:shown], [row[:shown] for row in rows]),
    )


def _after(trigger: Mapping[str, Any]) -> str:
    if trigger["type"] == "workflow_start":
        return "at once"
    names = trigger["jobs"]
    return f"after {', '.join(names)}" if len(names) <= 3 else f"after {len(names):,} jobs"


def _groups(stage: Mapping[str, Any]) -> str:
    groups = stage["job_groups"]
    more = f" and {len(groups) - _GROUPS:,} more" if len(groups) > _GROUPS else ""
    return ", ".join(groups[:_GROUPS]) + more


def _allocations(stage: Mapping[str, Any]) -> str:
    return ", ".join(f"{one['num_allocations']} x {one['scheduler']}" for one in stage["scheduler_allocations"])
