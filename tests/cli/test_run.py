"""``torc run``: from a file or an id to finished jobs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from server.outside import until

from torc.cli.summary import summarize
from torc.client.client import Client
from torc.client.transport import HttpTransport
from torc.runner.options import Outcome

from .conftest import SPEC, Ended, Torc

PROGRAM = [sys.executable, "-c", "from torc.cli.main import main; main()"]
NODE = ("--num-cpus", "2", "--memory-gb", "2", "--num-gpus", "0")


def run(*arguments: object) -> Ended:
    ended = subprocess.run([*PROGRAM, "run", *map(str, arguments), *NODE], capture_output=True, text=True, timeout=240)
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def write(path: str, *jobs: str) -> str:
    lines = [f"  - {{name: j{number}, command: {json.dumps(command)}}}" for number, command in enumerate(jobs)]
    Path(path).write_text("name: w\njobs:\n" + "\n".join(lines) + "\n")
    return path


def test_specification_is_run_to_the_end_and_its_results_stay(torc: Torc, spec: Path, tmp_path: Path) -> None:
    ended = run(spec)
    assert ended.code == 0, ended.err
    assert f"serving {tmp_path / 'torc.db'} from this process" in ended.err
    assert "Created workflow 1 (demo) with 2 jobs" in ended.err
    assert ended.out.startswith("Workflow 1 (run 1): 2 completed in ")
    results = torc("results", "list", 1, "-f", "json").json["results"]
    assert [result["return_code"] for result in results] == [0, 0]
    assert Path("clean.txt").read_text() == "x"
    assert torc("compute-nodes", "list", 1, "-f", "json").json["compute_nodes"][0]["num_cpus"] == 2


def test_failure_names_the_job_its_log_and_the_next_step(torc: Torc) -> None:
    ended = run(write("w.yaml", "echo no space >&2; exit 3", "true"))
    assert ended.code == 1
    assert "1 completed, 1 failed" in ended.out
    assert "j0: failed, return code 3" in ended.out
    log = next(line.strip() for line in ended.out.splitlines() if line.strip().endswith(".e"))
    assert Path(log).read_text() == "no space\n"
    assert "torc workflows reset-status 1 --failed-only --restart --no-prompts && torc run 1" in ended.out
    failed = torc("results", "list", 1, "--failed", "-f", "json").json["results"]
    assert [result["return_code"] for result in failed] == [3]


def test_failed_jobs_run_again_by_the_commands_that_the_summary_names(torc: Torc) -> None:
    assert run(write("w.yaml", "test -e mended", "echo once >> ran")).code == 1
    Path("mended").touch()
    assert torc("workflows", "reset-status", 1, "--failed-only", "--restart", "--no-prompts").code == 0
    assert run(1).code == 0
    assert Path("ran").read_text() == "once\n"


def test_failed_jobs_that_were_only_reset_are_reinitialized_by_run(torc: Torc) -> None:
    assert run(write("w.yaml", "test -e mended", "echo once >> ran")).code == 1
    Path("mended").touch()
    torc("workflows", "reset-status", 1, "--failed-only", "--no-prompts")
    assert run(1).code == 0
    assert Path("ran").read_text() == "once\n"


def test_json_is_one_document_and_nothing_else(torc: Torc) -> None:
    ended = run(write("w.yaml", "exit 4"), "-f", "json", "-o", "logs")
    assert ended.code == 1
    assert ended.err == ""
    document = ended.json
    assert document["workflow_id"] == 1
    assert document["run_id"] == 1
    assert document["exit_code"] == 1
    assert document["jobs_by_status"] == {"failed": 1}
    assert document["failed_jobs"][0]["return_code"] == 4
    assert document["failed_jobs"][0]["stderr"].startswith("logs/")
    assert document["wall_time_seconds"] > 0


def test_created_workflow_is_initialized_by_run(torc: Torc, workflow_id: int) -> None:
    ended = run(workflow_id)
    assert ended.code == 0, ended.err
    assert f"Initialized workflow {workflow_id}: 1 job ready, 1 blocked" in ended.err


def test_workflow_without_jobs_is_over_at_once(torc: Torc) -> None:
    torc("workflows", "new", "--name", "empty")
    ended = torc("run", 1)
    assert (ended.code, "no jobs" in ended.out) == (0, True)


def test_complete_workflow_is_not_run_again_and_says_how_to(torc: Torc) -> None:
    file = write("w.yaml", "echo once >> ran")
    assert run(file).code == 0
    again = run(1)
    assert again.code == 0
    assert again.out.splitlines() == [
        "Workflow 1 (run 1) is complete, there is nothing to do: 1 completed",
        "Results: torc results list 1",
        "To run what has changed: torc workflows reinitialize 1 && torc run 1",
        "To run everything again: torc workflows initialize 1 && torc run 1",
    ]
    assert run(1, "-f", "json").json["message"] == "nothing to do: the workflow is complete"
    assert len(torc("compute-nodes", "list", 1, "-f", "json").json["compute_nodes"]) == 1
    assert Path("ran").read_text() == "once\n"


def test_output_directory_may_be_the_second_argument(torc: Torc) -> None:
    assert run(write("w.yaml", "echo hello"), "my_output").code == 0
    assert [file.read_text() for file in Path("my_output").rglob("*.o")] == ["hello\n"]


def test_jobs_run_where_the_workflow_was_created(torc: Torc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    project.mkdir()
    elsewhere.mkdir()
    monkeypatch.chdir(project)
    Path("raw.txt").write_text("x")
    Path("w.yaml").write_text(SPEC)
    assert torc("workflows", "create", "w.yaml").code == 0
    assert torc("workflows", "get", 1, "-f", "json").json["submission_directory"] == str(project)
    monkeypatch.chdir(elsewhere)
    ended = run(1)
    assert ended.code == 0, ended.err
    assert f"Jobs run in {project}, where workflow 1 was created" in ended.err
    assert (project / "clean.txt").read_text() == "x"
    assert [path.name for path in elsewhere.iterdir()] == ["output"]


def test_path_of_a_database_holds_although_jobs_run_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    write("project/w.yaml", "true")
    command = [*PROGRAM, "workflows", "create", "w.yaml", "--database", "../here.db"]
    subprocess.run(command, cwd="project", check=True, timeout=240, stdout=subprocess.DEVNULL)
    assert run(1, "--database", "here.db").code == 0
    assert not list(Path("project").glob("here*"))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_run_is_finished_by_reinitialize_and_run(torc: Torc, number: signal.Signals, code: int) -> None:
    file = write("w.yaml", "touch started; test -e again || sleep 60")
    process = subprocess.Popen(
        [*PROGRAM, "run", file, *NODE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until(Path("started").exists)
    process.send_signal(number)
    out, _ = process.communicate(timeout=240)
    assert process.returncode == code
    assert "torc workflows reinitialize 1 && torc run 1" in out
    Path("again").touch()
    assert torc("workflows", "reinitialize", 1).code == 0
    assert run(1).code == 0


def test_running_server_is_used_instead(torc: Torc, tmp_path: Path) -> None:
    from torc.server.embedded import host

    with host(tmp_path / "torc.db"):
        ended = run(write("w.yaml", "true"))
    assert ended.code == 0, ended.err
    assert "serving" not in ended.err


def test_two_runs_on_one_database_both_finish_whichever_ends_first(torc: Torc) -> None:
    first = write("first.yaml", "touch up; while ! test -e second_runs; do sleep 0.05; done")
    second = write("second.yaml", "touch second_runs; while ! test -e first_ended; do sleep 0.05; done", "true")
    host = subprocess.Popen([*PROGRAM, "run", first, *NODE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(Path("up").exists)
    guest = subprocess.Popen(
        [*PROGRAM, "run", second, *NODE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    out, err = host.communicate(timeout=240)
    assert host.returncode == 0, out + err
    Path("first_ended").touch()
    out, err = guest.communicate(timeout=240)
    assert guest.returncode == 0, out + err
    statuses = {job["status"] for number in (1, 2) for job in torc("jobs", "list", number, "-f", "json").json["jobs"]}
    assert statuses == {"completed"}


def test_other_commands_work_while_a_run_hosts_the_database(torc: Torc) -> None:
    file = write("w.yaml", "touch started; while ! test -e go; do sleep 0.05; done")
    process = subprocess.Popen(
        [*PROGRAM, "run", file, *NODE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    until(Path("started").exists)
    assert torc("workflows", "status", 1, "-f", "json").json["status"] == "running"
    Path("go").touch()
    process.communicate(timeout=240)
    assert process.returncode == 0


def test_unwritable_output_directory_is_refused_before_anything_is_created(torc: Torc) -> None:
    Path("taken").touch()
    ended = run(write("w.yaml", "true"), "--output-dir", "taken/logs")
    assert ended.code == 2
    assert ended.err == (
        "error: cannot write to the output directory taken/logs: Not a directory (give another with --output-dir)\n"
    )
    assert torc("workflows", "list").out == "No workflows found.\n"


def test_summary_without_a_server_does_not_claim_that_there_are_no_jobs() -> None:
    outcome = Outcome("signal", 143, "stopped by SIGTERM", run_id=1)
    client = Client(HttpTransport("http://127.0.0.1:1"))
    message = summarize(client, 2, outcome, "output", 5.0)
    assert message.lines[0] == "Workflow 2 (run 1): left after 5.0s; the server did not tell how far the workflow is"
