"""``torc __complete``: what a shell asks while somebody presses Tab.

It must be quick, must never ask or complain, and prints one candidate a line: what to insert, a tab, what it is.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from torc.cli.options import number_in, with_session
from torc.cli.output import Message, cell
from torc.cli.session import Session
from torc.cli.tree import TorcCommand
from torc.errors import TorcError

if TYPE_CHECKING:
    from torc.client.client import Client

MOST = 200
#: Without a workflow on the line, jobs of so many of the newest workflows are offered.
NEWEST = 3
_REPLY_SECONDS = 2.0
_WORKFLOW_OPTIONS = ("-w", "--workflow", "--workflow-id")


@click.command(
    "__complete",
    cls=TorcCommand,
    configured=False,
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
)
@click.argument("kind", type=click.Choice(["workflow", "job", "job-name"]))
@click.argument("prefix")
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@with_session
def candidates(session: Session, kind: str, prefix: str, words: tuple[str, ...]) -> Message | None:
    """Print what a shell offers, given the words that are on the line.

    \b
    Example:
      torc __complete workflow "" workflows get
    """
    found: list[tuple[str, str]] = []
    # Nobody must be asked for a password here.
    session.format = "json"
    with contextlib.suppress(TorcError):
        client = _client(session)
        if client is not None:
            prefix = _unquoted(prefix)
            found = _workflows(client, prefix) if kind == "workflow" else _jobs(client, kind, prefix, words)
    session.format = "table"
    lines = [f"{text}\t{cell(what)}" for text, what in found[:MOST] if _fits_a_line(text)]
    return Message(lines, found) if lines else None


def _client(session: Session) -> Client | None:
    """Return a client of the server that answers at once, or of the database that is there."""
    from torc.client.client import Client
    from torc.client.connect import find_server

    choice = session.choice()
    transport: Any = find_server(choice)
    if transport is None:
        if choice.database is None or not choice.database.exists():
            return None
        from torc.client.inprocess import InProcessTransport

        transport = InProcessTransport(choice.database)
    transport.patience = 0.0
    session.use(Client(transport, _REPLY_SECONDS))
    return session.client


def _workflows(client: Client, prefix: str) -> list[tuple[str, str]]:
    found = client.pages("list_workflows", sort_by="id", reverse_sort=True, limit=1000)
    return [pair for pair in _identified(found) if pair[0].startswith(prefix)]


def _jobs(client: Client, kind: str, prefix: str, words: tuple[str, ...]) -> list[tuple[str, str]]:
    number = _workflow_on(words)
    if number is None:
        newest = client.pages("list_workflows", sort_by="id", reverse_sort=True, limit=NEWEST)
        numbers = [int(workflow["id"]) for workflow in newest]
    else:
        numbers = [number]
    jobs = [pair for number in numbers for pair in _identified(client.list_jobs(workflow_id=number)["items"])]
    by_id = [pair for pair in jobs if pair[0].startswith(prefix)]
    by_name = [pair for pair in jobs if pair[1].startswith(prefix)]
    names = [(name, f"job {number}") for number, name in by_name]
    if kind == "job-name":
        return names or by_id
    # A name stands for its id as soon as it is complete or nothing else begins like it.
    exact = [pair for pair in by_name if pair[1] == prefix]
    return by_id or exact[:1] or (by_name if len(by_name) == 1 else names)


def _identified(records: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    return ((str(record["id"]), record["name"]) for record in records)


def _workflow_on(words: tuple[str, ...]) -> int | None:
    """Return the workflow that the line names, as an option or as its first number."""
    before = ("", *words)
    numbers = [(last, number) for last, word in zip(before, words, strict=False) if (number := number_in(word))]
    named = [number for last, number in numbers if last in _WORKFLOW_OPTIONS]
    plain = [number for last, number in numbers if not last.startswith("-")]
    return next(iter([*named, *plain]), None)


def _unquoted(prefix: str) -> str:
    """Return what a half-typed word means: shells hand over quotes and backslashes as they stand."""
    for closing in ("", '"', "'"):
        with contextlib.suppress(ValueError):
            words = shlex.split(prefix + closing)
            return words[0] if words else ""
    return prefix


def _fits_a_line(text: str) -> bool:
    """Tell whether a candidate has none of the characters that end it or move the cursor."""
    return cell(text) == text
