"""Records of the Python interface."""

from __future__ import annotations

import warnings

import pytest
from pydantic import ValidationError

from torc.openapi_client import (
    BatchCompleteJobsRequest,
    ExecutionConfig,
    JobCompletionEntry,
    JobModel,
    JobStatus,
    ListJobsResponse,
    ResourceRequirementsModel,
    ResultModel,
    SlurmSchedulerModel,
    WorkflowModel,
    models,
    names,
)


@pytest.mark.parametrize("name", [*names.MODELS, *names.pages(), *names.ENUMS])
def test_every_name_is_a_class_with_a_description(name: str) -> None:
    made = getattr(models, name)
    assert made.__doc__
    assert made is getattr(models, name)


def test_only_what_was_set_is_sent() -> None:
    job = JobModel(workflow_id=1, name="a", command="true")
    assert job.to_dict() == {"workflow_id": 1, "name": "a", "command": "true"}
    assert (job.priority, job.cancel_on_blocking_job_failure) == (0, True)
    job.priority = 4
    job.env = None
    assert job.to_dict() == {"workflow_id": 1, "name": "a", "command": "true", "priority": 4, "env": None}
    assert JobModel.from_json(job.to_json()) == job
    assert "'priority': 4" in job.to_str()


def test_statuses_are_enums_and_words() -> None:
    job = JobModel(workflow_id=1, name="a", command="true", status="ready")
    assert job.status is JobStatus.READY
    assert job.status == "ready"
    job.status = "pending_failed"
    assert job.status is JobStatus.PENDING_FAILED
    assert job.to_json().endswith('"status": "pending_failed"}')
    with pytest.raises(ValidationError, match="Input should be 'uninitialized'"):
        job.status = "done"


def test_a_misspelt_field_is_warned_about_where_it_was_written() -> None:
    with pytest.warns(UserWarning, match="no field 'comand' .did you mean 'command'") as caught:
        JobModel(workflow_id=1, name="a", command="true", comand="false")
    assert caught[0].filename == __file__


def test_unknown_fields_of_replies_are_ignored() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        page = ListJobsResponse.from_dict(
            {"items": [{"workflow_id": 1, "name": "a", "command": "c", "new": 1}], "jobs": [], "offset": 0, "count": 1}
        )
    assert page.items[0].name == "a"


def test_a_missing_field_is_named() -> None:
    with pytest.raises(ValidationError, match=r"command\n  Field required"):
        JobModel(workflow_id=1, name="a")


def test_records_hold_records() -> None:
    result = ResultModel(job_id=1, return_code=0, status="completed")
    entry = JobCompletionEntry(job_id=1, run_id=1, status=JobStatus.COMPLETED, result=result)
    sent = BatchCompleteJobsRequest(completions=[entry]).to_dict()
    assert sent["completions"][0]["result"] == {"job_id": 1, "return_code": 0, "status": "completed"}
    workflow = WorkflowModel(name="w", user="u", execution_config=ExecutionConfig(mode="direct", later="kept"))
    assert workflow.to_dict()["execution_config"] == {"mode": "direct", "later": "kept"}


def test_both_spellings_of_a_field_are_taken() -> None:
    assert ResultModel(job_id=1, exit_code=3).return_code == 3
    assert SlurmSchedulerModel(workflow_id=1, account="a", num_nodes=2).nodes == 2


def test_values_are_left_to_the_server_to_check() -> None:
    assert ResourceRequirementsModel(workflow_id=1, name="r", memory="much").memory == "much"
