"""The only place that prints: what commands return becomes a table, text or JSON.

Results go to standard output, notes and errors to standard error. Text that users gave (names,
commands, data) is cleaned of terminal escapes before it is shown.
"""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from torc.errors import SpecError, TorcError
from torc.views.clean import clean as clean
from torc.views.clean import clean_line
from torc.views.table import render_table, terminal_width

Value = str | Callable[[dict[str, Any]], Any]


class Column(NamedTuple):
    """Title of a column, the field or function that fills it, and the unit of its numbers where the title says none."""

    title: str
    value: Value
    unit: str = ""


class Listing(NamedTuple):
    """Records: a table with a title and a total, or ``{key: [...]}``."""

    key: str
    records: list[dict[str, Any]]
    columns: Sequence[Column]
    title: str = ""
    noun: str = ""


class Details(NamedTuple):
    """One record: ``Label: value`` lines below a title, or the object itself."""

    record: dict[str, Any]
    fields: Sequence[Column]
    title: str = ""


class Table(NamedTuple):
    """Rows of texts below titles."""

    titles: Sequence[str]
    rows: Sequence[Sequence[str]]


class Message(NamedTuple):
    """Lines and tables for people, and the same as a value."""

    lines: Sequence[str | Table]
    document: Any


class Document(NamedTuple):
    """A value that is JSON in either format."""

    value: Any


class Stream(NamedTuple):
    """Things to show as they come: a line for people, or one line of JSON each."""

    items: Iterable[tuple[str, Any]]


class Content(NamedTuple):
    """What files hold: as it is into a pipe or file, as readable text on a terminal."""

    chunks: Iterable[bytes]


class Ended(NamedTuple):
    """A result together with the exit code that it means."""

    view: Message
    exit_code: int = 0


class OutputClosed(Exception):
    """Whoever read standard output has gone away, as ``head`` does."""


View = Listing | Details | Message | Document | Stream | Content


def show(view: View | Ended, *, as_json: bool) -> None:
    """Print what a command returned.

    Raises
    ------
    SystemExit
        After an :class:`Ended` view, with its exit code.
    OutputClosed
        When nobody reads any more.
    """
    try:
        _show(view, as_json=as_json)
        sys.stdout.flush()
    except BrokenPipeError:
        raise OutputClosed from None
    if isinstance(view, Ended):
        raise SystemExit(view.exit_code)


def _show(view: View | Ended, *, as_json: bool) -> None:
    match view:
        case Ended():
            _show(view.view, as_json=as_json)
        case Document():
            _print_json(view.value)
        case Stream():
            _show_stream(view, as_json=as_json)
        case Content():
            _show_content(view)
        case Listing():
            _print_json({view.key: view.records}) if as_json else _show_listing(view)
        case Details():
            _print_json(view.record) if as_json else _show_details(view)
        case Message():
            _print_json(view.document) if as_json else _write("\n".join(map(_line, view.lines)))


def _line(line: str | Table) -> str:
    return render_table(line.titles, line.rows) if isinstance(line, Table) else clean(line)


def cell(value: Any) -> str:
    """Return a value as it stands in a table: one line, ``-`` for nothing."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    return clean_line(value)


def shorten(text: Any, length: int = 60) -> str:
    """Return the beginning of a long text."""
    shown = cell(text)
    return shown if len(shown) <= length else shown[: length - 1] + "…"


def note(text: str) -> None:
    """Print a line about what is going on to standard error."""
    print(clean(text), file=sys.stderr, flush=True)


def block(text: str) -> None:
    """Print lines that are clean already to standard error."""
    print(text, file=sys.stderr, flush=True)


def status_line(text: str, *, final: bool = False) -> None:
    """Write over the current line of a terminal; ``final`` moves on to the next."""
    sys.stderr.write(f"\r\x1b[2K{clean(text)}" + ("\n" if final else ""))
    sys.stderr.flush()


def error(failure: TorcError, *, as_json: bool = False) -> None:
    """Print an error as one line, or a specification's problems with their positions; or as one JSON object."""
    if as_json:
        print(json.dumps(_error_document(failure)), file=sys.stderr, flush=True)
    elif isinstance(failure, SpecError):
        from torc.spec import render

        block(render(failure))
    else:
        note(f"error: {failure}")


def _error_document(failure: TorcError) -> dict[str, Any]:
    detail = failure.to_dict()["error"]
    if isinstance(failure, SpecError):
        from torc.spec import validation_failure

        detail["problems"] = validation_failure(failure)["errors"]
    return {"error": detail}


def value_of(record: dict[str, Any], value: Value) -> Any:
    """Return what a column shows of a record."""
    return record.get(value) if isinstance(value, str) else value(record)


def _show_listing(view: Listing) -> None:
    noun = view.noun or view.key.replace("_", " ")
    if not view.records:
        _write(f"No {noun} found.")
        return
    if view.title:
        _write(clean(view.title))
    rows = [[cell(value_of(record, column.value)) for column in view.columns] for record in view.records]
    _write(render_table([column.title for column in view.columns], rows, terminal_width()))
    _write(f"\nTotal: {counted(len(rows), noun)}")


def counted(count: int, plural: str) -> str:
    """Return a number with its noun, which is given in the plural: ``1 job``, ``2 jobs``."""
    singular = plural.removesuffix("ies") + "y" if plural.endswith("ies") else plural.removesuffix("s")
    return f"{count} {singular if count == 1 else plural}"


def _show_details(view: Details) -> None:
    if view.title:
        _write(clean(view.title))
    indent = "  " if view.title else ""
    for column in view.fields:
        value = value_of(view.record, column.value)
        if value is not None:
            _write(f"{indent}{column.title}: {cell(value)}")


def _show_stream(view: Stream, *, as_json: bool) -> None:
    for text, document in view.items:
        _write(json.dumps(document) if as_json else clean(text))
        sys.stdout.flush()


def _show_content(view: Content) -> None:
    readable = codecs.getincrementaldecoder("utf-8")("replace") if sys.stdout.isatty() else None
    for chunk in view.chunks:
        if readable:
            # A lone carriage return, as progress bars write it, begins a line.
            sys.stdout.write(clean(readable.decode(chunk).replace("\r\n", "\n").replace("\r", "\n")))
        else:
            sys.stdout.buffer.write(chunk)
        sys.stdout.flush()


def _print_json(value: Any) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    _write(text)


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")
