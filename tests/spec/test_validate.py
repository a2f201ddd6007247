from __future__ import annotations

from typing import Any

import pytest

from .checking import checked, messages, plan, problems
from .test_expand import one_job, workflow
from .test_resolve import data, files


def cycle_message(**fields: Any) -> str:
    (message,) = [message for message in messages(workflow(**fields)) if message.startswith("circular")]
    return message


def chain_of(message: str) -> list[str]:
    return message.removeprefix("circular dependency: ").split(" -> ")


def assert_is_cycle(message: str, expected: list[str]) -> None:
    chain = chain_of(message)
    assert chain[0] == chain[-1]
    start = expected.index(chain[0])
    assert chain[:-1] == expected[start:] + expected[:start]


def test_a_job_that_waits_for_itself_is_a_cycle() -> None:
    assert cycle_message(jobs=[one_job(depends_on=["a"])]) == "circular dependency: job 'a' waits for itself"


@pytest.mark.parametrize("length", [2, 3, 1000])
def test_a_cycle_is_printed_with_every_job_in_order(length: int) -> None:
    jobs = [one_job(name=f"j{n}", depends_on=[f"j{(n + 1) % length}"]) for n in range(length)]
    jobs.append(one_job(name="behind", depends_on=["j0"]))
    assert_is_cycle(cycle_message(jobs=jobs), [f"j{n}" for n in range(length)])


def test_cycles_that_share_no_job_are_all_reported() -> None:
    waits = {"a": ["b"], "b": ["a"], "c": ["c"], "behind": ["c"]}
    found = messages(workflow(jobs=[one_job(name=name, depends_on=list(on)) for name, on in waits.items()]))
    assert [message.removeprefix("circular dependency: ") for message in found] == [
        "a -> b -> a",
        "job 'c' waits for itself",
    ]


def test_cycles_through_regexes_are_found() -> None:
    jobs = [one_job(name="x1", depends_on_regexes=["^y"]), one_job(name="y1", depends_on_regexes=["^x"])]
    assert_is_cycle(cycle_message(jobs=jobs), ["x1", "y1"])


def test_cycles_through_files_are_found() -> None:
    jobs = [
        one_job(name="p", input_files=["b"], output_files=["a"]),
        one_job(name="q", command="x ${files.input.a} ${files.output.b}"),
    ]
    assert_is_cycle(cycle_message(jobs=jobs, files=files("a", "b")), ["p", "q"])


def test_cycles_through_user_data_are_found() -> None:
    jobs = [
        one_job(name="p", input_user_data=["b"], output_user_data=["a"]),
        one_job(name="q", input_user_data=["a"], depends_on=["r"]),
        one_job(name="r", output_user_data=["b"], depends_on=["q"]),
    ]
    found = cycle_message(jobs=jobs, user_data=data("a", "b"))
    assert_is_cycle(found, ["q", "r"])


def test_reading_and_writing_the_same_file_is_a_cycle_of_one() -> None:
    jobs = [one_job(input_files=["f"], output_files=["f"])]
    assert cycle_message(jobs=jobs, files=files("f")) == "circular dependency: job 'a' waits for itself"


SCHEDULER = {"name": "s", "account": "acc", "nodes": 1, "walltime": "01:00:00"}
SCHEDULE = {
    "trigger_type": "on_workflow_start",
    "action_type": "schedule_nodes",
    "scheduler": "s",
    "scheduler_type": "slurm",
    "num_allocations": 2,
}


def with_action(action: dict[str, Any], **fields: Any) -> str:
    return workflow(jobs=fields.pop("jobs", [one_job(), one_job(name="b")]), actions=[action], **fields)


def test_actions_are_planned_with_positions() -> None:
    made = plan(
        with_action(
            {
                **SCHEDULE,
                "trigger_type": "on_jobs_ready",
                "jobs": ["b"],
                "job_name_regexes": ["^a", "b"],
                "max_parallel_jobs": 4,
            },
            slurm_schedulers=[SCHEDULER],
        )
    )
    assert made["actions"] == [
        {
            "trigger_type": "on_jobs_ready",
            "action_type": "schedule_nodes",
            "jobs": [1, 0],
            "scheduler": 0,
            "action_config": {"scheduler_type": "slurm", "num_allocations": 2, "max_parallel_jobs": 4},
        }
    ]


def test_commands_of_actions_are_kept_in_order() -> None:
    action = {
        "trigger_type": "on_worker_start",
        "action_type": "run_commands",
        "commands": ["x", "y"],
        "persistent": True,
    }
    (planned,) = plan(with_action(action))["actions"]
    assert planned["action_config"] == {"commands": ["x", "y"]}
    assert planned["persistent"] is True


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scheduler": None}, "a schedule_nodes action needs 'scheduler'"),
        ({"scheduler_type": None}, "a schedule_nodes action needs 'scheduler_type'"),
        ({"num_allocations": None}, "a schedule_nodes action needs 'num_allocations'"),
        ({"scheduler": "t"}, "no slurm scheduler 't'"),
        ({"commands": ["x"]}, "'commands' belongs to run_commands, not to schedule_nodes"),
        ({"trigger_type": "on_jobs_ready"}, "'on_jobs_ready' needs 'jobs' or 'job_name_regexes'"),
        ({"jobs": ["a"]}, "'on_workflow_start' does not look at single jobs"),
        ({"trigger_type": "on_jobs_ready", "jobs": ["c"]}, "no job 'c'"),
        ({"trigger_type": "on_jobs_complete", "job_name_regexes": ["^c"]}, "the regex '^c' matches no job"),
        ({"action_type": "run_commands"}, "a run_commands action needs 'commands'"),
        (
            {"action_type": "run_commands", "commands": ["x"]},
            "'scheduler' belongs to schedule_nodes, not to run_commands",
        ),
        ({"action_type": "run_comands"}, "'run_comands' is not one of run_commands, schedule_nodes"),
        ({"num_allocations": 0}, "0 is not allowed: input should be greater than or equal to 1"),
    ],
)
def test_what_is_wrong_with_an_action_is_reported(change: dict[str, Any], message: str) -> None:
    found = problems(with_action({**SCHEDULE, **change}, slurm_schedulers=[SCHEDULER]))
    assert message in [problem.message for problem in found]
    assert all(problem.path[:2] == ("actions", 0) for problem in found)


