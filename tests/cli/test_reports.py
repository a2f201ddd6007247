"""``torc reports``: after real runs, and on results that a client has stored."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from torc.cli.reports.utilization import Use, advised, uses_of
from torc.client.connect import connect
from torc.runner import paths

from .conftest import Torc

PROGRAM = [sys.executable, "-c", "from torc.cli.main import main; main()"]
NODE = ("--num-cpus", "2", "--memory-gb", "2", "--num-gpus", "0")


def run(jobs: dict[str, str], *options: str) -> None:
    lines = [f"  - {{name: {name}, command: {json.dumps(command)}}}" for name, command in jobs.items()]
    Path("w.yaml").write_text("name: my_pipeline\njobs:\n" + "\n".join(lines) + "\n")
    subprocess.run([*PROGRAM, "run", "w.yaml", *NODE, *options], capture_output=True, timeout=240, check=False)


def test_report_has_the_documented_fields_and_paths_of_existing_files(torc: Torc) -> None:
    run({"good": "echo fine", "bad": "echo no space >&2; exit 3"})
    ended = torc("reports", "results", 1)
    assert (ended.code, ended.err) == (0, "")
    report = ended.json
    assert {name: value for name, value in report.items() if name != "results"} == {
        "workflow_id": 1,
        "workflow_name": "my_pipeline",
        "workflow_user": "ada",
        "all_runs": False,
        "total_results": 2,
    }
    entry = next(item for item in report["results"] if item["job_name"] == "bad")
    host = paths.host_name()
    assert entry["exec_time_minutes"] >= 0
    assert entry["completion_time"].endswith("Z")
    assert {key: entry[key] for key in entry if key not in ("exec_time_minutes", "completion_time")} == {
        "job_id": 2,
        "job_name": "bad",
        "status": "failed",
        "run_id": 1,
        "attempt_id": 1,
        "return_code": 3,
        "compute_node_id": 1,
        "compute_node_type": "local",
        "job_stdout": "output/job_stdio/job_wf1_j2_r1_a1.o",
        "job_stderr": "output/job_stdio/job_wf1_j2_r1_a1.e",
        "job_runner_log": f"output/job_runner_{host}_wf1_r1.log",
    }
    assert Path(entry["job_stderr"]).read_text() == "no space\n"
    assert Path(entry["job_runner_log"]).is_file()


def test_logs_are_found_wherever_the_run_put_them(torc: Torc, tmp_path: Path) -> None:
    run({"a": "echo hello"}, "-o", str(tmp_path / "my output"))
    entry = torc("reports", "results", 1).json["results"][0]
    assert entry["job_stdout"] == "my output/job_stdio/job_wf1_j1_r1_a1.o"
    given = torc("reports", "results", 1, "--output-dir", tmp_path / "my output").json["results"][0]
    assert given["job_stdout"] == f"{tmp_path}/my output/job_stdio/job_wf1_j1_r1_a1.o"


def test_missing_logs_are_named_on_standard_error_and_the_report_stays_json(torc: Torc) -> None:
    run({"a": "true"})
    Path("output/job_stdio/job_wf1_j1_r1_a1.o").unlink()
    ended = torc("reports", "results", 1)
    assert ended.code == 0
    assert ended.json["total_results"] == 1
    assert ended.err.splitlines() == [
        "Warning: job stdout log file does not exist for job 1: output/job_stdio/job_wf1_j1_r1_a1.o"
    ]


def test_output_directory_that_does_not_exist_is_an_error(torc: Torc, workflow_id: int) -> None:
    refused = torc("reports", "results", workflow_id, "--output-dir", "nowhere")
    assert refused.code == 2
    assert "Output directory does not exist: nowhere" in refused.err


def test_workflow_without_results_has_an_empty_report(torc: Torc, workflow_id: int) -> None:
    assert torc("reports", "results", workflow_id).json["results"] == []


def test_all_runs_lists_each_attempt(torc: Torc) -> None:
    run({"flaky": "test -e mended"})
    Path("mended").touch()
    torc("workflows", "reset-status", 1, "--failed-only", "--restart", "--no-prompts")
    subprocess.run([*PROGRAM, "run", "1", *NODE], capture_output=True, timeout=240, check=True)
    latest = torc("reports", "results", 1).json["results"]
    history = torc("reports", "results", 1, "--all-runs").json["results"]
    assert [entry["return_code"] for entry in latest] == [0]
    assert [entry["return_code"] for entry in history] == [1, 0]
    assert latest == history[1:]
    assert all(Path(entry["job_stderr"]).exists() for entry in history)
    assert len({entry["job_stderr"] for entry in history}) == 2


def register(**fields: Any) -> None:
    """A compute node with one finished job, as another machine would have reported them."""
    with connect() as client:
        client.create_compute_node(
            body={"workflow_id": 1, "hostname": "node01", "pid": 7, "num_cpus": 4, "memory_gb": 8} | fields
        )
        client.create_result(
            body={"job_id": 1, "compute_node_id": 1, "return_code": 0, "run_id": 0, "status": "completed"}
        )


def test_logs_on_another_host_are_announced_once(torc: Torc, workflow_id: int) -> None:
    register(output_dir="/nowhere/on/this/machine")
    ended = torc("reports", "results", workflow_id)
    assert ended.err.splitlines() == [
        "Warning: compute node 1 is on host node01; its output directory /nowhere/on/this/machine is not here"
    ]
    assert ended.json["results"][0]["job_runner_log"] == "/nowhere/on/this/machine/job_runner_node01_wf1_r0.log"


def test_slurm_runners_have_their_own_logs(torc: Torc, workflow_id: int) -> None:
    scheduler = {"slurm_job_id": "12345", "node_id": "3", "task_pid": 678}
    register(compute_node_type="slurm", scheduler=scheduler, hostname=socket.gethostname())
    entry = torc("reports", "results", workflow_id).json["results"][0]
    assert entry["compute_node_type"] == "slurm"
    assert entry["job_runner_log"] == "output/job_runner_slurm_wf1_sl12345_n3_pid678.log"
    assert entry["slurm_stdout"] == "output/slurm_output_wf1_sl12345.o"
    assert entry["slurm_stderr"] == "output/slurm_output_wf1_sl12345.e"
    assert entry["slurm_env_log"] == "output/slurm_env_wf1_sl12345_n3_pid678.log"
    assert entry["dmesg_log"] == "output/dmesg_slurm_wf1_sl12345_n3_pid678.log"


@pytest.fixture
def used(torc: Torc) -> None:
    """Workflow 1 with two jobs that used too much and one that did not."""
    torc("workflows", "new", "--name", "w")
    amounts = ("--num-cpus", 8, "--memory", "8g", "--runtime", "PT2H")
    torc("resource-requirements", "create", 1, "--name", "training", *amounts)
    used = {
        "train_model": (10.5, 700.0, 165.0),
        "large_preprocess": (4.0, 950.5, 60.0),
        "small": (1.0, 100.0, 1.0),
    }
    for name in used:
        torc("jobs", "create", 1, "-n", name, "-c", "true", "-r", 2)
    with connect() as client:
        for number, (memory, cpu, minutes) in enumerate(used.values(), 1):
            client.create_result(
                body={
                    "job_id": number,
                    "run_id": 1,
                    "return_code": 0,
                    "status": "completed",
                    "exec_time_minutes": minutes,
                    "peak_memory_bytes": int(memory * 2**30),
                    "peak_cpu_percent": cpu,
                }
            )


def test_over_utilization_is_reported_as_documented(torc: Torc, used: None) -> None:
    report = torc("reports", "check-resource-utilization", 1, "-f", "json").json
    assert {key: report[key] for key in ("workflow_id", "run_id", "total_results", "over_utilization_count")} == {
        "workflow_id": 1,
        "run_id": None,
        "total_results": 3,
        "over_utilization_count": 3,
    }
    assert report["violations"][0] == {
        "job_id": 1,
        "job_name": "train_model",
        "resource_type": "Memory",
        "specified": "8.00 GB",
        "peak_used": "10.50 GB",
        "over_utilization": "+31.2%",
    }
    shown = [tuple(item.values())[2:] for item in report["violations"][1:]]
    assert shown == [("Runtime", "2h 0m 0s", "2h 45m 0s", "+37.5%"), ("CPU", "800%", "950.5%", "+18.8%")]


def test_over_utilization_is_a_table_with_advice_that_can_be_followed(torc: Torc, used: None) -> None:
    lines = torc("reports", "check-resource-utilization", 1).out.splitlines()
    assert lines[0] == "⚠ Found 3 resource over-utilization violations:"
    assert "│ Job ID │ Job Name         │ Resource │ Specified │ Peak Used │ Over-Utilization │" in lines
    advice = lines[-1].strip()
    assert advice == (
        "training (2 jobs): torc resource-requirements update 2 --num-cpus 10 --memory 13g --runtime PT3H35M"
    )
    assert torc(*advice.partition(": torc ")[2].split()).code == 0
    assert "✓ No resource over-utilization" in torc("reports", "check-resource-utilization", 1).out


def test_all_advice_is_followed_by_one_command(torc: Torc, used: None) -> None:
    rehearsed = torc("workflows", "correct-resources", 1, "--dry-run", "--no-downsize").out.splitlines()
    assert rehearsed[0] == "Would correct 3 amounts of workflow 1:"
    assert "│ 2  │ training │ 3    │ CPUs     │ 950%         │ 8      │ 10      │" in rehearsed
    corrected = torc("workflows", "correct-resources", 1, "--no-downsize", "-f", "json").json
    after = {one["amount"]: one["after"] for one in corrected["corrections"]}
    assert after == {"num_cpus": "10", "memory": "13g", "runtime": "PT3H35M"}
    assert "✓ No resource over-utilization" in torc("reports", "check-resource-utilization", 1).out
    again = torc("workflows", "correct-resources", 1).out
    assert again == "Workflow 1 asks for what its jobs use: nothing to change after 3 results.\n"
    refused = torc("workflows", "correct-resources", 1, "--memory-reserve", 0.5)
    assert (refused.code, "0.5" in refused.err) == (2, True)


def test_all_jobs_are_shown_on_request(torc: Torc, used: None) -> None:
    report = torc("reports", "check-resource-utilization", 1, "--all", "-f", "json").json
    assert report["over_utilization_count"] == 3
    assert len(report["violations"]) == 9
    assert report["violations"][-1]["over_utilization"] == "-99.2%"


def test_one_run_is_looked_at_on_request(torc: Torc, used: None) -> None:
    report = torc("reports", "check-resource-utilization", 1, "--run-id", 7, "-f", "json").json
    assert (report["run_id"], report["total_results"]) == (7, 0)
    assert "has no results" in torc("reports", "check-resource-utilization", 1, "-r", 7).out


def test_what_was_not_sampled_is_not_judged() -> None:
    job = {"id": 1, "name": "j", "resource_requirements_id": 2}
    needs = {2: {"id": 2, "name": "r", "memory": "1g", "num_cpus": 1, "runtime": "PT1M"}}
    uses = list(uses_of({"job_id": 1, "exec_time_minutes": 0.5}, job, needs))
    assert uses == [Use(1, "j", 2, "Runtime", 60, 30)]
    assert not uses[0].is_over


def test_advice_covers_the_highest_peak_of_all_jobs() -> None:
    needs = {2: {"name": "r"}}
    over = [Use(job, "j", 2, "Memory", 1, peak * 2**20) for job, peak in ((1, 10), (2, 100))]
    assert list(advised(over, needs)) == [
        {"resource_requirements_id": 2, "name": "r", "num_jobs": 2, "memory": "120m"},
    ]


@pytest.mark.parametrize(("minutes", "peak", "over"), [(1, 104.9, False), (1, 105.1, True), (0.001, 300.0, False)])
def test_cpu_use_within_the_error_of_measurement_is_no_violation(minutes: float, peak: float, over: bool) -> None:
    job = {"id": 1, "name": "j", "resource_requirements_id": 2}
    needs = {2: {"id": 2, "name": "r", "memory": "1g", "num_cpus": 1, "runtime": "PT1H"}}
    uses = uses_of({"job_id": 1, "exec_time_minutes": minutes, "peak_cpu_percent": peak}, job, needs)
    assert any(use.is_over for use in uses) is over
