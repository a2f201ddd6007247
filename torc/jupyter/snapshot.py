"""How a workflow stands, as a kernel would show it: for outputs whose kernel has not seen the end."""

from __future__ import annotations

from typing import Any

from torc.client.client import Client
from torc.errors import InvalidInput
from torc.views.live import bundle
from torc.views.workflow import progress_html, progress_line, workflow_html, workflow_line
from torc.workflow.status import StatusReader

_MODES = {"workflow": (workflow_line, workflow_html), "progress": (progress_line, progress_html)}


def snapshot(client: Client, workflow_id: int, mode: str) -> dict[str, Any]:
    """Return text and HTML of a workflow, as a view of this mode has them.

    Raises
    ------
    InvalidInput
        When snapshots of such views do not change: graphs show no statuses.
    NotFound
        When there is no such workflow.
    """
    if mode not in _MODES:
        raise InvalidInput(f"'{mode}' has no snapshot", field="mode", value=mode, hint="one of " + ", ".join(_MODES))
    line, html = _MODES[mode]
    status = StatusReader().read(client.get_workflow_status(workflow_id))
    known = status.to_dict()
    return bundle(line(status.name, workflow_id, known), html(status.name, workflow_id, known))
