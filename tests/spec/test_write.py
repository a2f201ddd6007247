"""What is written reads back as the same specification, in every format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml as reference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from torc.errors import SpecError
from torc.spec import check, load_spec, parse_spec
from torc.spec.limits import DEFAULT_LIMITS
from torc.spec.load import Format
from torc.spec.model import WorkflowSpec
from torc.spec.problems import Problems
from torc.spec.readers import Places
from torc.spec.readers import yaml as yaml_reader
from torc.spec.structure import read_structure
from torc.spec.write import plain, to_code, write
from torc.spec.write.yaml import scalar

EXAMPLES = sorted(
    path
    for path in (Path(__file__).parents[2] / "examples").rglob("*")
    if path.suffix in (".yaml", ".json", ".json5", ".kdl")
)
FORMATS: tuple[Format, ...] = ("yaml", "json", "json5", "kdl")


def structure(data: dict[str, Any]) -> WorkflowSpec:
    problems = Problems()
    spec = read_structure(data, problems).spec
    assert not problems.errors, problems.errors
    return spec


def reread(spec: WorkflowSpec, format: Format) -> WorkflowSpec:
    text = write(spec, format)
    return structure(parse_spec(text, format=format).data)


def built(spec: WorkflowSpec) -> WorkflowSpec:
    names: dict[str, Any] = {}
    exec(to_code(spec), names)
    return names["wf"].spec


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.stem}-{path.suffix}")
def test_examples_are_written_and_read_back(path: Path, format: Format) -> None:
    spec = check(load_spec(path)).spec
    assert reread(spec, format) == spec


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.stem}-{path.suffix}")
def test_examples_as_code_build_the_same(path: Path) -> None:
    spec = check(load_spec(path)).spec
    assert built(spec) == spec


_TRICKY = st.sampled_from(
    [
        "{i:03d}", "${files.input.raw}", "${user_data.output.x_{i}}", "#true", "yes", "NULL", "1e5", "0o17", "12:30",
        "2001-01-01", ".5", "~", "*", "&a", "?", "!tag", "%", "@", "`", "|", ">", "[", "{", "}", "true", "null", "a:",
        "-", "--x", "=", "<<", "0x1F", "1_000", "+1", "-inf", ".inf", "100m", "./run", "<script>", "a=b", "é漢😀",
        "nan", "", " ", "'", '"', '"""', '\\"', "\\n", "\\", 'r"x"', "a: b", "# no comment", "- item", "a #b",
        "/* c */", "// d",
        "line\n", "two\nlines", "two\nlines\n", "tail  \nspaces  ", "\n", "\n\n", " lead\nx", "x\n\n\n", "a\n \nb",
        "\ttab", "x\ty\nz", "cr\r\nlf", "\x7f", "\x85", "\u2028", "\ufeff", "\u202e", "\x1b[0m", "echo {\n}", "x" * 300,
    ]
)  # fmt: skip
_ANY = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20
) | _TRICKY.filter(bool)
_NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12) | _TRICKY.filter(
    lambda text: text.strip() and text.isprintable()
)
_KEYS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True) | st.sampled_from(
    ["true", "null", "yes", "nan", "name"]
)
_BIG = st.integers(min_value=-(10**60), max_value=10**60)
_FLOATS = st.floats(allow_nan=False, allow_infinity=False)
_JSON = st.recursive(
    st.none() | st.booleans() | _BIG | _FLOATS | _ANY | st.just(""),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_ANY, inner, max_size=3),
    max_leaves=8,
)
_LIST = st.lists(_ANY, max_size=3)
_PARAMETERS = st.dictionaries(
    st.from_regex(r"[a-z]{1,4}", fullmatch=True),
    st.sampled_from(["1:3", "[0.1,0.01]", "['a','b']"])
    | st.lists(st.integers() | _FLOATS | _ANY, min_size=1, max_size=3),
    max_size=2,
)
_AMOUNTS = {
    "num_cpus": st.integers(0, 2**31),
    "num_gpus": st.integers(0, 8),
    "num_nodes": st.integers(1, 99),
    "memory": st.sampled_from(["1m", "512m", "4 g", "123456"]),
    "runtime": st.sampled_from(["PT5M", "1h30m", "P1DT12H"]),
}


