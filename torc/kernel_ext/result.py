"""What a command of the command line returned, as an object that displays well."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from torc.cli import output
from torc.cli.output import Details, Document, Listing, Message, Table
from torc.errors import InvalidInput
from torc.views import html
from torc.views.display import Displayed
from torc.views.lists import shortened
from torc.workflow.frames import fields_of, frame

#: Records that are shown; ``data`` has all.
SHOWN = 100

Shown = Listing | Details | Message | Document


class CommandResult(Displayed):
    """What a command returned: ``data`` is the value that ``--format json`` prints."""

    def __init__(self, view: Shown, *, as_json: bool = False) -> None:
        self._view = view
        self._as_json = as_json

    @property
    def data(self) -> Any:
        """The result as plain data."""
        view = self._view
        match view:
            case Listing():
                return {view.key: view.records}
            case Details():
                return view.record
            case Message():
                return view.document
            case Document():
                return view.value

    def to_frame(self, name: str | None = None) -> Any:
        """Return a pandas DataFrame of the records in the result, the list called ``name`` where there are several.

        Raises
        ------
        InvalidInput
            When there is no such list.
        """
        lists = _lists_in(self.data)
        chosen = name or next(iter(lists), None)
        if chosen not in lists:
            hint = f"there are {', '.join(lists)}" if lists else "data has all of it"
            raise InvalidInput(f"no table {name or ''} in {self!r}".replace("  ", " "), field="name", hint=hint)
        return frame(lists[chosen])

    def __getitem__(self, key: Any) -> Any:
        return self.data[key]

    def __str__(self) -> str:
        return self._text()

    def __repr__(self) -> str:
        view = self._view
        match view:
            case Details():
                said = ", ".join(f"{column.title} {output.cell(value)}" for column, value in _fields(view)[:2])
            case Message():
                said = next((line for line in view.lines if isinstance(line, str) and line.strip()), "done")
            case _:
                said = str(self.data)
        return f"<{shortened(output.clean(said))}>"

    def _text(self) -> str:
        return _printed(self._view, self._as_json)

    def _html(self) -> str:
        view = self._view
        if isinstance(view, Details) and not self._as_json:
            rows = [(column.title, output.cell(value)) for column, value in _fields(view)]
            return html.document(html.title(view.title) if view.title else "", html.table(["field", "value"], rows))
        if isinstance(view, Message) and not self._as_json:
            return html.document(*_parts(view.lines))
        if isinstance(view, Document) and not self._as_json and (lists := _lists_in(view.value)):
            return html.document(*_tables(view.value, lists))
        return html.document(html.preformatted(self._text()))


class RecordList(CommandResult, Sequence[dict[str, Any]]):
    """Records that a command listed."""

    _view: Listing

    def __getitem__(self, index: Any) -> Any:
        return self._view.records[index]

    def __len__(self) -> int:
        return len(self._view.records)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._view.records)

    def to_frame(self, name: str | None = None) -> Any:
        """Return a pandas DataFrame with a row for each record."""
        shown = [column.value for column in self._view.columns if isinstance(column.value, str)]
        known = fields_of(f"list_{self._view.key}")
        return frame(self._view.records, "id", known if set(shown) <= set(known) else shown)

    def __repr__(self) -> str:
        return f"<{self._size()}>"

    def _size(self) -> str:
        return output.counted(len(self), self._view.noun or self._view.key.replace("_", " "))

    def _text(self) -> str:
        if self._as_json or len(self) <= SHOWN:
            return super()._text()
        table, _, _ = _printed(self._first()).rpartition("\n\n")
        return f"{table}\n\nTotal: {self._size()}, of which the first {SHOWN} are shown"

    def _html(self) -> str:
        view = self._first()
        if self._as_json or not view.records:
            return super()._html()
        rows = [
            [output.cell(output.value_of(record, column.value)) for column in view.columns] for record in view.records
        ]
        left = len(self) - len(rows)
        return html.document(
            html.title(view.title.rstrip(":") or view.key, self._size()),
            html.table([_heading(column) for column in view.columns], rows),
            html.paragraph(f"and {left:,} more" if left else ""),
        )

    def _first(self) -> Listing:
        return self._view._replace(records=self._view.records[:SHOWN])


def result_of(view: Shown, *, as_json: bool) -> CommandResult:
    """Return the object for a view."""
    return (RecordList if isinstance(view, Listing) else CommandResult)(view, as_json=as_json)


def _lists_in(data: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the lists of records in a document, the filled ones first."""
    if not isinstance(data, dict):
        return {}
    found = {
        key: value
        for key, value in data.items()
        if isinstance(value, list) and all(isinstance(item, dict) for item in value)
    }
    return dict(sorted(found.items(), key=lambda item: not item[1]))


def _parts(lines: Sequence[str | Table]) -> Iterator[str]:
    """Yield lines as they are printed, and tables as such."""
    for is_table, group in groupby(lines, lambda line: isinstance(line, Table)):
        if is_table:
            yield from (html.table(one.titles, one.rows) for one in group if isinstance(one, Table))
        elif text := "\n".join(output.clean(line) for line in group).strip("\n"):
            yield html.preformatted(text)


def _tables(document: dict[str, Any], lists: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Yield what a document says by itself, and the first records of each list in it."""
    said = [(name, output.cell(value)) for name, value in document.items() if name not in lists]
    yield html.table(["field", "value"], said) if said else ""
    for name, records in lists.items():
        yield html.title(name.replace("_", " "), f"{len(records):,}")
        columns = list(dict.fromkeys(key for record in records for key in record))
        rows = [[output.cell(record.get(column)) for column in columns] for record in records[:SHOWN]]
        yield html.table(columns, rows) if rows else ""
        yield html.paragraph(f"and {len(records) - SHOWN:,} more" if len(records) > SHOWN else "")


def _heading(column: output.Column) -> str:
    return f"{column.title} ({column.unit})" if column.unit else column.title


def _fields(view: Details) -> list[tuple[output.Column, Any]]:
    pairs = [(column, output.value_of(view.record, column.value)) for column in view.fields]
    return [(column, value) for column, value in pairs if value is not None]


def _printed(view: Shown, as_json: bool = False) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as text:
        output.show(view, as_json=as_json)
    return text.getvalue().rstrip("\n")
