"""What is wrong with a specification, each with its place."""

from __future__ import annotations

from torc.views import html
from torc.views.words import counted


def problems_html(rendered: str, count: int) -> str:
    """Return problems, which are printed already, as a view."""
    return html.document(html.title(counted(count, "problem")), html.preformatted(rendered))
