"""Drawings as SVG that need nothing around them: text, bars and lines on axes.

They are shown as images, which know nothing of the page: so there is no paper, and the ink is a grey that can be read
on a light page as well as on a dark one.
"""

from __future__ import annotations

import math
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import NamedTuple

from torc.units import format_bytes

WIDTH = 760
INK = "#767b82"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_TIME_STEPS = (
    1,
    2,
    5,
    10,
    15,
    30,
    *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 3, 6, 12)),
)
_MOST_TIMES = 7
#: Within so many seconds there may be no whole one to mark.
_SHORT = 3


class Axis(NamedTuple):
    """From values to places in the drawing."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Return the place of a value."""
        return self.start + (value - self.low) / ((self.high - self.low) or 1.0) * (self.end - self.start)


class Drawing:
    """An SVG in the making."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self.height = 0.0

    def text(
        self, x: float, y: float, text: str, *, anchor: str = "start", colour: str = INK, bold: bool = False
    ) -> None:
        """Write a line of text."""
        weight = ' font-weight="600"' if bold else ""
        place = f'x="{_place(x)}" y="{_place(y)}" text-anchor="{anchor}"'
        self._parts.append(f'<text {place} fill="{colour}"{weight}>{escape(text)}</text>')

    def rule(self, x: float, y: float, to_x: float, to_y: float, *, colour: str = INK, style: str = "") -> None:
        """Draw a straight line; ``style`` are further attributes."""
        ends = f'x1="{_place(x)}" y1="{_place(y)}" x2="{_place(to_x)}" y2="{_place(to_y)}"'
        self._parts.append(f'<line {ends} stroke="{colour}" {style}/>')

    def bar(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """Draw a bar, which can be seen however short it is."""
        size = f'width="{_place(max(width, 1.0))}" height="{_place(height)}"'
        self._parts.append(f'<rect x="{_place(x)}" y="{_place(y)}" {size} fill="{colour}"/>')

    def dot(self, x: float, y: float, colour: str) -> None:
        """Draw a point."""
        self._parts.append(f'<circle cx="{_place(x)}" cy="{_place(y)}" r="2.5" fill="{colour}"/>')

    def curve(
        self, places: Iterable[tuple[float, float]], colour: str, *, stepped: bool = False, faint: bool = False
    ) -> None:
        """Draw a line through places, with gaps where they are not numbers."""
        path, pen = [], "M"
        for x, y in places:
            if math.isnan(y):
                pen = "M"
                continue
            path.append(f"H{_place(x)}V{_place(y)}" if stepped and pen == "L" else f"{pen}{_place(x)} {_place(y)}")
            pen = "L"
        width = 'stroke-width="1" opacity="0.4"' if faint else 'stroke-width="1.8"'
        self._parts.append(f'<path d="{"".join(path)}" fill="none" stroke="{colour}" {width} stroke-linejoin="round"/>')

    def svg(self) -> str:
        """Return what has been drawn."""
        height = math.ceil(self.height)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
            f'font-family="Helvetica, Arial, sans-serif" font-size="11">{"".join(self._parts)}</svg>'
        )


def image(svg: str, about: str) -> str:
    """Return a drawing as an image of a page: front ends that take out inline SVG of others leave it."""
    content = b64encode(svg.encode()).decode()
    return f'<div><img alt="{escape(about)}" src="data:image/svg+xml;base64,{content}" width="{WIDTH}"></div>'


def shortened(text: str, most: int) -> str:
    """Return a name without its middle where it is too long: the end tells parameters apart."""
    return text if len(text) <= most else f"{text[: (most - 1) // 2]}…{text[-(most // 2) :]}"


def percents(high: float) -> dict[float, str]:
    """Return values from 0 on at which an axis of percents is marked, and what is written there."""
    return {value: f"{value:g} %" for value in _multiples(_even_step(high), high)}


def counts(high: float) -> dict[float, str]:
    """Return the same for whole numbers."""
    return {value: f"{value:g}" for value in _multiples(max(1.0, _even_step(high)), high)}


def sizes(high: float) -> dict[float, str]:
    """Return the same for bytes."""
    step = 2.0 ** math.ceil(math.log2(max(high, 1.0) / 5))
    return {value: format_bytes(int(value)).replace(".0", "") if value else "0" for value in _multiples(step, high)}


def durations(high: float) -> dict[float, str]:
    """Return the same for seconds."""
    if high < 2 * _MINUTE:
        return {value: f"{value:g} s" for value in _multiples(_even_step(high), high)}
    return {value: _clock(value) for value in _multiples(_time_step(high), high)}


def moments(low: float, high: float) -> dict[float, str]:
    """Return moments between two at which an axis of time (UTC) is marked, and what is written there."""
    if high - low < _SHORT:
        return {low: _exact(low), high: _exact(high)} if high > low else {low: _exact(low)}
    step = _time_step(high - low)
    pattern = "%H:%M:%S" if step < _MINUTE else "%H:%M" if step < _DAY else "%d %b"
    multiples = (number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1))
    # Quotients are rounded: the outermost may lie beside the axis by a hair.
    return {moment: time.strftime(pattern, time.gmtime(moment)) for moment in multiples if low <= moment <= high}


def marked(axis_marks: Callable[[float], dict[float, str]], values: Sequence[float]) -> tuple[float, dict[float, str]]:
    """Return how far an axis goes that has all of these values, and its marks."""
    high = 1.05 * max((value for value in values if not math.isnan(value)), default=0.0) or 1.0
    return high, axis_marks(high)


def _place(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _multiples(step: float, high: float) -> list[float]:
    multiples = (number * step for number in range(math.floor(high / step) + 1))
    return [value for value in multiples if value <= high]


def _even_step(high: float) -> float:
    size: float = 10.0 ** math.floor(math.log10(high / 4))
    return next(size * factor for factor in (1, 2, 5, 10) if high / (size * factor) <= 5)


def _exact(moment: float) -> str:
    return time.strftime("%H:%M:%S", time.gmtime(moment)) + f"{moment % 1:.3f}"[1:]


def _time_step(span: float) -> int:
    days = max(1, math.ceil(span / _DAY / _MOST_TIMES)) * _DAY
    return next((step for step in _TIME_STEPS if span / step <= _MOST_TIMES), days)


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // _HOUR}:{whole // _MINUTE % 60:02d}:{whole % 60:02d}"