@pytest.mark.parametrize(
    ("noun", "item"),
    [
        ("resource_requirements", {"name": "r"}),
        ("slurm_schedulers", SCHEDULER),
        ("failure_handlers", {"name": "h", "rules": [{"match_all_exit_codes": True}]}),
    ],
)
def test_duplicate_names_of_other_records_are_reported(noun: str, item: dict[str, Any]) -> None:
    (problem,) = problems(workflow(jobs=[one_job()], **{noun: [item, item]}))
    assert problem.path == (noun, 1, "name")
    assert "duplicate" in problem.message


def wide(**job_fields: Any) -> dict[str, Any]:
    return {"jobs": [one_job(**job_fields)], "slurm_schedulers": [{**SCHEDULER, "nodes": 4}]}


@pytest.mark.parametrize(
    ("fields", "action", "message"),
    [
        (
            {"jobs": [one_job(num_nodes=2, scheduler="s")], "slurm_schedulers": [SCHEDULER]},
            None,
            "needs 2 nodes and scheduler 's' has 1",
        ),
        (wide(), SCHEDULE, "has 4 nodes, but one worker serves them"),
        (
            wide(num_nodes=4, scheduler="s"),
            {**SCHEDULE, "start_one_worker_per_node": True},
            "each worker of scheduler 's' has one",
        ),
    ],
)
def test_node_counts_that_do_not_fit_are_errors_unless_skipped(
    fields: dict[str, Any], action: dict[str, Any] | None, message: str
) -> None:
    text = workflow(**fields, actions=[action] if action else [])
    assert message in messages(text)[0]
    assert message in checked(text, skip_checks=True).warnings[0].message


@pytest.mark.parametrize("fields", [wide(num_nodes=4), wide(num_nodes=2, scheduler="s")])
def test_a_wide_job_makes_one_worker_for_several_nodes_right(fields: dict[str, Any]) -> None:
    assert not checked(workflow(**fields, actions=[SCHEDULE])).warnings


def test_skipping_checks_does_not_hide_missing_references() -> None:
    assert messages(workflow(jobs=[one_job(depends_on=["x"])]), skip_checks=True) == ["no job 'x'"]


def different(**fields: Any) -> str:
    schedulers = [
        {**SCHEDULER, "mem": "64G"},
        {**SCHEDULER, "name": "t", "mem": "256G"},
        {**SCHEDULER, "name": "u", "mem": "64G", "walltime": "2-00:00:00"},
    ]
    return workflow(slurm_schedulers=schedulers, **fields)


def test_different_schedulers_without_a_sort_method_are_warned_about() -> None:
    (warning,) = checked(different(jobs=[one_job(name="j_{i}", parameters={"i": "1:10"})])).warnings
    assert warning.message.startswith(
        "Workflow has 3 schedulers with different memory (mem), walltime but 10 job(s) have no explicit scheduler "
        "assignment and jobs_sort_method is not set."
    )


@pytest.mark.parametrize(
    "fields", [{"jobs": [one_job(scheduler="t")]}, {"jobs": [one_job()], "jobs_sort_method": "none"}]
)
def test_assigned_jobs_or_a_sort_method_end_the_warning(fields: dict[str, Any]) -> None:
    assert not checked(different(**fields)).warnings


def test_a_scheduler_takes_its_account_from_the_defaults() -> None:
    scheduler = {"name": "s"}
    assert messages(workflow(jobs=[one_job()], slurm_schedulers=[scheduler])) == ["'account' is missing"]
    made = plan(workflow(jobs=[one_job()], slurm_schedulers=[scheduler], slurm_defaults={"account": "acc"}))
    assert made["slurm_schedulers"][0]["account"] == "acc"


def test_all_kinds_of_problems_are_found_at_once() -> None:
    text = workflow(
        usr="me",
        jobs=[
            one_job(name="bad", comand="x"),
            one_job(name="b", depends_on=["c"], memory="4q"),
            one_job(name="c", depends_on=["d", "nowhere"]),
            one_job(name="d", depends_on=["c"], resource_requirements="huge"),
            one_job(name="e", depends_on=["bad", "b"]),
        ],
        files=[{"name": "f", "path": "x"}, {"name": "f", "path": "y"}],
        actions=[{**SCHEDULE, "scheduler": "q"}],
    )
    assert set(messages(text)) == {
        "unknown key 'usr'",
        "unknown key 'comand'",
        "'4q' is not a memory size",
        "no job 'nowhere'",
        "no resource requirements 'huge'",
        "circular dependency: c -> d -> c",
        "duplicate file name 'f'",
        "no slurm scheduler 'q'",
    }
