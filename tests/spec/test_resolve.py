from __future__ import annotations

import json
from typing import Any

import pytest

from torc.spec import Limits

from .checking import checked, job, messages, names, plan, problems, related, waits_for
from .test_expand import one_job, workflow


def files(*listed: str) -> list[dict[str, str]]:
    return [{"name": name, "path": f"/data/{name}"} for name in listed]


def data(*listed: str) -> list[dict[str, str]]:
    return [{"name": name} for name in listed]


def test_file_references_become_paths_and_relations() -> None:
    made = plan(
        workflow(
            files=files("raw", "clean", "set_up"),
            jobs=[
                one_job(
                    command="p ${files.input.raw} -o ${files.output.clean} ${files.input.raw}",
                    invocation_script="s ${files.input.set_up}",
                )
            ],
        )
    )
    assert made["jobs"][0]["command"] == "p /data/raw -o /data/clean /data/raw"
    assert made["jobs"][0]["invocation_script"] == "s /data/set_up"
    assert related(made, "a", "input_files") == ["raw", "set_up"]
    assert related(made, "a", "output_files") == ["clean"]


def test_user_data_references_stay_in_the_command_and_make_relations() -> None:
    command = "x ${user_data.input.cfg} ${user_data.output.res}"
    made = plan(workflow(user_data=data("cfg", "res"), jobs=[one_job(command=command)]))
    assert made["jobs"][0]["command"] == command
    assert related(made, "a", "input_user_data") == ["cfg"]
    assert related(made, "a", "output_user_data") == ["res"]


def test_parameters_are_filled_in_before_references_are_looked_up() -> None:
    made = plan(
        workflow(
            files=[{"name": "result_{i:02d}", "path": "/r/{i}", "parameters": {"i": "1:2"}}],
            user_data=[{"name": "u_{i}", "parameters": {"i": "1:2"}}],
            jobs=[
                one_job(
                    name="w_{i}",
                    command="w {i} > ${files.output.result_{i:02d}}; torc ${user_data.output.u_{i}}",
                    parameters={"i": "1:2"},
                )
            ],
        )
    )
    assert job(made, "w_2")["command"] == "w 2 > /r/2; torc ${user_data.output.u_2}"
    assert related(made, "w_2", "output_files") == ["result_02"]
    assert related(made, "w_2", "output_user_data") == ["u_2"]


@pytest.mark.parametrize(
    ("command", "bare"),
    [
        ("cat {} > x", True),
        ("echo 'it is' {}", True),
        ("echo a#b {}", True),
        ('echo "a \\" b" {}', True),
        ('cat "{}"', False),
        ("cat 'in {} here'", False),
        ("# {}\ntrue", False),
        ("# it's\ncat '{}'", False),
        ("cat <<EOF\n{}\nEOF", False),
        ('echo "$(cat "{}")"', False),
    ],
)
def test_a_path_with_blanks_outside_of_quotes_is_warned_about(command: str, bare: bool) -> None:
    listed = [{"name": "f_{i}", "path": "my file {i}.txt", "parameters": {"i": "1:3"}}, {"name": "g", "path": "g.txt"}]
    written = command.format("${files.input.f_{i}}") + "\necho ${files.input.g}"
    made = checked(workflow(files=listed, jobs=[one_job(name="j_{i}", command=written, parameters={"i": "1:3"})]))
    expected = ["'my file 1.txt' has blanks and stands without quotes, so the shell takes it for several words"]
    assert [warning.message for warning in made.warnings] == (expected if bare else [])


def test_lists_regexes_and_references_to_the_same_file_are_one_relation() -> None:
    made = plan(
        workflow(
            files=files("in_1", "in_2", "out"),
            jobs=[
                one_job(command="x ${files.input.in_1}", input_files=["in_1"], input_file_regexes=["^in_"]),
                one_job(name="b", output_file_regexes=["out$"]),
            ],
        )
    )
    assert related(made, "a", "input_files") == ["in_1", "in_2"]
    assert related(made, "b", "output_files") == ["out"]


def test_user_data_regexes_make_relations() -> None:
    made = plan(
        workflow(
            user_data=data("a1", "a2", "b"),
            jobs=[one_job(input_user_data_regexes=["^a"], output_user_data_regexes=["b"])],
        )
    )
    assert related(made, "a", "input_user_data") == ["a1", "a2"]
    assert related(made, "a", "output_user_data") == ["b"]


