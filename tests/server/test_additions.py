"""Jobs that come while a workflow runs, and what is told of their ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from torc.contract import RUN_CALL
from torc.errors import Conflict, InvalidInput, NotFound

from .inside import Torc, Workflow, check_counters
from .outside import DEADLINE


@pytest.fixture
def workflow(torc: Torc) -> Workflow:
    made = Workflow(torc, {"first": []})
    made.initialize()
    return made


def job(name: str, reads: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "command": RUN_CALL,
        "input_user_data": list(reads),
        "output_user_data": [f"{name}:out"],
        **more,
    }


def add(workflow: Workflow, *jobs: dict[str, Any], data: tuple[str, ...] = (), **more: Any) -> list[int]:
    records = [{"name": name, "data": {"value": name}} for name in data]
    records += [{"name": name} for item in jobs for name in item["output_user_data"]]
    body = {"user_data": records, "jobs": list(jobs), **more}
    return workflow.torc("add_jobs", workflow.id, body=body)["job_ids"]


def outcomes(workflow: Workflow, after: int = 0) -> tuple[dict[int, dict[str, Any]], int]:
    reply = workflow.torc("get_outcomes", workflow.id, after=after)
    return {item["job_id"]: item for item in reply["outcomes"]}, reply["last"]


def status(workflow: Workflow, job_id: int) -> str:
    return workflow.torc("get_job", job_id)["status"]


def node(workflow: Workflow) -> int:
    body = {"workflow_id": workflow.id, "hostname": "h", "pid": 1, "num_cpus": 8, "memory_gb": 8, "num_gpus": 0,
            "num_nodes": 1, "start_time": "2026-01-01T00:00:00Z"}  # fmt: skip
    return workflow.torc("create_compute_node", body=body)["id"]


def exchange(workflow: Workflow, node_id: int, limit: int = 0, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"compute_node_id": node_id, "run_id": 1, **more}
    if limit:
        body["claim"] = {"request_id": f"{node_id} {limit} {more}", "limit": limit}
    return workflow.torc("exchange", workflow.id, body=body)


def completion(job_id: int, code: int = 0, **more: Any) -> dict[str, Any]:
    name = "completed" if code == 0 else "failed"
    result = {"return_code": code, "status": name, "attempt_id": 1}
    return {"job_id": job_id, "run_id": 1, "status": name, "result": result, **more}


def test_added_jobs_are_ready_or_wait_for_those_that_make_their_inputs(torc: Torc, workflow: Workflow) -> None:
    a, b, c = add(workflow, job("a", ("x",)), job("b", ("a:out", "x")), job("c", ("b:out", "a:out")), data=("x",))
    assert [status(workflow, item) for item in (a, b, c)] == ["ready", "blocked", "blocked"]
    (d,) = add(workflow, job("d", ("c:out",)))
    assert status(workflow, d) == "blocked"
    node_id = node(workflow)
    exchange(workflow, node_id, limit=10)
    exchange(workflow, node_id, completions=[completion(a)])
    assert [status(workflow, item) for item in (b, c, d)] == ["ready", "blocked", "blocked"]
    # What waits for a job that has ended does not wait.
    (e,) = add(workflow, job("e", ("a:out",)))
    assert status(workflow, e) == "ready"
    check_counters(torc)


def test_jobs_behind_one_that_failed_are_canceled_when_they_come(torc: Torc, workflow: Workflow) -> None:
    (a,) = add(workflow, job("a"))
    node_id = node(workflow)
    exchange(workflow, node_id, limit=10)
    exchange(workflow, node_id, completions=[completion(a, 1)])
    b, c, d = add(workflow, job("b", ("a:out",)), job("c", ("b:out",)), job("d"))
    assert [status(workflow, item) for item in (b, c, d)] == ["canceled", "canceled", "ready"]
    told, _ = outcomes(workflow)
    assert [told[item]["status"] for item in (a, b, c)] == ["failed", "canceled", "canceled"]
    check_counters(torc)


def test_a_repeated_addition_adds_nothing(workflow: Workflow) -> None:
    first = add(workflow, job("a"), request_id="once")
    assert add(workflow, job("a"), request_id="once") == first
    with pytest.raises(InvalidInput, match="already"):
        add(workflow, job("a"), request_id="twice")
    with pytest.raises(InvalidInput, match="already"):
        workflow.torc("add_jobs", workflow.id, body={"jobs": [{"name": "a", "command": "true"}]})


def test_a_request_id_that_comes_again_with_other_jobs_is_refused(workflow: Workflow) -> None:
    first = add(workflow, job("a"), request_id="once")
    with pytest.raises(Conflict, match="another body") as raised:
        add(workflow, job("b"), request_id="once")
    assert raised.value.field == "request_id"
    assert add(workflow, job("a"), request_id="once") == first


def test_an_addition_is_refused_as_a_whole(torc: Torc, workflow: Workflow) -> None:
    before = torc.sql("SELECT count(*) FROM job"), torc.sql("SELECT count(*) FROM user_data")
    with pytest.raises(InvalidInput, match="no user data named 'nowhere'"):
        add(workflow, job("a"), job("b", ("nowhere",)))
    with pytest.raises(InvalidInput, match="no resource requirements with id 99"):
        add(workflow, job("a"), job("b", resource_requirements_id=99))
    with pytest.raises(InvalidInput, match="stands twice"):
        add(workflow, job("a"), job("a2", output_user_data=["a:out"]))
    assert (torc.sql("SELECT count(*) FROM job"), torc.sql("SELECT count(*) FROM user_data")) == before
    with pytest.raises(NotFound):
        torc("add_jobs", 99, body={"jobs": []})


def test_no_jobs_come_to_a_run_that_is_not_there_or_canceled(torc: Torc, workflow: Workflow) -> None:
    fresh = Workflow(torc, {"a": []})
    with pytest.raises(Conflict, match="not initialized"):
        add(fresh, job("b"))
    torc("cancel_workflow", workflow.id)
    with pytest.raises(Conflict, match="canceled"):
        add(workflow, job("b"))


def test_the_claim_of_a_call_brings_its_inputs(workflow: Workflow) -> None:
    (a,) = add(workflow, job("a", ("x", "y")), data=("x", "y"))
    claimed = {item["id"]: item for item in exchange(workflow, node(workflow), limit=10)["jobs"]}
    assert [(item["name"], item["data"]) for item in claimed[a]["inputs"]] == [
        ("x", {"value": "x"}),
        ("y", {"value": "y"}),
    ]
    assert all(item["inputs"] is None for item in claimed.values() if item["id"] != a)


def test_a_completion_brings_the_values_that_the_job_makes_and_no_others(torc: Torc, workflow: Workflow) -> None:
    a, b = add(workflow, job("a"), job("b"))
    ids = dict(torc.sql("SELECT name, id FROM user_data"))
    node_id = node(workflow)
    exchange(workflow, node_id, limit=10)
    values = [{"id": ids["a:out"], "data": {"json": [1, 2.5, "ä"]}}, {"id": ids["b:out"], "data": "not mine"}]
    exchange(workflow, node_id, completions=[completion(a, user_data=values)])
    told, last = outcomes(workflow)
    assert told[a] == {
        "job_id": a, "status": "completed", "attempt_id": 1, "return_code": 0, "reason": None,
        "outputs": [{"id": ids["a:out"], "name": "a:out", "data": {"json": [1, 2.5, "ä"]}}],
    }  # fmt: skip
    assert torc("get_user_data", ids["b:out"])["data"] is None
    # A refused completion changes no value.
    late = completion(a, 1, user_data=[{"id": ids["a:out"], "data": "late"}])
    assert exchange(workflow, node_id, completions=[late])["errors"]
    assert torc("get_user_data", ids["a:out"])["data"] == {"json": [1, 2.5, "ä"]}
    assert outcomes(workflow, last)[0] == {}
    exchange(workflow, node_id, completions=[completion(b)])
    assert list(outcomes(workflow, last)[0]) == [b]


def test_a_start_is_told_while_the_job_runs(workflow: Workflow) -> None:
    (a,) = add(workflow, job("a"))
    node_id = node(workflow)
    exchange(workflow, node_id, limit=10)
    exchange(workflow, node_id, starts=[{"job_id": a, "attempt_id": 1, "start_time": "2026-01-01T00:00:00Z"}])
    assert outcomes(workflow)[0][a]["status"] == "running"
    exchange(workflow, node_id, completions=[completion(a)])
    assert [item["status"] for item in outcomes(workflow)[0].values()] == ["completed"]


def test_many_outcomes_come_in_parts_and_none_is_missed(workflow: Workflow) -> None:
    ids = add(workflow, *(job(f"job_{number}") for number in range(1200)))
    node_id = node(workflow)
    exchange(workflow, node_id, limit=2000)
    exchange(workflow, node_id, completions=[completion(job_id) for job_id in ids])
    found, last = outcomes(workflow)
    while len(found) < len(ids):
        more, last = outcomes(workflow, last)
        assert more
        found |= more
    assert sorted(found) == ids
    assert {item["status"] for item in found.values()} == {"completed"}


def test_those_who_wait_are_told_when_something_happens(torc: Torc, workflow: Workflow) -> None:
    (a,) = add(workflow, job("a"))
    node_id = node(workflow)
    exchange(workflow, node_id, limit=10)
    _, last = outcomes(workflow)

    async def scenario() -> dict[str, Any]:
        from torc.models.addition import OutcomesQuery
        from torc.server.outcomes import get_outcomes
        from torc.server.services.call import Call

        service = torc.live
        call = Call(path={"id": workflow.id}, query=OutcomesQuery(after=last, wait_seconds=30))
        waiting = asyncio.ensure_future(get_outcomes(service, call))
        while not service.bus.streams:
            await asyncio.sleep(0)
        exchange_body = completion(a)
        await asyncio.to_thread(exchange, workflow, node_id, completions=[exchange_body])
        for event in service.bus._streams[workflow.id]:
            event.set()
        return await asyncio.wait_for(waiting, DEADLINE)

    reply = asyncio.run(scenario())
    assert '"status":"completed"' in reply["outcomes"]
