"""BokehJS as the installed Bokeh brings it, without loading Bokeh, and how plots in a notebook come by it.

No output has the script in it: a megabyte in each is too much, and one output cannot count on another that may be
cleared, nor on a page that may be loaded again. A plot is therefore shown in two forms, each complete in itself:

- a picture and a table as HTML without any script, which saved notebooks show wherever they are read, and untrusted
  ones, too;
- what BokehJS draws as data of a type of its own (:data:`PLOTS_MIME`), for torc's extension of JupyterLab. It loads
  BokehJS once for a page, from the door of torc in Jupyter's server (``base_url`` + ``torc/``), and draws in the place
  of the picture, also in a notebook that was saved, without a kernel and without a torc server. Front ends that show
  widgets instead get the same data and the script through the kernel.

JupyterLab hands the data on in trusted notebooks only: plots come with programs, for their tools and colours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import util
from pathlib import Path
from typing import Any

from torc.errors import NotInstalled

PLOTS_MIME = "application/vnd.torc.plots+json"


def has_bokeh() -> bool:
    """Return whether Bokeh is installed."""
    return util.find_spec("bokeh") is not None


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


def with_plots(bundle: Mapping[str, Any], items: Sequence[str]) -> dict[str, Any]:
    """Return a display with what BokehJS draws in its place; items are as :func:`torc.plots.page.item` returns them."""
    from torc.plots.page import version

    # As text: notebooks are saved with their keys in order, and BokehJS wants a model defined before it is named.
    return {**bundle, PLOTS_MIME: {"version": 1, "bokeh": version(), "items": list(items)}}
