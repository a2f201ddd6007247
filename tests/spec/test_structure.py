from __future__ import annotations

import json
from typing import Any

import pytest

from torc.spec.model import ENTRY_MODELS, WorkflowSpec
from torc.spec.structure import known_keys

from .checking import checked, job, messages, plan, problems, waits_for
from .test_expand import one_job, workflow


def requirements_of(made: dict[str, Any], name: str) -> dict[str, Any]:
    return made["resource_requirements"][job(made, name)["resource_requirements"]]


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("blocked_by", "depends_on"),
        ("blocking_job_ids", "depends_on"),
        ("blocking-job-ids", "depends_on"),
        ("depends_on_job_regexes", "depends_on_regexes"),
    ],
)
def test_older_spellings_of_dependencies_are_read(written: str, canonical: str) -> None:
    value = ["a"] if canonical == "depends_on" else ["^a$"]
    made = plan(workflow(jobs=[one_job(), one_job(name="b", **{written: value})]))
    assert waits_for(made, "b") == {"a"}


def test_older_spellings_of_references_are_read() -> None:
    made = plan(
        workflow(
            resource_requirements=[{"name": "r"}],
            slurm_schedulers=[{"name": "s", "account": "x", "num_nodes": 3}],
            jobs=[one_job(resource_requirements_name="r", slurm_scheduler="s")],
        )
    )
    assert made["jobs"][0]["resource_requirements"] == made["jobs"][0]["scheduler"] == 0
    assert made["slurm_schedulers"][0]["nodes"] == 3


@pytest.mark.parametrize("key", ["jobs_sort_method", "job_sort_method"])
def test_both_spellings_of_the_sort_method_are_read(key: str) -> None:
    assert plan(workflow(jobs=[one_job()], **{key: "none"}))["workflow"]["jobs_sort_method"] == "none"


@pytest.mark.parametrize("key", ["resource_monitor", "resource_monitor_config"])
def test_both_spellings_of_the_monitor_are_read(key: str) -> None:
    made = plan(workflow(jobs=[one_job()], **{key: {"granularity": "time_series", "sample_interval_seconds": 2}}))
    monitor = made["workflow"]["resource_monitor_config"]
    assert monitor["enabled"] is True
    assert (monitor["granularity"], monitor["sample_interval_seconds"]) == ("time_series", 2)


def test_monitoring_is_on_by_default_and_can_be_switched_off() -> None:
    monitor = plan(workflow(jobs=[one_job()]))["workflow"]["resource_monitor_config"]
    assert (monitor["enabled"], monitor["granularity"], monitor["sample_interval_seconds"]) == (True, "summary", 5)
    off = plan(workflow(jobs=[one_job()], resource_monitor={"enabled": False}))
    assert off["workflow"]["resource_monitor_config"]["enabled"] is False


def test_two_spellings_of_one_field_are_refused() -> None:
    text = workflow(jobs=[one_job(), one_job(name="b", depends_on=["a"], blocked_by=["a"])])
    assert messages(text) == ["'blocked_by' is given beside another spelling of 'depends_on'"]


@pytest.mark.parametrize(
    ("fields", "dotted", "hint"),
    [
        ({"descripton": "x"}, "descripton", "description"),
        ({"slurm_scheduler": []}, "slurm_scheduler", "slurm_schedulers"),
        ({"jobs": [one_job(dependson=["x"])]}, "jobs[0].dependson", "depends_on"),
        ({"jobs": [one_job(resource_requirements={"cpus": 1})]}, "jobs[0].resource_requirements.cpus", "num_cpus"),
        ({"files": [{"name": "f", "path": "x", "pth": "y"}]}, "files[0].pth", "path"),
        ({"user_data": [{"name": "u", "ephemeral": True}]}, "user_data[0].ephemeral", "is_ephemeral"),
        (
            {"actions": [{"trigger_type": "on_worker_start", "action_type": "run_commands", "commads": ["x"]}]},
            "actions[0].commads",
            "commands",
        ),
        (
            {"slurm_schedulers": [{"name": "s", "account": "a", "wall_time": "1:00:00"}]},
            "slurm_schedulers[0].wall_time",
            "walltime",
        ),
        (
            {"failure_handlers": [{"name": "h", "rules": [{"exit_code": [1]}]}]},
            "failure_handlers[0].rules[0].exit_code",
            "exit_codes",
        ),
        ({"resource_monitor": {"enable": True}}, "resource_monitor.enable", "enabled"),
        ({"resource_monitor": {"jobs": {"granularty": "summary"}}}, "resource_monitor.jobs.granularty", "granularity"),
        ({"execution_config": {"stdio": {"mod": "none"}}}, "execution_config.stdio.mod", "mode"),
        ({"dynamic_jobs": {"max_iteration": 3}}, "dynamic_jobs.max_iteration", "max_iterations"),
    ],
)
def test_unknown_keys_are_refused_with_a_suggestion(fields: dict[str, Any], dotted: str, hint: str) -> None:
    found = {problem.dotted: problem for problem in problems(workflow(**{"jobs": [one_job()], **fields}))}
    assert found[dotted].message == f"unknown key '{dotted.split('.')[-1]}'"
    assert found[dotted].hint == f"did you mean '{hint}'?"


