"""Which plots there are, and in which colours; known without loading Bokeh."""

from __future__ import annotations

from typing import Literal

Kind = Literal["summary", "gantt", "cpu", "memory", "nodes", "job"]
#: ``auto`` takes the colours of the page around.
ThemeName = Literal["auto", "light", "dark"]