def items(required: dict[str, Any], optional: dict[str, Any], most: int = 3) -> Any:
    named = st.lists(st.fixed_dictionaries(required, optional=optional), max_size=most)
    return named if "name" not in required else named.map(_distinct)


def _distinct(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({item["name"]: item for item in found}.values())


_COMMON = {"parameters": _PARAMETERS, "use_parameters": _LIST, "parameter_mode": st.sampled_from(["product", "zip"])}
_STDIO = st.fixed_dictionaries(
    {}, optional={"mode": st.sampled_from(["combined", "none"]), "delete_on_success": st.booleans()}
)
_MONITOR = st.fixed_dictionaries({}, optional={"enabled": st.booleans(), "granularity": st.just("summary")})
_JOBS = items(
    {"name": _NAMES, "command": _ANY},
    {
        "invocation_script": _ANY,
        "priority": st.integers(0, 2**62),
        "env": st.dictionaries(_KEYS, _ANY | st.just(""), max_size=2),
        "cancel_on_blocking_job_failure": st.booleans(),
        "scheduler": _ANY,
        "failure_handler": _ANY,
        "resource_requirements": _ANY | st.fixed_dictionaries({}, optional={"name": _NAMES, **_AMOUNTS}),
        **dict.fromkeys(("depends_on", "depends_on_regexes", "input_files", "output_files"), _LIST),
        **dict.fromkeys(("input_file_regexes", "output_user_data_regexes"), _LIST),
        **dict.fromkeys(("input_user_data", "output_user_data"), _LIST),
        **_COMMON,
    },
).filter(bool)  # fmt: skip
SPECS = st.fixed_dictionaries(
    {"name": _NAMES, "jobs": _JOBS},
    optional={
        "user": _NAMES,
        "description": _ANY | st.just(""),
        "metadata": st.dictionaries(_ANY, _JSON, max_size=3),
        "env": st.dictionaries(_KEYS, _ANY, max_size=2),
        "parameters": _PARAMETERS,
        "slurm_defaults": st.dictionaries(_ANY, _JSON, max_size=2),
        "access_groups": _LIST,
        "resource_monitor": st.fixed_dictionaries({}, optional={"enabled": st.booleans(), "jobs": _MONITOR}),
        "execution_config": st.fixed_dictionaries(
            {}, optional={"stdio": _STDIO, "job_stdio_overrides": st.dictionaries(_ANY, _STDIO, max_size=2)}
        ),
        "dynamic_jobs": st.fixed_dictionaries({}, optional={"max_iterations": st.integers(1, 99)}),
        "compute_node_ignore_workflow_completion": st.booleans(),
        "files": items({"name": _NAMES, "path": _ANY}, {"st_mtime": _FLOATS, **_COMMON}),
        "user_data": items({"name": _NAMES}, {"data": _JSON, "is_ephemeral": st.booleans(), **_COMMON}),
        "resource_requirements": items({"name": _NAMES}, _AMOUNTS),
        "slurm_schedulers": items(
            {"name": _NAMES}, {"account": _ANY, "nodes": st.integers(1, 9), "walltime": st.just("04:00:00")}
        ),
        "failure_handlers": items(
            {
                "name": _NAMES,
                "rules": st.lists(
                    st.fixed_dictionaries(
                        {"exit_codes": st.lists(st.integers(-9, 255), min_size=1, max_size=3)},
                        optional={"recovery_script": _ANY, "max_retries": st.integers(0, 9)},
                    ),
                    min_size=1,
                    max_size=2,
                ),
            },
            {},
            2,
        ),
        "actions": items(
            {
                "trigger_type": st.sampled_from(["on_workflow_start", "on_jobs_ready"]),
                "action_type": st.sampled_from(["run_commands", "schedule_nodes"]),
            },
            {
                "commands": _LIST,
                "jobs": _LIST,
                "scheduler": _ANY,
                "scheduler_type": st.just("slurm"),
                "num_allocations": st.integers(1, 9),
                "persistent": st.booleans(),
            },
        ),
    },
)

_FEW = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("format", ("yaml", "json", "kdl"))
@_FEW
@given(data=SPECS)
def test_any_specification_is_written_and_read_back(format: Format, data: dict[str, Any]) -> None:
    spec = structure(data)
    assert reread(spec, format) == spec


@_FEW
@given(data=SPECS)
def test_any_specification_as_code_builds_the_same(data: dict[str, Any]) -> None:
    spec = structure(data)
    assert built(spec) == spec


@_FEW
@given(data=SPECS)
def test_writing_twice_gives_the_same_text(data: dict[str, Any]) -> None:
    spec = structure(data)
    for format in FORMATS:
        assert write(reread(spec, format), format) == write(spec, format)


@_FEW
@given(text=_ANY | _TRICKY)
def test_yaml_means_the_same_to_other_readers(text: str) -> None:
    assert reference.safe_load(f"{scalar(text)}: {scalar(text)}") == {text: text}
    places: Places = {}
    assert yaml_reader.read(f"x: {scalar(text)}", DEFAULT_LIMITS, places) == {"x": text}


def test_yaml_is_written_as_people_write_it() -> None:
    spec = structure(
        {
            "name": "w",
            "jobs": [
                {"name": "a", "parameters": {"i": "1:3"}, "command": "mkdir -p x\necho {i}\n"},
                {"name": "b", "command": "echo b", "depends_on": "a_{i}", "use_parameters": "i"},
            ],
            "failure_handlers": [{"name": "f", "rules": [{"exit_codes": [1, 2]}]}],
        }
    )
    assert write(spec, "yaml") == (
        "name: w\n\n"
        "jobs:\n"
        "  - name: a\n"
        "    command: |\n"
        "      mkdir -p x\n"
        "      echo {i}\n"
        "    parameters:\n"
        '      i: "1:3"\n'
        "  - name: b\n"
        "    command: echo b\n"
        "    depends_on:\n"
        "      - a_{i}\n"
        "    use_parameters:\n"
        "      - i\n\n"
        "failure_handlers:\n"
        "  - name: f\n"
        "    rules:\n"
        "      - exit_codes: [1, 2]\n"
    )


def test_only_what_was_given_is_written_under_todays_names() -> None:
    spec = structure({"name": "w", "jobs": [{"name": "a", "command": "c", "blocked_by": ["b"], "priority": 0}]})
    assert plain(spec) == {"name": "w", "jobs": [{"name": "a", "command": "c", "priority": 0, "depends_on": ["b"]}]}


def test_kdl_carries_as_json_what_nodes_cannot_say() -> None:
    data = {"name": "w", "metadata": {"one": [1], "none": {}}, "jobs": [{"name": "a", "command": "c"}]}
    text = write(structure(data), "kdl")
    assert 'metadata "{\\"one\\": [1], \\"none\\": {}}"' in text
    assert parse_spec(text, format="kdl").data == data
    with pytest.raises(SpecError, match="metadata is not JSON"):
        parse_spec('name "w"\nmetadata "{1"', format="kdl")


def test_large_specification_is_written_in_a_moment() -> None:
    jobs = [{"name": f"j{i}", "command": f"echo {i}", "depends_on": [f"j{i - 1}"] if i else []} for i in range(5000)]
    spec = structure({"name": "w", "jobs": jobs})
    for format in FORMATS:
        assert reread(spec, format) == spec
