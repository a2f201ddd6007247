"""Which jobs a claim gets, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from torc.errors import Conflict, InvalidInput, NotFound

from .inside import Torc, Workflow, check_counters


def needs(**kinds: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "memory": "1g", "runtime": "PT1H", **fields} for name, fields in kinds.items()]


def ready(torc: Torc, jobs: dict[str, Any], **parts: Any) -> Workflow:
    workflow = Workflow(torc, jobs, **parts)
    workflow.initialize()
    return workflow


def one_of_each(torc: Torc, method: str = "gpus_runtime_memory") -> Workflow:
    """Jobs named by what they need, in the order of their ids."""
    kinds = needs(small={}, long={"runtime": "PT9H"}, big={"memory": "90g"}, gpu={"num_gpus": 1}, wide={"num_cpus": 8})
    jobs = {kind["name"]: {"resource_requirements": number} for number, kind in enumerate(kinds)}
    return ready(torc, jobs, resource_requirements=kinds, workflow={"jobs_sort_method": method})


ROOM = {"cpus": 64, "memory": 500, "num_gpus": 4}


@pytest.mark.parametrize(
    ("method", "order"),
    [
        ("gpus_runtime_memory", ["gpu", "long", "big", "wide", "small"]),
        ("gpus_memory_runtime", ["gpu", "big", "long", "wide", "small"]),
        ("none", ["small", "long", "big", "gpu", "wide"]),
    ],
)
def test_jobs_come_in_the_order_that_the_workflow_asks_for(torc: Torc, method: str, order: list[str]) -> None:
    workflow = one_of_each(torc, method)
    assert workflow.fit(**ROOM) == order


def test_a_claim_may_ask_for_another_order(torc: Torc) -> None:
    workflow = one_of_each(torc)
    assert workflow.fit(2, options={"sort_method": "none"}, **ROOM) == ["small", "long"]
    with pytest.raises(InvalidInput, match="'random' is not a sort method"):
        workflow.fit(options={"sort_method": "random"})


@pytest.mark.parametrize("method", ["none", "gpus_runtime_memory"])
def test_priority_comes_before_everything(torc: Torc, method: str) -> None:
    jobs = {name: {"priority": priority} for name, priority in (("a", 0), ("b", 5), ("c", 2**63 - 1), ("d", 5))}
    workflow = ready(torc, jobs, workflow={"jobs_sort_method": method})
    assert workflow.fit() == ["c", "b", "d", "a"]


def test_priority_orders_claims_by_count_too(torc: Torc) -> None:
    workflow = ready(torc, {"a": {}, "b": {"priority": 1}, "c": {"priority": 1}})
    assert workflow.claim(2) == ["b", "c"]
    assert workflow.claim(2) == ["a"]


@pytest.mark.parametrize(
    ("kind", "room", "lacks"),
    [
        ({"num_cpus": 5}, {"cpus": 4}, "needs 5 CPUs, the runner has 4"),
        ({"memory": "9g"}, {"memory": 8}, "needs 9.0GB of memory, the runner has 8.0GB"),
        ({"num_gpus": 1}, {}, "needs 1 GPUs, the runner has 0"),
        ({"num_nodes": 2}, {}, "needs 2 nodes, the runner has 1"),
        ({"runtime": "PT2H"}, {"time_limit": "PT1H"}, "needs 2h 00m of run time, the runner has 1h 00m left"),
    ],
)
def test_a_job_that_does_not_fit_stays_and_the_reply_says_what_it_lacks(
    torc: Torc, kind: dict[str, Any], room: dict[str, Any], lacks: str
) -> None:
    workflow = ready(torc, {"j": {"resource_requirements": 0}}, resource_requirements=needs(r=kind))
    assert workflow.fit(**room) == []
    assert lacks in workflow.reason
    assert workflow.status("j") == "ready"


def test_jobs_are_packed_together_into_what_is_free(torc: Torc) -> None:
    workflow = ready(
        torc, {f"j{n}": {"resource_requirements": 0} for n in range(9)}, resource_requirements=needs(r={"num_cpus": 2})
    )
    assert workflow.fit(cpus=5) == ["j0", "j1"]
    assert workflow.fit(cpus=64, memory=3) == ["j2", "j3", "j4"]
    assert workflow.fit(3) == ["j5", "j6", "j7"]


def test_a_large_job_at_the_head_hides_no_smaller_one(torc: Torc) -> None:
    kinds = needs(huge={"num_cpus": 60, "runtime": "PT9H"}, tiny={})
    jobs = {f"h{n}": {"resource_requirements": 0, "priority": 9} for n in range(30)}
    workflow = ready(torc, {**jobs, "t": {"resource_requirements": 1}}, resource_requirements=kinds)
    assert workflow.fit(5, cpus=2) == ["t"]
    assert workflow.fit(5, cpus=61) == ["h0"]


def test_a_job_for_several_nodes_takes_them_whole(torc: Torc) -> None:
    kinds = needs(pair={"num_nodes": 2, "runtime": "PT9H"}, one={})
    jobs = {"p": {"resource_requirements": 0}, "q": {"resource_requirements": 0}, "s": {"resource_requirements": 1}}
    workflow = ready(torc, jobs, resource_requirements=kinds)
    assert workflow.fit(num_nodes=3) == ["p", "s"]
    workflow = ready(torc, jobs, resource_requirements=kinds)
    assert workflow.fit(num_nodes=2) == ["p"]


def test_a_node_that_small_jobs_share_is_not_whole_any_more(torc: Torc) -> None:
    kinds = needs(pair={"num_nodes": 2}, one={"runtime": "PT9H"})
    jobs = {"s": {"resource_requirements": 1}, "p": {"resource_requirements": 0}}
    workflow = ready(torc, jobs, resource_requirements=kinds)
    assert workflow.fit(num_nodes=2) == ["s"]
    assert workflow.fit(num_nodes=2) == ["p"]


def test_jobs_bound_to_a_scheduler_go_to_its_runners_first(torc: Torc) -> None:
    schedulers = [{"name": name, "account": "x"} for name in ("s0", "s1")]
    jobs = {"free": {}, "zero": {"scheduler": 0}, "one": {"scheduler": 1}}
    workflow = ready(torc, jobs, slurm_schedulers=schedulers)
    mine = workflow.job("one")["scheduler_id"]
    assert workflow.fit(scheduler_config_id=mine) == ["free", "one"]
    assert workflow.fit(scheduler_config_id=mine, options={"strict_scheduler_match": True}) == []
    assert "bound to scheduler" in workflow.reason
    assert workflow.fit(scheduler_config_id=mine) == ["zero"]


def test_ahead_claims_what_fits_the_whole_runner_later(torc: Torc) -> None:
    kinds = needs(wide={"num_cpus": 3}, huge={"num_cpus": 9})
    jobs = {f"w{n}": {"resource_requirements": 0} for n in range(4)} | {"h": {"resource_requirements": 1}}
    workflow = ready(torc, jobs, resource_requirements=kinds)
    node = workflow.node()
    claim = {
        "request_id": "r", "limit": 5, "ahead": 2, "resources": {"num_cpus": 4, "memory_gb": 8},
        "total": {"num_cpus": 4, "memory_gb": 8},
    }  # fmt: skip
    reply = workflow.exchange(node, claim=claim)
    assert [job["name"] for job in reply["jobs"]] == ["w0", "w1", "w2"]
    assert workflow.status("h") == "ready"


def test_a_claimed_job_carries_all_that_is_needed_to_start_it(torc: Torc) -> None:
    workflow = ready(
        torc,
        {"a": {"output_files": [0], "env": {"B": "job", "C": "3"}, "resource_requirements": 0}, "b": ["a"]},
        files=[{"name": "f", "path": "x/y"}], resource_requirements=needs(r={"num_cpus": 2}),
        workflow={"env": {"A": "1", "B": "workflow"}},
    )  # fmt: skip
    job = torc("claim_next_jobs", workflow.id)["jobs"][0]
    assert job["env"] == {"A": "1", "B": "job", "C": "3"}
    assert (job["run_id"], job["attempt_id"], job["min_unmet"]) == (1, 1, 1)
    assert (job["num_cpus"], job["memory_bytes"], job["runtime_seconds"]) == (2, 2**30, 3600)
    assert [file["path"] for file in job["output_files"]] == ["x/y"]
    assert job["status"] == "pending"


def test_a_repeated_claim_gets_the_same_jobs_and_takes_no_more(torc: Torc) -> None:
    workflow = ready(torc, {name: [] for name in "abcd"})
    assert workflow.claim(2, request_id="r1") == ["a", "b"]
    assert workflow.claim(2, request_id="r1") == ["a", "b"]
    assert workflow.fit(2, options={"request_id": "r2"}) == ["c", "d"]
    assert workflow.fit(2, options={"request_id": "r2"}) == ["c", "d"]
    workflow.finish("a")
    assert workflow.claim(2, request_id="r1") == ["b"]
    assert workflow.claim(2) == []


def test_a_repeated_claim_gets_nothing_that_somebody_else_holds_by_now(torc: Torc) -> None:
    workflow = ready(torc, {"a": []})
    first, second = workflow.node(), workflow.node()
    assert workflow.claim(request_id="r1", compute_node_id=first) == ["a"]
    torc("update_compute_node", first, body={"is_active": False})
    assert workflow.claim(request_id="r2", compute_node_id=second) == ["a"]
    torc("update_compute_node", first, body={"is_active": True})
    assert workflow.claim(request_id="r1", compute_node_id=first) == []


def test_a_claim_of_an_earlier_run_is_not_repeated_in_the_next(torc: Torc) -> None:
    workflow = ready(torc, {"a": []})
    assert workflow.claim(request_id="r1") == ["a"]
    workflow.initialize(force=True)
    assert workflow.claim(request_id="r2") == ["a"]
    assert workflow.claim(request_id="r1") == []


def test_a_claim_that_found_nothing_may_find_something_when_repeated(torc: Torc) -> None:
    workflow = ready(torc, {"a": [], "b": ["a"]})
    assert workflow.claim() == ["a"]
    assert workflow.claim(request_id="r") == []
    workflow.finish("a")
    assert workflow.claim(request_id="r") == ["b"]


@pytest.mark.parametrize("limit", [0, -1, -(2**62)])
def test_a_limit_of_nothing_claims_nothing(torc: Torc, limit: int) -> None:
    workflow = ready(torc, {"a": []})
    assert workflow.claim(limit) == []
    assert workflow.fit(limit) == []


def test_the_largest_limit_is_just_large(torc: Torc) -> None:
    workflow = ready(torc, {"a": [], "b": []})
    claim = {"request_id": "r", "limit": 2**63 - 1, "ahead": 2**63 - 1}
    assert len(workflow.exchange(workflow.node(), claim=claim)["jobs"]) == 2


def test_a_canceled_workflow_gives_no_jobs(torc: Torc) -> None:
    workflow = ready(torc, {"a": []})
    torc("cancel_workflow", workflow.id)
    assert workflow.fit() == []
    assert workflow.reason == "the workflow is canceled"


def test_a_node_that_is_gone_or_strange_claims_nothing(torc: Torc) -> None:
    workflow, other = ready(torc, {"a": []}), Workflow(torc, {"x": []})
    gone = workflow.node()
    torc("update_compute_node", gone, body={"is_active": False})
    for node in (gone, other.node(), 9999):
        with pytest.raises(Conflict, match=f"compute node {node} is not active"):
            workflow.claim(compute_node_id=node)
        with pytest.raises(Conflict):
            workflow.exchange(node, claim={"request_id": "r", "limit": 1})
    assert workflow.status("a") == "ready"
    with pytest.raises(NotFound):
        torc("claim_next_jobs", 9999)


def test_an_exchange_reports_hands_back_and_claims_in_one_step(torc: Torc) -> None:
    workflow = ready(torc, {"a": [], "b": ["a"], "c": []})
    node = workflow.node()
    first = workflow.exchange(node, claim={"request_id": "1", "limit": 5})
    assert [job["name"] for job in first["jobs"]] == ["a", "c"]
    start = {"job_id": workflow.ids["a"], "attempt_id": 1, "start_time": "2025-01-01T00:00:00Z"}
    body = {
        "starts": [start], "completions": [workflow.entry("a")], "released": [workflow.ids["c"]],
        "claim": {"request_id": "2", "limit": 5},
    }  # fmt: skip
    reply = workflow.exchange(node, **body)
    assert reply["completed"] == [workflow.ids["a"]]
    assert sorted(job["name"] for job in reply["jobs"]) == ["b", "c"]
    again = workflow.exchange(node, **body)
    assert again["completed"] == [workflow.ids["a"]]
    assert len(workflow.events("job_started")) == len(workflow.events("job_completed")) == 1
    assert torc("list_results", workflow_id=workflow.id)["count"] == 1
    check_counters(torc)


def test_a_start_by_a_runner_that_does_not_hold_the_job_changes_nothing(torc: Torc) -> None:
    workflow = ready(torc, {"a": []})
    holder, other = workflow.node(), workflow.node()
    workflow.exchange(holder, claim={"request_id": "1", "limit": 1})
    start = {"job_id": workflow.ids["a"], "attempt_id": 1, "start_time": "t"}
    workflow.exchange(other, starts=[start])
    assert workflow.status("a") == "pending"
    workflow.exchange(holder, starts=[start])
    assert (workflow.status("a"), workflow.job("a")["compute_node_id"]) == ("running", holder)


def test_a_runner_of_an_earlier_run_is_told_that_it_is_over(torc: Torc) -> None:
    workflow = ready(torc, {"a": []})
    old, new = workflow.node(), workflow.node()
    workflow.exchange(old, claim={"request_id": "1", "limit": 1})
    workflow.initialize(force=True)
    workflow.exchange(new, claim={"request_id": "2", "limit": 1})
    start = {"job_id": workflow.ids["a"], "attempt_id": 1, "start_time": "t"}
    stale = workflow.exchange(
        old, run_id=1, starts=[start], completions=[workflow.entry("a", run_id=1)], held=[workflow.ids["a"]],
        claim={"request_id": "3", "limit": 1},
    )  # fmt: skip
    assert stale["is_complete"] is True
    assert [error["code"] for error in stale["errors"]] == [409]
    assert stale["cancel_job_ids"] == [workflow.ids["a"]]
    assert (workflow.status("a"), workflow.job("a")["compute_node_id"]) == ("pending", new)


def test_a_runner_only_hands_back_what_it_has_not_started(torc: Torc) -> None:
    workflow = ready(torc, {"a": [], "b": []})
    one, two = workflow.node(), workflow.node()
    workflow.exchange(one, claim={"request_id": "1", "limit": 1})
    workflow.exchange(two, claim={"request_id": "2", "limit": 1})
    workflow.exchange(one, starts=[{"job_id": workflow.ids["a"], "attempt_id": 1, "start_time": "t"}])
    workflow.exchange(one, released=list(workflow.ids.values()))
    assert workflow.statuses() == {"a": "running", "b": "pending"}


def test_sums_over_ready_jobs_stay_numbers_however_large(torc: Torc) -> None:
    jobs = {f"j{n}": {"resource_requirements": 0} for n in range(3)}
    workflow = ready(torc, jobs, resource_requirements=needs(r={"memory": "4096p", "num_cpus": 2**31}))
    reply = torc("get_ready_job_requirements", workflow.id)
    assert (reply["num_jobs"], reply["num_cpus"]) == (3, 3 * 2**31)
    assert reply["memory_gb"] == pytest.approx(3 * 2**32)
