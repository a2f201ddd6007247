"""How many jobs stand where: a bar, and the counts in words, each with the mark of its status.

Colours and shapes are those of the live view; the colours are readable on light and on dark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

_GREY = "#8a94a0"
#: Path in a box of 12 by 12 and colour, in the order of the bar: what is done first, what has not begun last.
_LOOKS = {
    "completed": ("M2.2 6.4 5 9.2l4.9-6", "#2f8f57"),
    "failed": ("M3 3l6 6M9 3l-6 6", "#d1242f"),
    "pending_failed": ("M6 2v5M6 9.2v.8", "#c2590c"),
    "terminated": ("M3.5 3.5h5v5h-5z", "#8a4fc7"),
    "canceled": ("M2.5 9.5l7-7M6 1.2a4.8 4.8 0 1 1 0 9.6 4.8 4.8 0 0 1 0-9.6", "#a1743f"),
    "running": ("M4 2.5l5.5 3.5-5.5 3.5z", "#1f74e0"),
    "pending": ("M6 1.2a4.8 4.8 0 1 1 0 9.6 4.8 4.8 0 0 1 0-9.6M6 3.4V6l2 1.4", "#4f9ad9"),
    "ready": ("M6 1.6a4.4 4.4 0 1 1 0 8.8 4.4 4.4 0 0 1 0-8.8", _GREY),
    "blocked": ("M4 2.5v7M8 2.5v7", _GREY),
    "uninitialized": ("M6 5a1 1 0 1 1 0 2 1 1 0 0 1 0-2", _GREY),
    "disabled": ("M2.5 6h7", _GREY),
}
_NOT_BEGUN = frozenset({"ready", "blocked", "uninitialized"})
_WIDTH, _HEIGHT, _LEAST = 320, 10, 4


def status_bar(counts: Mapping[str, int]) -> str:
    """Return one bar whose parts are as long as their statuses have jobs, but none too short to be seen."""
    given = _given(counts)
    if not given:
        return ""
    parts = "".join(
        f'<rect x="{left:.1f}" y="0" width="{width:.1f}" height="{_HEIGHT}" fill="{_LOOKS[status][1]}" '
        f'opacity="{0.35 if status in _NOT_BEGUN else 1}"/>'
        for status, left, width in _places(given)
    )
    # As an attribute: where drawings are taken away, text in them would stay.
    label = ", ".join(_words(status, given) for status in given)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bar" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">{parts}</svg>'
    )


def counts_html(counts: Mapping[str, int], detail: str = "") -> str:
    """Return ``3 completed, 1 failed`` with marks, and a remark behind it."""
    given = _given(counts)
    said = [f'<span class="count">{_mark(status)}{_words(status, given)}</span>' for status in given] or ["no jobs"]
    if detail:
        said.append(f'<span class="muted">{escape(detail)}</span>')
    return f"<div>{', '.join(said)}</div>"


def _given(counts: Mapping[str, int]) -> dict[str, int]:
    return {status: counts[status] for status in _LOOKS if counts.get(status)}


def _words(status: str, given: Mapping[str, int]) -> str:
    return f"{given[status]:,} {status}"


def _places(given: Mapping[str, int]) -> Iterator[tuple[str, float, float]]:
    """Yield where each part begins and how wide it is, with a line of the ground between two."""
    total, room, left = sum(given.values()), _WIDTH - _LEAST * len(given), 0.0
    for status, count in given.items():
        width = _LEAST + room * count / total
        yield status, left, width - 1
        left += width


def _mark(status: str) -> str:
    shape, colour = _LOOKS[status]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">'
        f'<path d="{shape}" fill="none" stroke="{colour}" stroke-width="1.8"/></svg> '
    )
