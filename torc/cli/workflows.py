"""``torc workflows``: the group, and the commands that handle workflow records."""

from __future__ import annotations

from typing import Any

import click

from torc.cli.choose import confirm, workflow_of, workflows_of
from torc.cli.options import ID, changes, fetch, no_prompts, paging, sorting, with_session, workflow_argument
from torc.cli.output import Column, Details, Listing, Message, View
from torc.cli.session import Session, current_user
from torc.cli.tree import TorcGroup
from torc.errors import Forbidden

_COLUMNS = (
    Column("ID", "id"),
    Column("Name", "name"),
    Column("User", "user"),
    Column("Description", "description"),
    Column("Timestamp", "timestamp"),
)
_ARCHIVED = Column("Archived", "is_archived")
_FIELDS = (
    *_COLUMNS[:4],
    Column("Project", "project"),
    Column("Timestamp", "timestamp"),
    Column("Run ID", "run_id"),
    Column("Archived", "is_archived"),
    Column("Canceled", "is_canceled"),
    Column("Job order", "jobs_sort_method"),
    Column("Environment", "env"),
    Column("Metadata", "metadata"),
)
_LAZY = {
    "create": ("torc.cli.create:create", "Create a workflow from a specification file."),
    "new": ("torc.cli.workflows:new", "Create an empty workflow."),
    "list": ("torc.cli.workflows:list_", "List workflows."),
    "get": ("torc.cli.workflows:get", "Show one workflow."),
    "update": ("torc.cli.workflows:update", "Change a workflow's name, description or owner."),
    "delete": ("torc.cli.workflows:delete", "Delete workflows with everything in them."),
    "archive": ("torc.cli.workflows:archive", "Archive workflows, or take them back."),
    "run": ("torc.cli.run:run_workflow_command", "Run a workflow on this machine."),
    "initialize": ("torc.cli.lifecycle:initialize", "Begin a run from the start: work out which jobs are ready."),
    "reinitialize": (
        "torc.cli.lifecycle:reinitialize",
        "Begin a run with what is left or has changed; complete jobs stay complete.",
    ),
    "status": ("torc.cli.lifecycle:status", "Show how far a workflow is."),
    "reset-status": ("torc.cli.lifecycle:reset_status", "Set jobs back to uninitialized, all or those that failed."),
    "cancel": ("torc.cli.lifecycle:cancel", "Cancel a workflow: running jobs are ended, no more are started."),
    "execution-plan": (
        "torc.cli.execution_plan:execution_plan",
        "Show in which stages the jobs of a file or workflow become ready.",
    ),
    "correct-resources": (
        "torc.cli.correct_resources:correct_resources",
        "Ask for what jobs have used: change their resource requirements.",
    ),
    "diagnose": ("torc.cli.diagnose:diagnose", "Say of each job that waits why it does not run."),
    "export": ("torc.cli.exporting:export", "Write a workflow as JSON, to a file or to standard output."),
    "import": ("torc.cli.importing:import_", "Create a workflow from an exported file."),
}
_ALIASES = {
    "initialize-jobs": "initialize",
    "init": "initialize",
    "reinitialize-jobs": "reinitialize",
    "reinit": "reinitialize",
    "run-jobs": "run",
    "start": "run",
}


@click.group(cls=TorcGroup, lazy=_LAZY, aliases=_ALIASES)
def group() -> None:
    """Create, list, start and change workflows."""


_user = click.option("-u", "--user", help="User that owns the workflow (default: USER).")


@click.command(cls=group.command_class)
@click.option("-n", "--name", required=True, help="Name of the workflow.")
@click.option("-d", "--description", help="What it is for.")
@_user
@with_session
def new(session: Session, name: str, description: str | None, user: str | None) -> View:
    """Create an empty workflow.

    \b
    Example:
      torc workflows new --name my_workflow --description "first try"
    """
    session.may_create_database = True
    body = {"name": name, "user": user or current_user()} | ({"description": description} if description else {})
    return Details(session.client.create_workflow(body=body), _COLUMNS[:4], "Successfully created workflow:")


