"""How values become text."""

from __future__ import annotations

import json

import pytest

from torc.cli.output import Column, Details, Document, Ended, Listing, Message, Stream, cell, shorten, show


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "-"), (True, "yes"), (0, "0"), ({"a": 1}, '{"a": 1}'), ("a\n\tb", "a b")]
)
def test_values_are_one_line_in_a_cell(value: object, shown: str) -> None:
    assert cell(value) == shown


def test_long_texts_are_shortened() -> None:
    assert shorten("x" * 100, 5) == "xxxx…"


RECORDS = [{"id": 1, "name": "a"}, {"id": 2, "name": None}]
LISTING = Listing("things", RECORDS, (Column("ID", "id"), Column("Twice", lambda item: item["id"] * 2)), "Things:")


def test_listing_is_title_table_and_total(capsys: pytest.CaptureFixture[str]) -> None:
    show(LISTING, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Things:"
    assert lines[-1] == "Total: 2 things"
    assert "│ 2  │ 4     │" in lines


def test_listing_is_an_object_of_records(capsys: pytest.CaptureFixture[str]) -> None:
    show(LISTING, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"things": RECORDS}


def test_details_leave_out_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    show(Details(RECORDS[1], (Column("ID", "id"), Column("Name", "name")), "Made:"), as_json=False)
    assert capsys.readouterr().out == "Made:\n  ID: 2\n"


def test_document_is_json_in_either_format(capsys: pytest.CaptureFixture[str]) -> None:
    show(Document({"é": 1}), as_json=False)
    assert capsys.readouterr().out == '{\n  "é": 1\n}\n'


def test_stream_is_lines(capsys: pytest.CaptureFixture[str]) -> None:
    items = [("one", {"n": 1}), ("two", {"n": 2})]
    show(Stream(items), as_json=False)
    show(Stream(items), as_json=True)
    assert capsys.readouterr().out == 'one\ntwo\n{"n": 1}\n{"n": 2}\n'


def test_end_of_a_run_carries_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        show(Ended(Message(["done"], {}), 1), as_json=False)
    assert caught.value.code == 1
    assert capsys.readouterr().out == "done\n"
