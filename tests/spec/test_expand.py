from __future__ import annotations

import json
import string
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torc.spec import Limits

from .checking import checked, job, messages, names, plan, problems, related, waits_for


def workflow(**fields: Any) -> str:
    """A workflow as JSON, which is YAML too."""
    return json.dumps({"name": "w", **fields})


def one_job(**fields: Any) -> dict[str, Any]:
    return {"name": "a", "command": "true", **fields}


def test_a_job_becomes_one_for_each_value_in_order() -> None:
    made = plan(workflow(jobs=[one_job(name="job_{i:03d}", command="echo {i} {i:>4}", parameters={"i": "8:11"})]))
    assert names(made) == ["job_008", "job_009", "job_010", "job_011"]
    assert job(made, "job_010")["command"] == "echo 10   10"


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("t_{lr:.4f}", "[0.0001,0.01]", ["t_0.0001", "t_0.0100"]),
        ("t_{lr:.2e}", "[0.001]", ["t_1.00e-03"]),
        ("t_{lr}", "0.1:0.4:0.1", ["t_0.1", "t_0.2", "t_0.3", "t_0.4"]),
        ("r_{x:.2f}", "0.9:1.0:0.1", ["r_0.90", "r_1.00"]),
        ("o_{opt}", "['adam','sgd']", ["o_adam", "o_sgd"]),
        ("o_{opt:>5}", "[ab]", ["o_   ab"]),
        ("h_{i:x}_{i:+d}", "[255]", ["h_ff_+255"]),
    ],
)
def test_format_specs_are_those_of_python(name: str, values: str, expected: list[str]) -> None:
    parameter = name.split("{")[1].split(":")[0].split("}")[0]
    assert names(plan(workflow(jobs=[one_job(name=name, parameters={parameter: values})]))) == expected


def test_products_run_over_all_combinations_with_the_last_fastest() -> None:
    spec = one_job(name="t_{a}_{b}", parameters={"a": "[1,2]", "b": "['x','y','z']"})
    assert names(plan(workflow(jobs=[spec]))) == ["t_1_x", "t_1_y", "t_1_z", "t_2_x", "t_2_y", "t_2_z"]


def test_zip_pairs_values() -> None:
    spec = one_job(name="t_{a}", command="{a}-{b}", parameters={"a": "[1,2]", "b": "[x,y]"}, parameter_mode="zip")
    made = plan(workflow(jobs=[spec]))
    assert [record["command"] for record in made["jobs"]] == ["1-x", "2-y"]


def test_zip_names_both_lengths_when_they_differ() -> None:
    spec = one_job(name="t_{d}_{m}", parameters={"d": "[1,2,3]", "m": "[1,2]"}, parameter_mode="zip")
    (problem,) = problems(workflow(jobs=[spec]))
    assert "All parameters must have the same number of values when using 'zip' mode." in problem.message
    assert "Parameter 'd' has 3 values, but 'm' has 2 values." in problem.message
    assert problem.path == ("jobs", 0, "parameters")


def test_shared_parameters_are_taken_by_name_and_overridden_locally() -> None:
    made = plan(
        workflow(
            parameters={"lr": "[1,2,3]", "bs": "[8,9]"},
            jobs=[
                one_job(name="a_{lr}", use_parameters=["lr"]),
                one_job(name="b_{lr}", parameters={"lr": "[7]"}, use_parameters=["lr"]),
                one_job(name="c_{bs}_{lr}", use_parameters=["lr", "bs"]),
            ],
        )
    )
    assert names(made)[:4] == ["a_1", "a_2", "a_3", "b_7"]
    assert names(made)[4:] == ["c_8_1", "c_9_1", "c_8_2", "c_9_2", "c_8_3", "c_9_3"]


def test_a_shared_parameter_that_does_not_exist_is_an_error_with_a_suggestion() -> None:
    (problem,) = problems(workflow(parameters={"rate": "1:2"}, jobs=[one_job(name="a_{rat}", use_parameters=["rat"])]))
    assert (problem.message, problem.hint) == ("the workflow has no parameter 'rat'", "did you mean 'rate'?")
    assert problem.path == ("jobs", 0, "use_parameters", 0)


