"""``torc jobs``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from torc.cli.choose import workflow_of
from torc.cli.options import COUNT, ID, changes, fetch, paging, record_id, sorting, with_session, workflow_argument
from torc.cli.output import Column, Details, Listing, Message, View, shorten
from torc.cli.session import Session
from torc.cli.tree import TorcGroup

_COLUMNS = (
    Column("ID", "id"),
    Column("Name", "name"),
    Column("Status", "status"),
    Column("Command", lambda job: shorten(job.get("command"))),
)
_FIELDS = (
    Column("ID", "id"),
    Column("Workflow ID", "workflow_id"),
    Column("Name", "name"),
    Column("Status", "status"),
    Column("Command", "command"),
    Column("Invocation script", "invocation_script"),
    Column("Priority", "priority"),
    Column("Attempt", "attempt_id"),
    Column("Resource requirements ID", "resource_requirements_id"),
    Column("Start time", "start_time"),
    Column("Compute node ID", "compute_node_id"),
    Column("Depends on", lambda job: job.get("depends_on_job_ids") or None),
    Column("Input files", lambda job: job.get("input_file_ids") or None),
    Column("Output files", lambda job: job.get("output_file_ids") or None),
    Column("Input user data", lambda job: job.get("input_user_data_ids") or None),
    Column("Output user data", lambda job: job.get("output_user_data_ids") or None),
)


@click.group(cls=TorcGroup)
def group() -> None:
    """Create, list and change jobs."""


def _ids(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> list[int] | None:
    """Read ids that are separated by commas or given by repeating the option."""
    words = [word for text in value for word in text.replace(",", " ").split()]
    if not all(word.isdigit() for word in words):
        raise click.BadParameter("give ids, separated by commas or by repeating the option")
    return [int(word) for word in words] or None


def _id_list(*names: str, help: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(*names, multiple=True, callback=_ids, metavar="IDS", help=help)


@group.command
@workflow_argument
@click.option("-n", "--name", required=True, help="Name of the job.")
@click.option("-c", "--command", required=True, help="Command to execute.")
@click.option("-r", "--resource-requirements-id", type=ID, help="What the job needs to run.")
@_id_list("-b", "--blocking-job-ids", "--depends-on-job-ids", help="Jobs that must finish before.")
@_id_list("-i", "--input-file-ids", help="Files that the job reads.")
@_id_list("-o", "--output-file-ids", help="Files that the job writes.")
@with_session
def create(session: Session, workflow_id: int | None, blocking_job_ids: list[int] | None, **fields: Any) -> View:
    """Create a job.

    \b
    Example:
      torc jobs create 5 --name clean --command "python clean.py" --input-file-ids 1,2
    """
    body = {"workflow_id": workflow_of(session, workflow_id), "depends_on_job_ids": blocking_job_ids, **fields}
    job = session.client.create_job(body={name: value for name, value in body.items() if value is not None})
    return Details(job, _FIELDS[:4], "Successfully created job:")


@group.command("list")
@workflow_argument
@click.option("-s", "--status", help="Only jobs with this status, for example failed.")
@click.option("--upstream-job-id", type=ID, help="Only jobs that wait for this one.")
@paging()
@sorting()
@click.option("--include-relationships", is_flag=True, help="Add ids of dependencies, files and user data (slower).")
@with_session
def list_(session: Session, workflow_id: int | None, **filters: Any) -> View:
    """List the jobs of a workflow.

    \b
    Example:
      torc jobs list 5 --status failed
    """
    number = workflow_of(session, workflow_id)
    jobs = fetch(session, "list_jobs", workflow_id=number, **filters)
    return Listing("jobs", jobs, _COLUMNS, f"Jobs for workflow ID {number}:")


@group.command
@record_id
@with_session
def get(session: Session, record_id: int) -> View:
    """Show one job.

    \b
    Example:
      torc jobs get 17
    """
    return Details(session.client.get_job(record_id), _FIELDS)


@group.command
@record_id
@click.option("-n", "--name", help="New name.")
@click.option("-c", "--command", help="New command.")
@click.option("-r", "--resource-requirements-id", type=ID, help="What the job needs to run.")
@click.option("--priority", type=COUNT, help="Jobs of higher priority start first.")
@with_session
def update(session: Session, record_id: int, **fields: Any) -> View:
    """Change a job that has not been initialized.

    \b
    Example:
      torc jobs update 17 --command "python clean.py --all"
    """
    return Details(session.client.update_job(record_id, body=changes(**fields)), _FIELDS, "Successfully updated job:")


@group.command
@click.argument("record_ids", type=ID, nargs=-1, required=True, metavar="IDS...")
@with_session
def delete(session: Session, record_ids: tuple[int, ...]) -> View:
    """Delete jobs.

    \b
    Example:
      torc jobs delete 17 18
    """
    deleted = [session.client.delete_job(number) for number in record_ids]
    return Message([f"Successfully deleted job {job['id']} ({job['name']})" for job in deleted], {"jobs": deleted})


@group.command("delete-all")
@workflow_argument
@with_session
def delete_all(session: Session, workflow_id: int | None) -> View:
    """Delete all jobs of a workflow.

    \b
    Example:
      torc jobs delete-all 5
    """
    number = workflow_of(session, workflow_id)
    reply = session.client.delete_jobs(workflow_id=number)
    return Message([f"Successfully deleted {reply['count']} jobs of workflow {number}"], reply)


@group.command("list-resource-requirements")
@workflow_argument
@click.option("-j", "--job-id", type=ID, help="Only this job.")
@with_session
def list_resource_requirements(session: Session, workflow_id: int | None, job_id: int | None) -> View:
    """List jobs with what they need to run.

    \b
    Example:
      torc jobs list-resource-requirements 5
    """
    number = workflow_of(session, workflow_id)
    known = {item["id"]: item for item in fetch(session, "list_resource_requirements", workflow_id=number)}
    jobs = [session.client.get_job(job_id)] if job_id else fetch(session, "list_jobs", workflow_id=number)
    rows = [_with_requirements(job, known.get(job.get("resource_requirements_id"), {})) for job in jobs]
    columns = (
        Column("Job ID", "job_id"),
        Column("Job Name", "job_name"),
        Column("RR ID", "resource_requirements_id"),
        Column("RR Name", "name"),
        Column("CPUs", "num_cpus"),
        Column("GPUs", "num_gpus"),
        Column("Nodes", "num_nodes"),
        Column("Memory", "memory"),
        Column("Runtime", "runtime"),
    )
    return Listing("jobs", rows, columns, f"Resource requirements of the jobs of workflow ID {number}:")


def _with_requirements(job: dict[str, Any], needs: dict[str, Any]) -> dict[str, Any]:
    amounts = ("name", "num_cpus", "num_gpus", "num_nodes", "memory", "runtime")
    return {
        "job_id": job["id"],
        "job_name": job["name"],
        "resource_requirements_id": needs.get("id"),
        **{name: needs.get(name) for name in amounts},
    }
