"""``torc events``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from torc.cli.choose import workflow_of
from torc.cli.options import fetch, paging, parse_json_option, record_id, sorting, with_session, workflow_argument
from torc.cli.output import Column, Details, Listing, Stream, View, shorten
from torc.cli.session import Session
from torc.cli.tree import TorcGroup
from torc.errors import NotFound


def _time(event: dict[str, Any]) -> str | None:
    stamp = event.get("timestamp")
    if not isinstance(stamp, int):
        return stamp
    moment = datetime.fromtimestamp(stamp / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_COLUMNS = (
    Column("ID", "id"),
    Column("Timestamp", _time),
    Column("Type", "event_type"),
    Column("Severity", "severity"),
    Column("Data", lambda event: shorten(event.get("data"), 100)),
)
_FIELDS = (*_COLUMNS[:4], Column("Workflow ID", "workflow_id"), Column("Data", "data"))


@click.group(cls=TorcGroup)
def group() -> None:
    """List what happened, or watch it happen."""


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
    return Details(session.client.create_event(body=body), _FIELDS, "Successfully created event:")


@group.command("list")
@workflow_argument
@click.option("-c", "--category", help="Only events of this category or type.")
@paging(short="lo")
@sorting(short="sr")
@with_session
def list_(session: Session, workflow_id: int | None, **filters: Any) -> View:
    """List the events of a workflow.

    \b
    Example:
      torc events list 5 --category job_failed
    """
    number = workflow_of(session, workflow_id)
    events = fetch(session, "list_events", workflow_id=number, **filters)
    return Listing("events", events, _COLUMNS, f"Events for workflow ID {number}:")


@group.command
@workflow_argument
@click.option("-d", "--duration", type=click.FloatRange(min=0), help="Minutes to watch (default: until interrupted).")
@click.option(
    "-p",
    "--poll-interval",
    type=click.FloatRange(min=0.1),
    default=60.0,
    show_default=True,
    help="Longest wait between two looks at a database without a server.",
)
@click.option("-c", "--category", help="Only events of this category or type.")
@click.option("--level", type=click.Choice(["debug", "info", "warning", "error"]), default="info", show_default=True)
@with_session
def monitor(
    session: Session,
    workflow_id: int | None,
    duration: float | None,
    poll_interval: float,
    category: str | None,
    level: str,
) -> View:
    """Show events as they happen.

    \b
    Example:
      torc events monitor 5
    """
    number = workflow_of(session, workflow_id)
    session.client.get_workflow(number)
    return Stream(_lines(session, number, duration, poll_interval, category, level))


def _lines(
    session: Session, number: int, duration: float | None, poll_interval: float, category: str | None, level: str
) -> Iterator[tuple[str, Any]]:
    from torc.client.stream import follow_events

    seconds = None if duration is None else duration * 60
    messages = follow_events(session.client, number, level=level, seconds=seconds, poll_seconds=poll_interval)
    for message in messages:
        event = message.data if isinstance(message.data, dict) else {"data": message.data}
        event = {"event_type": message.event, **event}
        data = event.get("data")
        kinds = (event["event_type"], data.get("category") if isinstance(data, dict) else None)
        if category is None or category in kinds:
            yield f"{_time(event) or '-'} {event['event_type']} {shorten(data, 200)}", event


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
    newest = fetch(session, "list_events", workflow_id=number, sort_by="id", reverse_sort=True, limit=1)
    if not newest:
        raise NotFound(f"workflow {number} has no events")
    return Details(newest[0], _FIELDS)


@group.command
@record_id
@with_session
def delete(session: Session, record_id: int) -> View:
    """Delete an event.

    \b
    Example:
      torc events delete 9
    """
    return Details(session.client.delete_event(record_id), _FIELDS, "Successfully deleted event:")
