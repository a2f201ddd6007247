"""Lost replies, absent servers, lapsed leases and dead runners."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from server.outside import DEADLINE, until

from torc.errors import InvalidInput, ServerUnreachable
from torc.runner import ending, paths

from .conftest import alive, pid_in
from .reference import Reference, unreachable


def test_lost_replies_start_no_job_twice(server, run, tmp_path):
    log = tmp_path / "log"
    for _ in range(40):
        server.add(f"echo $TORC_JOB_ID >> {log}")
    replies = iter(range(10**6))

    def lose_every_third(name, body):
        if name == "exchange" and next(replies) % 3 == 1:
            raise ServerUnreachable("the connection broke")

    server.after = lose_every_third
    assert run(poll_interval=0.3).exit_code == 0
    assert sorted(int(line) for line in log.read_text().split()) == list(range(1, 41))
    assert all(job.result["return_code"] == 0 for job in server.jobs.values())


def test_jobs_go_on_while_the_server_is_away(server, background, tmp_path):
    job = server.add(f"echo $$ > {tmp_path}/pid; while ! [ -e {tmp_path}/go ]; do sleep 0.01; done")
    runner = background(poll_interval=0.2)
    pid_in(tmp_path / "pid")
    server.before = unreachable
    (tmp_path / "go").touch()
    outbox = tmp_path / "output/.torc"
    until(lambda: list(outbox.glob("outbox_*")))
    entry = json.loads(next(outbox.glob("outbox_*")).read_text())
    assert entry["completion"]["job_id"] == job.id
    server.before = lambda name, body: None
    assert runner.finish().exit_code == 0
    assert job.status == "completed"
    assert not list(outbox.iterdir())


def test_the_user_is_told_that_the_server_is_away_and_that_it_is_back(server, make_runner, tmp_path, monkeypatch):
    monkeypatch.setattr("torc.runner.loop.LOSS_TOLD_AFTER", 0.0)
    server.add(f"while ! [ -e {tmp_path}/go ]; do sleep 0.01; done")
    runner = make_runner(poll_interval=0.2, heartbeat_seconds=0.2)
    notes = []

    def watch(progress):
        if progress.note:
            notes.append(progress.note)
        if progress.running and not notes:
            server.before = unreachable
        if notes and "results are kept" in notes[-1]:
            server.before = lambda name, body: None
            (tmp_path / "go").touch()

    runner._tell = watch
    assert runner.run().exit_code == 0
    assert "results are kept" in notes[0]
    assert notes[-1] == "the server answers again"


def test_a_stopped_runner_does_not_wait_for_a_server_that_is_away(server, background, tmp_path):
    server.add(f"echo $$ > {tmp_path}/pid; sleep 600")
    runner = background(poll_interval=0.2, grace_seconds=600)
    pid_in(tmp_path / "pid")
    server.before = unreachable
    until(lambda: runner.runner.talk.contact.lost_since is not None)
    runner.runner.request_stop(signal.SIGTERM)
    assert runner.finish().exit_code == 143
    assert list((tmp_path / "output/.torc").glob("outbox_*"))


def _add_one_that_waits_for_ever(server):
    job = server.add("true")
    job.status, job.after = "blocked", [job.id]


@pytest.mark.parametrize("command", ["sleep 600", "true"], ids=["busy", "idle"])
def test_a_stopped_runner_does_not_wait_for_a_server_that_hangs(server, background, monkeypatch, tmp_path, command):
    for name in ("LAST_WORDS", "FAREWELL"):
        monkeypatch.setattr(ending, name, 0.3)
    server.add(f"echo $$ > {tmp_path}/pid; {command}")
    _add_one_that_waits_for_ever(server)
    runner = background(poll_interval=0.2)
    pid = pid_in(tmp_path / "pid")
    until(lambda: server.jobs[1].status == ("running" if command == "sleep 600" else "completed"))
    answers = threading.Event()
    server.before = lambda name, body: answers.wait()
    runner.runner.request_stop(signal.SIGTERM)
    assert runner.finish().exit_code == 143
    assert not alive(pid)
    answers.set()


def test_a_stopped_runner_waits_for_the_command_of_an_action_though_it_takes_longer(server, background, monkeypatch):
    monkeypatch.setattr(ending, "LAST_WORDS", 0.5)
    server.action("on_worker_complete", "sleep 0.8")
    _add_one_that_waits_for_ever(server)
    runner = background(poll_interval=0.2)
    server.wait_for(lambda: bool(server.exchanges))
    runner.runner.request_stop(signal.SIGTERM)
    runner.finish()
    assert server.action_reports == [(1, True)]


def test_a_workflow_that_is_not_initialized_is_refused(server, run):
    server.workflow["run_id"] = 0
    with pytest.raises(InvalidInput, match="not initialized"):
        run()


def test_what_a_runner_could_not_deliver_is_delivered_by_the_next(server, background, make_runner, tmp_path):
    job = server.add(f"echo $$ > {tmp_path}/pid; while ! [ -e {tmp_path}/go ]; do sleep 0.01; done; exit 3")
    runner = background(poll_interval=0.2, wait_for_server=0.3)
    pid_in(tmp_path / "pid")
    server.before = unreachable
    (tmp_path / "go").touch()
    outcome = runner.finish()
    assert (outcome.reason, outcome.exit_code) == ("server", 4)
    assert job.result is None
    server.before = lambda name, body: None
    make_runner(poll_interval=0.2).run()
    assert (job.status, job.result["return_code"]) == ("failed", 3)
    assert job.result["compute_node_id"] == 1
    assert server.nodes[1]["is_active"] is False


def test_without_contact_the_runner_ends_its_jobs_before_the_lease_lapses(server, background, tmp_path):
    job = server.add(f"echo $$ > {tmp_path}/pid; exec sleep 600")
    runner = background(lease_seconds=60.0, heartbeat_seconds=0.2)
    pid = pid_in(tmp_path / "pid")
    server.before = unreachable

    def ended_after_a_silence() -> bool:
        # An exchange that was under way may still have been answered.
        runner.runner.talk.contact.last -= 60
        runner.runner.wake()
        return not alive(pid)

    until(ended_after_a_silence)
    server.before = lambda name, body: None
    runner.finish()
    assert job.status == "failed"
    assert job.result["reason"].startswith("ended by its runner: no contact with the server")


def test_a_runner_that_slept_ends_its_jobs_before_it_hears_that_the_server_is_there(server, background, tmp_path):
    job = server.add(f"echo $$ > {tmp_path}/pid; exec sleep 600")
    runner = background(lease_seconds=60.0)
    pid = pid_in(tmp_path / "pid")

    def woken() -> bool:
        runner.runner.talk.contact.last -= 60
        runner.runner.wake()
        return not alive(pid)

    until(woken)
    runner.finish()
    assert job.result["reason"].startswith("ended by its runner: no contact with the server for")


def test_a_server_that_refuses_connections_does_not_cost_jobs(server, background, tmp_path):
    job = server.add(f"echo $$ > {tmp_path}/pid; while ! [ -e {tmp_path}/go ]; do sleep 0.01; done")
    runner = background(lease_seconds=60.0, heartbeat_seconds=0.1)
    pid = pid_in(tmp_path / "pid")
    contact = runner.runner.talk.contact

    def refuse(name, body):
        raise ServerUnreachable("down") from ConnectionRefusedError()

    server.before = refuse
    # With each refusal the silence begins anew.
    until(lambda: contact.last > (contact.lost_since or math.inf))
    assert alive(pid)
    server.before = lambda name, body: None
    (tmp_path / "go").touch()
    assert runner.finish().exit_code == 0
    assert job.status == "completed"


def test_a_runner_that_was_given_up_ends_its_jobs_and_registers_again(server, background, tmp_path):
    job = server.add(f"echo $$ >> {tmp_path}/pids; [ $TORC_ATTEMPT_ID = 2 ] || exec sleep 600")
    runner = background(poll_interval=0.2, heartbeat_seconds=0.2)
    pid = until(lambda: (tmp_path / "pids").exists() and int((tmp_path / "pids").read_text() or 0))
    with server.changed:
        server.nodes[1]["is_active"] = False
        job.status, job.node, job.attempt = "ready", None, 2
        server.changed.notify_all()
    assert runner.finish().exit_code == 0
    assert not alive(pid)
    assert job.result["attempt_id"] == 2
    assert job.result["compute_node_id"] == 2


def test_a_runner_that_was_given_up_and_is_told_twice_registers_again_once(server, background, tmp_path):
    job = server.add(
        f"echo $$ >> {tmp_path}/pids; [ $TORC_ATTEMPT_ID = 2 ] || exec sleep 600; "
        f"while ! [ -e {tmp_path}/go ]; do sleep 0.01; done"
    )
    again = threading.Event()

    def keep_the_one_that_waits(name, body):
        if name == "exchange" and body.get("wait_seconds") and body["compute_node_id"] == 1:
            again.wait(DEADLINE)

    server.before = keep_the_one_that_waits
    runner = background(poll_interval=0.2, heartbeat_seconds=0.2)
    until(lambda: (tmp_path / "pids").exists() and (tmp_path / "pids").read_text())
    slow = runner.runner.talk.slow
    until(lambda: slow.body is not None)
    with server.changed:
        server.nodes[1]["is_active"] = False
        job.status, job.node, job.attempt = "ready", None, 2
        server.changed.notify_all()
    until(lambda: len(server.nodes) == 2)
    again.set()
    until(lambda: (slow.body or {}).get("compute_node_id") != 1)
    (tmp_path / "go").touch()
    assert runner.finish().exit_code == 0
    assert job.result["compute_node_id"] == 2
    assert len(server.nodes) == 2


def test_a_runner_whose_directory_is_gone_registers_again(server, background, tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    job = server.add(f"rmdir {gone} 2> /dev/null; [ $TORC_ATTEMPT_ID = 2 ] || exec sleep 600")
    runner = background(poll_interval=0.2, heartbeat_seconds=0.2)
    until(lambda: not gone.exists())
    with server.changed:
        server.nodes[1]["is_active"] = False
        job.status, job.node, job.attempt = "ready", None, 2
        server.changed.notify_all()
    assert runner.finish().exit_code == 0
    assert job.result["compute_node_id"] == 2


def test_an_output_directory_that_is_gone_fails_what_starts_then_and_nothing_else(server, run, tmp_path):
    first = server.add(f"rm -rf {tmp_path}/output")
    second = server.add("true", after=[first])
    assert run().exit_code == 1
    assert first.status == "completed"
    assert second.result["reason"].startswith(f"cannot open {tmp_path}/output/job_stdio/job_wf1_j2_r1_a1.o: No such")


def test_a_shortage_of_processes_hands_jobs_back(server, make_runner, monkeypatch):
    monkeypatch.setattr("torc.runner.loop.SHORTAGE_PAUSE", 0.05)
    runner = make_runner()
    job = server.add("true")
    real, failed = runner._job_ended, []

    def fail_once(held, exit_, now):
        if not failed:
            failed.append(held)
            exit_ = (*exit_[:1], None, *exit_[2:7], (True, "cannot start /bin/bash: try again"))
        real(held, exit_, now)

    runner._job_ended = fail_once
    server._note_starts = lambda body: None  # nobody tells the start of a process that could not be started
    assert runner.run().exit_code == 0
    assert (job.status, job.attempt) == ("completed", 1)


CRASHING = """
import os, sys, threading, signal
sys.path.insert(0, sys.argv[2])
from runner.reference import Reference
from torc.runner.main import run_workflow
from torc.runner.options import RunnerOptions
server = Reference()
for command in sys.argv[4:]:
    server.add(command)
