"""The client's look at files when a run begins."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from torc.client.client import Client
from torc.client.connect import connect
from torc.client.initialize import begin_run, file_states
from torc.errors import TorcError


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with connect(database=tmp_path / "torc.db") as found:
        yield found


@pytest.fixture
def workflow_id(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.chdir(tmp_path)
    plan = {
        "workflow": {"name": "w", "user": "u"},
        "files": [{"name": "raw", "path": "raw.txt"}, {"name": "clean", "path": "clean.txt"}],
        "jobs": [
            {"name": "a", "command": "cp raw.txt clean.txt", "input_files": [0], "output_files": [1]},
            {"name": "b", "command": "cat clean.txt", "input_files": [1]},
        ],
    }
    return int(client.create_workflow_from_plan(plan)["id"])


def test_states_are_seen_from_here(client: Client, workflow_id: int) -> None:
    Path("raw.txt").write_text("x")
    os.utime("raw.txt", (1000, 1000))
    raw, clean = file_states(client, workflow_id)
    assert raw["st_mtime"] == 1000
    assert clean["st_mtime"] is None


def test_states_are_seen_from_the_submission_directory(client: Client, workflow_id: int, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "raw.txt").write_text("x")
    client.update_workflow(workflow_id, body={"submission_directory": str(elsewhere)})
    assert begin_run(client, workflow_id)["ready"] == 1


def test_missing_input_refuses_the_run(client: Client, workflow_id: int) -> None:
    with pytest.raises(TorcError, match=r"raw\.txt"):
        begin_run(client, workflow_id)


def test_dry_run_changes_nothing(client: Client, workflow_id: int) -> None:
    Path("raw.txt").write_text("x")
    assert begin_run(client, workflow_id, dry_run=True)["ready"] == 1
    assert client.get_workflow_status(workflow_id)["status"] == "uninitialized"


def test_begun_run_makes_first_jobs_ready(client: Client, workflow_id: int) -> None:
    Path("raw.txt").write_text("x")
    reply = begin_run(client, workflow_id)
    assert (reply["run_id"], reply["ready"], reply["blocked"]) == (1, 1, 1)
