"""``torc events``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from torc.cli.choose import workflow_of
from torc.cli.nouns import Noun, delete_command, fetch_of, get_command, list_command
from torc.cli.options import paging, parse_json_option, sorting, with_session, workflow_argument
from torc.cli.output import Column, Details, View, shorten
from torc.cli.session import Session
from torc.cli.tree import TorcGroup
from torc.errors import NotFound

_LAZY = {"monitor": ("torc.cli.monitor:monitor", "Show events as they happen.")}


@click.group("events", cls=TorcGroup, lazy=_LAZY)
def group() -> None:
    """List what happened, or watch it happen."""


def event_time(event: dict[str, Any]) -> str | None:
    """Return when an event happened, as text."""
    stamp = event.get("timestamp")
    if not isinstance(stamp, int):
        return stamp
    moment = datetime.fromtimestamp(stamp / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_COLUMNS = (
    Column("ID", "id"),
    Column("Timestamp", event_time),
    Column("Type", "event_type"),
    Column("Severity", "severity"),
    Column("Data", lambda event: shorten(event.get("data"), 100)),
)
_NOUN = Noun(group, "event", "events", (*_COLUMNS[:4], Column("Workflow ID", "workflow_id"), Column("Data", "data")))


@group.command
@workflow_argument
@click.option("-d", "--data", required=True, help="What happened, as JSON.")
@with_session
def create(session: Session, workflow_id: int | None, data: str) -> View:
    """Create an event.

    \b
    Example:
      torc events create 5 --data '{"category": "note", "text": "restarted the file server"}'
    """
    body = {"workflow_id": workflow_of(session, workflow_id), "data": parse_json_option(data, "--data")}
    return _NOUN.created(session.client.create_event(body=body))


list_command(
    _NOUN,
    click.option("-c", "--category", help="Only events of this category or type."),
    page=paging(short="lo"),
    sort=sorting(short="sr"),
    columns=_COLUMNS,
    example="list 5 --category job_failed",
)
get_command(_NOUN)


@group.command("get-latest-event")
@workflow_argument
@with_session
def get_latest_event(session: Session, workflow_id: int | None) -> View:
    """Show the newest event of a workflow.

    \b
    Example:
      torc events get-latest-event 5
    """
    number = workflow_of(session, workflow_id)
    newest = fetch_of(session, "list_events", number, sort_by="id", reverse_sort=True, limit=1)
    if not newest:
        raise NotFound(f"workflow {number} has no events")
    return Details(newest[0], _NOUN.fields)


delete_command(_NOUN)