run_workflow(server, 1, RunnerOptions(num_cpus=4, memory_gb=4, num_gpus=0, output_dir=sys.argv[1], policy=sys.argv[3]))
"""


class Crashing:
    """A runner in its own process, made to be killed."""

    def __init__(self, directory: Path, *commands: str, policy: str = "end", crash: str = "") -> None:
        tests = str(Path(__file__).parent.parent)
        self.output = directory / "output"
        self.process = subprocess.Popen(
            [sys.executable, "-c", CRASHING, str(self.output), tests, policy, *commands],
            env={**os.environ, "TORC_TEST_CRASH": crash},
        )

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(DEADLINE)

    def exits(self) -> list[dict]:
        pattern = f"exits_wf1_{paths.host_name()}_{self.process.pid}.jsonl"

        def read() -> list[dict]:
            return [json.loads(line) for path in self.output.glob(f".torc/{pattern}") for line in path.open()]

        return until(read)


def test_jobs_of_a_killed_runner_are_ended_and_their_exits_written(tmp_path):
    runner = Crashing(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 600")
    pid = pid_in(tmp_path / "pid")
    runner.kill()
    until(lambda: not alive(pid))
    (line,) = runner.exits()
    assert (line["job_id"], line["attempt_id"], line["run_id"], line["compute_node_id"]) == (1, 1, 1, 1)
    assert line["exit"][1] == signal.SIGKILL
    assert len(line["boot_id"]) == 36


def test_jobs_of_a_killed_runner_may_be_kept(tmp_path):
    runner = Crashing(
        tmp_path, f"echo $$ > {tmp_path}/pid; while ! [ -e {tmp_path}/go ]; do sleep 0.01; done", policy="keep"
    )
    pid = pid_in(tmp_path / "pid")
    runner.kill()
    assert alive(pid)
    (tmp_path / "go").touch()
    (line,) = runner.exits()
    assert line["exit"][1] == 0


def held_by_a_dead_runner(server: Reference, count: int) -> None:
    server.create_compute_node(body={"hostname": "here"})
    for _ in range(count):
        job = server.add("echo again >&2; exit 99")
        job.status, job.node = "running", 1


def test_the_next_runner_reports_what_the_dead_one_could_not(server, run, tmp_path):
    first = f"while ! [ -s {tmp_path}/pid ]; do sleep 0.01; done; exit 4"
    runner = Crashing(tmp_path, first, f"echo $$ > {tmp_path}/pid; exec sleep 600", crash="runner:exit_heard:1")
    runner.process.wait(DEADLINE)
    until(lambda: len(runner.exits()) == 2)
    held_by_a_dead_runner(server, 2)
    run(poll_interval=0.2)
    first, second = server.jobs[1], server.jobs[2]
    assert (first.status, first.result["return_code"]) == ("failed", 4)
    assert (second.status, second.result["return_code"]) == ("failed", -128)
    assert second.result["reason"] == "its runner ended"
    assert not list((tmp_path / "output/.torc").iterdir())


def test_outputs_are_checked_for_jobs_of_a_dead_runner_too(server, run, tmp_path):
    # The other job may still run when the runner dies at the first exit: it is to end by itself.
    runner = Crashing(tmp_path, "exit 0", "exit 0", policy="keep", crash="runner:exit_heard:1")
    runner.process.wait(DEADLINE)
    until(lambda: len(runner.exits()) == 2)
    held_by_a_dead_runner(server, 2)
    (tmp_path / "made").touch()
    for job, name in zip(server.jobs.values(), ("made", "absent"), strict=True):
        job.fields["output_files"] = [{"id": job.id, "path": str(tmp_path / name)}]
        server.files[job.id] = {"id": job.id, "path": str(tmp_path / name)}
    run(poll_interval=0.2)
    first, second = server.jobs[1], server.jobs[2]
    assert first.status == "completed"
    assert server.files[1]["st_mtime"] == (tmp_path / "made").stat().st_mtime
    assert (second.status, second.result["reason"]) == ("failed", f"expected output missing: {tmp_path / 'absent'}")


def test_the_guardian_ignores_the_terminals_signals_and_ends_with_its_runner(server, background, tmp_path):
    server.add(f"echo $$ > {tmp_path}/pid; while ! [ -e {tmp_path}/go ]; do sleep 0.01; done")
    runner = background()
    pid_in(tmp_path / "pid")
    guardian = runner.runner.keeper.pid
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(guardian, number)
    (tmp_path / "go").touch()
    assert runner.finish().exit_code == 0
    assert not alive(guardian)


def test_a_killed_guardian_costs_its_jobs_but_leaves_no_process(server, background, tmp_path):
    job = server.add(f"echo $$ > {tmp_path}/pid; exec sleep 600")
    runner = background()
    pid = pid_in(tmp_path / "pid")
    until(lambda: job.status == "running")
    os.kill(runner.runner.keeper.pid, signal.SIGKILL)
    outcome = runner.finish()
    assert (outcome.reason, outcome.exit_code) == ("error", 1)
    assert (job.status, job.result["return_code"]) == ("failed", -128)
    until(lambda: not alive(pid))


@pytest.fixture
def small_disk(tmp_path, monkeypatch):
    """A disk of 1 MiB; only root can have a real one, for others every disk looks full."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0:
        monkeypatch.setattr("torc.runner.outputs.os.statvfs", lambda _path: SimpleNamespace(f_bavail=0))
        yield disk
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=True)
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_is_named_as_the_reason_of_a_failure(server, run, small_disk):
    job = server.add("head -c 3000000 /dev/zero; exit 1")
    assert run(output_dir=str(small_disk / "output")).exit_code == 1
    assert job.result["reason"] == f"no space left on the disk of {small_disk}/output"


def test_a_failure_has_nothing_to_do_with_a_disk_that_has_room(server, run):
    job = server.add("exit 1")
    run()
    assert "reason" not in job.result
