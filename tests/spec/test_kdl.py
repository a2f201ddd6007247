from __future__ import annotations

from types import ModuleType
from typing import Any

import kdl as kdl_py
import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc.spec import kdl
from torc.spec.limits import Limits
from torc.spec.readers import ReadError
from torc.spec.readers import kdl as reader

assert reader.COMPILED is not None, "these tests need ckdl"
READERS = [pytest.param(None, id="pure"), pytest.param(reader.COMPILED, id="compiled")]
pytestmark = pytest.mark.parametrize("compiled", READERS)


def read(text: str, compiled: ModuleType | None, **limits: int) -> dict[str, Any]:
    return kdl.read(text, Limits(**limits), compiled=compiled)


def failure(text: str, compiled: ModuleType | None, **limits: int) -> ReadError:
    with pytest.raises(ReadError) as caught:
        read(text, compiled, **limits)
    return caught.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("k #true", True),
        ("k #false", False),
        ("k #null", None),
        ("k true", True),
        ("k false", False),
        ("k null", None),
        ("k 3", 3),
        ("k -3", -3),
        ("k 1_000", 1000),
        ("k 1.5", 1.5),
        ("k 1e3", 1000.0),
        ("k 0x1F", 31),
        ("k 0o17", 15),
        ("k 0b101", 5),
        ('k "a b"', "a b"),
        ("k bare", "bare"),
        ('k "\\n\\t\\"\\\\"', '\n\t"\\'),
        ('k "\\u{e9}"', "é"),
        ('k "#true"', "#true"),
        ('k r"a\\d"', "a\\d"),
        ('k r#"say "x""#', 'say "x"'),
        ('k #"a\\d"#', "a\\d"),
        ('k ##"a"#b"##', 'a"#b'),
        ('k "one\ntwo"', "one\ntwo"),
        ('k """\n    a\n      b\n\n    c\n    """', "a\n  b\n\nc"),
        ('k #"""\n  \\d\n  """#', "\\d"),
        ('k "a \\\n    b"', "a b"),
        ("k 1 2 3", [1, 2, 3]),
        ('k "a" "b"', ["a", "b"]),
        ("k {a 1; b 2}", {"a": 1, "b": 2}),
        ("k a=1 b=#true", {"a": 1, "b": True}),
        ("k a=true", {"a": True}),
        ("k {\n  a {\n b 1\n }\n}", {"a": {"b": 1}}),
        ("k (u8)3", 3),
        ("(t)k 3", 3),
        ("k \\\n  3", 3),
        ("k \\ // c\n  3", 3),
        ("k /* c */ 3 // d", 3),
        ("k /* a /* b */ c */ 3", 3),
        ("k 3 /- 4", 3),
        ("k /-a=1 3", 3),
        ("k 3 /- {\n a 1\n}", 3),
        ("/- x {\n y 1\n}\nk 3", 3),
        ('"k" 3', 3),
        ('k "http://x"', "http://x"),
        ('k "{ } ; = /* "', "{ } ; = /* "),
        ('k "a=b"', "a=b"),
    ],
)
def test_values_of_both_versions_are_read(text: str, value: Any, compiled: ModuleType | None) -> None:
    found = read(text, compiled)["k"]
    assert found == value
    assert type(found) is type(value)


def test_versions_may_be_mixed(compiled: ModuleType | None) -> None:
    assert read('a #true\nb true\nc r"x"\nd #"y"#', compiled) == {"a": True, "b": True, "c": "x", "d": "y"}


@given(text=st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20))
def test_any_quoted_text_is_read_back(text: str, compiled: ModuleType | None) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    assert read(f'k "{quoted}"', compiled) == {"k": text}


SPEC = """
name "w"; user "me"
parameters { i "1:3"; lr 0.1 0.2; opt "['a','b']" }
env { A "1"; B "2" }
resource_monitor { enabled #true; granularity "time_series" }
metadata { nested { deep 1 2 }; flag #true }
file "raw" path="/a b"
file "out_{i}" { path "/o/{i}"; use_parameters "i" }
user_data "m" { is_ephemeral #true; data "{\\"k\\": [1, null]}"; }
user_data "n" { data { k 1; l "x" "y"; } }
resource_requirements "small" { num_cpus 2; memory "4g" }
job "a" { command "x" ; resource_requirements "small"; env { K "v" } }
job "b_{i}" {
    command "y"
    depends_on_job "a"
    depends_on "c" "d"
    depends_on_regexes "^a" "^c"
    input_file "raw"
    output_files "out_{i}"
    input_user_data "m"
    output_user_data_regexes "n"
    resource_requirements { num_cpus 3; }
    use_parameters "i"
    cancel_on_blocking_job_failure #false
}
slurm_scheduler "s" { account "acc"; nodes 2; walltime "01:00:00" }
action {
    trigger_type "on_jobs_ready"; action_type "run_commands"
    command "p"; command "q"; job "a"; job_name_regexes "^b"
}
failure_handler "h" { rule { exit_codes 1 2; max_retries 5; }; rule match_all_exit_codes=#true }
"""
DATA = {
    "name": "w",
    "user": "me",
    "parameters": {"i": "1:3", "lr": [0.1, 0.2], "opt": "['a','b']"},
    "env": {"A": "1", "B": "2"},
    "resource_monitor": {"enabled": True, "granularity": "time_series"},
    "metadata": {"nested": {"deep": [1, 2]}, "flag": True},
    "files": [{"name": "raw", "path": "/a b"}, {"name": "out_{i}", "path": "/o/{i}", "use_parameters": ["i"]}],
    "user_data": [
        {"name": "m", "is_ephemeral": True, "data": {"k": [1, None]}},
        {"name": "n", "data": {"k": 1, "l": ["x", "y"]}},
    ],
    "resource_requirements": [{"name": "small", "num_cpus": 2, "memory": "4g"}],
    "jobs": [
        {"name": "a", "command": "x", "resource_requirements": "small", "env": {"K": "v"}},
        {
            "name": "b_{i}",
            "command": "y",
            "depends_on": ["a", "c", "d"],
            "depends_on_regexes": ["^a", "^c"],
            "input_files": ["raw"],
            "output_files": ["out_{i}"],
            "input_user_data": ["m"],
            "output_user_data_regexes": ["n"],
            "resource_requirements": {"num_cpus": 3},
            "use_parameters": ["i"],
            "cancel_on_blocking_job_failure": False,
        },
    ],
    "slurm_schedulers": [{"name": "s", "account": "acc", "nodes": 2, "walltime": "01:00:00"}],
    "actions": [
        {
            "trigger_type": "on_jobs_ready",
            "action_type": "run_commands",
            "commands": ["p", "q"],
            "jobs": ["a"],
            "job_name_regexes": ["^b"],
        }
    ],
    "failure_handlers": [
        {"name": "h", "rules": [{"exit_codes": [1, 2], "max_retries": 5}, {"match_all_exit_codes": True}]}
    ],
}


