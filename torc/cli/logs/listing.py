"""``torc logs list``."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from torc.cli.choose import workflow_of
from torc.cli.logs.files import tell_elsewhere
from torc.cli.logs.options import DIRECTORY
from torc.cli.options import ID, with_session, workflow_argument
from torc.cli.output import Column, Listing, View
from torc.cli.session import Session
from torc.cli.tree import TorcCommand
from torc.logs.files import directory_of, nodes_of
from torc.runner import paths
from torc.units import format_bytes

_COLUMNS = (
    Column("Job ID", "job_id"),
    Column("Job Name", "job_name"),
    Column("Run ID", "run_id"),
    Column("Attempt", "attempt_id"),
    Column("Kind", "kind"),
    Column("Size", lambda log: format_bytes(log["size"])),
    Column("Path", "path"),
)


@click.command("list", cls=TorcCommand)
@workflow_argument
@click.option("-j", "--job-id", type=ID, help="Only this job.")
@DIRECTORY
@with_session
def list_(session: Session, workflow_id: int | None, job_id: int | None, output_dir: str | None) -> View:
    """List the log files of a workflow with their sizes.

    \b
    Example:
      torc logs list 5
    """
    number = workflow_of(session, workflow_id)
    session.client.get_workflow(number)
    nodes = nodes_of(session.client, number)
    if output_dir is None:
        tell_elsewhere(nodes)
    found = list(existing(number, directories(nodes, output_dir)))
    if job_id is not None:
        found = [log for log in found if log["job_id"] == job_id]
    names = _job_names(session, number, job_id) if any(log["job_id"] for log in found) else {}
    for log in found:
        log["job_name"] = names.get(log["job_id"])
    return Listing("logs", found, _COLUMNS, f"Logs of workflow ID {number}:")


def directories(nodes: dict[int, dict[str, Any]], output_dir: str | None) -> list[str]:
    """Return the output directories of a workflow's compute nodes, each once."""
    return [output_dir] if output_dir else list(dict.fromkeys(map(directory_of, nodes.values())))


def existing(workflow_id: int, places: list[str]) -> Iterator[dict[str, Any]]:
    """Yield what is known of each log file in these directories."""
    for directory in places:
        for log in paths.logs_of_workflow(directory, workflow_id):
            path = f"{directory}/{log.name}"
            try:
                status = os.lstat(path)
            except OSError:
                continue
            if not stat.S_ISREG(status.st_mode):
                continue
            yield {
                **{name: value for name, value in log._asdict().items() if name != "name"},
                "path": path,
                "size": status.st_size,
                "modified": _utc(status.st_mtime),
            }


def _job_names(session: Session, workflow_id: int, job_id: int | None) -> dict[int, str]:
    if job_id is not None:
        return {job_id: session.client.get_job(job_id)["name"]}
    return {job["id"]: job["name"] for job in session.client.pages("list_jobs", workflow_id=workflow_id)}


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
