"""The commands that most nouns have in the same shape: list, get and delete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torc.cli.choose import workflow_of
from torc.cli.options import fetch, paging, record_id, sorting, with_session, workflow_argument
from torc.cli.output import Column, Details, Listing, View
from torc.cli.session import Session
from torc.cli.tree import TorcGroup
from torc.contract import OPERATIONS

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


@dataclass(frozen=True, slots=True)
class Noun:
    """What the commands of one noun have in common.

    Parameters
    ----------
    group
        The commands of the noun.
    record, records
        The noun in names of operations, and in the plural, which is also the key of JSON lists.
    fields
        What is shown of a record.
    one, many
        The noun in text, when that is something else.
    """

    group: TorcGroup
    record: str
    records: str
    fields: Sequence[Column]
    one: str = ""
    many: str = ""

    @property
    def singular(self) -> str:
        """The noun in text."""
        return self.one or self.record.replace("_", " ")

    @property
    def plural(self) -> str:
        """The noun in text, for several."""
        return self.many or self.records.replace("_", " ")

    def help(self, text: str, example: str) -> str:
        """Return a command's help with an example."""
        return f"{text}\n\n\b\nExample:\n  torc {self.group.name} {example}"

    def created(self, record: dict[str, Any]) -> Details:
        """Return what is shown of a new record."""
        return Details(record, self.fields, f"Successfully created {self.singular}:")

    def updated(self, record: dict[str, Any]) -> Details:
        """Return what is shown of a changed record."""
        return Details(record, self.fields, f"Successfully updated {self.singular}:")


def list_command(
    noun: Noun,
    *options: Decorator,
    page: Decorator | None = None,
    sort: Decorator | None = None,
    columns: Sequence[Column] | None = None,
    titled: bool = True,
    example: str = "list 5",
) -> None:
    """Add the list of a workflow's records; ``options`` are filters that the operation knows by the same names."""
    operation = f"list_{noun.records}"

    def list_(session: Session, workflow_id: int | None, **filters: Any) -> View:
        number = workflow_of(session, workflow_id)
        found = fetch_of(session, operation, number, **filters)
        title = f"{noun.plural.capitalize()} for workflow ID {number}:" if titled else ""
        return Listing(noun.records, found, columns or noun.fields, title, noun.plural)

    command: Callable[..., Any] = with_session(list_)
    decorators: list[Decorator] = [workflow_argument, *options, page or paging(), sort or sorting()]
    for decorate in reversed(decorators):
        command = decorate(command)
    noun.group.command("list", help=noun.help(f"List the {noun.plural} of a workflow.", example))(command)


def get_command(noun: Noun, fields: Sequence[Column] | None = None, *, text: str | None = None) -> None:
    """Add the command that shows one record."""

    @noun.group.command("get", help=noun.help(text or f"Show one {noun.singular}.", "get 3"))
    @record_id
    @with_session
    def get(session: Session, record_id: int) -> View:
        return Details(session.client.call(f"get_{noun.record}", record_id), fields or noun.fields)


def delete_command(noun: Noun, *, operation: str | None = None, text: str | None = None) -> None:
    """Add the command that deletes one record."""

    @noun.group.command("delete", help=noun.help(text or f"Delete one {noun.singular}.", "delete 3"))
    @record_id
    @with_session
    def delete(session: Session, record_id: int) -> View:
        record = session.client.call(operation or f"delete_{noun.record}", record_id)
        return Details(record, noun.fields, f"Successfully deleted {noun.singular}:")


def fetch_of(session: Session, operation: str, workflow_id: int, **filters: Any) -> list[dict[str, Any]]:
    """Return the records of a workflow, which the operation names in its path or as a filter."""
    if OPERATIONS[operation].path_parameters:
        return fetch(session, operation, workflow_id, **filters)
    return fetch(session, operation, workflow_id=workflow_id, **filters)
