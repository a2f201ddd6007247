"""What is shown in a notebook's output through the kernel: a workflow, kept up by the server's events, and plots."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import anywidget
import traitlets

from torc.client.client import Client
from torc.client.connect import connect
from torc.client.transport import HttpTransport
from torc.kernel_ext.relay import Relay
from torc.plots.script import read_script
from torc.views.live import Mode

_STATIC = Path(__file__).parent / "static"


class WorkflowView(anywidget.AnyWidget):
    """Shows a workflow: counts, rate and time left, jobs with their logs, graph, events.

    The page talks to the server itself where Jupyter forwards to the same server; else through this kernel.

    Parameters
    ----------
    workflow_id
        The workflow to show.
    mode
        ``workflow`` is everything, ``dag`` begins with the graph, ``progress`` is only bar and numbers.
    client
        Where the workflow is; default is the server that torc finds.
    """

    _esm = (_STATIC / "workflow_view.js").read_text(encoding="utf-8")
    _css = (_STATIC / "workflow_view.css").read_text(encoding="utf-8")

    workflow_id = traitlets.Int().tag(sync=True)
    mode = traitlets.Enum(get_args(Mode), "workflow").tag(sync=True)
    #: The server's address, by which the page knows whether Jupyter forwards to the same one.
    server = traitlets.Unicode().tag(sync=True)

    def __init__(self, workflow_id: int, mode: Mode = "workflow", client: Client | None = None) -> None:
        client = client or connect()
        transport = client.transport
        server = transport.url if isinstance(transport, HttpTransport) else ""
        super().__init__(workflow_id=workflow_id, mode=mode, server=server)
        self._relay = Relay(client, self.send)
        self.on_msg(self._take)

    def close(self) -> None:
        """Take the view away."""
        self._relay.close()
        super().close()

    def _take(self, _widget: Any, message: Any, _buffers: Any) -> None:
        if isinstance(message, dict) and {"id", "kind"} <= message.keys():
            self._relay.take(message)


class PlotsView(anywidget.AnyWidget):
    """Draws plots; the script comes from this kernel.

    Parameters
    ----------
    plots
        The version of BokehJS and what it draws, as :func:`torc.plots.script.with_plots` has it.
    """

    _esm = (_STATIC / "plots.js").read_text(encoding="utf-8")

    plots = traitlets.Dict().tag(sync=True)

    def __init__(self, plots: dict[str, Any]) -> None:
        super().__init__(plots=plots)
        self.on_msg(self._take)

    def _take(self, _widget: Any, message: Any, _buffers: Any) -> None:
        if isinstance(message, dict) and message.get("kind") == "script":
            self.send({"id": message.get("id"), "value": read_script().decode()})
