"""``torc files``."""

from __future__ import annotations

from typing import Any

import click

from torc.cli.choose import workflow_of
from torc.cli.options import ID, changes, fetch, paging, record_id, sorting, with_session, workflow_argument
from torc.cli.output import Column, Details, Listing, View
from torc.cli.session import Session
from torc.cli.tree import TorcGroup

_FIELDS = (
    Column("ID", "id"),
    Column("Name", "name"),
    Column("Path", "path"),
    Column("Workflow ID", "workflow_id"),
)


@click.group(cls=TorcGroup)
def group() -> None:
    """Create, list and change files."""


@group.command
@workflow_argument
@click.option("-n", "--name", required=True, help="Name of the file.")
@click.option("-p", "--path", required=True, help="Path of the file.")
@with_session
def create(session: Session, workflow_id: int | None, name: str, path: str) -> View:
    """Create a file.

    \b
    Example:
      torc files create 5 --name raw --path data/raw.csv
    """
    body = {"workflow_id": workflow_of(session, workflow_id), "name": name, "path": path}
    return Details(session.client.create_file(body=body), _FIELDS, "Successfully created file:")


@group.command("list")
@workflow_argument
@click.option("--produced-by-job-id", type=ID, help="Only files that this job writes.")
@paging()
@sorting()
@with_session
def list_(session: Session, workflow_id: int | None, **filters: Any) -> View:
    """List the files of a workflow.

    \b
    Example:
      torc files list 5
    """
    number = workflow_of(session, workflow_id)
    files = fetch(session, "list_files", workflow_id=number, **filters)
    return Listing("files", files, _FIELDS, f"Files for workflow ID {number}:")


@group.command
@record_id
@with_session
def get(session: Session, record_id: int) -> View:
    """Show one file.

    \b
    Example:
      torc files get 3
    """
    return Details(session.client.get_file(record_id), (*_FIELDS, Column("Modification time", "st_mtime")))


@group.command
@record_id
@click.option("-n", "--name", help="New name.")
@click.option("-p", "--path", help="New path.")
@with_session
def update(session: Session, record_id: int, name: str | None, path: str | None) -> View:
    """Change a file.

    \b
    Example:
      torc files update 3 --path data/raw2.csv
    """
    file = session.client.update_file(record_id, body=changes(name=name, path=path))
    return Details(file, _FIELDS, "Successfully updated file:")


@group.command
@record_id
@with_session
def delete(session: Session, record_id: int) -> View:
    """Delete a file's record; the file on disk stays.

    \b
    Example:
      torc files delete 3
    """
    return Details(session.client.delete_file(record_id), _FIELDS, "Successfully deleted file:")


@group.command("list-required-existing")
@workflow_argument
@with_session
def list_required_existing(session: Session, workflow_id: int | None) -> View:
    """List the files that must exist before the workflow begins.

    \b
    Example:
      torc files list-required-existing 5
    """
    number = workflow_of(session, workflow_id)
    needed = set(session.client.list_required_existing_files(number)["files"])
    files = [file for file in fetch(session, "list_files", workflow_id=number) if file["id"] in needed]
    return Listing("files", files, _FIELDS, f"Files that workflow ID {number} needs from the start:")
