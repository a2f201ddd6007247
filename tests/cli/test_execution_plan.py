"""Stages with the allocations of Slurm schedulers, from a file and from the workflow that was made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Torc

SPEC = """
name: two_subgraph_pipeline
jobs:
  - {name: prep_a, command: "true", scheduler: prep_sched, output_files: [a]}
  - {name: prep_b, command: "true", scheduler: prep_sched, output_files: [b]}
  - {name: "work_a_{i}", command: "true", scheduler: work_a_sched, input_files: [a], parameters: {i: "1:5"}}
  - {name: "work_b_{i}", command: "true", scheduler: work_b_sched, input_files: [b], parameters: {i: "1:5"}}
  - {name: post_a, command: "true", scheduler: post_a_sched, depends_on_regexes: ["^work_a_"]}
  - {name: post_b, command: "true", scheduler: post_b_sched, depends_on_regexes: ["^work_b_"]}
  - {name: final, command: "true", scheduler: final_sched, depends_on: [post_a, post_b]}
files: [{name: a, path: a}, {name: b, path: b}]
slurm_schedulers:
  - {name: prep_sched, account: x}
  - {name: work_a_sched, account: x}
  - {name: work_b_sched, account: x}
  - {name: post_a_sched, account: x}
  - {name: post_b_sched, account: x}
  - {name: final_sched, account: x}
actions:
  - {trigger_type: on_workflow_start, action_type: schedule_nodes, scheduler: prep_sched,
     scheduler_type: slurm, num_allocations: 1}
  - {trigger_type: on_jobs_ready, action_type: schedule_nodes, scheduler: work_a_sched,
     scheduler_type: slurm, num_allocations: 1, job_name_regexes: ["^work_a_"]}
  - {trigger_type: on_jobs_ready, action_type: schedule_nodes, scheduler: work_b_sched,
     scheduler_type: slurm, num_allocations: 1, job_name_regexes: ["^work_b_"]}
  - {trigger_type: on_jobs_ready, action_type: schedule_nodes, scheduler: post_a_sched,
     scheduler_type: slurm, num_allocations: 1, jobs: [post_a]}
  - {trigger_type: on_jobs_ready, action_type: schedule_nodes, scheduler: post_b_sched,
     scheduler_type: slurm, num_allocations: 1, jobs: [post_b]}
  - {trigger_type: on_jobs_ready, action_type: schedule_nodes, scheduler: final_sched,
     scheduler_type: slurm, num_allocations: 1, jobs: [final]}
"""
PLAN = """\
Workflow: two_subgraph_pipeline
Total Jobs: 15

▶ Stage 1: Workflow Start
  Scheduler Allocations:
    • prep_sched (slurm) - 1 allocation(s)
  Jobs Becoming Ready:
    • prep_a
    • prep_b

→ Stage 2: When jobs 'prep_a', 'prep_b' complete
  Scheduler Allocations:
    • work_a_sched (slurm) - 1 allocation(s)
    • work_b_sched (slurm) - 1 allocation(s)
  Jobs Becoming Ready:
    • work_a_{1..5}
    • work_b_{1..5}

→ Stage 3: When 10 jobs complete
  Scheduler Allocations:
    • post_a_sched (slurm) - 1 allocation(s)
    • post_b_sched (slurm) - 1 allocation(s)
  Jobs Becoming Ready:
    • post_a
    • post_b

→ Stage 4: When jobs 'post_a', 'post_b' complete
  Scheduler Allocations:
    • final_sched (slurm) - 1 allocation(s)
  Jobs Becoming Ready:
    • final

Total Stages: 4
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "w.yaml").write_text(SPEC)
    return "w.yaml"


def test_plan_of_a_file_and_of_its_workflow_are_the_same(torc: Torc, file: str) -> None:
    assert torc("workflows", "execution-plan", file).out == PLAN
    torc("workflows", "create", file)
    Path("a").touch()
    assert torc("workflows", "initialize", 1).code == 0
    assert torc("workflows", "execution-plan", 1).out == PLAN


def test_plan_is_data_for_programs(torc: Torc, file: str) -> None:
    plan = torc("workflows", "execution-plan", file, "-f", "json").json
    assert (plan["workflow_name"], plan["total_jobs"], plan["total_stages"]) == ("two_subgraph_pipeline", 15, 4)
    second = plan["stages"][1]
    assert second["trigger"] == {"type": "jobs_complete", "num_jobs": 2, "jobs": ["prep_a", "prep_b"]}
    assert second["job_groups"] == ["work_a_{1..5}", "work_b_{1..5}"]
    assert [one["scheduler"] for one in second["scheduler_allocations"]] == ["work_a_sched", "work_b_sched"]


def test_plan_without_schedulers_has_stages_alone(torc: Torc) -> None:
    Path("w.json").write_text(
        '{"name": "my_pipeline", "jobs": [{"name": "preprocess", "command": "true"},'
        ' {"name": "work_{i}", "command": "true", "depends_on": ["preprocess"], "parameters": {"i": "1:5"}},'
        ' {"name": "postprocess", "command": "true", "depends_on_regexes": ["^work_"]}]}'
    )
    lines = torc("workflows", "execution-plan", "w.json").out.splitlines()
    assert "→ Stage 2: When job 'preprocess' completes" in lines
    assert "→ Stage 3: When 5 jobs complete" in lines
    assert not [line for line in lines if "Allocations" in line]
