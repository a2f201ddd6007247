"""Reading and changing the records of any noun through one description of its fields.

Rows become JSON inside SQLite: a list of 10,000 records is built once, by C code, and sent as it is.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, column, func, literal_column, select, table, text
from sqlalchemy.sql.expression import TableClause

from torc.errors import InvalidInput, NotFound
from torc.server.store.transaction import Tx
from torc.server.wire import Json
from torc.states import JobStatus

_STATUS_CASES = " ".join(f"WHEN {int(status)} THEN '{status.name}'" for status in JobStatus)


def _json_text(value: Any) -> str:
    try:
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError as error:  # infinities, or lone surrogates
        raise InvalidInput(f"a value cannot be stored as JSON: {error}") from None
    return text


@dataclass(frozen=True, slots=True)
class Kind:
    """How a field stands in SQL: ``read`` makes JSON of the column, ``write`` makes the stored value."""

    read: Callable[[str], str]
    write: Callable[[Any], Any]


PLAIN = Kind(lambda name: name, lambda value: value)
FLAG = Kind(lambda name: f"json(CASE {name} WHEN 0 THEN 'false' WHEN 1 THEN 'true' END)", int)
JSON = Kind(lambda name: f"json({name})", _json_text)
STATUS = Kind(lambda name: f"CASE {name} {_STATUS_CASES} END", lambda value: int(JobStatus[value]))


@dataclass(frozen=True, eq=False)
class Noun:
    """One table as the wire sees it.

    Parameters
    ----------
    singular
        For messages: ``no such <singular>``.
    table
        Table name.
    fields
        Stored fields in the order of the reply. Fields of ``computed`` follow them: SQL expressions
        over the table's columns.
    relations
        Lists that cost a look-up: SQL expressions, sent as null unless asked for.
    """

    singular: str
    table: str
    fields: Mapping[str, Kind]
    computed: Mapping[str, str] = field(default_factory=dict)
    relations: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def source(self) -> TableClause:
        """The table for SQLAlchemy expressions."""
        return table(self.table, *(column(name) for name in self.fields))

    @cache  # noqa: B019 - nouns live as long as the program
    def json_sql(self, *, relations: bool = False, **replaced: str) -> str:
        """Return the SQL expression that makes one record's JSON; ``replaced`` are fields with SQL of their own."""
        parts = {name: kind.read(f"{self.table}.{name}") for name, kind in self.fields.items()}
        parts |= self.computed
        parts |= {name: sql if relations else "NULL" for name, sql in self.relations.items()}
        parts |= replaced
        return "json_object(" + ", ".join(f"'{name}', {sql}" for name, sql in parts.items()) + ")"

    @property
    def sortable(self) -> list[str]:
        """Fields that ``sort_by`` may name."""
        return [name for name, kind in self.fields.items() if kind is not JSON]


def get(tx: Tx, noun: Noun, record_id: int) -> Json:
    """Return one record with its relations.

    Raises
    ------
    NotFound
    """
    text = tx.scalar(f"SELECT {noun.json_sql(relations=True)} FROM {noun.table} WHERE id = ?", (record_id,))
    if text is None:
        raise missing(noun, record_id)
    return Json(text)


def missing(noun: Noun, record_id: int) -> NotFound:
    """Return the error for an id that is not there."""
    return NotFound(f"no {noun.singular} with id {record_id}", field="id", value=record_id)


def get_many(tx: Tx, noun: Noun, ids: Sequence[int]) -> list[Json]:
    """Return records in the order of ``ids``, which must exist; without relations."""
    rows = tx.run(
        f"SELECT {noun.json_sql()} FROM json_each(?) AS k JOIN {noun.table} ON {noun.table}.id = k.value "
        "ORDER BY k.key",
        (json.dumps(list(ids)),),
    )
    return [Json(row[0]) for row in rows]


def fetch(tx: Tx, noun: Noun, record_id: int) -> dict[str, Any]:
    """Return one record's stored columns as they are.

    Raises
    ------
    NotFound
    """
    cursor = tx.run(f"SELECT * FROM {noun.table} WHERE id = ?", (record_id,))
    row = cursor.fetchone()
    if row is None:
        raise missing(noun, record_id)
    return {described[0]: value for described, value in zip(cursor.description, row, strict=True)}


