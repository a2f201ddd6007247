"""``torc user-data``."""

from __future__ import annotations

from typing import Any

import click

from torc.cli.choose import workflow_of
from torc.cli.options import (
    ID,
    changes,
    fetch,
    paging,
    parse_json_option,
    record_id,
    sorting,
    with_session,
    workflow_argument,
)
from torc.cli.output import Column, Details, Document, Listing, Message, View, shorten
from torc.cli.session import Session
from torc.cli.tree import TorcGroup


def _data(record: dict[str, Any]) -> str:
    import json

    return shorten(json.dumps(record.get("data"), ensure_ascii=False))


_FIELDS = (
    Column("ID", "id"),
    Column("Name", "name"),
    Column("Data", _data),
    Column("Workflow ID", "workflow_id"),
)
_KEY = "user_data"
_NOUN = "user data records"


@click.group(cls=TorcGroup)
def group() -> None:
    """Create, list and change the JSON values that jobs pass on."""


@group.command
@workflow_argument
@click.option("-n", "--name", required=True, help="Name of the record.")
@click.option("-d", "--data", help="Content as JSON.")
@click.option("--ephemeral", is_flag=True, help="Clear the data when a run begins.")
@click.option("--consumer-job-id", type=ID, help="Job that reads it.")
@click.option("--producer-job-id", type=ID, help="Job that writes it.")
@with_session
def create(
    session: Session,
    workflow_id: int | None,
    name: str,
    data: str | None,
    ephemeral: bool,
    consumer_job_id: int | None,
    producer_job_id: int | None,
) -> View:
    """Create a record.

    \b
    Example:
      torc user-data create 5 --name config --data '{"rate": 0.1}'
    """
    value = None if data is None else parse_json_option(data, "--data")
    number = workflow_of(session, workflow_id)
    body = {"workflow_id": number, "name": name, "data": value, "is_ephemeral": ephemeral}
    record = session.client.create_user_data(
        body=body, consumer_job_id=consumer_job_id, producer_job_id=producer_job_id
    )
    return Details(record, _FIELDS, "Successfully created user data record:")


@group.command("list")
@workflow_argument
@paging(limit=50, short="lo")
@sorting()
@click.option("--name", help="Only records of this name.")
@click.option("--is-ephemeral", type=bool, metavar="true|false", help="Only ephemeral ones, or only lasting ones.")
@click.option("--consumer-job-id", type=ID, help="Only records that this job reads.")
@click.option("--producer-job-id", type=ID, help="Only records that this job writes.")
@with_session
def list_(session: Session, workflow_id: int | None, is_ephemeral: bool | None, **filters: Any) -> View:
    """List the records of a workflow.

    \b
    Example:
      torc user-data list 5 -f json
    """
    number = workflow_of(session, workflow_id)
    # As text, because fetch leaves out options that are false.
    wanted = None if is_ephemeral is None else str(is_ephemeral).lower()
    records = fetch(session, "list_user_data", workflow_id=number, is_ephemeral=wanted, **filters)
    return Listing(_KEY, records, _FIELDS, noun=_NOUN)


@group.command
@record_id
@with_session
def get(session: Session, record_id: int) -> View:
    """Print one record as JSON.

    \b
    Example:
      torc user-data get 3 | jq .data
    """
    return Document(session.client.get_user_data(record_id))


@group.command
@record_id
@click.option("-n", "--name", help="New name.")
@click.option("-d", "--data", help="New content as JSON.")
@click.option("--ephemeral", type=bool, metavar="true|false", help="Whether a new run clears the data.")
@with_session
def update(session: Session, record_id: int, name: str | None, data: str | None, ephemeral: bool | None) -> View:
    """Change a record.

    \b
    Example:
      torc user-data update 3 --data "$(cat results.json)"
    """
    if data is None:
        body = changes(name=name, is_ephemeral=ephemeral)
    else:
        body = {**changes(name=name, is_ephemeral=ephemeral, data=""), "data": parse_json_option(data, "--data")}
    record = session.client.update_user_data(record_id, body=body)
    return Details(record, _FIELDS, "Successfully updated user data record:")


@group.command
@record_id
@with_session
def delete(session: Session, record_id: int) -> View:
    """Delete a record.

    \b
    Example:
      torc user-data delete 3
    """
    record = session.client.delete_user_data(record_id)
    return Details(record, _FIELDS, "Successfully deleted user data record:")


@group.command("delete-all")
@workflow_argument
@with_session
def delete_all(session: Session, workflow_id: int | None) -> View:
    """Delete all records of a workflow.

    \b
    Example:
      torc user-data delete-all 5
    """
    number = workflow_of(session, workflow_id)
    reply = session.client.delete_all_user_data(workflow_id=number)
    return Message([f"Successfully deleted {reply['count']} user data records of workflow {number}"], reply)


@group.command("list-missing")
@workflow_argument
@with_session
def list_missing(session: Session, workflow_id: int | None) -> View:
    """List records that jobs read, that have no data and that no job writes.

    \b
    Example:
      torc user-data list-missing 5
    """
    number = workflow_of(session, workflow_id)
    missing = set(session.client.list_missing_user_data(number)["user_data"])
    records = [item for item in fetch(session, "list_user_data", workflow_id=number) if item["id"] in missing]
    return Listing(_KEY, records, _FIELDS, noun=f"missing {_NOUN}")