def test_equal_inline_requirements_are_shared_and_named_apart() -> None:
    made = plan(
        workflow(
            resource_requirements=[{"name": "2cpu_0gpu_1node_1g_PT1H"}],
            jobs=[
                one_job(name="a", resource_requirements={"num_cpus": 2, "memory": "1g", "runtime": "PT1H"}),
                one_job(name="b", num_cpus=2, memory="1g", runtime="PT1H"),
                one_job(name="c", resource_requirements={"num_cpus": 2, "memory": "2g", "runtime": "PT1H"}),
                one_job(name="d", resource_requirements={"name": "mine", "num_gpus": 1}),
                one_job(name="e"),
            ],
        )
    )
    assert job(made, "a")["resource_requirements"] == job(made, "b")["resource_requirements"]
    assert requirements_of(made, "a")["num_cpus"] == 2
    assert requirements_of(made, "a")["name"] == "2cpu_0gpu_1node_1g_PT1H_2"
    assert requirements_of(made, "c")["memory"] == "2g"
    assert requirements_of(made, "d")["name"] == "mine"
    assert "resource_requirements" not in job(made, "e")
    listed = [record["name"] for record in made["resource_requirements"]]
    assert len(set(listed)) == len(listed) == 4


def test_named_and_flat_requirements_together_are_refused() -> None:
    text = workflow(resource_requirements=[{"name": "r"}], jobs=[one_job(resource_requirements="r", num_cpus=2)])
    assert "not both" in messages(text)[0]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"memory": "4x"}, "'4x' is not a memory size"),
        ({"runtime": "1 hour"}, "'1 hour' is not a duration"),
        ({"num_cpus": -1}, "-1 is not allowed"),
        ({"num_cpus": "two"}, "a whole number is expected, not the text 'two'"),
        ({"priority": 1.5}, "a whole number is expected, not the number 1.5"),
        ({"command": ""}, "'command' is empty"),
        ({"command": None}, "'command' is missing"),
        ({"command": 1.5}, "1.5 is a number where a text is expected"),
        ({"command": True}, "true is a boolean where a text is expected"),
        ({"command": ["a"]}, "a text is expected, not a list"),
        ({"command": "a\x00b"}, "the NUL character is not allowed"),
        ({"env": {"1A": "x"}}, "'1A' is not the name of an environment variable"),
        ({"env": {"A": 1.5}}, "1.5 is a number where a text is expected"),
        ({"parameter_mode": "zipp"}, "'zipp' is not one of product, zip"),
        ({"supports_termination": "maybe"}, "true or false is expected, not the text 'maybe'"),
        ({"depends_on": {"a": 1}}, "a list is expected, not a mapping"),
        ({"resource_requirements": [1]}, "give the name of resource requirements, or a mapping of amounts"),
    ],
)
def test_wrong_values_are_explained(fields: dict[str, Any], message: str) -> None:
    found = messages(json.dumps({"name": "w", "jobs": [{**one_job(), **fields}]}), "json")
    assert any(text.startswith(message) for text in found), found


def test_whole_numbers_are_taken_as_text() -> None:
    made = plan("name: 2024\njobs:\n- {name: 1, command: 2, env: {N: 4}, depends_on: 3}\n- {name: 3, command: x}\n")
    assert made["workflow"]["name"] == "2024"
    assert made["jobs"][0]["env"] == {"N": "4"}
    assert waits_for(made, "1") == {"3"}


def test_null_means_not_given() -> None:
    made = plan("name: w\ndescription:\njobs:\n- {name: a, command: x, depends_on: , env: ~, priority: null}\n")
    assert made["jobs"] == [{"name": "a", "command": "x"}]


def test_a_flow_list_of_braces_suggests_quotes() -> None:
    (problem,) = problems("name: w\njobs:\n- {name: a, command: x}\n- name: b\n  command: x\n  depends_on: [{i}]\n")
    assert problem.hint == 'put quotes around text with braces: "{i}"'
    assert problem.line == 6


@pytest.mark.parametrize("value", ["04:00:00", "1-12:00:00", "30:00", "90"])
def test_wall_times_of_slurm_are_accepted(value: str) -> None:
    text = (
        f"name: w\njobs:\n- {{name: a, command: x}}\nslurm_schedulers:\n- {{name: s, account: a, walltime: {value}}}\n"
    )
    assert plan(text)["slurm_schedulers"][0]["walltime"] == value


