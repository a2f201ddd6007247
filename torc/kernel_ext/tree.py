"""The commands of ``%torc``: those of the command line, and those that only a notebook has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from torc import __version__
from torc.cli.main import cli
from torc.cli.tree import TorcGroup
from torc.cli.workflows import group as cli_workflows

#: Runs in a kernel would take its signals and its directory: these start a process of their own.
_RUN = ("torc.kernel_ext.commands:run", "Run a workflow in a process of its own: the current one, a file, or by id.")
_OWN = {
    "workflow": ("torc.kernel_ext.commands:workflow", "Begin a workflow, which %%torc job adds jobs to."),
    "scheduler": ("torc.kernel_ext.describe:scheduler", "Describe a Slurm allocation of the current workflow."),
    "form": ("torc.kernel_ext.describe:form", "Show a form that builds a workflow, creates it and runs it."),
    "show": ("torc.kernel_ext.commands:show", "Show a workflow, or the plan of one that is not created yet."),
}


def _same(group: TorcGroup, lazy: dict[str, tuple[str, str]]) -> Callable[[Callable[..., Any]], click.Command]:
    return click.group(group.name, cls=TorcGroup, lazy=group.lazy | lazy, aliases=group.aliases, help=group.help)


#: Those of the command line whose results are more than what they print.
_ALTERED = {
    name: (f"torc.kernel_ext.commands:{name}", cli_workflows.lazy[name][1]) for name in ("create", "new", "get")
}
_PLOTS = ("torc.kernel_ext.plots:plot_resources", cli.lazy["plot-resources"][1])


@_same(cli_workflows, {"run": _RUN, **_ALTERED})
def workflows() -> None:
    """Stand for the command line's group."""


_WORKFLOWS = ("torc.kernel_ext.tree:workflows", cli.lazy["workflows"][1])


@_same(cli, {"run": _RUN, "workflows": _WORKFLOWS, "plot-resources": _PLOTS, **_OWN})
@click.version_option(__version__, prog_name="torc")
def root() -> None:
    """Stand for the command line's root."""
