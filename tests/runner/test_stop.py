"""Ends before the end: signals, cancellation, time limits, jobs that do not want to go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from server.outside import DEADLINE, until

from .conftest import alive, pid_in

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[2])
from runner.reference import Reference
from torc.runner.main import run_workflow
from torc.runner.options import RunnerOptions
server = Reference()
server.add(sys.argv[3], supports_termination=sys.argv[4] == "soft")
for _ in range(50):
    server.add("true", num_cpus=2)
options = RunnerOptions(num_cpus=2, memory_gb=4, num_gpus=0, output_dir=sys.argv[1], grace_seconds=float(sys.argv[5]))
outcome = run_workflow(server, 1, options)
first = server.jobs[1]
ready = sum(job.status == "ready" for job in server.jobs.values())
print(first.status, first.result and first.result["return_code"], ready)
sys.exit(outcome.exit_code)
"""


class Program:
    """A runner in a process of its own."""

    def __init__(self, directory: Path, command: str, kind: str = "hard", grace: float = 30.0) -> None:
        tests = str(Path(__file__).parent.parent)
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(directory / "out"), tests, command, kind, str(grace)],
            stdout=subprocess.PIPE,
            text=True,
        )

    def end(self) -> tuple[int, list[str]]:
        output, _ = self.process.communicate(timeout=DEADLINE)
        return self.process.returncode, output.split()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_one_signal_ends_jobs_hands_the_rest_back_and_reports(tmp_path, number, code):
    program = Program(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 600")
    pid = pid_in(tmp_path / "pid")
    program.process.send_signal(number)
    assert program.end() == (code, ["terminated", "137", "50"])
    assert not alive(pid)


def test_jobs_that_support_it_are_asked_first(tmp_path):
    trap = f"trap 'echo saved > {tmp_path}/saved; exit 3' TERM; echo $$ > {tmp_path}/pid; while :; do sleep 0.02; done"
    program = Program(tmp_path, trap, "soft")
    pid_in(tmp_path / "pid")
    program.process.send_signal(signal.SIGTERM)
    assert program.end() == (143, ["terminated", "3", "50"])
    assert (tmp_path / "saved").exists()


def test_a_job_that_ignores_the_question_is_killed_after_the_grace_time(tmp_path):
    program = Program(tmp_path, f"trap '' TERM; echo $$ > {tmp_path}/pid; while :; do sleep 0.02; done", "soft", 0.3)
    pid = pid_in(tmp_path / "pid")
    program.process.send_signal(signal.SIGTERM)
    assert program.end() == (143, ["terminated", "137", "50"])
    assert not alive(pid)


def test_a_stopped_job_hears_the_question(tmp_path):
    program = Program(tmp_path, f"trap 'exit 4' TERM; echo $$ > {tmp_path}/pid; kill -STOP $$; sleep 600", "soft")
    pid = pid_in(tmp_path / "pid")
    until(lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")
    program.process.send_signal(signal.SIGTERM)
    assert program.end()[1][:2] == ["terminated", "4"]


def test_the_second_signal_ends_at_once(tmp_path):
    program = Program(tmp_path, f"trap '' TERM; echo $$ > {tmp_path}/pid; while :; do sleep 0.02; done", "soft", 600)
    pid = pid_in(tmp_path / "pid")
    log = until(lambda: next((tmp_path / "out").glob("*.log"), None))
    program.process.send_signal(signal.SIGINT)
    until(lambda: "leaving: signal" in log.read_text())
    program.process.send_signal(signal.SIGINT)
    assert program.end() == (130, ["terminated", "137", "50"])
    assert not alive(pid)


def test_a_signal_to_the_terminals_group_does_not_reach_jobs_directly(tmp_path):
    program = Program(tmp_path, f"ps -o pgid= -p $$ > {tmp_path}/group; echo $$ > {tmp_path}/pid; exec sleep 600")
    pid = pid_in(tmp_path / "pid")
    assert int((tmp_path / "group").read_text()) == pid != os.getpgid(program.process.pid)
    program.process.send_signal(signal.SIGTERM)
    program.end()


def test_cancelling_the_workflow_ends_its_jobs(server, background, tmp_path):
    job = server.add(f"echo $$ > {tmp_path}/pid; exec sleep 600")
    runner = background(poll_interval=0.2)
    pid = pid_in(tmp_path / "pid")
    server.canceled = True
    outcome = runner.finish()
    assert (outcome.reason, job.status) == ("canceled", "canceled")
    assert not alive(pid)


def test_cancelling_one_job_leaves_the_others(server, background, tmp_path):
    job = server.add(f"echo $$ > {tmp_path}/pid; exec sleep 600")
    other = server.add(f"while ! [ -e {tmp_path}/go ]; do sleep 0.01; done")
    runner = background(poll_interval=0.2)
    pid = pid_in(tmp_path / "pid")
    with server.changed:
        job.status, job.node = "canceled", None
        server.changed.notify_all()
    until(lambda: not alive(pid))
    (tmp_path / "go").touch()
    runner.finish()
    assert (job.status, other.status) == ("canceled", "completed")


def test_jobs_end_when_the_time_is_over(server, background, tmp_path):
    job = server.add(f"echo $$ > {tmp_path}/pid; exec sleep 600")
    server.add("true", after=[job])
    runner = background(time_limit=3600.0)
    pid_in(tmp_path / "pid")
    runner.runner.ending._stop_jobs_at = 0.0
    runner.runner.wake()
    outcome = runner.finish()
    assert outcome.reason == "time_limit"
    assert outcome.exit_code == 1
    assert job.status == "terminated"
    assert job.result["reason"] == "the runner's time is over"


def test_claims_tell_the_time_that_is_left(server, run):
    server.add("true")
    run(time_limit=3600.0)
    limits = {body["claim"]["resources"]["time_limit"] for body in server.exchanges if "claim" in body}
    assert all(3600 - DEADLINE < int(limit.removeprefix("PT").removesuffix("S")) <= 3600 for limit in limits)


def test_slots_are_not_filled_when_little_time_is_left(server, run):
    server.workflow["compute_node_min_time_for_new_jobs_seconds"] = 300
    job = server.add("sleep 600")
    assert run(max_parallel_jobs=1, time_limit=0.6).reason == "time_limit"
    assert job.status in ("terminated", "ready")
