"""Servers and runners that die at bad moments, as real processes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from server.outside import DEADLINE, Http, until

from .conftest import System


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def counts(system: System, workflow_id: int) -> dict[str, int]:
    http = Http(system.server.url)
    status = http("get_workflow_status", workflow_id)
    http.close()
    return {name: count for name, count in status["jobs_by_status"].items() if count}


def test_a_server_killed_again_and_again_loses_nothing_and_runs_nothing_twice(system):
    first = [system.job(f"first_{i}", "sleep 0.03") for i in range(60)]
    second = [system.job(f"second_{i}", "sleep 0.03", dependency_sets=[0]) for i in range(60)]
    workflow_id = system.create(first + second, dependency_sets=[list(range(60))])
    runner = system.runner(workflow_id)
    for threshold in (5, 25, 50, 61, 90):
        until(lambda threshold=threshold: len(system.told("end")) >= threshold or runner.poll() is not None)
        system.restart_server()
    assert runner.wait(2 * DEADLINE) == 0
    assert counts(system, workflow_id) == {"completed": 120}
    lines = [line.split() for line in system.truth.read_text().splitlines()]
    ends = [number for number, line in enumerate(lines) if line[0] == "end" and int(line[1]) <= 60]
    starts = [number for number, line in enumerate(lines) if line[0] == "start" and int(line[1]) > 60]
    assert len(ends) == len(starts) == 60
    assert max(ends) < min(starts)
    system.check()


def test_the_jobs_of_a_killed_runner_end_and_are_failed_when_its_lease_lapses(system):
    workflow_id = system.create(
        [
            system.job("long_1", "sleep 600"),
            system.job("long_2", "sleep 600"),
            system.job("behind", "true", dependency_sets=[0]),
            system.job("beside", "true", dependency_sets=[0], cancel_on_blocking_job_failure=False),
        ],
        dependency_sets=[[0, 1]],
    )
    runner = system.runner(workflow_id)
    until(lambda: len(system.told("start")) == 2)
    until(lambda: counts(system, workflow_id).get("running") == 2)
    runner.kill()
    runner.wait()
    pids = [pid for _, _, pid in system.told("start")]
    until(lambda: not any(alive(pid) for pid in pids))
    system.let_leases_lapse(workflow_id)
    until(lambda: counts(system, workflow_id).get("failed") == 2)
    assert counts(system, workflow_id) == {"failed": 2, "canceled": 1, "ready": 1}
    http = Http(system.server.url)
    results = http("list_results", workflow_id=workflow_id)["items"]
    assert {result["return_code"] for result in results} == {-128}
    assert all("lost" in result["reason"] for result in results)
    assert http("list_compute_nodes", workflow_id=workflow_id)["items"][0]["is_active"] is False
    http.close()
    assert system.runner(workflow_id).wait(DEADLINE) == 1
    assert counts(system, workflow_id) == {"completed": 1, "failed": 2, "canceled": 1}
    system.check()


@pytest.mark.parametrize("point", ["runner:claimed", "runner:before_exchange", "runner:exit_heard"])
def test_a_runner_killed_at_any_step_leaves_no_job_undone_or_done_twice(system, point):
    workflow_id = system.create([system.job(f"job_{i}", "true") for i in range(6)])
    deaths = 0
    for step in range(1, 40):
        runner = system.runner(workflow_id, crash=f"{point}:{step}")
        code = runner.wait(DEADLINE)
        deaths += code < 0
        system.let_leases_lapse(workflow_id)
        http = Http(system.server.url)
        # What the dead runner held is failed or ready again; failed jobs get another run.
        until(lambda: not any(counts(system, workflow_id).get(name) for name in ("pending", "running")))
        if counts(system, workflow_id).get("failed"):
            http("reset_job_status", workflow_id, failed_only=True)
            http("initialize_jobs", workflow_id, only_uninitialized=True)
        http.close()
        if code == 0:
            break
    assert deaths > 0
    assert counts(system, workflow_id) == {"completed": 6}
    ended = {job for job, _, _ in system.told("end")}
    assert len(ended) == 6
    system.check()


def test_an_exit_that_a_killed_runner_could_not_report_is_reported_by_the_next_one(system):
    workflow_id = system.create([system.job("only", "true")])
    assert system.runner(workflow_id, crash="runner:exit_heard:1").wait(DEADLINE) == -9
    assert len(system.told("end")) == 1
    assert system.runner(workflow_id).wait(DEADLINE) == 0
    assert counts(system, workflow_id) == {"completed": 1}
    assert len(system.told("start")) == 1
    system.check()


def test_a_negative_control_the_checker_sees_an_attempt_that_started_twice(system):
    system.create([system.job("only", "true")])
    system.truth.write_text(f"start 1 1 {os.getpid()}\nstart 1 1 {os.getpid()}\n")
    with pytest.raises(AssertionError):
        system.check()