def test_nodes_become_the_data_of_the_other_formats(compiled: ModuleType | None) -> None:
    assert read(SPEC, compiled) == DATA


def test_the_compiled_reader_is_used_and_not_only_fallen_back_from(compiled: ModuleType | None) -> None:
    if compiled is not None:
        assert reader._read_compiled(SPEC, Limits(), compiled) is not None


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ('job "a" {\n command "x"\n', "'}' is missing for the node that begins at 1:1", 3, 1),
        ("a 1\n}", "'}' without '{'", 2, 1),
        ('a "x', "a string is not closed", 1, 3),
        ('a #"x"', "a string is not closed", 1, 3),
        ("a /* x", "a comment is not closed", 1, 3),
        ("a 1\na 2", "duplicate key 'a'", 2, 1),
        ('job "a" {\n command "x"\n command "y"\n}', "duplicate key 'command'", 3, 2),
        ('file "a" path="x" path="y"', "duplicate key 'path'", 1, 19),
        ("a =", "unexpected '='", 1, 3),
        ("= 1", "expected the name of a node, not '='", 1, 1),
        ('a"b"', "expected a space", 1, 2),
        ("a #nan", "not a number that can be stored", 1, 3),
        ("a #maybe", "unexpected '#'", 1, 3),
        ("a 1x", "unexpected '1'", 1, 3),
        ('a "\\q"', "unknown escape", 1, 4),
        ("a (x 1", "')' is missing", 1, 3),
        ('job "a" "b"', "'job' takes one name, not 2 values", 1, 1),
        ('\nuser_data "m" { data "{x" ; }', "data is not JSON", 2, 17),
        ('user_data "m" { data "NaN" ; }', "data is not JSON", 1, 17),
        ("a 1e999", "beyond the range", 1, 3),
        ("a " + "9" * 101, "more than 100 digits", 1, 3),
        ('a """\n   x\n     """', "indented less", 1, 3),
    ],
)
def test_errors_tell_what_and_where(
    text: str, message: str, line: int, column: int, compiled: ModuleType | None
) -> None:
    error = failure(text, compiled)
    assert message in error.message
    assert (error.line, error.column) == (line, column)


def test_nesting_is_limited(compiled: ModuleType | None) -> None:
    deep = "a {\n" * 100_000
    assert "limit of 200 levels" in failure(deep, compiled).message
    assert read("a {\n" * 20 + "b 1\n" + "}\n" * 20, compiled, depth=20) is not None


def test_places_are_those_of_nodes_and_properties(compiled: ModuleType | None) -> None:
    places: dict[Any, Any] = {}
    kdl.read(
        'job "a" {\n  command "x"\n  depends_on_job "b"\n}\nfile "f" path="p"\n', Limits(), places, compiled=compiled
    )
    assert places[("jobs", 0)] == (1, 1)
    assert places[("jobs", 0, "command")] == (2, 3)
    assert places[("jobs", 0, "depends_on", 0)] == (3, 3)
    assert places[("files", 0, "path")] == (5, 10)


VERSION_1 = r"""
// both a comment
name "x"; user r"a\b"
job "a" retries=2 factor=1.5 {
    command "say \"hi\"\n" /* inside */
    flags true false null
    /-left_out "node"
    nested {
        deeper 0x1f {
            deepest -3
        }
    }
}
"""


def test_version_1_documents_read_as_kdl_py_reads_them(compiled: ModuleType | None) -> None:
    def ours(nodes: list[reader.Node]) -> list[Any]:
        return [(node.name, node.args, node.props, ours(node.children)) for node in nodes]

    def theirs(nodes: list[Any]) -> list[Any]:
        return [(node.name, node.args, dict(node.props), theirs(node.nodes)) for node in nodes]

    assert ours(reader.read_nodes(VERSION_1, Limits(), compiled=compiled)) == theirs(kdl_py.parse(VERSION_1).nodes)
