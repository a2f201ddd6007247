"""The arguments by which ``show`` and ``follow`` find a job and choose among its logs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from torc.cli.logs.files import Attempt, directory_of, log_files
from torc.cli.options import ID
from torc.errors import NotFound

DIRECTORY = click.option(
    "--output-dir",
    type=click.Path(file_okay=False),
    help="Directory of the logs (default: where the runner wrote them).",
)
_KINDS = {"stdout": "job_stdout", "stderr": "job_stderr", "runner": "job_runner_log"}


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


class Choice:
    """The logs of one attempt that the options ask for: by default what the job itself wrote."""

    def __init__(
        self,
        job: dict[str, Any],
        attempt: Attempt,
        *,
        stdout: bool,
        stderr: bool,
        runner: bool,
        output_dir: str | None,
    ) -> None:
        asked = {"stdout": stdout, "stderr": stderr, "runner": runner}
        wanted = [kind for name, kind in _KINDS.items() if asked[name]] or ["job_stdout", "job_stderr"]
        known = log_files(job["workflow_id"], attempt, output_dir)
        self.job = job
        self.attempt = attempt
        self.directory = output_dir or directory_of(attempt.node)
        self.files = {kind: known[kind] for kind in wanted}

    def nothing_there(self) -> NotFound:
        """Return the error for logs of which none exists, with the reason if it is known."""
        node = self.attempt.node
        missing = ", ".join(self.files.values())
        host = node.get("hostname")
        where = f" (it ran on host {host}, with output directory {node.get('output_dir')})" if host else ""
        return NotFound(
            f"no log of job {self.job['id']} ({self.job['name']}) is on this machine: {missing}{where}",
            field="JOB_ID",
            value=self.job["id"],
            hint="if the files are elsewhere, give their directory with --output-dir",
        )
