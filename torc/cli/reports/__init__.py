"""``torc reports``."""

from __future__ import annotations

import click

from torc.cli.tree import TorcGroup

_LAZY = {
    "check-resource-utilization": (
        "torc.cli.reports.utilization:check_resource_utilization",
        "Show the jobs that used more than they asked for.",
    ),
    "results": ("torc.cli.reports.results:results", "Print how jobs ended, with all their log files, as JSON."),
}


@click.group(cls=TorcGroup, lazy=_LAZY)
def group() -> None:
    """Look at results, log files and use of resources together."""