@pytest.mark.parametrize(
    ("fields", "path", "message", "hint"),
    [
        ({"depends_on": ["prp"]}, ("depends_on", 0), "no job 'prp'", "did you mean 'prep'?"),
        ({"input_files": ["prep", "rw"]}, ("input_files", 0), "no file 'prep'", None),
        ({"input_files": ["raw", "rw"]}, ("input_files", 1), "no file 'rw'", "did you mean 'raw'?"),
        ({"output_files": ["x"]}, ("output_files", 0), "no file 'x'", "define it under 'files'"),
        ({"input_user_data": ["cgf"]}, ("input_user_data", 0), "no user data 'cgf'", "did you mean 'cfg'?"),
        ({"output_user_data": ["x"]}, ("output_user_data", 0), "no user data 'x'", None),
        ({"command": "c ${files.input.rw}"}, ("command",), "no file 'rw'", "did you mean 'raw'?"),
        ({"command": "c ${user_data.output.q}"}, ("command",), "no user data 'q'", None),
        ({"command": "c ${files.inptu.raw}"}, ("command",), "'${files.inptu.raw}' is not a reference", None),
        ({"command": "c ${file.input.raw}"}, ("command",), "'${file.input.raw}' is not a reference", None),
        ({"resource_requirements": "x"}, ("resource_requirements",), "no resource requirements 'x'", None),
        ({"scheduler": "x"}, ("scheduler",), "no slurm scheduler 'x'", None),
        ({"failure_handler": "x"}, ("failure_handler",), "no failure handler 'x'", None),
        ({"depends_on_regexes": ["^zz"]}, ("depends_on_regexes", 0), "the regex '^zz' matches no job", None),
        ({"input_file_regexes": ["^zz"]}, ("input_file_regexes", 0), "the regex '^zz' matches no file", None),
        (
            {"output_user_data_regexes": ["zz"]},
            ("output_user_data_regexes", 0),
            "the regex 'zz' matches no user data",
            None,
        ),
    ],
)
def test_every_reference_to_nothing_is_reported_with_its_place(
    fields: dict[str, Any], path: tuple[Any, ...], message: str, hint: str | None
) -> None:
    text = workflow(files=files("raw"), user_data=data("cfg"), jobs=[one_job(name="prep"), one_job(**fields)])
    found = problems(text)
    assert found[0].path == ("jobs", 1, *path)
    assert found[0].message == message
    assert hint is None or found[0].hint == hint


@pytest.mark.parametrize("field", ["depends_on_regexes", "input_file_regexes", "output_user_data_regexes"])
def test_a_regex_that_is_none_is_reported(field: str) -> None:
    text = workflow(files=files("raw"), user_data=data("d"), jobs=[one_job(), one_job(name="b", **{field: ["(x"]})])
    assert messages(text)[0].startswith("'(x' is not a regex")


@pytest.mark.parametrize("command", ["cat ${file}", "x ${files[@]}", "y ${file%.txt}", "z ${user_data}", "${files:-a}"])
def test_shell_variables_with_alike_names_are_left_alone(command: str) -> None:
    assert plan(workflow(jobs=[one_job(command=command)]))["jobs"][0]["command"] == command


def test_regexes_are_searched_not_anchored() -> None:
    made = plan(workflow(jobs=[one_job(name="my_stage1_x"), one_job(name="z", depends_on_regexes=["stage1"])]))
    assert waits_for(made, "z") == {"my_stage1_x"}


def test_a_job_never_waits_for_itself_by_regex() -> None:
    made = plan(
        workflow(jobs=[one_job(name="s_1"), one_job(name="s_2"), one_job(name="s_all", depends_on_regexes=["^s_"])])
    )
    assert waits_for(made, "s_all") == {"s_1", "s_2"}


def test_leaving_out_oneself_does_not_copy_the_shared_set() -> None:
    made = plan(
        workflow(
            jobs=[
                one_job(name="s_{i}", parameters={"i": "1:50"}),
                one_job(name="s_all", depends_on_regexes=["^s_"]),
                one_job(name="t_{i}", depends_on_regexes=["^s_"], parameters={"i": "1:50"}),
            ]
        )
    )
    assert sorted(len(members) for members in made["dependency_sets"]) == [1, 50]
    assert len(waits_for(made, "t_7")) == 51
    assert "s_all" not in waits_for(made, "s_all")


