"""``torc workflows create``."""

from __future__ import annotations

import click

from torc.cli.options import with_session
from torc.cli.output import Ended, Message, View, counted
from torc.cli.session import Session
from torc.cli.specs import load_checked, tell_if_large
from torc.cli.tree import TorcCommand
from torc.errors import SpecError


@click.command(cls=TorcCommand)
@click.argument("file", metavar="FILE")
@click.option(
    "--format-of",
    type=click.Choice(["yaml", "json", "json5", "kdl"]),
    help="Format of FILE (default: told by its extension or content).",
)
@click.option("-u", "--user", help="User that owns the workflow (default: USER).")
@click.option("--no-resource-monitoring", is_flag=True, help="Do not sample the jobs' use of CPU and memory.")
@click.option("--dry-run", is_flag=True, help="Only check, and show what would be created.")
@click.option("--skip-checks", is_flag=True, help="Create although node counts do not fit a scheduler.")
@with_session
def create(
    session: Session,
    file: str,
    format_of: str | None,
    user: str | None,
    no_resource_monitoring: bool,
    dry_run: bool,
    skip_checks: bool,
) -> View | Ended:
    """Create a workflow from a specification file.

    FILE is YAML, JSON, JSON5 or KDL; - reads standard input. Nothing is created when anything is
    wrong in it.

    \b
    Examples:
      torc workflows create workflow.yaml
      torc workflows create --dry-run workflow.yaml
      WORKFLOW_ID=$(torc workflows create workflow.yaml -f json | jq -r .id)
    """
    from torc.spec import validation_result

    if dry_run:
        return _preview(session, file, format_of, skip_checks)
    checked = load_checked(
        file,
        format_of=format_of,
        user=user,
        skip_checks=skip_checks,
        monitoring=not no_resource_monitoring,
        warn=not session.as_json,
    )
    session.may_create_database = True
    tell_if_large(session, checked)
    created = session.client.create_workflow_from_plan(checked.plan)
    lines = [
        f"Created workflow with ID: {created['id']}",
        f"Name: {created['name']}",
        f"Total: {counted(created['num_jobs'], 'jobs')}, {counted(created['num_dependencies'], 'dependencies')}",
    ]
    return Message(lines, {**created, "warnings": validation_result(checked)["warnings"]})


def _preview(session: Session, file: str, format_of: str | None, skip_checks: bool) -> Message | Ended:
    from torc.spec import render_summary, validation_failure, validation_result

    try:
        checked = load_checked(file, format_of=format_of, skip_checks=skip_checks, warn=False)
    except SpecError as error:
        if not session.as_json:
            raise
        return Ended(Message([], validation_failure(error)), error.exit_code)
    return Message(render_summary(checked).split("\n"), validation_result(checked))
