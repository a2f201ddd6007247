"""What pages draw themselves: the live view of a workflow that a server has, and plots."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from torc.errors import TorcError
from torc.plots.script import PLOTS_MIME, with_plots
from torc.views.live import Mode, View, with_widget

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


def with_live_plots(bundle: dict[str, Any], items: Sequence[str]) -> dict[str, Any]:
    """Return a display with plots that pages draw in its place, as :mod:`torc.plots.script` tells."""
    made = with_plots(bundle, items)
    return with_widget(made, lambda: _plots_widget(made[PLOTS_MIME]))


def _plots_widget(plots: dict[str, Any]) -> Any:
    from torc.kernel_ext.widget import PlotsView

    return PlotsView(plots)
