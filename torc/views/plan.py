"""The stages of a workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torc.units import format_duration
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
        html.paragraph(demand_line(plan["demand"])),
        picture,
        html.table(columns[:shown], [row[:shown] for row in rows]),
    )


def demand_line(demand: Mapping[str, Any]) -> str:
    """Return what a workflow asks for in words, nothing when it does not say."""
    hours = {"CPU": demand["cpu_hours"], "GPU": demand["gpu_hours"]}
    parts = []
    if demand["num_jobs"]:
        amounts = " and ".join(f"{_number(count)} {unit} hours" for unit, count in hours.items() if count)
        jobs = counted(demand["num_jobs"], "job")
        parts.append(f"{jobs} with resources: {amounts or 'no CPU'} at most")
        parts.append(f"longest chain {format_duration(demand['longest_chain'])}")
    if demand["node_hours"]:
        parts.append(f"allocations of {_number(demand['node_hours'])} node hours")
    return "; ".join(parts)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


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
