"""``torc logs``: what jobs and runners wrote, read on this machine from where the runners say that they write."""

from __future__ import annotations

import click

from torc.cli.tree import TorcGroup

_LAZY = {
    "show": ("torc.cli.logs.show:show", "Show what a job wrote."),
    "follow": ("torc.cli.logs.follow:follow", "Show what a job writes until it ends."),
    "list": ("torc.cli.logs.listing:list_", "List the log files of a workflow with their sizes."),
    "bundle": ("torc.cli.logs.bundle:bundle", "Pack all logs of a workflow into one file."),
}


@click.group(cls=TorcGroup, lazy=_LAZY)
def group() -> None:
    """Show, follow, list and pack the logs of jobs and runners."""
