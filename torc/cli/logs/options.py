"""The arguments by which ``show`` and ``follow`` find a job and choose among its logs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from torc.cli.options import ID

DIRECTORY = click.option(
    "--output-dir",
    type=click.Path(file_okay=False),
    help="Directory of the logs (default: where the runner wrote them).",
)


def job_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``[JOB_ID]``, ``--workflow``, ``--job`` and the choice of logs."""
    options = (
        click.argument("job_id", type=ID, required=False, metavar="[JOB_ID]"),
        click.option("-w", "--workflow", "workflow_id", type=ID, help="Workflow in which --job names a job."),
        click.option("-j", "--job", "name", help="Name of the job."),
        click.option("--stdout", is_flag=True, help="What the job wrote to standard output."),
        click.option("--stderr", is_flag=True, help="What the job wrote to standard error."),
        click.option("--runner", is_flag=True, help="The log of the runner that ran it."),
        DIRECTORY,
    )
    for option in reversed(options):
        command = option(command)
    return command
