from __future__ import annotations

import json
from typing import Any

import pytest

from torc.errors import Problem, SpecError
from torc.spec import check, load_spec, render, render_summary, validation_failure, validation_result
from torc.spec.report import render_problems

from .checking import checked, failure
from .test_expand import one_job, workflow

BROKEN = "name: w\njobs:\n  - name: a\n    comand: x\n    command: y\n"


def test_problems_are_printed_like_a_compiler_does() -> None:
    assert render(failure(BROKEN)) == (
        "<stdin>:4:5: error: unknown key 'comand' [jobs[0].comand]\n"
        "    4 |     comand: x\n"
        "      |     ^\n"
        "  hint: did you mean 'command'?"
    )


def test_a_file_s_own_name_and_lines_are_printed(tmp_path: Any) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(BROKEN.replace("comand: x", "priority: -1") + "    depends_on: [b]\n")
    with pytest.raises(SpecError) as caught:
        check(load_spec(file))
    printed = render(caught.value)
    assert printed.startswith(f"{file}:4:5: error: -1 is not allowed")
    assert "    priority: -1\n      |     ^" in printed
    assert f"{file}:6:18: error: no job 'b' [jobs[0].depends_on[0]]" in printed


def test_errors_come_in_the_order_of_the_text() -> None:
    text = workflow(jobs=[one_job(depends_on=["x"]), one_job(name="b", resource_requirements="y")], zzz=1)
    lines = [(problem.line, problem.column) for problem in failure(text).problems]
    assert lines == sorted(lines)
    assert len(lines) == 3


def test_terminal_controls_in_names_are_not_printed() -> None:
    printed = render(failure(json.dumps({"name": "w", "jobs": [one_job(depends_on=["\x1b[31mred\u202e"])]})))
    assert "\x1b" not in printed
    assert "\u202e" not in printed


def test_very_long_lines_are_cut_around_the_place() -> None:
    line = "x" * 5000
    printed = render_problems([Problem("m", ("a",), None, 1, 3000)], "f", line).splitlines()
    assert max(map(len, printed)) < 220
    assert printed[2].rstrip().endswith("^")
    assert printed[1][printed[2].index("^")] == "x"


def test_problems_are_given_as_data_too() -> None:
    (problem,) = validation_failure(failure(BROKEN))["errors"]
    assert problem == {
        "message": "unknown key 'comand'",
        "path": "jobs[0].comand",
        "line": 4,
        "column": 5,
        "hint": "did you mean 'command'?",
    }


FULL = workflow(
    description="A sample workflow",
    jobs=[one_job(name="j_{i}", parameters={"i": "1:100"}, resource_requirements="r1")],
    files=[{"name": f"f{i}", "path": "x"} for i in range(5)],
    user_data=[{"name": f"u{i}"} for i in range(2)],
    resource_requirements=[{"name": "r1"}, {"name": "r2"}],
    slurm_schedulers=[{"name": f"s{i}", "account": "a"} for i in range(2)],
    actions=[
        {
            "trigger_type": "on_workflow_start",
            "action_type": "schedule_nodes",
            "scheduler": "s0",
            "scheduler_type": "slurm",
            "num_allocations": 1,
        },
        {"trigger_type": "on_workflow_start", "action_type": "run_commands", "commands": ["x"]},
        {"trigger_type": "on_worker_start", "action_type": "run_commands", "commands": ["x"]},
    ],
)


def test_the_summary_of_a_dry_run_has_its_shape() -> None:
    assert render_summary(checked(FULL)) == (
        "Workflow Validation Results\n"
        "===========================\n"
        "\n"
        "Workflow: w\n"
        "Description: A sample workflow\n"
        "\n"
        "Components to be created:\n"
        "  Jobs: 100 (expanded from 1 parameterized job specs)\n"
        "  Files: 5\n"
        "  User data records: 2\n"
        "  Resource requirements: 2\n"
        "  Slurm schedulers: 2\n"
        "  Workflow actions: 3\n"
        "\n"
        "Submission: Ready for scheduler submission (has on_workflow_start schedule_nodes action)\n"
        "\n"
        "Validation: PASSED"
    )


def test_plain_jobs_are_told_apart_in_the_summary() -> None:
    printed = render_summary(checked(workflow(jobs=[one_job(), one_job(name="b_{i}", parameters={"i": "1:3"})])))
    assert "  Jobs: 4 (expanded from 2 job specs, 1 of them parameterized)\n" in printed
    assert "Submission: Ready for local execution" in printed
    assert "  Jobs: 1\n" in render_summary(checked(workflow(jobs=[one_job()])))


def test_warnings_are_wrapped_in_the_summary() -> None:
    schedulers = [{"name": f"s{i}", "account": "a", "mem": f"{i}g"} for i in (1, 2)]
    printed = render_summary(checked(workflow(jobs=[one_job()], slurm_schedulers=schedulers)))
    assert (
        "Warnings (1):\n  - Workflow has 2 schedulers with different memory (mem) but 1 job(s) have no\n    " in printed
    )
    assert max(map(len, printed.splitlines())) <= 100


def test_the_summary_is_given_as_data_too() -> None:
    result = json.loads(json.dumps(validation_result(checked(FULL))))
    assert result["valid"] is True
    assert result["errors"] == []
    assert result["summary"]["job_count"] == 100
    assert result["summary"]["job_count_before_expansion"] == 1
    assert result["summary"]["has_schedule_nodes_action"] is True
    assert result["summary"]["scheduler_names"] == ["s0", "s1"]


def test_dependencies_are_counted_one_by_one() -> None:
    jobs = [one_job(name="a_{i}", parameters={"i": "1:10"}), one_job(name="b", depends_on_regexes=["^a_"])]
    assert checked(workflow(jobs=jobs)).summary["dependency_count"] == 10
