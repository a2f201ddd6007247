"""What an orchestrator reads from its environment and from earlier generations."""

from __future__ import annotations

import pytest

from torc import Orchestrator
from torc.openapi_client import DefaultApi, UserDataModel

JOB = {"TORC_API_URL": "http://localhost:1", "TORC_WORKFLOW_ID": "3", "TORC_JOB_ID": "4"}


def test_a_spawned_job_knows_its_lineage() -> None:
    made = Orchestrator.from_env(lineage_fallback="seed", environ={**JOB, "TORC_ORCHESTRATOR_LINEAGE_ID": "search"})
    assert (made.workflow_id, made.job_id, made.lineage) == (3, 4, "search")


def test_the_first_job_gives_its_own_name() -> None:
    assert Orchestrator.from_env(lineage_fallback="seed", environ=JOB).lineage == "seed"


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({}, "TORC_WORKFLOW_ID is not set; an orchestrator runs as a job of a workflow"),
        ({**JOB, "TORC_JOB_ID": "four"}, "TORC_JOB_ID is 'four', which is not an id"),
        ({**JOB, "TORC_API_URL": ""}, "TORC_API_URL is not set"),
    ],
)
def test_outside_of_a_job_there_is_no_orchestrator(environ: dict[str, str], says: str) -> None:
    with pytest.raises(RuntimeError, match=says):
        Orchestrator.from_env(lineage_fallback="seed", environ=environ)


def test_without_any_lineage_one_must_be_given() -> None:
    with pytest.raises(RuntimeError, match="give lineage_fallback"):
        Orchestrator.from_env(environ=JOB)


def test_the_generation_is_that_of_the_newest_record_of_the_lineage(api: DefaultApi, workflow_id: int) -> None:
    for name in ("a__g000001", "a__g000002", "a__final", "ab__g000007", "a_x__g000009"):
        api.create_user_data(UserDataModel(workflow_id=workflow_id, name=f"__torc_lineage__{name}"))
    assert Orchestrator(api, workflow_id, 1, "a").generation == 2
    assert Orchestrator(api, workflow_id, 1, "b").generation == 0
