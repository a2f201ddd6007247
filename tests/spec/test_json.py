from __future__ import annotations

import json as standard
from types import ModuleType
from typing import Any

import json5
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc.spec.limits import Limits
from torc.spec.readers import ReadError, json

assert json.COMPILED is not None, "these tests need pyjson5"
READERS = [pytest.param(None, id="pure"), pytest.param(json.COMPILED, id="compiled")]
pytestmark = pytest.mark.parametrize("compiled", READERS)


def read(text: str, compiled: ModuleType | None, **limits: int) -> Any:
    return json.read(text, Limits(**limits), compiled=compiled)


def failure(text: str, compiled: ModuleType | None, **limits: int) -> ReadError:
    with pytest.raises(ReadError) as caught:
        read(text, compiled, **limits)
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "null",
        "1",
        "{a: 1}",
        "{a: 1,}",
        "[1, 2,]",
        "{'a': 'b'}",
        '{"a": "b"}',
        "// c\n{a: 1}",
        "/* c\n * d */ [1]",
        "{a: 0x1F, b: .5, c: 5., d: +1, e: -2e3}",
        '{a: \'it\\\'s\', b: "say \\"x\\""}',
        "{a: 'one \\\ntwo'}",
        "{$_x1: true, ünï: false}",
        "{a: '\\x41\\u00e9\\n\\t\\0'}",
        "{a: {b: {c: [[], {}, [{}]]}}}",
        "{a: 'x', // end\n}",
        "[\n1,\n2\n]",
        "{a: 'http://x: y'}",
        "{'a:b': ':'}",
        "{a: 10000000000000000000}",
        "{a: -0x10}",
        "  {a: 1}  ",
        "{a: '/*', b: '*/'}",
    ],
)
def test_json5_is_read_like_the_reference_does(text: str, compiled: ModuleType | None) -> None:
    assert read(text, compiled) == json5.loads(text)


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
        max_leaves=12,
    )
)
def test_whatever_json_writes_is_read_back(value: Any, compiled: ModuleType | None) -> None:
    text = standard.dumps(value)
    assert json.Reader(text, Limits()).read() == value
    # A trailing comma takes the way of what is not strict JSON.
    assert read(f"[{text},]", compiled) == [value]


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ('{"a": 1, "a": 2}', "duplicate key 'a'", 1, 10),
        ("{a: 1,\n 'a': 2}", "duplicate key 'a'", 2, 2),
        ("{x: {b: 1, c: {d: 1, d: 2}}}", "duplicate key 'd'", 1, 22),
        ('{"a": NaN}', "NaN is not a number", 1, 7),
        ("{a: -Infinity}", "-Infinity is not a number", 1, 5),
        ('{"a": 1e999}', "beyond the range", 1, 7),
        ("{a: 1", "'}' is missing at the end", 1, 6),
        ("[1, 2", "']' is missing at the end", 1, 6),
        ("{a", "expected ':'", 1, 3),
        ("{a:", "the text ends where a value is expected", 1, 4),
        ("{a: yes}", "unexpected 'yes'", 1, 5),
        ("{a: 1} b", "text after the end", 1, 8),
        ("{a: 'x}", "a string is not closed", 1, 5),
        ("{a: 1 b: 2}", "expected ',' or '}'", 1, 7),
        ("{a: 1 /* }", "a comment is not closed", 1, 7),
        ("{,}", "expected a key", 1, 2),
        ("[,]", "unexpected ','", 1, 2),
        ("{\n\t'a' 1}", "expected ':'", 2, 6),
        ('{"a": "\\ud800"}', "surrogate", 1, 7),
        ("{a: 012}", "unexpected '0'", 1, 5),
        ('{"a": %s}' % ("9" * 101), "more than 100 digits", 1, 7),
        ("", "the text ends", 1, 1),
    ],
)
def test_errors_tell_what_and_where(
    text: str, message: str, line: int, column: int, compiled: ModuleType | None
) -> None:
    error = failure(text, compiled)
    assert message in error.message
    assert (error.line, error.column) == (line, column)


def test_whole_surrogate_pairs_are_one_character(compiled: ModuleType | None) -> None:
    assert read('{"a": "\\ud83d\\ude42"}', compiled) == {"a": "🙂"}
    assert read("{a: '\\ud83d\\ude42',}", compiled) == {"a": "🙂"}


@pytest.mark.parametrize("opening", ["[", '{"a":', "[[{a:"])
def test_nesting_is_limited(opening: str, compiled: ModuleType | None) -> None:
    error = failure(opening * 100_000, compiled)
    assert "limit of 200 levels" in error.message
    assert error.line == 1


def test_the_limit_of_nesting_itself_is_allowed(compiled: ModuleType | None) -> None:
    text = "[" * 60 + "]" * 60
    assert read(text, compiled, depth=60) is not None
    assert read(text + "//", compiled, depth=60) is not None
    assert "limit of 59" in failure(text, compiled, depth=59).message
    assert "limit of 59" in failure(text + "//", compiled, depth=59).message


def test_places_are_those_of_keys_and_items(compiled: ModuleType | None) -> None:
    places: dict[Any, Any] = {}
    json.read('{"a": 1,\n b: ["x",\n  {c: []}]}', Limits(), places, compiled=compiled)
    assert places == {
        ("a",): (1, 2),
        ("b",): (2, 2),
        ("b", 0): (2, 6),
        ("b", 1): (3, 3),
        ("b", 1, "c"): (3, 4),
    }
