"""Whatever a file holds, reading and checking it ends in a plan or in a SpecError."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torc.errors import SpecError, TooLarge
from torc.spec import Limits, check, load_spec, parse_spec, render
from torc.spec.load import READERS

from .checking import failure
from .test_formats import SAME

FORMATS = ["yaml", "json", "json5", "kdl"]


def outcome(content: str | bytes, format: Any) -> SpecError | None:
    """Check the content; any other exception than SpecError fails the test."""
    try:
        check(parse_spec(content, format=format, limits=Limits(jobs=10_000)))
    except SpecError as error:
        assert render(error)
        return error
    return None


def every(step: int) -> list[Any]:
    return [
        pytest.param(name, text[: len(text) * part // step], id=f"{name}-{part}")
        for name, text in SAME.items()
        for part in range(1, step)
    ]


@pytest.mark.parametrize(("format", "content"), every(20))
def test_a_truncated_file_is_refused_with_a_line(format: Any, content: str) -> None:
    error = outcome(content, format)
    # YAML and KDL cut between two entries are whole; JSON never is.
    if error is None:
        assert format in ("yaml", "kdl")
        return
    if len(content.strip()) > 20:
        assert any(problem.line for problem in error.problems)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   \n \n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        b"\x7fELF\x02\x01\x01\x00",
        bytes(range(256)),
        b"name: \xff\xfe",
    ],
)
def test_empty_and_binary_files_are_refused(format: Any, content: bytes) -> None:
    assert outcome(content, format) is not None


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_are_named(format: Any, encoding: str) -> None:
    error = failure(SAME[format].encode(encoding), format)
    assert "UTF-" in error.problems[0].message
    assert error.problems[0].hint == "save it as UTF-8"


@pytest.mark.parametrize("format", FORMATS)
def test_a_byte_order_mark_of_utf8_is_skipped(format: Any) -> None:
    assert outcome(b"\xef\xbb\xbf" + SAME[format].encode(), format) is None


@pytest.mark.parametrize("format", FORMATS)
def test_bytes_that_are_not_utf8_are_reported_where_they_stand(format: Any) -> None:
    error = failure(b"\n\nname \xe9", format)
    assert (error.problems[0].line, error.problems[0].column) == (3, 6)
    assert "0xe9 is not UTF-8" in error.problems[0].message


@pytest.mark.parametrize(
    ("format", "content"),
    [
        ("yaml", "name: w\njobs: []\njobs: []\n"),
        ("json", '{"name": "w",\n "jobs": [],\n "jobs": []}'),
        ("json5", "{name: 'w',\n jobs: [],\n jobs: [],}"),
        ("kdl", 'name "w"\nname "v"\nname "u"\n'),
    ],
)
def test_duplicate_keys_are_refused_in_every_format(format: Any, content: str) -> None:
    problem = failure(content, format).problems[0]
    assert "duplicate key" in problem.message
    assert problem.line in (2, 3)


@pytest.mark.parametrize(
    ("format", "content"),
    [
        ("yaml", "name: w\njobs:\n- name: a\n  comand: x\n"),
        ("json", '{"name": "w", "jobs": [\n\n{"name": "a",\n  "comand": "x"}]}'),
        ("json5", "{name: 'w', jobs: [\n\n{name: 'a',\n  comand: 'x'}]}"),
        ("kdl", 'name "w"\n\njob "a" {\n  comand "x"\n}\n'),
    ],
)
def test_a_misspelt_key_is_reported_alike_in_every_format(format: Any, content: str) -> None:
    found = {problem.dotted: problem for problem in failure(content, format).problems}
    unknown = found["jobs[0].comand"]
    assert (unknown.message, unknown.hint) == ("unknown key 'comand'", "did you mean 'command'?")
    assert (unknown.line, unknown.column) in ((4, 3),)
    assert found["jobs[0]"].message == "'command' is missing"
    assert found["jobs[0]"].line == 3


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("opening", ["[", "{", "{a: ", '{"a":', "- ", "a {\n", "/*", "(", '"', "[{a: ["])
def test_deep_nesting_is_refused(format: Any, opening: str) -> None:
    assert outcome(opening * 100_000, format) is not None


@pytest.mark.parametrize("format", FORMATS)
def test_a_tab_in_the_indentation_never_breaks_the_reader(format: Any) -> None:
    error = outcome(SAME[format].replace("  ", "\t"), format)
    if format == "yaml":
        assert error is not None
        assert error.problems[0].line is not None
    else:
        assert error is None


@pytest.mark.parametrize(
    "value", ["1", "1.5", "true", '"text"', "[]", "[1]", "[[]]", "{}", '{"x": 1}', '[{"x": []}]', "-1", '""', "1e300"]
)
@pytest.mark.parametrize(
    "place",
    [
        "name",
        "jobs",
        "files",
        "parameters",
        "env",
        "actions",
        "resource_monitor",
        "slurm_defaults",
        "metadata",
        "execution_config",
        "jobs_sort_method",
        "failure_handlers",
    ],
)
def test_wrong_types_at_the_top_are_reported_or_fit(place: str, value: str) -> None:
    outcome(f'{{"{place}": {value}, "jobs": [{{"name": "a", "command": "b"}}]}}'.replace("jobs_", "jobs_"), "json5")


@pytest.mark.parametrize(
    "value", ["1", "1.5", "true", "[]", "[1]", "[[]]", "{}", '{"x": 1}', '[{"x": []}]', "-1", '""']
)
@pytest.mark.parametrize(
    "field",
    [
        "name",
        "command",
        "depends_on",
        "env",
        "priority",
        "parameters",
        "use_parameters",
        "resource_requirements",
        "input_files",
        "num_cpus",
        "memory",
        "runtime",
        "supports_termination",
        "parameter_mode",
    ],
)
def test_wrong_types_in_a_job_are_reported_or_fit(field: str, value: str) -> None:
    other = "" if field == "name" else '"name": "a", '
    other += "" if field == "command" else '"command": "b", '
    error = outcome(f'{{"name": "w", "jobs": [{{{other}"{field}": {value}}}]}}', "json")
    if error:
        assert all(problem.path[0] == "jobs" and problem.line == 1 for problem in error.problems)


@pytest.mark.parametrize("format", FORMATS)
def test_random_damage_never_raises_anything_else(format: Any) -> None:
    source = random.Random(format)
    for _ in range(150):
        text = list(SAME[format])
        for _ in range(source.randint(1, 6)):
            text[source.randrange(len(text))] = source.choice("{}[]\"':,#\\\n\t -&*!|>%@`=/;()0é\ud7ff\u2028")
        outcome("".join(text), format)


@settings(max_examples=150, deadline=None)
@given(content=st.text(max_size=60), format=st.sampled_from(FORMATS))
def test_any_text_is_read_or_refused(content: str, format: Any) -> None:
    outcome(content, format)


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_without_a_format(content: bytes) -> None:
    outcome(content, None)


@given(text=st.text(st.characters(blacklist_categories=("Cs",)), max_size=10), format=st.sampled_from(FORMATS))
def test_positions_are_found_for_whatever_could_be_read(text: str, format: Any) -> None:
    content = SAME[format].replace("prep", text, 1)
    try:
        loaded = parse_spec(content, format=format)
    except SpecError:
        return
    places: dict[Any, Any] = {}
    assert READERS[format](loaded.text, loaded.limits, places) == loaded.data
    assert places


def test_a_file_above_the_limit_is_refused_by_its_size(tmp_path: Any) -> None:
    file = tmp_path / "big.yaml"
    with file.open("wb") as stream:
        stream.truncate(2**33)
    with pytest.raises(TooLarge, match="more than the limit of 268,435,456"):
        load_spec(file)
    with pytest.raises(TooLarge, match="more than the limit of 3"):
        parse_spec("name: w", limits=Limits(bytes=3))


@pytest.mark.parametrize("name", ["missing.yaml", ""])
def test_a_file_that_cannot_be_read_is_a_spec_error(tmp_path: Any, name: str) -> None:
    with pytest.raises(SpecError, match="cannot be read"):
        load_spec(tmp_path / name)
