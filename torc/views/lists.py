"""Jobs, results and events: the first of a list as a table, and how many more there are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from torc.units import format_bytes, format_duration
from torc.views import html
from torc.views.clean import clean_line
from torc.views.table import render_table, terminal_width

#: Rows that a snapshot shows.
SHOWN = 20
_WIDTH = 80

Column = tuple[str, Callable[[Mapping[str, Any]], Any]]


def _of(name: str) -> Callable[[Mapping[str, Any]], Any]:
    return lambda record: record.get(name)


def _id(name: str = "id") -> Callable[[Mapping[str, Any]], str]:
    # Ids are names: no separators between thousands.
    return lambda record: str(record.get(name, ""))


def _shortened(name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda record: shortened(_field(record.get(name) or ""))


def shortened(text: str) -> str:
    """Return the beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"


def _duration(record: Mapping[str, Any]) -> str:
    return format_duration(60 * (record.get("exec_time_minutes") or 0))


def _memory(record: Mapping[str, Any]) -> str:
    size = record.get("peak_memory_bytes")
    return "" if size is None else format_bytes(size)


def _when(record: Mapping[str, Any]) -> str:
    stamp = record.get("timestamp")
    return "" if stamp is None else datetime.fromtimestamp(stamp / 1000, UTC).strftime("%H:%M:%S")


COLUMNS: dict[str, tuple[Column, ...]] = {
    "jobs": (("id", _id()), ("name", _of("name")), ("status", _of("status")), ("command", _shortened("command"))),
    "results": (
        ("job id", _id("job_id")),
        ("job", _of("job_name")),
        ("status", _of("status")),
        ("return code", _id("return_code")),
        ("time", _duration),
        ("peak memory", _memory),
        ("reason", _shortened("reason")),
    ),
    "events": (
        ("id", _id()),
        ("time (UTC)", _when),
        ("type", _of("event_type")),
        ("severity", _of("severity")),
        ("data", _shortened("data")),
    ),
    "workflows": (
        ("id", _id()),
        ("name", _of("name")),
        ("user", _of("user")),
        ("description", _shortened("description")),
    ),
}


def list_line(noun: str, where: str) -> str:
    """Return a list as one line."""
    return f"<{noun.capitalize()}{where}>"


def list_html(noun: str, where: str, records: Sequence[Mapping[str, Any]], total: int, *, note: str = "") -> str:
    """Return the records, which are the first of ``total``, as a table."""
    columns = COLUMNS[noun]
    left = total - len(records)
    return html.document(
        html.title(f"{noun.capitalize()}{where}", f"{total:,}"),
        html.table([label for label, _ in columns], _rows(columns, records)),
        html.paragraph(f"and {left:,} more" if left > 0 else ""),
        html.paragraph(note),
    )


def list_text(noun: str, where: str, records: Sequence[Mapping[str, Any]], total: int, *, note: str = "") -> str:
    """Return the records, which are the first of ``total``, as a table for a console."""
    if note:
        return f"{list_line(noun, where)}: {note}"
    columns = COLUMNS[noun]
    rows = [[clean_line(value) for value in row] for row in _rows(columns, records)]
    table = render_table([label for label, _ in columns], rows, terminal_width()) if rows else ""
    left = total - len(records)
    more = f"and {left:,} more" if left > 0 else ""
    return "\n".join(filter(None, [f"{noun.capitalize()}{where}: {total:,}", table, more]))


def _rows(columns: Iterable[Column], records: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    return [[value(record) for _, value in columns] for record in records]


def record_html(heading: str, record: Mapping[str, Any], *parts: str) -> str:
    """Return one record as a table of its fields."""
    given = [(name.replace("_", " "), _field(value)) for name, value in record.items() if value not in (None, [], {})]
    return html.document(html.title(heading), html.table(["field", "value"], given), *parts)


def fields_text(heading: str, fields: Mapping[str, str]) -> str:
    """Return fields of one thing below each other, for a console."""
    width = max(map(len, fields), default=0)
    return "\n".join([heading, *(f"  {name:{width}}  {value}" for name, value in fields.items())])


def _field(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