def insert(tx: Tx, noun: Noun, values: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> int:
    """Insert one record and return its id; ``extra`` are columns that are not on the wire."""
    stored = _stored(noun, values) | dict(extra or {})
    names = ", ".join(stored)
    marks = ", ".join("?" * len(stored))
    with unique_names(noun, values):
        new_id = tx.scalar(f"INSERT INTO {noun.table} ({names}) VALUES ({marks}) RETURNING id", tuple(stored.values()))
    return int(new_id)


def update(
    tx: Tx, noun: Noun, record_id: int, values: Mapping[str, Any], extra: Mapping[str, Any] | None = None
) -> None:
    """Change the given fields of one record."""
    stored = _stored(noun, values) | dict(extra or {})
    stored.pop("id", None)
    if not stored:
        fetch(tx, noun, record_id)
        return
    assignments = ", ".join(f"{name} = ?" for name in stored)
    with unique_names(noun, values):
        found = tx.scalar(
            f"UPDATE {noun.table} SET {assignments} WHERE id = ? RETURNING id", (*stored.values(), record_id)
        )
    if found is None:
        raise missing(noun, record_id)


def delete(tx: Tx, noun: Noun, record_id: int) -> Json:
    """Delete one record and return what it was."""
    record = get(tx, noun, record_id)
    tx.run(f"DELETE FROM {noun.table} WHERE id = ?", (record_id,))
    return record


def delete_all(tx: Tx, noun: Noun, workflow_id: int) -> dict[str, int]:
    """Delete all records of a workflow."""
    count = tx.run(f"DELETE FROM {noun.table} WHERE workflow_id = ?", (workflow_id,)).rowcount
    return {"count": count}


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list, in which order."""

    offset: int
    limit: int
    sort_by: str | None = None
    reverse: bool = False


def list_page(
    tx: Tx,
    noun: Noun,
    window: Window,
    equals: Mapping[str, Any],
    conditions: Iterable[tuple[str, Mapping[str, Any]]] = (),
    *,
    relations: bool = False,
) -> tuple[list[str], int]:
    """Return the JSON of the records in the window, and how many there are in all.

    Parameters
    ----------
    equals
        Wire fields and the values that they must have; None means any.
    conditions
        Further SQL conditions with named parameters.
    """
    statement: Select[Any] = select(literal_column(noun.json_sql(relations=relations))).select_from(noun.source)
    clauses = _clauses(noun, equals, conditions)
    statement = statement.where(*clauses).order_by(*_order(noun, window)).limit(window.limit).offset(window.offset)
    # The driver's own rows: SQLAlchemy's would cost a tenth of the whole list.
    items = [row[0] for row in tx.execute(statement).cursor.fetchall()]
    if window.offset == 0 and len(items) < window.limit:
        return items, len(items)
    total = tx.execute(select(func.count()).select_from(noun.source).where(*clauses)).scalar_one()
    return items, total


def _clauses(
    noun: Noun, equals: Mapping[str, Any], conditions: Iterable[tuple[str, Mapping[str, Any]]]
) -> list[ColumnElement[bool]]:
    source = noun.source
    clauses: list[Any] = [
        source.c[name] == noun.fields[name].write(value) for name, value in equals.items() if value is not None
    ]
    clauses += [text(sql).bindparams(**values) for sql, values in conditions]
    return clauses


def _order(noun: Noun, window: Window) -> list[Any]:
    source = noun.source
    name = window.sort_by or "id"
    if name not in noun.sortable:
        raise InvalidInput(
            f"'{name}' is not a field to sort {noun.table} by",
            field="sort_by",
            value=name,
            hint="one of " + ", ".join(noun.sortable),
        )
    order = [source.c[name]] if name == "id" else [source.c[name], source.c.id]
    return [item.desc() if window.reverse else item.asc() for item in order]


def _stored(noun: Noun, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: None if value is None else noun.fields[name].write(value)
        for name, value in values.items()
        if name in noun.fields
    }


class unique_names:  # noqa: N801 - reads as a statement
    """Turns a broken UNIQUE (workflow_id, name) into an error that names the name."""

    def __init__(self, noun: Noun, values: Mapping[str, Any]) -> None:
        self.noun = noun
        self.values = values

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        complaint = str(error) if isinstance(error, sqlite3.IntegrityError) else ""
        if complaint.startswith("UNIQUE"):
            name = self.values.get("name")
            raise InvalidInput(
                f"the workflow has a {self.noun.singular} named '{name}' already"
                if name
                else f"such a {self.noun.singular} exists already",
                field="name",
                value=name,
                hint="choose another name",
            ) from error
        if complaint.startswith("FOREIGN KEY"):
            raise InvalidInput(f"the {self.noun.singular} refers to a record that does not exist") from error


@contextmanager
def unique_names_of(tx: Tx, noun: Noun, workflow_id: int, first_id: int, names: Sequence[str]) -> Iterator[None]:
    """Turn a name that stands twice among new records, or in the workflow already, into an error that names it.

    ``first_id`` is the id of the first new record.
    """
    try:
        yield
    except sqlite3.IntegrityError as error:
        if not str(error).startswith("UNIQUE"):
            raise
        twice = next((name for name, count in Counter(names).items() if count > 1), None)
        name = twice or tx.scalar(
            f"SELECT k.value FROM json_each(?) k JOIN {noun.table} r ON r.workflow_id = ? AND r.name = k.value "
            "WHERE r.id < ? ORDER BY k.key LIMIT 1",
            (json.dumps(names), workflow_id, first_id),
        )
        message = (
            f"the name '{name}' stands twice in the request"
            if twice
            else f"the workflow has a {noun.singular} named '{name}' already"
        )
        raise InvalidInput(message, field="name", value=name, hint="choose another name") from error


def jobs_using(tx: Tx, requirements_id: int) -> int:
    """Return how many jobs have these resource requirements."""
    return int(
        tx.scalar(
            "SELECT count(*) FROM job WHERE workflow_id = (SELECT workflow_id FROM resource_requirements WHERE id = ?) "
            "AND resource_requirements_id = ?",
            (requirements_id, requirements_id),
        )
    )


def delete_unused_requirements(tx: Tx, workflow_id: int) -> int:
    """Delete a workflow's resource requirements except the default and those that jobs use."""
    return tx.run(
        "DELETE FROM resource_requirements WHERE workflow_id = ? AND name != 'default' "
        "AND id NOT IN (SELECT resource_requirements_id FROM job WHERE workflow_id = ?)",
        (workflow_id, workflow_id),
    ).rowcount
