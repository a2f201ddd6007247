"""``torc jobs``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TextIO, cast

import click

from torc.amounts import DEFAULT_MEMORY, DEFAULT_RUNTIME
from torc.cli.choose import workflow_of
from torc.cli.nouns import Noun, fetch_of, get_command, list_command
from torc.cli.options import COUNT, ID, Option, changes, number_in, record_id, with_session, workflow_argument
from torc.cli.output import Column, Details, Listing, Message, Table, View, counted, shorten
from torc.cli.session import Session
from torc.cli.tree import TorcGroup
from torc.errors import InvalidInput, TorcError
from torc.states import JobStatus


@click.group("jobs", cls=TorcGroup)
def group() -> None:
    """Create, list and change jobs."""


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
_NOUN = Noun(group, "job", "jobs", _FIELDS)


def _ids(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> list[int] | None:
    """Read ids that are separated by commas or given by repeating the option."""
    numbers = [number_in(word) for text in value for word in text.replace(",", " ").split()]
    if None in numbers:
        raise click.BadParameter("give ids, separated by commas or by repeating the option")
    return cast("list[int]", numbers) or None


def _id_list(*names: str, help: str, old: tuple[str, ...] = ()) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(*names, cls=Option, multiple=True, callback=_ids, metavar="IDS", help=help, old=old)


@group.command
@workflow_argument
@click.option("-n", "--name", required=True, help="Name of the job.")
@click.option("-c", "--command", required=True, help="Command to execute.")
@click.option("-r", "--resource-requirements-id", type=ID, help="What the job needs to run.")
@_id_list("-b", "--blocking-job-ids", help="Jobs that must finish before.", old=("--depends-on-job-ids",))
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


@group.command("create-from-file")
@click.argument("workflow_id", type=ID, metavar="WORKFLOW_ID")
@click.argument("file", type=click.File(encoding="utf-8-sig"))
@click.option("--cpus-per-job", type=ID, default=1, show_default=True, help="CPUs of each job.")
@click.option("--memory-per-job", default=DEFAULT_MEMORY, show_default=True, help="Memory of each job, for example 2g.")
@click.option(
    "--runtime-per-job",
    default=DEFAULT_RUNTIME,
    show_default=True,
    help="Longest run time of each job, for example PT30M.",
)
@with_session
def create_from_file(
    session: Session,
    workflow_id: int,
    file: TextIO,
    cpus_per_job: int,
    memory_per_job: str,
    runtime_per_job: str,
) -> View:
    """Create a job for each line of a text file.

    Empty lines and lines that begin with # are left out; - reads standard input. The jobs are named
    job1, job2 and so on, counting on from the jobs that the workflow has, and share one new record of
    resource requirements.

    \b
    Example:
      torc jobs create-from-file 5 commands.txt --cpus-per-job 4 --memory-per-job 8g
    """
    commands = _commands(file)
    first = _next_number(session, workflow_id)
    needs = {
        "workflow_id": workflow_id,
        "name": f"job{first}_to_job{first + len(commands) - 1}",
        "num_cpus": cpus_per_job,
        "memory": memory_per_job,
        "runtime": runtime_per_job,
    }
    requirements = session.client.create_resource_requirements(body=needs)
    shared = {"workflow_id": workflow_id, "resource_requirements_id": requirements["id"]}
    jobs = [{**shared, "name": f"job{first + n}", "command": command} for n, command in enumerate(commands)]
    try:
        created = session.client.create_jobs(body={"jobs": jobs})["jobs"]
    except TorcError:
        session.client.delete_resource_requirement(requirements["id"])
        raise
    names = created[0]["name"] if len(created) == 1 else f"{created[0]['name']} to {created[-1]['name']}"
    lines = [
        f"Successfully created {counted(len(created), 'jobs')} in workflow {workflow_id}: {names}",
        f"Resource requirements ID: {requirements['id']}",
    ]
    return Message(lines, {**shared, "jobs": created})


def _commands(file: TextIO) -> list[str]:
    try:
        lines = [line.strip() for line in file]
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file.name} is not text in UTF-8: {error.reason} at byte {error.start}") from None
    commands = [line for line in lines if line and not line.startswith("#")]
    if not commands:
        raise InvalidInput(f"{file.name} holds no command", field="file", hint="write one command on each line")
    return commands


def _next_number(session: Session, workflow_id: int) -> int:
    """Return a number after those of all jobs, and after all that are called job1, job2 and so on."""
    names = [job["name"] for job in fetch_of(session, "list_jobs", workflow_id)]
    taken = [number_in(name[3:]) or 0 for name in names if name.startswith("job")]
    return max(len(names), *taken, 0) + 1


list_command(
    _NOUN,
    click.option("-s", "--status", help="Only jobs with this status, for example failed."),
    click.option("--upstream-job-id", type=ID, help="Only jobs that wait for this one."),
    click.option(
        "--include-relationships", is_flag=True, help="Add ids of dependencies, files and user data (slower)."
    ),
    columns=_COLUMNS,
    example="list 5 --status failed",
)


@group.command("list-by-status")
@workflow_argument
@with_session
def list_by_status(session: Session, workflow_id: int | None) -> View:
    """List how many jobs have which status, and their names.

    \b
    Example:
      watch -n 10 torc jobs list-by-status 5
    """
    number = workflow_of(session, workflow_id)
    statuses = _by_status(fetch_of(session, "list_jobs", number))
    total = sum(one["count"] for one in statuses)
    rows = [
        (one["status"], str(one["count"]), shorten(", ".join(job["name"] for job in one["jobs"]))) for one in statuses
    ]
    lines: list[str | Table] = [
        f"Jobs by status for workflow ID {number}:",
        Table(("Status", "Count", "Jobs"), rows),
        "",
        f"Total: {counted(total, 'jobs')}",
    ]
    document = {"workflow_id": number, "total_jobs": total, "statuses": statuses}
    return Message(lines if total else ["No jobs found."], document)


def _by_status(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the jobs of each status that has some, in the order in which statuses follow each other."""
    found: dict[str, list[dict[str, Any]]] = {status.name: [] for status in JobStatus}
    for job in jobs:
        found[job["status"]].append(job)
    return [{"status": name, "count": len(members), "jobs": members} for name, members in found.items() if members]


get_command(_NOUN)


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
    return _NOUN.updated(session.client.update_job(record_id, body=changes(**fields)))


@group.command
@click.argument("record_ids", type=ID, nargs=-1, required=True, metavar="IDS...")
@with_session
def delete(session: Session, record_ids: tuple[int, ...]) -> View:
    """Delete jobs.

    \b
    Example:
      torc jobs delete 17 18
    """
    for number in record_ids:
        # Before the first is gone, in case another is mistyped.
        session.client.get_job(number)
    deleted = [session.client.delete_job(number) for number in dict.fromkeys(record_ids)]
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
    return Message([f"Successfully deleted {counted(reply['count'], 'jobs')} of workflow {number}"], reply)


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
    known = {item["id"]: item for item in fetch_of(session, "list_resource_requirements", number)}
    jobs = [session.client.get_job(job_id)] if job_id else fetch_of(session, "list_jobs", number)
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
