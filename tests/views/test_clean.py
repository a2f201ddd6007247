"""Texts that could move a terminal's cursor."""

from __future__ import annotations

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc.views.clean import clean


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07name", "name"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("a\x08b\x9b2Jc", "ab2Jc"),
        ("\u202egnp.exe", "gnp.exe"),
        ("plain é 漢", "plain é 漢"),
    ],
)
def test_terminal_escapes_are_taken_out(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    assert all(character in "\n\t" or category(character) != "Cc" for character in clean(text))
