"""Resource requirements are corrected by what the latest results tell."""

from __future__ import annotations

from typing import Any

import pytest

from torc.errors import InvalidInput, NotFound

from .inside import GIB, Torc, Workflow


@pytest.fixture
def workflow(torc: Torc) -> Workflow:
    """Two jobs with the same requirements and one with others, claimed by nobody yet."""
    needs = [
        {"name": "large", "num_cpus": 4, "memory": "10g", "runtime": "PT2H"},
        {"name": "small", "num_cpus": 1, "memory": "1g", "runtime": "PT1M"},
    ]
    jobs = {"a": {"resource_requirements": 0}, "b": {"resource_requirements": 0}, "c": {"resource_requirements": 1}}
    workflow = Workflow(torc, jobs, resource_requirements=needs)
    workflow.initialize()
    return workflow


def used(workflow: Workflow, name: str, code: int = 0, **figures: Any) -> None:
    """Record a result of a job."""
    body = {
        "job_id": workflow.ids[name], "run_id": 1, "return_code": code, "exec_time_minutes": 1.0,
        "status": "failed" if code else "completed", **figures,
    }  # fmt: skip
    workflow.torc("create_result", body=body)


def corrected(workflow: Workflow, **body: Any) -> dict[tuple[str, str], tuple[str, str]]:
    """Correct; by record and amount what it was and what it is."""
    reply = workflow.torc("correct_resources", workflow.id, body=body)
    return {(one["name"], one["amount"]): (one["before"], one["after"]) for one in reply["corrections"]}


def amounts(workflow: Workflow) -> dict[str, tuple[int, str, str]]:
    found = workflow.torc("list_resource_requirements", workflow_id=workflow.id)["items"]
    return {one["name"]: (one["num_cpus"], one["memory"], one["runtime"]) for one in found if one["name"] != "default"}


LITTLE = {"peak_memory_bytes": GIB, "peak_cpu_percent": 101.0, "exec_time_minutes": 10.0}
MUCH = {"peak_memory_bytes": 2 * GIB, "peak_cpu_percent": 150.0, "exec_time_minutes": 20.0}


def test_less_is_asked_for_when_all_have_completed_and_the_largest_use_counts(workflow: Workflow) -> None:
    used(workflow, "a", **LITTLE)
    used(workflow, "b", **MUCH)
    changes = {
        ("large", "num_cpus"): ("4", "2"),
        ("large", "memory"): ("10g", "3g"),
        ("large", "runtime"): ("PT2H", "PT26M"),
    }
    before = amounts(workflow)
    assert corrected(workflow, dry_run=True) == changes
    assert amounts(workflow) == before
    assert corrected(workflow, downsize=False) == {}
    assert corrected(workflow) == changes
    assert amounts(workflow) == {"large": (2, "3g", "PT26M"), "small": (1, "1g", "PT1M")}
    assert corrected(workflow) == {}, "what was corrected is right"


def test_more_is_asked_for_when_one_job_used_too_much_however_it_ended(workflow: Workflow) -> None:
    used(workflow, "c", 137, peak_memory_bytes=3 * GIB, peak_cpu_percent=104.0, exec_time_minutes=1.5)
    assert corrected(workflow, memory_reserve=2, runtime_reserve=4) == {
        ("small", "memory"): ("1g", "6g"),
        ("small", "runtime"): ("PT1M", "PT6M"),
    }


@pytest.mark.parametrize(
    ("figures", "code", "shrinks"),
    [
        (None, 0, set()),
        ({**LITTLE}, 1, set()),
        ({**LITTLE, "peak_memory_bytes": None}, 0, {"num_cpus", "runtime"}),
        ({**LITTLE, "peak_cpu_percent": None}, 0, {"memory", "runtime"}),
        ({**LITTLE, "peak_cpu_percent": None, "exec_time_minutes": 0.01}, 0, {"num_cpus", "memory", "runtime"}),
    ],
    ids=["not run", "failed", "memory unknown", "CPU unknown", "too short for CPU"],
)
def test_less_is_not_asked_for_while_the_use_of_a_job_is_unknown(
    workflow: Workflow, figures: dict[str, Any] | None, code: int, shrinks: set[str]
) -> None:
    used(workflow, "a", **LITTLE)
    if figures is not None:
        used(workflow, "b", code, **figures)
    assert {amount for _, amount in corrected(workflow)} == shrinks


def test_the_change_is_an_event_and_what_was_changed_counts_for_claims(workflow: Workflow) -> None:
    used(workflow, "c", peak_memory_bytes=3 * GIB, exec_time_minutes=0.1)
    corrected(workflow)
    (event,) = workflow.torc("list_events", workflow_id=workflow.id, category="resource_requirements_corrected")[
        "items"
    ]
    assert event["data"]["corrections"][0]["after"] == "4g"


def test_a_workflow_without_results_has_nothing_to_correct(workflow: Workflow) -> None:
    reply = workflow.torc("correct_resources", workflow.id, body={})
    assert (reply["num_results"], reply["corrections"]) == (0, [])


def test_a_reserve_below_the_peak_and_a_missing_workflow_are_refused(workflow: Workflow) -> None:
    with pytest.raises(InvalidInput, match="memory_reserve"):
        corrected(workflow, memory_reserve=0.9)
    with pytest.raises(NotFound):
        workflow.torc("correct_resources", 99, body={})


def test_jobs_that_are_to_take_no_cpu_go_on_taking_none(torc: Torc) -> None:
    need = {"name": "none", "num_cpus": 0, "memory": "1g", "runtime": "PT1M"}
    workflow = Workflow(torc, {"a": {"resource_requirements": 0}}, resource_requirements=[need])
    workflow.initialize()
    used(workflow, "a", **MUCH)
    assert ("none", "num_cpus") not in corrected(workflow)
