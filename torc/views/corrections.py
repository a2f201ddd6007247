"""Corrected resource requirements as texts and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torc.units import format_bytes, format_duration
from torc.views import html
from torc.views.words import counted

#: Titles of what :func:`correction_rows` gives.
COLUMNS = ("ID", "Name", "Jobs", "Amount", "Used at most", "Before", "After")
_TITLES = {"num_cpus": "CPUs", "memory": "memory", "runtime": "run time"}
_PEAKS = {"num_cpus": "{:.0f}%".format, "memory": format_bytes, "runtime": format_duration}


def corrections_line(reply: Mapping[str, Any]) -> str:
    """Return what was done in one sentence."""
    number, found = reply["workflow_id"], reply["corrections"]
    if not reply["num_results"]:
        return f"Workflow {number} has no results to look at."
    if not found:
        looked = counted(reply["num_results"], "result")
        return f"Workflow {number} asks for what its jobs use: nothing to change after {looked}."
    done = "Would correct" if reply["dry_run"] else "Corrected"
    return f"{done} {counted(len(found), 'amount')} of workflow {number}:"


def correction_rows(reply: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return a row for each correction, with columns as in :data:`COLUMNS`."""
    return [
        (
            one["resource_requirements_id"], one["name"], one["num_jobs"], _TITLES[one["amount"]],
            _PEAKS[one["amount"]](one["peak"]), one["before"], one["after"],
        )
        for one in reply["corrections"]
    ]  # fmt: skip


def corrections_html(reply: Mapping[str, Any]) -> str:
    """Return the corrections as a table."""
    rows = correction_rows(reply)
    return html.document(html.title(corrections_line(reply)), html.table(COLUMNS, rows) if rows else "")
