"""``torc access-groups``."""

from __future__ import annotations

from typing import Any

import click

from torc.cli.nouns import Noun, delete_command, get_command
from torc.cli.options import ID, fetch, paging, with_session
from torc.cli.output import Column, Details, Listing, Message, View
from torc.cli.session import Session
from torc.cli.tree import TorcGroup


@click.group("access-groups", cls=TorcGroup)
def group() -> None:
    """Say which users may see and run which workflows."""


_FIELDS = (
    Column("ID", "id"),
    Column("Name", "name"),
    Column("Description", "description"),
    Column("Created", "created_at"),
)
_MEMBER = (
    Column("User", "user_name"),
    Column("Group ID", "group_id"),
    Column("Role", "role"),
    Column("Added", "created_at"),
)
_NOUN = Noun(group, "access_group", "access_groups", _FIELDS)
_group_id = click.argument("group_id", type=ID, metavar="GROUP_ID")
_user_name = click.argument("user_name", metavar="USER")
_workflow_id = click.argument("workflow_id", type=ID, metavar="WORKFLOW_ID")


@group.command
@click.argument("name", metavar="NAME")
@click.option("-d", "--description", help="What the group is for.")
@with_session
def create(session: Session, name: str, description: str | None) -> View:
    """Create a group; whoever creates it is its first administrator.

    \b
    Example:
      torc access-groups create physics --description "Detector group"
    """
    body = {"name": name} | ({"description": description} if description else {})
    return _NOUN.created(session.client.create_access_group(body=body))


@group.command("list")
@paging(short="lo")
@with_session
def list_(session: Session, **window: Any) -> View:
    """List the groups.

    \b
    Example:
      torc access-groups list
    """
    return _groups(session, "list_access_groups", window=window, title="Access groups:")


get_command(_NOUN)
delete_command(_NOUN, text="Delete one access group; workflows and users stay.")


@group.command("add-user")
@_group_id
@_user_name
@click.option(
    "-r",
    "--role",
    type=click.Choice(["member", "admin"]),
    default="member",
    show_default=True,
    help="Role in the group.",
)
@with_session
def add_user(session: Session, group_id: int, user_name: str, role: str) -> View:
    """Add a user to a group.

    \b
    Example:
      torc access-groups add-user 2 ada --role admin
    """
    body = {"group_id": group_id, "user_name": user_name, "role": role}
    return Details(session.client.add_user_to_group(group_id, body=body), _MEMBER, "Successfully added user to group:")


@group.command("remove-user")
@_group_id
@_user_name
@with_session
def remove_user(session: Session, group_id: int, user_name: str) -> View:
    """Take a user out of a group.

    \b
    Example:
      torc access-groups remove-user 2 ada
    """
    membership = session.client.remove_user_from_group(group_id, user_name)
    return Message([f"Successfully removed user {user_name} from group {group_id}"], membership)


@group.command("list-members")
@_group_id
@paging(short="lo")
@with_session
def list_members(session: Session, group_id: int, **window: Any) -> View:
    """List the members of a group.

    \b
    Example:
      torc access-groups list-members 2
    """
    members = fetch(session, "list_group_members", group_id, **window)
    return Listing("members", members, _MEMBER, f"Members of access group {group_id}:")


@group.command("list-user-groups")
@_user_name
@paging(short="lo")
@with_session
def list_user_groups(session: Session, user_name: str, **window: Any) -> View:
    """List the groups that a user is in.

    \b
    Example:
      torc access-groups list-user-groups ada
    """
    return _groups(session, "list_user_groups", user_name, window=window, title=f"Access groups of user {user_name}:")


def _link_command(name: str, operation: str, text: str, done: str) -> None:
    """Add a command about one workflow and one group."""

    @group.command(name, help=f"{text}\n\n\b\nExample:\n  torc access-groups {name} 5 2")
    @_workflow_id
    @_group_id
    @with_session
    def change(session: Session, workflow_id: int, group_id: int) -> View:
        link = session.client.call(operation, workflow_id, group_id)
        return Message([f"Successfully {done.format(workflow_id, group_id)}"], link)


_link_command(
    "add-workflow", "add_workflow_to_group", "Give a group access to a workflow.", "added workflow {} to group {}"
)
_link_command(
    "remove-workflow",
    "remove_workflow_from_group",
    "Take a group's access to a workflow away.",
    "removed workflow {} from group {}",
)


@group.command("list-workflow-groups")
@_workflow_id
@paging(short="lo")
@with_session
def list_workflow_groups(session: Session, workflow_id: int, **window: Any) -> View:
    """List the groups that have access to a workflow.

    \b
    Example:
      torc access-groups list-workflow-groups 5
    """
    title = f"Access groups of workflow ID {workflow_id}:"
    return _groups(session, "list_workflow_groups", workflow_id, window=window, title=title)


@group.command("check-access")
@_workflow_id
@_user_name
@with_session
def check_access(session: Session, workflow_id: int, user_name: str) -> View:
    """Tell whether a user has access to a workflow, and why.

    \b
    Example:
      torc access-groups check-access 5 ada
    """
    found = session.client.check_workflow_access(workflow_id, user_name)
    answer = "has" if found["has_access"] else "has no"
    reason = f": {found['reason']}" if found.get("reason") else ""
    return Message([f"User {user_name} {answer} access to workflow {workflow_id}{reason}"], found)


def _groups(session: Session, operation: str, *path: Any, window: dict[str, Any], title: str) -> Listing:
    return Listing("access_groups", fetch(session, operation, *path, **window), _FIELDS, title)
