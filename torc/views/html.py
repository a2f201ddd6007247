"""The few pieces of HTML that all views are made of. Every text is escaped here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

#: Moments and short names, which would break at their hyphens.
_WHOLE = re.compile(r"(?=\S{1,40}$)\S*-\S*")
# Twice the same class: JupyterLab's rules for tables, which put all text to the right, weigh as much as two.
_STYLE = """<style>
.torc-view { --torc-text: #1f2328; --torc-muted: #59636e; --torc-line: #d1d9e0;
  font: 13px/1.45 var(--jp-ui-font-family, system-ui, sans-serif);
  color: var(--jp-ui-font-color1, var(--torc-text)); max-width: 100%; padding: 0 5px;
  overflow-x: auto; }
@media (prefers-color-scheme: dark) {
  .torc-view { --torc-text: #e6edf3; --torc-muted: #9198a1; --torc-line: #3d444d; } }
.torc-view table { border-collapse: collapse; margin: 4px 0; color: inherit; font: inherit; }
.torc-view.torc-view th, .torc-view.torc-view td { padding: 2px 10px 2px 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--jp-border-color2, var(--torc-line)); background: transparent;
  color: inherit; }
.torc-view th { font-weight: 600; }
.torc-view.torc-view .number { text-align: right; font-variant-numeric: tabular-nums; }
.torc-view .whole { white-space: nowrap; }
.torc-view .muted { color: var(--jp-ui-font-color2, var(--torc-muted)); }
.torc-view pre { margin: 2px 0; white-space: pre-wrap; font: 12px/1.4 var(--jp-code-font-family, monospace);
  color: inherit; background: transparent; }
.torc-view .bar { display: block; max-width: 100%; margin: 6px 0 4px; border-radius: 5px; }
.torc-view .count { white-space: nowrap; font-variant-numeric: tabular-nums; }
.torc-view .count svg { vertical-align: -1px; }
</style>"""


def document(*parts: str) -> str:
    """Return the parts as one view; parts that are empty are left out."""
    return f'<div class="torc-view">{_STYLE}{"".join(part for part in parts if part)}</div>'


def title(text: str, detail: str = "") -> str:
    """Return a heading of one line, none of no text."""
    if not text:
        return ""
    more = f' <span class="muted">{escape(detail)}</span>' if detail else ""
    return f"<div><strong>{escape(text)}</strong>{more}</div>"


def paragraph(text: str) -> str:
    """Return a remark."""
    return f'<div class="muted">{escape(text)}</div>' if text else ""


def preformatted(text: str) -> str:
    """Return text as it was printed."""
    return f"<pre>{escape(text)}</pre>"


def details(summary: str, *parts: str, opened: bool = False) -> str:
    """Return parts that can be folded away."""
    return f"<details{' open' if opened else ''}><summary>{escape(summary)}</summary>{''.join(parts)}</details>"


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table; columns whose values are numbers are aligned to the right."""
    body = [list(row) for row in rows]
    numeric = [
        bool(body) and all(isinstance(row[index], int | float) or row[index] is None for row in body)
        for index in range(len(columns))
    ]
    head = "".join(_cell("th", label, right) for label, right in zip(columns, numeric, strict=True))
    lines = "".join(
        "<tr>" + "".join(_cell("td", value, right) for value, right in zip(row, numeric, strict=True)) + "</tr>"
        for row in body
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table>"


def _cell(tag: str, value: Any, is_number: bool) -> str:
    text = _text(value)
    place = ' class="number" align="right"' if is_number else ' class="whole"' if _WHOLE.fullmatch(text) else ""
    return f"<{tag}{place}>{escape(text)}</{tag}>"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)
