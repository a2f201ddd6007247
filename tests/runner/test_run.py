"""Jobs as real processes, run to the end against the in-memory server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from torc.runner import paths

from .conftest import alive, pid_in
from .reference import Reference


def output_of(server: Reference, tmp_path: Path, job_id: int) -> str:
    attempt = server.jobs[job_id].attempt
    return Path(paths.stdout_path(str(tmp_path / "output"), 1, job_id, 1, attempt)).read_text()


def test_independent_jobs_complete(server, run):
    for _ in range(20):
        server.add("true")
    outcome = run()
    assert (outcome.reason, outcome.exit_code) == ("complete", 0)
    assert {job.status for job in server.jobs.values()} == {"completed"}
    assert outcome.progress.completed == 20
    assert server.nodes[1]["is_active"] is False


def test_dependents_start_when_all_before_them_have_ended(server, run, tmp_path):
    log = tmp_path / "log"
    first = [server.add(f"echo a >> {log}", min_unmet=2) for _ in range(2)]
    server.add(f"echo b >> {log}", after=first)
    run()
    assert log.read_text().split() == ["a", "a", "b"]


@pytest.mark.parametrize(
    ("command", "code", "status"),
    [
        ("exit 7", 7, "failed"),
        ("no_such_command_at_all", 127, "failed"),
        ("/etc/passwd", 126, "failed"),
        ("kill -TERM $$", 143, "failed"),
        ("kill -KILL $$", 137, "failed"),
        ("ulimit -c 0; kill -SEGV $$", 139, "failed"),
        ("exec true", 0, "completed"),
        ("true # it's a \"quote\" $(echo x) 'y", 0, "completed"),
    ],
)
def test_the_end_of_a_process_is_recorded_as_shells_do(server, run, command, code, status):
    job = server.add(command)
    outcome = run()
    assert (job.status, job.result["return_code"]) == (status, code)
    assert outcome.exit_code == (0 if code == 0 else 1)


def test_output_goes_to_files_of_the_attempt(server, run, tmp_path):
    job = server.add("echo out; echo err >&2")
    run()
    assert output_of(server, tmp_path, job.id) == "out\n"
    assert (tmp_path / "output/job_stdio/job_wf1_j1_r1_a1.e").read_text() == "err\n"


def test_standard_input_is_empty(server, run, tmp_path):
    job = server.add("wc -c")
    run()
    assert output_of(server, tmp_path, job.id).strip() == "0"


def test_jobs_are_told_where_the_server_is_after_it_has_moved(server, run, tmp_path):
    addresses = iter([("http://old:1/torc-service/v1", "a")])
    job = server.add('echo "$TORC_API_URL $TORC_API_TOKEN"')
    run(endpoint=lambda: next(addresses, ("http://new:2/torc-service/v1", "b")))
    assert output_of(server, tmp_path, job.id).strip() == "http://new:2/torc-service/v1 torc_for_workflow_1_node_1"


def test_jobs_find_the_programs_of_the_runners_environment(server, run, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    job = server.add("command -v torc-job-runner")
    run()
    assert output_of(server, tmp_path, job.id).strip() == f"{Path(sys.executable).parent}/torc-job-runner"


def test_jobs_know_who_they_are(server, run, tmp_path, monkeypatch):
    monkeypatch.setenv("FROM_OUTSIDE", "1")
    monkeypatch.setenv("TORC_JOB_ID", "of an outer workflow")
    for name in ("TORC_PASSWORD", "TORC_USERNAME", "TORC_SERVER_TOKEN", "TORC_CLIENT__PASSWORD", "TORC_API_TOKEN"):
        monkeypatch.setenv(name, "of the person")
    server.workflow["submission_directory"] = "/data/x"
    job = server.add("env", env={"MODE": "a b"})
    run(endpoint=lambda: ("http://h:1/torc-service/v1", "secret"))
    env = dict(line.split("=", 1) for line in output_of(server, tmp_path, job.id).splitlines())
    expected = {
        "TORC_WORKFLOW_ID": "1",
        "TORC_JOB_ID": "1",
        "TORC_JOB_NAME": "job1",
        "TORC_RUN_ID": "1",
        "TORC_ATTEMPT_ID": "1",
        "TORC_OUTPUT_DIR": str(tmp_path / "output"),
        "TORC_API_URL": "http://h:1/torc-service/v1",
        "TORC_API_TOKEN": "torc_for_workflow_1_node_1",
        "TORC_WORKFLOW_SUBMISSION_DIR": "/data/x",
        "MODE": "a b",
        "FROM_OUTSIDE": "1",
    }
    assert {name: env.get(name) for name in expected} == expected
    assert "of the person" not in env.values()
    assert "secret" not in env.values()


def test_jobs_run_in_the_runners_directory_with_default_signals(server, run, tmp_path):
    job = server.add("pwd; grep SigIgn /proc/self/status")
    run()
    here, ignored = output_of(server, tmp_path, job.id).splitlines()
    assert here == os.getcwd()
    assert int(ignored.split()[1], 16) & 0x7FFFFFFF == 0


def test_invocation_script_comes_before_the_command(server, run, tmp_path):
    job = server.add("hello", invocation_script="echo 'said:'")
    run()
    assert output_of(server, tmp_path, job.id) == "said: hello\n"


def test_very_long_commands_go_through_a_file(server, run, tmp_path):
    job = server.add(f"echo {'x' * 200_000} | wc -c")
    run()
    assert output_of(server, tmp_path, job.id).strip() == "200001"
    assert not list((tmp_path / "output/.torc").glob("*.sh"))


def test_the_number_of_running_jobs_is_bounded_by_cpus(server, run, tmp_path):
    marks = tmp_path / "marks"
    marks.mkdir()
    command = f"touch {marks}/$TORC_JOB_ID; ls {marks} | wc -l; sleep 0.05; rm {marks}/$TORC_JOB_ID"
    for _ in range(12):
        server.add(command)
    run(num_cpus=3)
    seen = [int(output_of(server, tmp_path, job_id)) for job_id in server.jobs]
    assert max(seen) <= 3


def test_slots_ignore_what_jobs_need(server, run):
    server.add("true", num_cpus=512, memory_bytes=2**50)
    assert run(max_parallel_jobs=1).exit_code == 0


def test_gpu_jobs_see_their_devices_only(server, run, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    for _ in range(6):
        server.add("echo $CUDA_VISIBLE_DEVICES; sleep 0.05", num_gpus=1)
    server.add("echo [$CUDA_VISIBLE_DEVICES]")
    run(num_cpus=8, num_gpus=None)
    seen = [output_of(server, tmp_path, job_id).strip() for job_id in server.jobs]
    assert set(seen[:6]) == {"4", "7"}
    assert seen[6] == "[]"


def test_large_jobs_are_not_starved_by_small_ones(server, run):
    for _ in range(100):
        server.add("true")
    big = server.add("true", num_cpus=2)
    for _ in range(100):
        server.add("true")
    assert run().exit_code == 0
    assert big.status == "completed"


def test_missing_output_fails_a_job_that_ended_well(server, run, tmp_path):
    path = tmp_path / "absent"
    job = server.add("true", output_files=[{"id": 3, "path": str(path)}])
    run()
    assert (job.status, job.result["return_code"]) == ("failed", 1)
    assert job.result["reason"] == f"expected output missing: {path}"


def test_modification_times_of_outputs_are_recorded(server, run, tmp_path):
    path = tmp_path / "made"
    job = server.add(f"touch -d @1234567890.5 {path}", output_files=[{"id": 3, "path": str(path)}])
    run()
    assert job.status == "completed"
    assert server.files[3]["st_mtime"] == 1234567890.5


def test_children_in_the_background_end_with_their_job(server, run, tmp_path):
    plain, own = tmp_path / "plain", tmp_path / "own"
    job = server.add(
        f"sleep 600 & echo $! > {plain}; setsid sh -c 'echo $$ > {own}; exec sleep 600' & "
        f"while ! [ -s {own} ]; do sleep 0.01; done"
    )
    run()
    assert job.status == "completed"
    assert not alive(pid_in(plain))
    assert not alive(pid_in(own))


def test_a_daemon_of_a_running_job_survives_the_end_of_another_job(server, run, tmp_path):
    pid, done = tmp_path / "pid", tmp_path / "done"
    keeper = server.add(
        f"(setsid sh -c 'echo $$ > {pid}; exec sleep 600' &); while ! [ -e {done} ]; do sleep 0.01; done; "
        f"kill -0 $(cat {pid})"
    )
    server.add(f"while ! [ -s {pid} ]; do sleep 0.01; done")
    server.add(f"touch {done}", after=[server.jobs[2]])
    run()
    assert keeper.status == "completed"
    assert not alive(pid_in(pid))


def test_output_does_not_pass_through_the_runner(server, run, tmp_path):
    job = server.add("head -c 200000000 /dev/zero")
    read = []

    def look(name, body):
        # Before the guardian is reaped: its reading would be counted here.
        if name == "exchange":
            read.append(int(Path("/proc/self/io").read_text().split()[1]))

    server.after = look
    run()
    stdout = tmp_path / "output/job_stdio/job_wf1_j1_r1_a1.o"
    assert stdout.stat().st_size == 200_000_000
    stdout.unlink()
    assert job.status == "completed"
    assert read[-1] - read[0] < 5_000_000


def test_a_log_file_that_cannot_be_opened_fails_the_job_with_the_reason(server, run, tmp_path):
    stdio = tmp_path / "output/job_stdio"
    stdio.mkdir(parents=True)
    (stdio / "job_wf1_j1_r1_a1.o").mkdir()
    broken, fine = server.add("true"), server.add("true")
    run()
    assert broken.status == "failed"
    assert broken.result["reason"].startswith(f"cannot open {stdio}/job_wf1_j1_r1_a1.o: Is a directory (errno 21)")
    assert fine.status == "completed"


def test_a_link_in_the_place_of_a_log_file_is_not_followed(server, run, tmp_path):
    stdio = tmp_path / "output/job_stdio"
    stdio.mkdir(parents=True)
    precious = tmp_path / "precious"
    precious.write_text("keep")
    (stdio / "job_wf1_j1_r1_a1.o").symlink_to(precious)
    job = server.add("echo gone")
    run()
    assert job.status == "failed"
    assert precious.read_text() == "keep"


def test_short_jobs_have_true_figures_under_a_large_runner(tmp_path):
    script = """
