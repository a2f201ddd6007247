"""Beginning, resetting and cancelling runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Torc


@pytest.mark.parametrize("command", ["initialize", "initialize-jobs", "init"])
def test_initialize_makes_jobs_ready_or_blocked(torc: Torc, workflow_id: int, command: str) -> None:
    ended = torc("workflows", command, workflow_id)
    assert ended.out == f"Successfully initialized workflow {workflow_id} (run 1): 1 job ready, 1 blocked\n"
    statuses = {job["name"]: job["status"] for job in torc("jobs", "list", workflow_id, "-f", "json").json["jobs"]}
    assert statuses == {"first": "ready", "second": "blocked"}


def test_initialize_refuses_when_an_input_is_missing(torc: Torc, workflow_id: int) -> None:
    Path("raw.txt").unlink()
    refused = torc("workflows", "initialize", workflow_id)
    assert refused.code != 0
    assert "raw.txt" in refused.err
    assert torc("workflows", "initialize", workflow_id, "--force").code == 0


def test_dry_runs_change_nothing(torc: Torc, workflow_id: int) -> None:
    ended = torc("workflows", "initialize", workflow_id, "--dry-run")
    assert "would be initialized: 1 job ready, 1 blocked" in ended.out
    assert torc("workflows", "status", workflow_id, "-f", "json").json["status"] == "uninitialized"


def test_status_counts_jobs(torc: Torc, workflow_id: int) -> None:
    torc("workflows", "initialize", workflow_id)
    ended = torc("workflows", "status", workflow_id)
    assert "Status: initialized" in ended.out
    assert "Jobs: 1 blocked, 1 ready" in ended.out


def test_cancel_then_reinitialize(torc: Torc, workflow_id: int) -> None:
    torc("workflows", "initialize", workflow_id)
    assert torc("workflows", "cancel", workflow_id).out == f"Successfully canceled workflow {workflow_id}\n"
    assert torc("workflows", "status", workflow_id, "-f", "json").json["status"] == "canceled"
    again = torc("workflows", "reinit", workflow_id, "-f", "json").json
    assert (again["ready"], again["blocked"]) == (1, 1)


def test_reset_status_needs_consent_and_says_what_comes_next(torc: Torc, workflow_id: int) -> None:
    torc("workflows", "initialize", workflow_id)
    assert torc("workflows", "reset-status", workflow_id).code == 2
    ended = torc("workflows", "reset-status", workflow_id, "--no-prompts")
    assert ended.out.splitlines() == [
        f"Successfully reset 2 jobs of workflow {workflow_id}",
        f"Go on with: torc workflows reinitialize {workflow_id}",
    ]
    assert torc("workflows", "status", workflow_id, "-f", "json").json["status"] == "uninitialized"


@pytest.mark.parametrize("flag", ["-r", "--restart", "--reinitialize"])
def test_reset_status_can_restart(torc: Torc, workflow_id: int, flag: str) -> None:
    torc("workflows", "initialize", workflow_id)
    assert torc("workflows", "reset-status", workflow_id, "--no-prompts", flag).code == 0
    assert torc("workflows", "status", workflow_id, "-f", "json").json["status"] == "initialized"


def test_archived_workflow_cannot_be_reset(torc: Torc, workflow_id: int) -> None:
    torc("workflows", "archive", "true", workflow_id)
    refused = torc("workflows", "reset-status", workflow_id, "--no-prompts")
    assert refused.code == 2
    assert "archive" in refused.err


def test_status_after_cancelling_says_one_thing(torc: Torc, workflow_id: int) -> None:
    torc("workflows", "initialize", workflow_id)
    torc("workflows", "cancel", workflow_id)
    shown = torc("workflows", "status", workflow_id).out
    assert "Status: canceled: 2 jobs will not run (go on with torc workflows reinitialize 1)\n" in shown
    assert "omplete" not in shown
    assert "Archived" not in shown


def test_names_of_files_count_from_where_the_workflow_was_created(
    torc: Torc, workflow_id: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert torc("workflows", "initialize", workflow_id, "-f", "json").json["ready"] == 1
