"""Cells in the tracebacks of calls: their text and their numbers go along with the functions they define."""

from __future__ import annotations

import linecache
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

_names: dict[str, str] = {}


def describe(files: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return what tracebacks show of code that is in no file, by the name that it was compiled under."""
    found = {}
    for file in sorted(files):
        name = _name(file)
        text = "".join(linecache.getlines(file)) if name or not Path(file).exists() else ""
        if text:
            found[file] = {"name": name or f'File "{file}"', "text": text}
    return found


def _name(file: str) -> str | None:
    """Return what IPython calls a cell, as ``Cell In[3]``; none outside IPython."""
    from torc.views.live import shell

    ipython = shell()
    parts = ipython.compile.format_code_name(file) if ipython else None
    return " ".join(parts) if parts else None


def learn(cells: Mapping[str, Mapping[str, Any]]) -> None:
    """Have tracebacks in this process show the lines of cells, and :func:`rename` know their names."""
    for file, cell in cells.items():
        if _names.get(file) != cell["name"]:
            text = cell["text"]
            linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
            _names[file] = cell["name"]


def rename(traceback: str) -> str:
    """Return the text of a traceback with the names of cells in place of those of their files."""
    for file, name in _names.items():
        traceback = traceback.replace(f'File "{file}", line', f"{name}, line")
    return traceback
