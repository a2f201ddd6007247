"""BokehJS as the installed Bokeh brings it, without loading Bokeh."""

from __future__ import annotations

from importlib import util
from pathlib import Path

from torc.errors import NotInstalled


def require_bokeh() -> Path:
    """Return where Bokeh is.

    Raises
    ------
    NotInstalled
    """
    found = util.find_spec("bokeh")
    if found is None or not found.submodule_search_locations:
        raise NotInstalled("plots need Bokeh, which is not installed", hint="pip install 'torc[plots]'")
    return Path(found.submodule_search_locations[0])


def read_script() -> bytes:
    """Return the part of BokehJS that draws the plots.

    Raises
    ------
    NotInstalled
    """
    return (require_bokeh() / "server" / "static" / "js" / "bokeh.min.js").read_bytes()
