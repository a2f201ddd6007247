from __future__ import annotations

from typing import Any

import pytest

from torc.spec import execution_plan, execution_plan_of_jobs, render_execution_plan
from torc.spec.stages import fold

from .checking import checked
from .test_expand import one_job, workflow


def schedule(trigger: str, scheduler: str, **fields: Any) -> dict[str, Any]:
    return {
        "trigger_type": trigger,
        "action_type": "schedule_nodes",
        "scheduler": scheduler,
        "scheduler_type": "slurm",
        "num_allocations": 1,
        **fields,
    }


PIPELINES = workflow(
    slurm_schedulers=[{"name": name, "account": "x"} for name in ("prep", "work_a", "work_b", "final")],
    jobs=[
        one_job(name="prep_a"),
        one_job(name="prep_b"),
        one_job(name="work_a_{i}", depends_on=["prep_a"], parameters={"i": "1:5"}),
        one_job(name="work_b_{i}", depends_on=["prep_b"], parameters={"i": "1:5"}),
        one_job(name="post_a", depends_on_regexes=["^work_a"]),
        one_job(name="post_b", depends_on_regexes=["^work_b"]),
        one_job(name="final", depends_on=["post_a", "post_b"]),
    ],
    actions=[
        schedule("on_workflow_start", "prep"),
        schedule("on_jobs_ready", "work_a", job_name_regexes=["^work_a"]),
        schedule("on_jobs_complete", "work_b", jobs=["prep_b"], num_allocations=2),
        schedule("on_jobs_ready", "final", jobs=["final"]),
        {"trigger_type": "on_workflow_start", "action_type": "run_commands", "commands": ["x"]},
    ],
)


def test_stages_are_printed_with_allocations_and_folded_names() -> None:
    assert render_execution_plan(execution_plan(checked(PIPELINES))) == (
        "Workflow: w\n"
        "Total Jobs: 15\n"
        "\n"
        "▶ Stage 1: Workflow Start\n"
        "  Scheduler Allocations:\n"
        "    • prep (slurm) - 1 allocation(s)\n"
        "  Jobs Becoming Ready:\n"
        "    • prep_a\n"
        "    • prep_b\n"
        "\n"
        "→ Stage 2: When jobs 'prep_a', 'prep_b' complete\n"
        "  Scheduler Allocations:\n"
        "    • work_a (slurm) - 1 allocation(s)\n"
        "    • work_b (slurm) - 2 allocation(s)\n"
        "  Jobs Becoming Ready:\n"
        "    • work_a_{1..5}\n"
        "    • work_b_{1..5}\n"
        "\n"
        "→ Stage 3: When 10 jobs complete\n"
        "  Jobs Becoming Ready:\n"
        "    • post_a\n"
        "    • post_b\n"
        "\n"
        "→ Stage 4: When jobs 'post_a', 'post_b' complete\n"
        "  Scheduler Allocations:\n"
        "    • final (slurm) - 1 allocation(s)\n"
        "  Jobs Becoming Ready:\n"
        "    • final\n"
        "\n"
        "Total Stages: 4"
    )


def test_stages_follow_files_as_well() -> None:
    text = workflow(
        files=[{"name": "f", "path": "x"}],
        jobs=[one_job(name="b", input_files=["f"]), one_job(name="a", output_files=["f"])],
    )
    plan = execution_plan(checked(text))
    assert [stage["jobs"] for stage in plan["stages"]] == [["a"], ["b"]]
    assert plan["stages"][1]["trigger"] == {"type": "jobs_complete", "num_jobs": 1, "jobs": ["a"]}


def test_an_existing_workflow_is_planned_from_names_and_positions() -> None:
    actions = [{"trigger_type": "on_workflow_start", "scheduler": "s", "scheduler_type": "slurm", "num_allocations": 3}]
    plan = execution_plan_of_jobs("old", ["a", "b", "c", "d"], [[], [0], [0], [1, 2]], actions)
    assert (plan["total_jobs"], plan["total_stages"]) == (4, 3)
    assert [stage["jobs"] for stage in plan["stages"]] == [["a"], ["b", "c"], ["d"]]
    assert plan["stages"][0]["scheduler_allocations"][0]["num_allocations"] == 3
    assert "When job 'a' completes" in render_execution_plan(plan)


def test_long_stages_are_cut_in_print_and_whole_in_data() -> None:
    listed = [f"x{'a' * n}" for n in range(50)]
    plan = execution_plan_of_jobs("w", listed, [[] for _ in listed])
    assert "... and 30 more" in render_execution_plan(plan)
    assert plan["stages"][0]["jobs"] == listed


@pytest.mark.parametrize(
    ("listed", "folded"),
    [
        (["work_1", "work_2", "work_3"], ["work_{1..3}"]),
        (["w_001", "w_002"], ["w_{001..002}"]),
        (["w_9", "w_10", "w_11"], ["w_{9..11}"]),
        (["w_1", "w_3", "w_4"], ["w_1", "w_{3..4}"]),
        (["a1_x", "a2_x", "b"], ["a{1..2}_x", "b"]),
        (["s2_1", "s2_2"], ["s2_{1..2}"]),
        (["1_t_5", "2_t_5"], ["{1..2}_t_5"]),
        (["a_1_1", "a_2_2"], ["a_1_1", "a_2_2"]),
        (["one", "two"], ["one", "two"]),
        (["w_01", "w_1"], ["w_01", "w_1"]),
        ([], []),
    ],
)
def test_names_that_count_up_are_folded(listed: list[str], folded: list[str]) -> None:
    assert fold(listed) == folded


def test_a_stage_begins_when_the_jobs_of_the_stage_before_complete() -> None:
    plan = execution_plan_of_jobs("w", ["a", "b", "c"], [[], [0], [0, 1]])
    assert plan["stages"][2]["trigger"]["jobs"] == ["b"]
