"""What many jobs share is never expanded where one job or one workflow is asked for."""

from __future__ import annotations

import pytest

from torc.server.store.nouns import JOB
from torc.server.store.relationships import JOBS

from .inside import Torc, Workflow


def steps(torc: Torc, sql: str, *parameters: object) -> str:
    return "\n".join(row[3] for row in torc.sql(f"EXPLAIN QUERY PLAN {sql}", *parameters))


def test_one_job_is_read_without_the_dependencies_of_all_others(torc: Torc) -> None:
    plan = steps(torc, f"SELECT {JOB.json_sql(relations=True)} FROM job WHERE id = ?", 1)
    assert "MATERIALIZE" not in plan
    assert "SCAN job_dependency_set" not in plan


def test_the_dependencies_of_a_workflow_are_read_without_those_of_others(torc: Torc) -> None:
    plan = steps(torc, JOBS.count.replace(":workflow", "?"), 1)
    assert "s USING" in plan and "workflow_id=?" in plan


@pytest.mark.parametrize("size", [3, 40])
def test_dependencies_through_two_sets_are_listed_once(torc: Torc, size: int) -> None:
    names = [f"a{number}" for number in range(size)]
    flow = Workflow(torc, {**{name: [] for name in names}, "b": names, "c": [*names, "b"]})
    listed = torc("list_job_dependencies", flow.id)["job_dependencies"]
    assert len(listed) == 2 * size + 1
    assert sorted(flow.job("c")["depends_on_job_ids"]) == sorted(flow.ids[name] for name in [*names, "b"])
    behind = torc("list_jobs", workflow_id=flow.id, upstream_job_id=flow.ids["a0"])["jobs"]
    assert [job["name"] for job in behind] == ["b", "c"]
