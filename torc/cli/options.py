"""Arguments and options that many commands share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import click

from torc.cli.session import Session

Command = TypeVar("Command", bound=Callable[..., Any])


class _Whole(click.IntRange):
    """A whole number."""

    name = "number"


ID = _Whole(min=1)
COUNT = _Whole(min=0)
#: Gives a command the session as its first argument.
with_session = cast(Callable[[Command], Command], click.make_pass_decorator(Session, ensure=True))
record_id = click.argument("record_id", type=ID, metavar="ID")
workflow_argument = click.argument("workflow_id", type=ID, required=False, metavar="[WORKFLOW_ID]")
no_prompts = click.option("-y", "--no-prompts", is_flag=True, help="Do not ask for confirmation.")


class Option(click.Option):
    """An option that also goes by older names, which its help does not show."""

    def __init__(self, *args: Any, old: Sequence[str] = (), **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.old = old

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Let the parser know all names."""
        shown = self.opts
        self.opts = [*shown, *self.old]
        super().add_to_parser(parser, ctx)
        self.opts = shown


def paging(*, limit: int = 10_000, short: str = "l") -> Callable[[Command], Command]:
    """Add ``--limit`` and ``--offset``; ``short`` names those that also have a letter."""

    def decorate(command: Command) -> Command:
        offset = ["--offset", *(["-o"] if "o" in short else [])]
        command = click.option(*offset, type=COUNT, default=0, show_default=True, help="Records to skip.")(command)
        return click.option("-l", "--limit", type=ID, default=limit, show_default=True, help="Records to list.")(
            command
        )

    return decorate


def sorting(*, short: str = "") -> Callable[[Command], Command]:
    """Add ``--sort-by`` and ``--reverse-sort``; ``short`` names those that also have a letter."""

    def decorate(command: Command) -> Command:
        by = ["--sort-by", *(["-s"] if "s" in short else [])]
        reverse = ["--reverse-sort", *(["-r"] if "r" in short else [])]
        command = click.option(*reverse, is_flag=True, help="Sort from high to low.")(command)
        return click.option(*by, metavar="FIELD", help="Field to sort by.")(command)

    return decorate


def fetch(session: Session, operation: str, *path: Any, **arguments: Any) -> list[dict[str, Any]]:
    """Return the records of a list operation; absent filters are left out."""
    given = {name: value for name, value in arguments.items() if value is not None}
    return list(session.client.pages(operation, *path, **given))


def changes(**fields: Any) -> dict[str, Any]:
    """Return the fields that an update names.

    Raises
    ------
    click.UsageError
        When there is none.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    if not given:
        raise click.UsageError("nothing to change: give at least one option")
    return given


def parse_json_option(text: str, name: str) -> Any:
    """Return the JSON value of an option."""
    import json

    try:
        return json.loads(text)
    except ValueError as error:
        raise click.UsageError(f"{name} is not JSON: {error} (text needs double quotes inside: '\"text\"')") from None