def test_a_parameter_in_the_name_that_the_item_does_not_use_is_warned_about() -> None:
    warnings = checked(workflow(parameters={"i": "1:2"}, jobs=[one_job(name="a_{i}")])).warnings
    assert "does not use the parameter 'i'" in warnings[0].message


@pytest.mark.parametrize(
    "command",
    [
        "awk '{print $1}'",
        'echo \'{"a": 1, "b": {"c": []}}\'',
        "grep -E 'x{2,3}'",
        "echo ${HOME} {} {{}} {j} {0} {i!r}",
        "f() { echo; }",
        "echo {unclosed",
    ],
)
def test_every_other_brace_stays(command: str) -> None:
    made = plan(workflow(jobs=[one_job(name="a_{i}", command=command + " {i}", parameters={"i": "[4]"})]))
    assert made["jobs"][0]["command"] == command + " 4"


def test_a_shell_variable_named_like_a_parameter_is_left_to_the_shell_with_a_warning() -> None:
    made = checked(workflow(jobs=[one_job(name="a_{i}", command="echo ${i}", parameters={"i": "[4]"})]))
    assert made.plan["jobs"][0]["command"] == "echo ${i}"
    assert "left to the shell" in made.warnings[0].message


def test_values_are_not_expanded_again() -> None:
    spec = one_job(name="t_{a}", command="{a} {b}", parameters={"a": ["{b}"], "b": ["{a}"]}, parameter_mode="zip")
    assert plan(workflow(jobs=[spec]))["jobs"][0]["command"] == "{b} {a}"


def test_parameters_reach_every_text_of_a_job() -> None:
    made = plan(
        workflow(
            resource_requirements=[{"name": "r1"}, {"name": "r2"}],
            failure_handlers=[{"name": f"h{i}", "rules": [{"exit_codes": [1]}]} for i in (1, 2)],
            slurm_schedulers=[{"name": f"s{i}", "account": "x"} for i in (1, 2)],
            jobs=[
                one_job(
                    name="a_{i}",
                    invocation_script="wrap {i}",
                    env={"N": "{i}", "K": "k"},
                    resource_requirements="r{i}",
                    failure_handler="h{i}",
                    scheduler="s{i}",
                    parameters={"i": "1:2"},
                )
            ],
        )
    )
    second = job(made, "a_2")
    assert second["invocation_script"] == "wrap 2"
    assert second["env"] == {"N": "2", "K": "k"}
    assert (second["resource_requirements"], second["failure_handler"], second["scheduler"]) == (1, 1, 1)


def test_files_and_user_data_expand_recursively() -> None:
    made = plan(
        workflow(
            jobs=[one_job()],
            files=[{"name": "f_{i:02d}", "path": "/d/{i}.txt", "parameters": {"i": "1:2"}}],
            user_data=[{"name": "u_{e}", "data": {"{e}": ["{e}", 1, {"k": "x{e}"}]}, "parameters": {"e": "[p,q]"}}],
        )
    )
    assert [(file["name"], file["path"]) for file in made["files"]] == [("f_01", "/d/1.txt"), ("f_02", "/d/2.txt")]
    assert made["user_data"][1] == {"name": "u_q", "data": {"q": ["q", 1, {"k": "xq"}]}}


def test_references_to_other_jobs_follow_the_parameter() -> None:
    made = plan(
        workflow(
            jobs=[
                one_job(name="gen_{c}", parameters={"c": "[A,B]"}),
                one_job(name="use_{c}", depends_on=["gen_{c}"], parameters={"c": "[A,B]"}),
                one_job(name="re_{c}", depends_on_regexes=["^gen_{c}$"], parameters={"c": "[A,B]"}),
            ]
        )
    )
    assert waits_for(made, "use_B") == waits_for(made, "re_B") == {"gen_B"}


def test_parameters_outside_the_name_are_collected_in_lists() -> None:
    files = [{"name": "m_{lr:.2f}", "path": "/m/{lr}", "parameters": {"lr": "[0.1,0.25]"}}]
    made = plan(
        workflow(
            files=files,
            jobs=[
                one_job(name="train_{lr:.2f}", output_files=["m_{lr:.2f}"], parameters={"lr": "[0.1,0.25]"}),
                one_job(
                    name="compare",
                    input_files=["m_{lr:.2f}"],
                    depends_on=["train_{lr:.2f}"],
                    parameters={"lr": "[0.1,0.25]"},
                ),
            ],
        )
    )
    assert names(made) == ["train_0.10", "train_0.25", "compare"]
    assert related(made, "compare", "input_files") == ["m_0.10", "m_0.25"]
    assert waits_for(made, "compare") == {"train_0.10", "train_0.25"}