def test_other_wall_times_are_refused() -> None:
    text = workflow(jobs=[one_job()], slurm_schedulers=[{"name": "s", "account": "a", "walltime": "4 hours"}])
    assert messages(text) == ["'4 hours' is not a wall time"]


@pytest.mark.parametrize("text", ["name: w\n", "name: w\njobs: []\n", "name: w\njobs:\n"])
def test_a_workflow_needs_jobs(text: str) -> None:
    (problem,) = problems(text)
    assert problem.message == "the workflow has no jobs"
    assert problem.line is not None


def test_a_workflow_needs_a_name() -> None:
    assert messages("jobs:\n- {name: a, command: x}\n") == ["'name' is missing"]


def test_a_broken_item_does_not_make_references_to_it_wrong() -> None:
    text = workflow(
        jobs=[one_job(name="ok", depends_on=["broken"], input_files=["f_1", "g"]), {"name": "broken", "x": 1}],
        files=[{"name": "f_{i}", "path": "x", "parameters": {"i": "1-2"}}, {"path": "x", "name": "g", "x": 1}],
    )
    found = messages(text)
    assert "unknown key 'x'" in found
    assert not [message for message in found if message.startswith("no ")]


def test_the_rest_of_a_broken_item_is_checked_too() -> None:
    text = workflow(
        jobs=[one_job(name="a", comand="x", depends_on=["b", "nowhere"]), one_job(name="b", depends_on=["a"])]
    )
    assert set(messages(text)) == {"unknown key 'comand'", "no job 'nowhere'", "circular dependency: a -> b -> a"}


@pytest.mark.parametrize("written", ["blocked_by", "depends_on"])
def test_a_wrong_value_is_placed_at_the_spelling_that_was_used(written: str) -> None:
    found = problems(workflow(jobs=[one_job(**{written: [["x"]]})]))
    assert [problem.path for problem in found] == [("jobs", 0, written, 0)]


def test_the_number_of_reported_problems_is_limited() -> None:
    found = problems(workflow(jobs=[one_job(name=f"j{i}", depends_on=["missing"]) for i in range(80)]))
    assert len(found) == 51
    assert found[-1].message == "and 30 more"


def test_every_field_of_the_model_is_a_known_key() -> None:
    assert set(WorkflowSpec.model_fields) <= set(known_keys(WorkflowSpec))
    assert set(ENTRY_MODELS) <= set(WorkflowSpec.model_fields)


def test_all_metadata_reaches_the_plan() -> None:
    fields: dict[str, Any] = {
        "user": "u",
        "description": "d",
        "project": "p",
        "metadata": {"a": [1]},
        "env": {"A": "1"},
        "slurm_defaults": {"account": "x"},
        "access_groups": ["g"],
        "enable_ro_crate": True,
        "use_pending_failed": True,
        "execution_config": {"mode": "direct", "stdio": {"mode": "combined"}},
        "dynamic_jobs": {"max_iterations": 3},
        "compute_node_expiration_buffer_seconds": 1,
        "compute_node_wait_for_new_jobs_seconds": 2,
        "compute_node_ignore_workflow_completion": True,
        "compute_node_wait_for_healthy_database_minutes": 4,
        "compute_node_min_time_for_new_jobs_seconds": 5,
    }
    made = plan(workflow(jobs=[one_job()], **fields))["workflow"]
    assert {name: made[name] for name in fields} == fields


def test_fields_of_a_job_reach_the_plan_and_defaults_do_not() -> None:
    made = plan(
        workflow(
            jobs=[
                one_job(priority=5, cancel_on_blocking_job_failure=False, supports_termination=True),
                one_job(name="b", priority=0, cancel_on_blocking_job_failure=True),
            ]
        )
    )
    assert made["jobs"] == [
        {
            "name": "a",
            "command": "true",
            "priority": 5,
            "cancel_on_blocking_job_failure": False,
            "supports_termination": True,
        },
        {"name": "b", "command": "true"},
    ]


def test_failure_handlers_are_stored_as_json() -> None:
    rules = [{"exit_codes": [1, 137], "recovery_script": "fix.sh", "max_retries": 2}, {"match_all_exit_codes": True}]
    made = plan(workflow(jobs=[one_job(failure_handler="h")], failure_handlers=[{"name": "h", "rules": rules}]))
    assert json.loads(made["failure_handlers"][0]["rules"]) == rules
    assert made["jobs"][0]["failure_handler"] == 0


def test_the_owner_is_the_file_s_or_the_caller_s_or_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "login")
    owner = [
        checked(workflow(jobs=[one_job()], user="spec"), user="caller"),
        checked(workflow(jobs=[one_job()]), user="caller"),
        checked(workflow(jobs=[one_job()])),
    ]
    assert [made.plan["workflow"]["user"] for made in owner] == ["spec", "caller", "login"]
