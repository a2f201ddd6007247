"""What runs again, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torc.views import html
from torc.views.words import counted

_SHOWN = 20


def rerun_text(workflow_id: int, reply: Mapping[str, Any]) -> str:
    """Return the jobs with their reasons for a console."""
    rows = _rows(reply)
    lines = [_head(workflow_id, reply), *(f"  {name}: {reason}" for name, reason in rows[:_SHOWN]), *_rest(rows)]
    return "\n".join([*lines, *(f"  missing: {path}" for path in _missing(reply))])


def rerun_html(workflow_id: int, reply: Mapping[str, Any]) -> str:
    """Return the jobs with their reasons as a table."""
    rows = _rows(reply)
    return html.document(
        html.title(_head(workflow_id, reply)),
        html.table(["job", "why"], rows[:_SHOWN]) if rows else "",
        *map(html.paragraph, _rest(rows)),
        *(html.paragraph(f"missing: {path}") for path in _missing(reply)),
    )


def _head(workflow_id: int, reply: Mapping[str, Any]) -> str:
    count = len(reply["reset_jobs"])
    if not count:
        return f"Workflow {workflow_id}: nothing has changed"
    begun = "would run" if reply["dry_run"] else "runs" if count == 1 else "run"
    return f"Workflow {workflow_id}: {counted(count, 'job')} {begun} again"


def _rows(reply: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, reply["reasons"].get(name, "")) for name in reply["reset_jobs"]]


def _rest(rows: list[tuple[str, str]]) -> list[str]:
    return [f"and {len(rows) - _SHOWN:,} more"] if len(rows) > _SHOWN else []


def _missing(reply: Mapping[str, Any]) -> list[str]:
    return [*reply["missing_files"], *reply["missing_user_data"]][:_SHOWN]
