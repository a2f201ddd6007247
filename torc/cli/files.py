"""``torc files``."""

from __future__ import annotations

import click

from torc.cli.choose import workflow_of
from torc.cli.nouns import Noun, delete_command, fetch_of, get_command, list_command
from torc.cli.options import ID, changes, record_id, with_session, workflow_argument
from torc.cli.output import Column, Listing, View
from torc.cli.session import Session
from torc.cli.tree import TorcGroup


@click.group("files", cls=TorcGroup)
def group() -> None:
    """Create, list and change files."""


_FIELDS = (
    Column("ID", "id"),
    Column("Name", "name"),
    Column("Path", "path"),
    Column("Workflow ID", "workflow_id"),
)
_NOUN = Noun(group, "file", "files", _FIELDS)


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
    return _NOUN.created(session.client.create_file(body=body))


list_command(_NOUN, click.option("--produced-by-job-id", type=ID, help="Only files that this job writes."))
get_command(_NOUN, (*_FIELDS, Column("Modification time", "st_mtime")))


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
    return _NOUN.updated(session.client.update_file(record_id, body=changes(name=name, path=path)))


delete_command(_NOUN, text="Delete a file's record; the file on disk stays.")


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
    files = [file for file in fetch_of(session, "list_files", number) if file["id"] in needed]
    return Listing("files", files, _FIELDS, f"Files that workflow ID {number} needs from the start:")