def test_two_jobs_that_match_a_regex_they_both_wait_for_are_a_cycle() -> None:
    text = workflow(jobs=[one_job(name="a_{i}", depends_on_regexes=[".*"], parameters={"i": "1:3"})])
    assert messages(text)[0].startswith("circular dependency: a_1 -> a_2 -> a_1")


def test_a_regex_that_only_matches_the_waiting_job_matches_nothing() -> None:
    assert (
        "matches no job but the one that waits for it"
        in messages(workflow(jobs=[one_job(depends_on_regexes=["a"])]))[0]
    )


def test_a_stage_that_waits_for_a_stage_is_stored_as_one_set() -> None:
    made = plan(
        workflow(
            jobs=[
                one_job(name="p_{i}", parameters={"i": "1:200"}),
                one_job(name="q_{i}", depends_on_regexes=["^p_"], parameters={"i": "1:200"}),
                one_job(name="r_{i}", depends_on=["q_{k}"], parameters={"i": "1:200", "k": "1:200"}),
            ]
        )
    )
    assert [len(members) for members in made["dependency_sets"]] in ([200, 200],)
    assert waits_for(made, "q_5") == {f"p_{i}" for i in range(1, 201)}
    assert waits_for(made, "r_5") == {f"q_{i}" for i in range(1, 201)}


def test_equal_lists_and_a_job_specific_member_do_not_copy_shared_members() -> None:
    made = plan(
        workflow(
            jobs=[
                *(one_job(name=f"p{i}") for i in range(5)),
                *(one_job(name=f"q{i}", depends_on=[*(f"p{k}" for k in range(4))]) for i in range(5)),
                one_job(name="r", depends_on=[f"p{k}" for k in range(5)]),
            ]
        )
    )
    assert sorted(len(members) for members in made["dependency_sets"]) == [1, 4]
    assert waits_for(made, "r") == {f"p{i}" for i in range(5)}


def test_naming_a_job_twice_is_one_dependency() -> None:
    made = plan(workflow(jobs=[one_job(), one_job(name="b", depends_on=["a", "a"], depends_on_regexes=["^a$"])]))
    assert made["dependency_sets"] == [[0]]
    assert job(made, "b")["dependency_sets"] == [0]


def test_relations_are_limited() -> None:
    text = workflow(
        files=[{"name": "f_{i}", "path": "x", "parameters": {"i": "1:100"}}],
        jobs=[one_job(name="a_{i}", input_file_regexes=["f"], parameters={"i": "1:100"})],
    )
    assert "limit of 5,000" in messages(text, limits=Limits(relations=5000))[0]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a\nb", "control character '\\n' is not allowed in a name"),
        ("a\tb", "control character '\\t' is not allowed in a name"),
        ("a\x7f", "control character '\\x7f' is not allowed in a name"),
        ("a" * 4097, "a name of 4,097 characters is longer than the limit of 4,096"),
    ],
)
def test_names_that_cannot_be_used_are_refused(name: str, message: str) -> None:
    assert message in messages(workflow(jobs=[one_job(name=name)]))
    assert message in messages(workflow(jobs=[one_job()], files=[{"name": name, "path": "x"}]))


@pytest.mark.parametrize(
    "name", ["-x", "../a", "a/b", 'q"q', "$(x)", "`x`", "é", "e\u0301", "\u202eabc", "🙂", "a\u200bb", "%s", "a" * 4096]
)
def test_every_other_name_goes_through_unchanged(name: str) -> None:
    made = plan(workflow(jobs=[one_job(name=name), one_job(name="z", depends_on=[name])]), "json")
    assert names(made) == [name, "z"]
    assert waits_for(made, "z") == {name}


@pytest.mark.parametrize("noun", ["jobs", "files", "user_data"])
def test_duplicate_names_are_reported_where_the_second_stands(noun: str) -> None:
    item = {"jobs": one_job(), "files": {"name": "a", "path": "x"}, "user_data": {"name": "a"}}[noun]
    fields: dict[str, Any] = {"jobs": [one_job(name="other")]}
    fields[noun] = [*fields.get(noun, []), item, item]
    found = problems(json.dumps({"name": "w", **fields}))
    assert found[0].path == (noun, len(fields[noun]) - 1, "name")
    assert found[0].message.startswith("duplicate")