def test_a_job_may_expand_over_one_parameter_and_collect_another() -> None:
    values = {"a": "[1,2]", "b": "[x,y]"}
    made = plan(
        workflow(
            jobs=[
                one_job(name="work_{a}_{b}", parameters=values),
                one_job(name="sum_{a}", depends_on=["work_{a}_{b}"], parameters=values),
            ]
        )
    )
    assert waits_for(made, "sum_2") == {"work_2_x", "work_2_y"}


def test_a_reference_in_the_command_stands_for_all_collected_files() -> None:
    made = plan(
        workflow(
            files=[{"name": "r_{i}", "path": "/r/{i}", "parameters": {"i": "1:3"}}],
            jobs=[one_job(name="all", command="cat ${files.input.r_{i}} > out", parameters={"i": "1:3"})],
        )
    )
    assert made["jobs"][0]["command"] == "cat /r/1 /r/2 /r/3 > out"
    assert related(made, "all", "input_files") == ["r_1", "r_2", "r_3"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("command", "run {lr}"),
        ("invocation_script", "x {lr}"),
        ("env", {"A": "{lr}"}),
        ("resource_requirements", "r{lr}"),
    ],
)
def test_a_collected_parameter_in_a_single_text_is_an_error(field: str, value: Any) -> None:
    spec = {**one_job(parameters={"lr": "[1,2]"}), field: value}
    found = problems(workflow(jobs=[spec]))
    assert found[0].path[:3] == ("jobs", 0, field)
    assert "{lr} has no single value here" in found[0].message


def test_a_format_that_does_not_fit_is_an_error_with_its_value() -> None:
    (problem,) = problems(workflow(jobs=[one_job(name="t_{o:03d}", parameters={"o": "[adam]"})]))
    assert problem.path == ("jobs", 0, "name")
    assert "o='adam'" in problem.message


def test_a_format_that_does_not_fit_in_a_list_is_an_error_with_its_place() -> None:
    spec = one_job(name="t_{o}", depends_on=["a_{o:03d}"], parameters={"o": "[adam]"})
    assert problems(workflow(jobs=[spec]))[0].path == ("jobs", 0, "depends_on", 0)


def test_a_format_that_makes_huge_texts_is_refused() -> None:
    assert "limit of 999" in messages(workflow(jobs=[one_job(name="t_{i:099999d}", parameters={"i": "1:2"})]))[0]


@pytest.mark.parametrize(
    "parameters",
    [{"i": "1:1000000000"}, dict.fromkeys("abcdef", "1:100"), {"i": "0.0:1.0:0.0000000001"}],
)
def test_expansion_is_counted_before_it_is_made(parameters: dict[str, str]) -> None:
    name = "t_" + "_".join(f"{{{parameter}}}" for parameter in parameters)
    (problem,) = problems(workflow(jobs=[one_job(name=name, parameters=parameters)]))
    assert "1,000,000" in problem.message
    assert problem.path == ("jobs", 0, "parameters")


def test_collected_names_are_counted_before_they_are_made() -> None:
    spec = one_job(depends_on=["x_{i}"], parameters={"i": "1:1000000000"})
    assert "limit of 1,000,000" in messages(workflow(jobs=[spec]))[0]


def test_the_limit_holds_for_all_jobs_together() -> None:
    specs = [one_job(name=f"{letter}_{{i}}", parameters={"i": "1:6"}) for letter in "ab"]
    assert "limited to 10" in messages(workflow(jobs=specs), limits=Limits(jobs=10))[0]


@pytest.mark.parametrize(
    "fields",
    [
        {"command": "{i}" + "x" * 1000},
        {"command": "{i:500d} {i:500d}"},
        {"command": "echo", "env": {"A": "x" * 1000}},
        {"command": "${files.input.f_{k}}", "parameters": {"i": "1:10", "k": "1:1000"}},
        {"command": "echo", "depends_on": ["x" * 1000 + "_{i}"]},
        {"command": "{p}", "parameters": {"i": "1:10", "p": ["", "x" * 1000]}, "name": "a_{i}_{p:.0}"},
    ],
)
def test_text_is_counted_before_it_is_written(fields: dict[str, Any]) -> None:
    spec = one_job(**{"name": "a_{i}", "parameters": {"i": "1:10"}, **fields})
    assert messages(workflow(jobs=[spec]), limits=Limits(characters=9_000))[0] == (
        "parameters write more text than the limit of 9,000 characters"
    )


