"""``torc workflows diagnose``: the server's sentences."""

from __future__ import annotations

import pytest

from .conftest import Torc


def test_each_waiting_job_has_its_reason(torc: Torc, workflow_id: int) -> None:
    torc("workflows", "initialize", workflow_id)
    found = torc("workflows", "diagnose", workflow_id, "-f", "json").json["jobs"]
    assert [(item["job_name"], item["status"]) for item in found] == [("first", "ready"), ("second", "blocked")]
    assert "first" in found[1]["message"]
    shown = torc("workflows", "diagnose", workflow_id).out
    assert shown.startswith(f"Why jobs of workflow ID {workflow_id} do not run:")
    assert found[1]["message"] in shown


@pytest.mark.parametrize("job", ["second", "2"])
def test_one_job_is_asked_for_by_name_or_id(torc: Torc, workflow_id: int, job: str) -> None:
    torc("workflows", "initialize", workflow_id)
    found = torc("workflows", "diagnose", workflow_id, "--job", job, "-f", "json").json["jobs"]
    assert [item["job_id"] for item in found] == [2]


def test_jobs_are_chosen_by_status(torc: Torc, workflow_id: int) -> None:
    torc("workflows", "initialize", workflow_id)
    found = torc("workflows", "diagnose", workflow_id, "--status", "blocked", "-f", "json").json["jobs"]
    assert [item["job_name"] for item in found] == ["second"]


def test_nothing_waits_in_an_empty_workflow(torc: Torc) -> None:
    torc("workflows", "new", "--name", "w")
    assert torc("workflows", "diagnose", 1).out == "Nothing waits in workflow 1.\n"
    assert torc("workflows", "diagnose", 1, "-f", "json").json == {"jobs": []}


def test_unknown_workflow_and_job_are_errors(torc: Torc, workflow_id: int) -> None:
    assert torc("workflows", "diagnose", 99).code == 2
    refused = torc("workflows", "diagnose", workflow_id, "--job", "third")
    assert refused.code == 2
    assert "no job named 'third'" in refused.err
