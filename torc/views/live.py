"""Live views: what a front end needs to show one, and which front end is there.

The data names a workflow and its server and nothing else: the page itself asks the server, so that it also works
while a cell runs, and in a saved notebook without a kernel.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

VIEW_MIME = "application/vnd.torc.view+json"
WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
#: Says who shows live views: ``page`` (set by torc in Jupyter's server), ``widget``, or ``static`` for nobody.
VARIABLE = "TORC_VIEWS"

Mode = Literal["workflow", "dag", "progress", "resources"]
FrontEnd = Literal["page", "widget", "static"]


@dataclass(frozen=True, slots=True)
class View:
    """A live view of a workflow; ``widget`` makes the one that goes through the kernel."""

    workflow_id: int
    name: str
    server: str
    mode: Mode = "workflow"
    widget: Callable[[], Any] | None = None
    #: When the workflow was created: two databases may both have a workflow of this number and name.
    created: str | None = None

    def data(self) -> dict[str, Any]:
        """Return what the page needs to find the workflow."""
        return {
            "version": 1,
            "workflow_id": self.workflow_id,
            "name": self.name,
            "mode": self.mode,
            "server": self.server,
            **({} if self.created is None else {"created": self.created}),
        }


def bundle(text: str, html: str, view: View | None = None) -> dict[str, Any]:
    """Return a display in all forms that somebody may show: text, snapshot, and the live view if there is one."""
    made: dict[str, Any] = {"text/plain": text, "text/html": html}
    if view is not None:
        made[VIEW_MIME] = view.data()
        if view.widget is not None:
            made = with_widget(made, view.widget)
    return made


def with_widget(made: dict[str, Any], make: Callable[[], Any]) -> dict[str, Any]:
    """Return a display with a widget, for front ends that show these and nothing of torc's own."""
    if front_end() != "widget":
        return made
    # Without anywidget in the kernel's environment the snapshot remains.
    with suppress(ImportError):
        data, _ = make()._repr_mimebundle_()
        return {**made, WIDGET_MIME: data[WIDGET_MIME]}
    return made


def front_end() -> FrontEnd | None:
    """Return who shows what this process displays; null where there is no kernel.

    Clients such as nbclient are not known to show anything that moves.
    """
    ipython = shell()
    if not hasattr(ipython, "kernel"):
        return None
    match os.environ.get(VARIABLE):
        case "page" | "widget" | "static" as chosen:
            return chosen
    # The first is in the environment of kernels that VS Code starts, the second is what it tells the others.
    is_vscode = "VSCODE_PID" in os.environ or "__vsc_ipynb_file__" in ipython.user_ns
    return "widget" if is_vscode else "static"


def current_cell() -> str | None:
    """Return which cell the kernel runs, by the id of the request; null where there is no kernel."""
    get_parent = getattr(shell(), "get_parent", None)
    return str(get_parent()["header"]["msg_id"]) if get_parent else None


def shell() -> Any:
    """Return IPython's shell without loading IPython."""
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return get_ipython() if get_ipython else None
