from __future__ import annotations

import pytest

from torc.errors import InvalidInput, NotFound

from .inside import Torc, Workflow


def test_the_picture_names_jobs_by_id_and_lines_by_position(torc: Torc) -> None:
    flow = Workflow(torc, {"a": [], "b": ["a"], "c": ["a", "b"]})
    drawn = torc("get_workflow_dag", flow.id)
    assert (drawn["workflow_id"], drawn["total_jobs"]) == (flow.id, 3)
    assert [(node["label"], node["job_ids"], node["layer"]) for node in drawn["nodes"]] == [
        ("a", [flow.ids["a"]], 0),
        ("b", [flow.ids["b"]], 1),
        ("c", [flow.ids["c"]], 2),
    ]
    assert sorted((edge["source"], edge["target"]) for edge in drawn["edges"]) == [(0, 1), (0, 2), (1, 2)]


def test_files_and_data_are_in_the_picture_before_and_after_initialization(torc: Torc) -> None:
    flow = Workflow(
        torc,
        {
            "make": {"output_files": [0]},
            "use": {"input_files": [0], "output_user_data": [0]},
            "end": {"input_user_data": [0]},
        },
        files=[{"name": "f", "path": "f.txt"}],
        user_data=[{"name": "d"}],
    )
    before = torc("get_workflow_dag", flow.id)
    assert [node["layer"] for node in before["nodes"]] == [0, 1, 2]
    flow.initialize()
    assert torc("get_workflow_dag", flow.id) == before


def test_a_stage_behind_a_stage_costs_no_product(torc: Torc) -> None:
    jobs: dict[str, list[str]] = {f"a{number}": [] for number in range(2000)}
    jobs |= {f"b{number}": list(jobs)[:2000] for number in range(2000)}
    drawn = torc("get_workflow_dag", Workflow(torc, jobs).id)
    assert [(node["label"], len(node["job_ids"])) for node in drawn["nodes"]] == [("a*", 2000), ("b*", 2000)]
    assert len(drawn["edges"]) == 1


def test_the_limit_of_nodes_is_checked_and_an_unknown_workflow_is_missing(torc: Torc) -> None:
    flow = Workflow(torc, {"a": []})
    with pytest.raises(InvalidInput, match="max_nodes"):
        torc("get_workflow_dag", flow.id, max_nodes=0)
    with pytest.raises(NotFound):
        torc("get_workflow_dag", 99)
