from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc.errors import InvalidInput
from torc.spec.parameters import ParameterSet, parse_values


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("1:5", [1, 2, 3, 4, 5]),
        ("0:100:25", [0, 25, 50, 75, 100]),
        ("1:10:4", [1, 5, 9]),
        ("-2:1", [-2, -1, 0, 1]),
        ("3:1:-1", [3, 2, 1]),
        ("7:7", [7]),
        ("001:003", [1, 2, 3]),
        ("0.0:1.0:0.25", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("0.5:2.5", [0.5, 1.5, 2.5]),
        ("0.001:0.01:0.003", [0.001, 0.004, 0.007, 0.01]),
        ("1e-3:3e-3:1e-3", [0.001, 0.002, 0.003]),
        ("1:0:-0.5", [1.0, 0.5, 0.0]),
        ("[16,32, 64]", [16, 32, 64]),
        ("[0.1,0.5]", [0.1, 0.5]),
        ("['adam','sgd']", ["adam", "sgd"]),
        ('["a b", "c,d"]', ["a b", "c,d"]),
        ("[adam, sgd]", ["adam", "sgd"]),
        ("a,b", ["a", "b"]),
        ("1, 2", [1, 2]),
        ("['it\\'s']", ["it's"]),
        ("[01, 1e3]", ["01", 1000.0]),
        ("5", [5]),
        (5, [5]),
        (0.25, [0.25]),
        ([1, 2.5, "x"], [1, 2.5, "x"]),
    ],
)
def test_every_written_form_gives_its_values(written: Any, values: list[Any]) -> None:
    parsed = list(parse_values(written))
    assert parsed == values
    assert [type(value) for value in parsed] == [type(value) for value in values]


@pytest.mark.parametrize(
    "written",
    [
        "",
        "1-10",
        "adam",
        "5:1",
        "1:5:-1",
        "1:5:0",
        "0.0:1.0:0.0",
        "[1, 2",
        "[]",
        "['a",
        "[[1]]",
        True,
        None,
        {"a": 1},
        [],
        [[1]],
        ["\x00"],
    ],
)
def test_what_is_no_range_or_list_is_refused(written: Any) -> None:
    with pytest.raises(InvalidInput):
        parse_values(written)


@pytest.mark.parametrize("written", ["1e999:2e999", "1:2:1e-999", "[1e999]", "9" * 50 + ":1"])
def test_numbers_beyond_range_are_refused(written: str) -> None:
    with pytest.raises(InvalidInput):
        parse_values(written)


def test_a_range_is_counted_without_being_made() -> None:
    assert len(parse_values("1:1000000000")) == 10**9
    assert len(parse_values("0.0:1.0:0.000000001")) == 10**9 + 1


@given(start=st.integers(-1000, 1000), step=st.integers(1, 500), count=st.integers(1, 200), digits=st.integers(0, 6))
def test_float_ranges_do_not_drift(start: int, step: int, count: int, digits: int) -> None:
    scale = Decimal(10) ** -digits
    first, distance = start * scale, step * scale
    written = (
        f"{first:f}.0:{first + distance * (count - 1):f}.0:{distance:f}.0"
        if not digits
        else (f"{first:f}:{first + distance * (count - 1):f}:{distance:f}")
    )
    assert list(parse_values(written)) == [float(str(first + distance * number)) for number in range(count)]


def test_the_last_parameter_changes_fastest() -> None:
    rows = ParameterSet({"b": [1, 2], "a": ["x", "y"]}).rows(["b", "a"])
    assert list(rows) == [(1, "x"), (1, "y"), (2, "x"), (2, "y")]


def test_zipped_parameters_are_expanded_together() -> None:
    zipped = ParameterSet({"a": [1, 2], "b": ["x", "y"]}, zipped=True)
    assert zipped.expanded_by({"a"}) == ["a", "b"]
    assert list(zipped.rows(["a", "b"])) == [(1, "x"), (2, "y")]
    assert zipped.count(["a", "b"]) == 2
