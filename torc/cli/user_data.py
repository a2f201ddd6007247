"""``torc user-data``."""

from __future__ import annotations

from typing import Any

import click

from torc.cli.choose import workflow_of
from torc.cli.nouns import Noun, delete_command, fetch_of, list_command
from torc.cli.options import (
    ID,
    changes,
    paging,
    parse_json_option,
    record_id,
    with_session,
    workflow_argument,
)
from torc.cli.output import Column, Document, Listing, Message, View, counted, shorten
from torc.cli.session import Session
from torc.cli.tree import TorcGroup


@click.group("user-data", cls=TorcGroup)
def group() -> None:
    """Create, list and change the JSON values that jobs pass on."""


def _data(record: dict[str, Any]) -> str:
    import json

    return shorten(json.dumps(_summary(record.get("data")), ensure_ascii=False))


def _summary(data: Any) -> Any:
    """Return data with size and signature in place of the pickles of calls, which nobody can read."""
    if not isinstance(data, dict):
        return data
    if "mac" in data and {"pickle", "file"} & data.keys():
        content = str(data.get("pickle", ""))
        size = data.get("size", len(content) * 3 // 4 - content.count("="))
        return f"pickle of {size} bytes, signed {str(data['mac'])[:12]}"
    return {name: _summary(value) for name, value in data.items()}


_FIELDS = (
    Column("ID", "id"),
    Column("Name", "name"),
    Column("Data", _data),
    Column("Workflow ID", "workflow_id"),
)
_NOUN = Noun(group, "user_data", "user_data", _FIELDS, "user data record", "user data records")


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
    return _NOUN.created(
        session.client.create_user_data(body=body, consumer_job_id=consumer_job_id, producer_job_id=producer_job_id)
    )


list_command(
    _NOUN,
    click.option("--name", help="Only records of this name."),
    click.option("--is-ephemeral", type=bool, metavar="true|false", help="Only ephemeral ones, or only lasting ones."),
    click.option("--consumer-job-id", type=ID, help="Only records that this job reads."),
    click.option("--producer-job-id", type=ID, help="Only records that this job writes."),
    page=paging(limit=50, short="lo"),
    titled=False,
    example="list 5 -f json",
)


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
    return _NOUN.updated(session.client.update_user_data(record_id, body=body))


delete_command(_NOUN)


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
    return Message([f"Successfully deleted {counted(reply['count'], 'user data records')} of workflow {number}"], reply)


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
    records = [item for item in fetch_of(session, "list_user_data", number) if item["id"] in missing]
    return Listing("user_data", records, _FIELDS, noun="missing user data records")
