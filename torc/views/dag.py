"""What waits for what: a picture, and the same as a table for readers that show none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torc.views import html
from torc.views.picture import picture_svg
from torc.views.words import counted

_GROUPS = 10


def dag_line(name: str, jobs: int, edges: int, stages: int) -> str:
    """Return a graph as one line."""
    return f"<Graph of {name!r}: {_size(jobs, edges, stages)}>"


def _size(jobs: int, edges: int, stages: int) -> str:
    return f"{counted(jobs, 'job')}, {counted(edges, 'edge')}, {counted(stages, 'stage')}"


def dag_html(
    name: str,
    jobs: int,
    edges: int,
    stages: Sequence[Sequence[str]],
    picture: Mapping[str, Sequence[Mapping[str, Any]]],
) -> str:
    """Return the picture, and the stages folded away below it.

    Parameters
    ----------
    stages
        For each stage its jobs, like ones folded into one name.
    picture
        ``nodes`` and ``edges`` as :func:`torc.views.picture.picture_svg` takes them.
    """
    return html.document(
        html.title(f"Graph of {name}", _size(jobs, edges, len(stages))),
        picture_svg(picture["nodes"], picture["edges"]),
        html.details("Stages", html.table(["stage", "jobs"], enumerate(map(_shown, stages), 1))) if stages else "",
    )


def _shown(groups: Sequence[str]) -> str:
    more = f" and {len(groups) - _GROUPS:,} more" if len(groups) > _GROUPS else ""
    return ", ".join(groups[:_GROUPS]) + more
