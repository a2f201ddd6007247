"""``torc events monitor``: events as they happen, wherever the database is served just now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from torc.cli.choose import workflow_of
from torc.cli.events import event_time
from torc.cli.options import Amount, with_session, workflow_argument
from torc.cli.output import Stream, View, shorten
from torc.cli.session import Session
from torc.cli.tree import TorcCommand
from torc.errors import ServerUnreachable

if TYPE_CHECKING:
    from torc.client.stream import StreamedEvent

LEVELS = ("debug", "info", "warning", "error")
#: How long a server that is gone is called again before somebody else is looked for who has its database.
_PATIENCE = 1.0


@click.command(cls=TorcCommand)
@workflow_argument
@click.option("-d", "--duration", type=Amount(min=0), help="Minutes to watch (default: until interrupted).")
@click.option(
    "-p",
    "--poll-interval",
    type=Amount(min=0.1),
    default=60.0,
    show_default=True,
    help="Longest wait between two looks at a database without a server.",
)
@click.option("-c", "--category", help="Only events of this category or type.")
@click.option("--level", type=click.Choice(LEVELS), default="info", show_default=True, help="Lowest severity to show.")
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

    Ends with the run that served the database, when the workflow is complete then.

    \b
    Example:
      torc events monitor 5
    """
    number = workflow_of(session, workflow_id)
    session.client.get_workflow(number)
    deadline = None if duration is None else time.monotonic() + duration * 60
    return Stream(_lines(_follow(session, number, level, deadline, poll_interval), category))


def _lines(messages: Iterator[StreamedEvent], category: str | None) -> Iterator[tuple[str, Any]]:
    for message in messages:
        event = message.data if isinstance(message.data, dict) else {"data": message.data}
        event = {"event_type": message.event, **event}
        data = event.get("data")
        kinds = (event["event_type"], data.get("category") if isinstance(data, dict) else None)
        if category is None or category in kinds:
            yield f"{event_time(event) or '-'} {event['event_type']} {shorten(data, 200)}", event


def _follow(
    session: Session, number: int, level: str, deadline: float | None, poll_seconds: float
) -> Iterator[StreamedEvent]:
    """Yield events from now on: from a server as long as there is one, else by looking at the database."""
    from torc.client.stream import events_after, follow_events, newest_event_id
    from torc.client.transport import HttpTransport

    seen = newest_event_id(session.client, number)
    lost_server = False
    while True:
        client = session.client
        if isinstance(client.transport, HttpTransport):
            client.transport.patience = _PATIENCE
            try:
                for message in follow_events(client, number, level=level, last_event_id=seen, seconds=_left(deadline)):
                    seen = message.id or seen
                    yield message
                return
            except ServerUnreachable:
                lost_server = True
                session.close()
                continue
        for message in events_after(client, number, seen):
            seen = message.id or seen
            if LEVELS.index(message.data.get("severity") or "info") >= LEVELS.index(level):
                yield message
        if lost_server and client.is_workflow_complete(number)["is_complete"]:
            return
        # Others may want to use the database meanwhile.
        session.close()
        left = _left(deadline)
        if left is not None and left <= 0:
            return
        time.sleep(poll_seconds if left is None else min(poll_seconds, left))


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())