@click.command("list", cls=group.command_class)
@click.option("-u", "--user", help="List this user's workflows (default: USER).")
@click.option("--all-users", is_flag=True, help="List the workflows of all users.")
@paging()
@sorting()
@click.option("--archived-only", is_flag=True, help="List only archived workflows.")
@click.option("--include-archived", is_flag=True, help="List archived ones too.")
@with_session
def list_(
    session: Session,
    user: str | None,
    all_users: bool,
    archived_only: bool,
    include_archived: bool,
    **filters: Any,
) -> View:
    """List workflows.

    \b
    Example:
      torc workflows list --all-users
    """
    owner = None if all_users else user or current_user()
    archived = True if archived_only else None if include_archived else False
    workflows = fetch(session, "list_workflows", user=owner, is_archived=archived, **filters)
    columns = (*_COLUMNS, _ARCHIVED) if archived_only or include_archived else _COLUMNS
    title = "Workflows:" if owner is None else f"Workflows of user {owner}:"
    return Listing("workflows", workflows, columns, title)


@click.command(cls=group.command_class)
@workflow_argument
@click.option("-u", "--user", help="Offer this user's workflows when no id is given (default: USER).")
@with_session
def get(session: Session, workflow_id: int | None, user: str | None) -> View:
    """Show one workflow.

    \b
    Example:
      torc workflows get 5
    """
    return Details(session.client.get_workflow(workflow_of(session, workflow_id, user)), _FIELDS)


@click.command(cls=group.command_class)
@workflow_argument
@click.option("-n", "--name", help="New name.")
@click.option("-d", "--description", help="New description.")
@click.option("--owner-user", help="New owner.")
@with_session
def update(session: Session, workflow_id: int | None, owner_user: str | None, **fields: Any) -> View:
    """Change a workflow's name, description or owner.

    \b
    Example:
      torc workflows update 5 --description "second try"
    """
    body = changes(user=owner_user, **fields)
    workflow = session.client.update_workflow(workflow_of(session, workflow_id), body=body)
    return Details(workflow, _COLUMNS[:4], "Successfully updated workflow:")


@click.command(cls=group.command_class)
@click.argument("workflow_ids", type=ID, nargs=-1, metavar="[WORKFLOW_IDS]...")
@no_prompts
@click.option("--force", is_flag=True, help="Also delete other users' workflows.")
@with_session
def delete(session: Session, workflow_ids: tuple[int, ...], no_prompts: bool, force: bool) -> View:
    """Delete workflows with everything in them.

    \b
    Example:
      torc workflows delete 5 6 --no-prompts
    """
    workflows = workflows_of(session, workflow_ids)
    user = current_user()
    for workflow in workflows:
        if workflow["user"] != user and not force:
            raise Forbidden(
                f"workflow {workflow['id']} belongs to user {workflow['user']}, not to {user}", hint="give --force"
            )
    names = ", ".join(f"{workflow['id']} ({workflow['name']})" for workflow in workflows)
    confirm(session, f"Delete workflow {names} with all jobs and results?", skip=no_prompts)
    for workflow in workflows:
        session.client.delete_workflow(workflow["id"])
    lines = [f"Successfully deleted workflow {workflow['id']}" for workflow in workflows]
    return Message(lines, {"workflows": workflows})


@click.command(cls=group.command_class)
@click.argument("is_archived", type=bool, metavar="true|false")
@click.argument("workflow_ids", type=ID, nargs=-1, metavar="[WORKFLOW_IDS]...")
@with_session
def archive(session: Session, is_archived: bool, workflow_ids: tuple[int, ...]) -> View:
    """Archive workflows, or take them back.

    Archived workflows keep everything and are left out of lists.

    \b
    Examples:
      torc workflows archive true 5 6
      torc workflows archive false 5
    """
    numbers = [workflow["id"] for workflow in workflows_of(session, workflow_ids, archived=not is_archived)]
    workflows = [session.client.archive_workflow(number, body={"is_archived": is_archived}) for number in numbers]
    done = "archived" if is_archived else "unarchived"
    return Message([f"Successfully {done} workflow {number}" for number in numbers], {"workflows": workflows})
