"""Tables as text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torc.views.clean import clean_line
from torc.views.table import render_table, text_width


def test_table_lines_have_one_width_with_wide_characters() -> None:
    table = render_table(["Name", "Note"], [["漢字", "e\u0301"], ["abc", ""]])
    assert {text_width(line) for line in table.split("\n")} == {15}


@given(
    st.lists(st.lists(st.text(max_size=40).map(clean_line), min_size=3, max_size=3), max_size=5), st.integers(60, 120)
)
def test_table_fits_the_terminal(rows: list[list[str]], width: int) -> None:
    lines = render_table(["A", "B", "C"], rows, width).split("\n")
    assert max(map(text_width, lines)) <= width
    assert len({text_width(line) for line in lines}) == 1


def test_folded_cells_lose_nothing() -> None:
    table = render_table(["ID", "Text"], [["1", "abcdefghijklmnopqrstuvwxyz"]], 20)
    assert "".join(line.split("│")[2].strip() for line in table.split("\n")[3:-1]) == "abcdefghijklmnopqrstuvwxyz"
