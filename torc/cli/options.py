"""Arguments and options that many commands share."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import click

from torc.cli.session import Session

Command = TypeVar("Command", bound=Callable[..., Any])
_LARGEST = 2**63 - 1
_LARGEST_AMOUNT = 1e9


def number_in(text: str) -> int | None:
    """Return the number that a text of digits says; null for any other text, and for more digits than ids have."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


class _Whole(click.IntRange):
    """A whole number, in plain digits: what Python also reads as one (``1_0`` is 10) is more likely mistyped."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        if isinstance(value, str) and not re.fullmatch("-?[0-9]+", value):
            self.fail(f"'{value}' is not a valid number", param, ctx)
        number = super().convert(value, param, ctx)
        if number > _LARGEST:
            self.fail(f"{number} is too large", param, ctx)
        return number


class Amount(click.FloatRange):
    """A number that can be reckoned with: neither infinite, nor no number, nor more than can be waited for."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        number = super().convert(value, param, ctx)
        if not number <= _LARGEST_AMOUNT:
            self.fail(f"{number} is too large" if number > 0 else f"'{value}' is not a valid number", param, ctx)
        return number


ID = _Whole(min=1)
COUNT = _Whole(min=0)
#: Devices of one machine: each becomes an entry of a list.
GPUS = _Whole(min=0, max=1024)
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


def strict_json(text: str | bytes) -> Any:
    """Return the value of a JSON text.

    Raises
    ------
    ValueError
        Also for what Python reads although JSON has no such number, and for too many brackets in each other.
    """
    import json

    try:
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a number")
    return number


def parse_json_option(text: str, name: str) -> Any:
    """Return the JSON value of an option."""
    try:
        return strict_json(text)
    except ValueError as error:
        raise click.UsageError(f"{name} is not JSON: {error} (text needs double quotes inside: '\"text\"')") from None
