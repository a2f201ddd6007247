"""``torc workflows`` continued: beginning, watching, resetting and cancelling runs."""

from __future__ import annotations

from typing import Any

import click

from torc.cli import output
from torc.cli.choose import confirm, workflow_of
from torc.cli.options import Option, no_prompts, with_session, workflow_argument
from torc.cli.output import Column, Details, Message, View, counted
from torc.cli.session import Session
from torc.cli.tree import TorcCommand
from torc.client.initialize import begin_run
from torc.units import format_duration

_SHOWN = 10
_force = click.option(
    "--force",
    cls=Option,
    is_flag=True,
    help="Go on although input files or data are missing.",
    old=("-i", "--ignore-missing-data"),
)
_dry_run = click.option("--dry-run", is_flag=True, help="Only tell what would happen.")


@click.command(cls=TorcCommand)
@workflow_argument
@_force
@no_prompts
@_dry_run
@with_session
def initialize(session: Session, workflow_id: int | None, force: bool, no_prompts: bool, dry_run: bool) -> View:
    """Begin a run from the start: work out which jobs are ready.

    Every job is reset. Jobs whose inputs are all there become ready, the others wait for the jobs
    that make them.

    \b
    Examples:
      torc workflows initialize 5
      torc workflows initialize 5 --dry-run
    """
    number = workflow_of(session, workflow_id)
    if session.interactive and not (no_prompts or dry_run):
        _confirm_restart(session, number, force)
    reply = begin_run(session.client, number, force=force, dry_run=dry_run)
    return Message(_run_lines(number, reply, "initialized"), {"workflow_id": number, **reply})


@click.command(cls=TorcCommand)
@workflow_argument
@_force
@_dry_run
@with_session
def reinitialize(session: Session, workflow_id: int | None, force: bool, dry_run: bool) -> View:
    """Begin a run with what is left or has changed; complete jobs stay complete.

    Jobs that were canceled or terminated run again, and so do complete jobs whose input files, input
    data or command changed or whose output files are gone, with everything that follows from them.

    \b
    Examples:
      torc workflows reinitialize 5
      torc workflows reinitialize 5 --dry-run
    """
    number = workflow_of(session, workflow_id)
    reply = begin_run(session.client, number, again=True, force=force, dry_run=dry_run)
    return Message(_run_lines(number, reply, "reinitialized"), {"workflow_id": number, **reply})


@click.command(cls=TorcCommand)
@workflow_argument
@click.option("-u", "--user", help="Offer this user's workflows when no id is given (default: USER).")
@with_session
def status(session: Session, workflow_id: int | None, user: str | None) -> View:
    """Show how far a workflow is.

    \b
    Examples:
      torc workflows status 5
      torc workflows status 5 -f json | jq -r .status
    """
    return Details(session.client.get_workflow_status(workflow_of(session, workflow_id, user)), _STATUS_FIELDS)


@click.command("reset-status", cls=TorcCommand)
@workflow_argument
@click.option("--failed-only", is_flag=True, help="Only jobs that failed or were ended, and what follows them.")
@click.option(
    "-r",
    "--restart",
    cls=Option,
    is_flag=True,
    help="Reinitialize the workflow afterwards.",
    old=("--reinitialize",),
)
@click.option("--force", is_flag=True, help="Reset although jobs are pending or running.")
@no_prompts
@with_session
def reset_status(
    session: Session, workflow_id: int | None, failed_only: bool, restart: bool, force: bool, no_prompts: bool
) -> View:
    """Set jobs back to uninitialized, all or those that failed.

    \b
    Example:
      torc workflows reset-status 5 --failed-only --restart --no-prompts
    """
    number = workflow_of(session, workflow_id)
    what = "the failed jobs" if failed_only else "all jobs"
    confirm(session, f"Reset {what} of workflow {number}?", skip=no_prompts)
    reply = session.client.reset_job_status(number, failed_only=failed_only, with_workflow=True, force=force)
    lines = [f"Successfully reset {counted(reply['updated_count'], 'jobs')} of workflow {number}"]
    document: dict[str, Any] = reply
    if restart:
        begun = begin_run(session.client, number, again=True, force=force)
        lines += _run_lines(number, begun, "reinitialized")
        document = {**reply, "reinitialize": begun}
    else:
        lines.append(f"Go on with: torc workflows reinitialize {number}")
    return Message(lines, document)


@click.command(cls=TorcCommand)
@workflow_argument
@with_session
def cancel(session: Session, workflow_id: int | None) -> View:
    """Cancel a workflow: running jobs are ended, no more are started.

    \b
    Example:
      torc workflows cancel 5
    """
    number = workflow_of(session, workflow_id)
    workflow = session.client.cancel_workflow(number)
    if not workflow["is_canceled"]:
        return Message([f"Workflow {number} is complete already, there is nothing to cancel"], workflow)
    return Message([f"Successfully canceled workflow {number}"], workflow)


def _confirm_restart(session: Session, number: int, force: bool) -> None:
    preview = begin_run(session.client, number, force=force, dry_run=True)
    for path in preview["existing_outputs"][:_SHOWN]:
        output.note(f"exists already and will be written again: {path}")
    if preview["existing_outputs"] or preview["reset_jobs"]:
        confirm(session, f"Begin workflow {number} from the start?", skip=False)


def _run_lines(number: int, reply: dict[str, Any], done: str) -> list[str]:
    reset = reply["reset_jobs"]
    ready = f"{counted(reply['ready'], 'jobs')} ready, {reply['blocked']} blocked"
    if reply["dry_run"]:
        lines = [f"Workflow {number} would be {done}: {ready}"]
    else:
        lines = [f"Successfully {done} workflow {number} (run {reply['run_id']}): {ready}"]
    if done == "reinitialized":
        lines += _some("  to run again", reset)
    lines += _some("  missing file", reply["missing_files"])
    lines += _some("  missing user data", reply["missing_user_data"])
    return lines


def _some(label: str, names: list[str]) -> list[str]:
    lines = [f"{label}: {name}" for name in names[:_SHOWN]]
    return [*lines, f"{label}: and {len(names) - _SHOWN} more"] if len(names) > _SHOWN else lines


def _counts(status: dict[str, Any]) -> str:
    counts = {name: count for name, count in status["jobs_by_status"].items() if count}
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"


def _status(status: dict[str, Any]) -> str:
    if not status["is_canceled"]:
        return str(status["status"])
    counts = status["jobs_by_status"]
    left = sum(counts[name] for name in ("uninitialized", "blocked", "ready"))
    number = status["workflow_id"]
    return f"canceled: {counted(left, 'jobs')} will not run (go on with torc workflows reinitialize {number})"


def _wall_time(status: dict[str, Any]) -> str | None:
    seconds = status.get("walltime_seconds")
    return None if seconds is None else format_duration(seconds)


_STATUS_FIELDS = (
    Column("Workflow ID", "workflow_id"),
    Column("Name", "workflow_name"),
    Column("User", "workflow_user"),
    Column("Status", _status),
    Column("Run ID", "run_id"),
    Column("Archived", lambda status: status["is_archived"] or None),
    Column("Total jobs", "total_jobs"),
    Column("Jobs", _counts),
    Column("Execution time", lambda status: format_duration(60 * (status.get("total_exec_time_minutes") or 0))),
    Column("Wall time", _wall_time),
    Column("Active compute nodes", "active_compute_nodes"),
)
