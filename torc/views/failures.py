"""What went wrong, alike failures together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torc.views import html
from torc.views.clean import clean
from torc.views.words import counted

#: Groups that are shown, and jobs that each of them names.
_GROUPS = 10
_JOBS = 10


def failures_text(groups: Sequence[Mapping[str, Any]], total: int) -> str:
    """Return the failures for a console."""
    if not total:
        return "No job failed."
    lines = []
    for group in groups[:_GROUPS]:
        lines.append(heading(group))
        lines += (f"    {clean(line)}" for line in group["last_lines"])
    return "\n".join([*lines, *_rest(groups)])


def failures_html(groups: Sequence[Mapping[str, Any]], total: int) -> str:
    """Return the failures as a view."""
    if not total:
        return html.document(html.paragraph("No job failed."))
    parts = [html.title(counted(total, "failed job"))]
    for group in groups[:_GROUPS]:
        lines = html.preformatted("\n".join(map(clean, group["last_lines"])))
        parts.append(html.details(heading(group), lines, opened=True))
    return html.document(*parts, *map(html.paragraph, _rest(groups)))


def heading(group: Mapping[str, Any]) -> str:
    """Return which jobs ended how: ``3 jobs failed, return code 1: a, b, c``."""
    names = group["jobs"]
    shown = ", ".join(names[:_JOBS]) + (f" and {len(names) - _JOBS:,} more" if len(names) > _JOBS else "")
    reason = f" ({group['reason']})" if group["reason"] else ""
    return f"{counted(len(names), 'job')} {group['status']}, return code {group['return_code']}{reason}: {shown}"


def _rest(groups: Sequence[Mapping[str, Any]]) -> list[str]:
    left = groups[_GROUPS:]
    return [f"and {sum(len(group['jobs']) for group in left):,} more in {counted(len(left), 'group')}"] if left else []