import sys
sys.path.insert(0, sys.argv[2])
from runner.reference import Reference
from torc.runner.main import run_workflow
from torc.runner.options import RunnerOptions
ballast = bytearray(b"x") * (500 * 2**20)
server = Reference()
server.add("true"); server.add("i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done")
run_workflow(server, 1, RunnerOptions(num_cpus=2, memory_gb=4, num_gpus=0, output_dir=sys.argv[1]))
print(*(server.jobs[1].result[k] for k in ("peak_memory_bytes",)), server.jobs[2].result["cpu_time_seconds"])
"""
    tests = str(Path(__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "out"), tests], capture_output=True, text=True, check=True
    )
    peak, cpu = done.stdout.split()
    assert 2**20 < int(peak) < 20 * 2**20
    assert 0.01 < float(cpu) < 30


def test_jobs_are_claimed_ahead_when_they_are_short(server, run):
    for _ in range(300):
        server.add("true")
    run()
    assert any(body.get("claim", {}).get("ahead", 0) > 2 for body in server.exchanges)
    assert server.calls["exchange"] < 150


def test_long_running_jobs_are_reported_as_running(server, run, tmp_path):
    job = server.add(f"while ! [ -e {tmp_path}/go ]; do sleep 0.01; done")

    def release(name, body):
        if job.status == "running":
            (tmp_path / "go").touch()

    server.after = release
    run()
    assert server.started == [job.id]


def test_a_job_that_can_never_fit_is_named(server, run):
    server.add("true", num_cpus=99)
    outcome = run()
    assert (outcome.reason, outcome.exit_code) == ("unfit", 1)
    assert outcome.message == "job 1 'job1' can never run here: needs more than there is"


def test_the_runner_leaves_when_no_job_comes(server, run):
    other = server.add("true")
    other.status, other.node = "running", 99
    outcome = run(wait_for_new_jobs=0.2)
    assert outcome.reason == "idle"
    assert other.status == "running"


def test_a_complete_workflow_ends_the_runner_at_once(server, run):
    assert run().reason == "complete"


def test_files_that_the_runner_makes_are_private(server, run, tmp_path):
    server.add("true")
    run()
    assert (tmp_path / "output").stat().st_mode & 0o077 == 0
