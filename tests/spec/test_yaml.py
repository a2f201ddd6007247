from __future__ import annotations

import re
from typing import Any

import pytest
import yaml as pyyaml

from torc.spec.limits import Limits
from torc.spec.readers import ReadError, yaml

LIMITS = Limits()


def read(text: str, **limits: int) -> Any:
    return yaml.read(text, Limits(**limits))


def failure(text: str, **limits: int) -> ReadError:
    with pytest.raises(ReadError) as caught:
        read(text, **limits)
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        "NO",
        "no",
        "on",
        "Yes",
        "off",
        "y",
        "1:10",
        "12:30:45",
        "10:00:00",
        "012",
        "0o8",
        "1_000",
        "2020-01-01",
        "=",
        "0b11",
        "1.2.3",
        "1e",
        "+",
        ".",
        "0x",
    ],
)
def test_what_only_older_yaml_takes_for_something_else_stays_text(text: str) -> None:
    assert read(f"k: {text}") == {"k": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-3", -3),
        ("+3", 3),
        ("0", 0),
        ("0o17", 15),
        ("0xfF", 255),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("-1.5E-2", -0.015),
        ("true", True),
        ("True", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("'1'", "1"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!int 12", 12),
        ("!!float 1.5", 1.5),
        ("!!null ''", None),
        ("|\n  a\n  b", "a\nb"),
        ("[1, a, 'b']", [1, "a", "b"]),
        ("{a: {b: [c]}}", {"a": {"b": ["c"]}}),
    ],
)
def test_scalars_follow_the_core_schema(text: str, value: Any) -> None:
    found = read(f"k: {text}")["k"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_text() -> None:
    assert read("1: a\non: b\nnull: c\n2.50: d") == {"1": "a", "on": "b", "null": "c", "2.50": "d"}


def test_aliases_and_merge_keys_work() -> None:
    text = (
        "base: &b {x: 1, y: 2}\none:\n  <<: *b\n  y: 3\ntwo:\n  z: 0\n  <<: [{x: 9}, *b]\n"
        "copy: *b\nname: &n abc\nagain: *n\n"
    )
    assert read(text) == {
        "base": {"x": 1, "y": 2},
        "one": {"x": 1, "y": 3},
        "two": {"x": 9, "y": 2, "z": 0},
        "copy": {"x": 1, "y": 2},
        "name": "abc",
        "again": "abc",
    }


@pytest.mark.parametrize(
    "text",
    ["a: 1\nb: [1, {c: d}]\n", "- - 1\n  - x\n-\n  k: |\n    t\n", "just text", "", "# nothing\n", "{a: [], b: {}}"],
)
def test_data_is_what_the_ordinary_loader_reads(text: str) -> None:
    assert read(text) == pyyaml.safe_load(text)


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("a: 1\nb: 2\na: 3\n", "duplicate key 'a'", 3, 1),
        ("x:\n  - {k: 1, k: 2}\n", "duplicate key 'k'", 2, 12),
        ("a: !!python/object/apply:os.system [x]\n", "unknown tag", 1, 4),
        ("a: !!binary aGk=\n", "unknown tag", 1, 4),
        ("a: !thing {b: 1}\n", "unknown tag", 1, 4),
        ("a: !!set {b}\n", "unknown tag", 1, 4),
        ("a: !!int x\n", "does not fit its tag", 1, 4),
        ("a: 1\n--- \nb: 2\n", "second YAML document", 2, 1),
        ("a: .nan\n", "not a number that can be stored", 1, 4),
        ("a: -.inf\n", "not a number that can be stored", 1, 4),
        ("a: 1e999\n", "beyond the range", 1, 4),
        ("a: " + "9" * 101, "more than 100 digits", 1, 4),
        ("a: *b\n", "undefined alias|alias '\\*b'", 1, 4),
        ("a: &a [*a]\n", "alias '\\*a'", 1, 8),
        ("? [a, b]\n: c\n", "cannot be a key", 1, 3),
        ("a:\n  <<: 3\n", "'<<' takes a mapping", 2, 7),
        ("a: [1, 2\nb: 3\n", "expected", 2, 2),
        ("a: 'x\n", "quoted scalar", 2, 1),
        ("a: b: c\n", "mapping values", 1, 5),
    ],
)
def test_errors_tell_what_and_where(text: str, message: str, line: int, column: int) -> None:
    error = failure(text)
    assert re.search(message, error.message), error.message
    assert (error.line, error.column) == (line, column)


@pytest.mark.parametrize(
    "text", ["jobs:\n- depends_on: [model_{i}]\n", "jobs:\n- depends_on: [a, model_{i:03d}, b]\n", "name: {i}_job\n"]
)
def test_unquoted_braces_suggest_quotes(text: str) -> None:
    assert str(failure(text).hint).startswith('put quotes around text with braces: "')


def test_the_suggestion_shows_the_text_in_quotes() -> None:
    assert failure("jobs:\n- depends_on: [model_{i}]\n").hint == 'put quotes around text with braces: "model_{i}"'


def test_tabs_are_explained() -> None:
    assert "spaces" in str(failure("a:\n\t- b\n").hint)


def test_nesting_is_limited() -> None:
    assert read("[" * 50 + "]" * 50, depth=50) is not None
    error = failure("[" * 51 + "]" * 51, depth=50)
    assert "limit of 50 levels" in error.message
    assert (error.line, error.column) == (1, 51)


def test_an_alias_bomb_is_refused_by_counting() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    error = failure("\n".join(lines))
    assert "limit of 1,000,000 values" in error.message
    assert error.line is not None


def test_long_texts_that_aliases_repeat_count_as_many() -> None:
    text = f"a: &a '{'x' * 2000}'\nb: [*a, *a, *a, *a, *a]"
    assert "limit of 100 values" in failure(text, aliases=100).message
    assert read(text, aliases=105)["b"] == ["x" * 2000] * 5


def test_aliases_below_the_limit_are_fine() -> None:
    assert read("a: &a [1, 2]\nb: [*a, *a]", aliases=6)["b"] == [[1, 2], [1, 2]]
    assert "limit of 5" in failure("a: &a [1, 2]\nb: [*a, *a]", aliases=5).message


def test_places_are_those_of_keys_and_items() -> None:
    places: dict[Any, Any] = {}
    yaml.read("a: 1\nb:\n  - x\n  - {c: d}\n  - - e\n", LIMITS, places)
    assert places == {
        ("a",): (1, 1),
        ("b",): (2, 1),
        ("b", 0): (3, 5),
        ("b", 1): (4, 5),
        ("b", 1, "c"): (4, 6),
        ("b", 2): (5, 5),
        ("b", 2, 0): (5, 7),
    }
