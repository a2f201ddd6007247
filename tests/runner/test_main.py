"""The command line of ``torc-job-runner``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from server.inside import Workflow, plan_of
from server.outside import DEADLINE, Http

from torc.runner.main import main
from torc.server.embedded import host


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "the following arguments are required: workflow_id"),
        ("five", "argument workflow_id: 'five' is not a whole number"),
        ("0", "argument workflow_id: 0 is below 1"),
        ("1 --num-cpus 1.5", "argument --num-cpus: '1.5' is not a whole number"),
        ("1 --memory-gb lots", "argument --memory-gb: 'lots' is not a number"),
        ("1 --memory-gb -1", "argument --memory-gb: '-1' is not a positive number"),
        ("1 --grace-seconds inf", "argument --grace-seconds: 'inf' is not a number of seconds"),
        ("1 --frob", "unrecognized arguments: --frob"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str], line: str, message: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"error: {message} (see torc-job-runner --help)\n"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Http]:
    """A server that the program finds by its environment."""
    with host(tmp_path / "t.db") as (url, token):
        monkeypatch.setenv("TORC_API_URL", url)
        monkeypatch.setenv("TORC_API_TOKEN", token)
        client = Http(url, token)
        yield client
        client.close()


def created_in(server: Http, directory: Path) -> int:
    """A workflow whose job needs a file beside it and makes another, and says so."""
    job = {"command": "tr a-z A-Z < raw > made", "output_files": [0]}
    workflow = {"name": "w", "submission_directory": str(directory)}
    plan = plan_of({"a": job}, files=[{"name": "made", "path": "made"}], workflow=workflow)
    created: int = server("create_workflow_from_plan", body=plan)["id"]
    server("initialize_workflow", created, body={})
    return created


def run_in(directory: Path, workflow: int, *, gone: bool = False) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "torc.runner.main", str(workflow), "--num-cpus", "1", "--num-gpus", "0"]
    line = ["sh", "-c", 'rmdir "$PWD" && exec "$@"', "sh", *program] if gone else program
    return subprocess.run(line, cwd=directory, capture_output=True, text=True, timeout=DEADLINE, check=False)


def test_jobs_run_where_their_workflow_was_created(server: Http, tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    project.mkdir()
    elsewhere.mkdir()
    (project / "raw").write_text("x")
    workflow = created_in(server, project)
    ended = run_in(elsewhere, workflow)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == f"torc-job-runner: jobs run in {project}, where workflow {workflow} was created\n"
    assert (project / "made").read_text() == "X"
    assert [path.name for path in elsewhere.iterdir()] == ["output"], "options count from where the program began"


def test_a_runner_on_a_machine_without_that_directory_stays_where_it_is_and_says_so(
    server: Http, tmp_path: Path
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "raw").write_text("x")
    ended = run_in(here, created_in(server, tmp_path / "nowhere"))
    assert ended.returncode == 0, ended.stderr
    assert f"jobs run in {here}: {tmp_path}/nowhere, where workflow 1 was created, cannot be entered" in ended.stderr
    assert (here / "made").read_text() == "X"


def test_a_working_directory_that_is_gone_is_named_in_one_line(server: Http, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    ended = run_in(gone, Workflow(server, {"a": []}).id, gone=True)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: the working directory no longer exists (")
    assert ended.stderr.count("\n") == 1
