"""Actions: when they run, where, once, and what their failure does."""

from __future__ import annotations

from pathlib import Path


def lines(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def test_actions_run_around_the_jobs_in_order_in_the_output_directory(server, run, tmp_path):
    log = tmp_path / "output/log"
    server.action("on_worker_complete", "echo worker-end >> log", persistent=True)
    server.action("on_worker_start", "echo worker-start >> log", persistent=True)
    server.action("on_workflow_start", "echo start >> log", "echo start-2 >> log")
    complete = server.action("on_workflow_complete", "echo complete >> log", due=False)
    server.add(f"echo job >> {log}")

    def trigger(name, body):
        complete["due"] = all(job.status == "completed" for job in server.jobs.values())

    server.after = trigger
    run()
    assert lines(log) == ["start", "start-2", "worker-start", "job", "complete", "worker-end"]
    assert [success for _, success in server.action_reports] == [True] * 4


def test_job_actions_run_as_soon_as_they_are_due(server, run, tmp_path):
    first = server.add("true", min_unmet=1)
    second = server.add(f"while ! [ -e {tmp_path}/output/done ]; do sleep 0.01; done", after=[first])
    action = server.action("on_jobs_complete", "touch done", due=False)

    def trigger(name, body):
        action["due"] = first.status == "completed"

    server.after = trigger
    assert run(poll_interval=0.2).exit_code == 0
    assert second.status == "completed"


def test_a_failing_command_ends_its_action_and_nothing_else(server, run, tmp_path):
    server.action("on_workflow_start", "touch a", "exit 5", "touch b")
    job = server.add("true")
    outcome = run()
    assert outcome.exit_code == 0 and job.status == "completed"
    assert (tmp_path / "output/a").exists() and not (tmp_path / "output/b").exists()
    assert server.action_reports == [(1, False)]
    assert "return_code=5" in Path(outcome.log_path).read_text()


def test_allocations_are_left_to_others(server, run):
    action = server.action("on_workflow_start")
    action["action_type"] = "schedule_nodes"
    action["persistent"] = True
    server.add("true")
    assert run().exit_code == 0
    assert action["claimed_by"] == set()


def test_worker_actions_run_once_for_each_worker(server, make_runner, tmp_path):
    server.action("on_worker_start", "echo hello >> log", persistent=True)
    server.add("true")
    make_runner().run()
    server.add("true")
    make_runner().run()
    assert lines(tmp_path / "output/log") == ["hello", "hello"]
