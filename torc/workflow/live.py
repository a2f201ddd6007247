"""The live view of a workflow that a server has."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from torc.errors import TorcError
from torc.views.live import Mode, View

if TYPE_CHECKING:
    from torc.workflow.stored import StoredWorkflow


def live_view(workflow: StoredWorkflow, mode: Mode = "workflow") -> View | None:
    """Return the view, null while the workflow is not created."""
    if workflow.id is None:
        return None
    created = None
    with suppress(TorcError):
        created = workflow.created
    return View(workflow.id, workflow.name, workflow.connection.url, mode, lambda: _widget(workflow, mode), created)


def _widget(workflow: StoredWorkflow, mode: Mode) -> Any:
    from torc.kernel_ext.widget import WorkflowView

    return WorkflowView(workflow.number, mode, workflow.connection.client)