@pytest.mark.parametrize("values", ["0:1:1e-300", "1:1000000000000000000000000", "5:-1000000000000000000000000:-1"])
def test_ranges_that_nobody_can_count_are_refused(values: str) -> None:
    assert "has too many values" in messages(workflow(jobs=[one_job(name="a_{i}", parameters={"i": values})]))[0]


@pytest.mark.parametrize("name", ["1a", "a-b", "", "a b"])
def test_names_of_parameters_are_identifiers(name: str) -> None:
    assert "cannot be the name of a parameter" in messages(workflow(jobs=[one_job(parameters={name: "1:2"})]))[0]


def test_equal_names_from_one_item_hint_at_the_missing_parameter() -> None:
    spec = one_job(name="t_{a}", parameters={"a": "[1,2]", "b": "[x,y]"}, parameter_mode="zip")
    plan(workflow(jobs=[spec]))
    repeated = one_job(name="t_{a}", parameters={"a": "[1,1]"})
    (problem,) = problems(workflow(jobs=[repeated]))
    assert problem.message == "duplicate job name 't_1'"
    assert "same name more than once" in str(problem.hint)


_VALUES = st.lists(
    st.one_of(st.integers(-99, 99), st.text(string.ascii_letters, min_size=1, max_size=3)),
    min_size=1,
    max_size=3,
    unique_by=str,
)


@settings(max_examples=60, deadline=None)
@given(
    values=st.dictionaries(st.sampled_from(["a", "bb", "c_1"]), _VALUES, min_size=1),
    in_name=st.sets(st.sampled_from(["a", "bb", "c_1"])),
)
def test_expansion_agrees_with_a_plain_product(values: dict[str, list[Any]], in_name: set[str]) -> None:
    used = [name for name in values if name in in_name]
    rest = [name for name in values if name not in in_name]
    template = "j" + "".join(f"-{name}={{{name}}}" for name in used)
    entry = "f" + "".join(f"-{name}={{{name}}}" for name in values)
    file = {"name": entry, "path": "/p", "parameters": values}
    spec = one_job(name=template, command=template, input_files=[entry], parameters=values)
    made = plan(workflow(jobs=[spec], files=[file]))

    def fill(text: str, row: dict[str, Any]) -> str:
        for name, value in row.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    rows = [dict(zip(used, row, strict=True)) for row in product(*(values[name] for name in used))]
    assert [record["command"] for record in made["jobs"]] == [fill(template, row) for row in rows]
    for row in rows:
        others = [dict(zip(rest, more, strict=True)) for more in product(*(values[name] for name in rest))]
        expected = [fill(entry, {**row, **more}) for more in others]
        assert sorted(related(made, fill(template, row), "input_files")) == sorted(expected)


def test_zipped_values_that_repeat_are_collected_once() -> None:
    made = plan(
        workflow(
            files=[{"name": "r_{i}", "path": "/r/{i}", "parameters": {"i": "1:2"}}],
            jobs=[
                one_job(
                    name="all",
                    command="cat ${files.input.r_{b}}",
                    parameters={"a": "[1,2,3]", "b": "[1,1,2]"},
                    parameter_mode="zip",
                )
            ],
        )
    )
    assert made["jobs"][0]["command"] == "cat /r/1 /r/2"


def test_shell_variables_and_parameters_may_stand_side_by_side() -> None:
    made = plan(workflow(jobs=[one_job(name="a_{i}", command="${i} {i} ${i:-x}", parameters={"i": "[4]"})]))
    assert made["jobs"][0]["command"] == "${i} 4 ${i:-x}"


def test_a_name_given_twice_in_a_parameterized_job_is_one_dependency() -> None:
    jobs = [one_job(), one_job(name="b_{i}", depends_on=["a", "a"], parameters={"i": "1:2"})]
    assert plan(workflow(jobs=jobs))["dependency_sets"] == [[0]]
