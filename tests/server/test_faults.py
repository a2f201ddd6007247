"""Servers that die, replies that are lost, reports that come twice, runners that fall silent."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from torc.server.embedded import host

from .inside import Torc, Workflow, check_counters
from .outside import DEADLINE, Http, LosingProxy, Refused, Server, free_port, until

JOBS = {"a": [], "b": [], "c": ["a", "b"], "d": ["c"], "e": []}
BROKEN = (ConnectionError, http.client.HTTPException, TimeoutError)


class Stubborn:
    """A client that repeats every request, with the same body, until it is answered."""

    def __init__(self, database: Path, point: str) -> None:
        self.database, self.point, self.deaths = database, point, 0
        self.number = 1
        self.port = free_port()  # nobody is given it while the server is away
        self.server = Server(database, port=self.port, crash=f"{point}:1")

    def __call__(self, name: str, *path: Any, body: Any = None, **query: Any) -> Any:
        while True:
            http_client = Http(self.server.url)
            try:
                return http_client(name, *path, body=body, **query)
            except BROKEN:
                assert self.server.wait() == -9
                self.deaths += 1
                self.number += 1
                self.server = Server(self.database, port=self.port, crash=f"{self.point}:{self.number}")
                assert self.server.port == self.port, self.server.wait()
            finally:
                http_client.close()


def by_exchange(workflow: Workflow) -> None:
    """A runner that does everything by exchange."""
    node = workflow.node(pid=1, start_time="2025-01-01T00:00:00Z")
    done: list[dict[str, Any]] = []
    for number in range(99):
        reply = workflow.exchange(node, completions=done, claim={"request_id": f"r{number}", "limit": 2})
        assert reply["errors"] == []
        if reply["is_complete"]:
            return
        jobs = [job["name"] for job in reply["jobs"]]
        starts = [{"job_id": workflow.ids[name], "attempt_id": 1, "start_time": "t"} for name in jobs]
        workflow.exchange(node, starts=starts)
        done = [workflow.entry(name, attempt_id=1, compute_node_id=node) for name in jobs]
    raise AssertionError("no end")


def by_single_calls(workflow: Workflow) -> None:
    """An older client."""
    for number in range(99):
        names = workflow.claim(2, request_id=f"r{number}")
        for name in names:
            workflow.finish(name, attempt_id=1)
        if not names and workflow.torc("is_workflow_complete", workflow.id)["is_complete"]:
            return
    raise AssertionError("no end")


def by_batches(workflow: Workflow) -> None:
    for number in range(99):
        names = workflow.claim(request_id=f"r{number}")
        workflow.batch(*(workflow.entry(name, attempt_id=1) for name in names))
        if not names and workflow.torc("is_workflow_complete", workflow.id)["is_complete"]:
            return
    raise AssertionError("no end")


@pytest.mark.parametrize("moment", ["before_commit", "after_commit", "before_reply"])
@pytest.mark.parametrize(
    ("write", "life"),
    [("exchange", by_exchange), ("claim", by_single_calls), ("complete_job", by_single_calls),
     ("batch_complete_jobs", by_batches)],
)  # fmt: skip
def test_a_server_killed_at_any_step_loses_and_doubles_nothing(
    tmp_path: Path, write: str, life: Callable[[Workflow], None], moment: str
) -> None:
    database = tmp_path / "t.db"
    prepared = Torc(database)
    workflow = Workflow(prepared, JOBS)
    workflow.initialize()
    prepared.close()
    workflow.torc = client = Stubborn(database, f"{write}:{moment}")
    life(workflow)
    assert client.server.stop() == 0
    assert client.deaths >= 3
    torc = Torc(database)
    try:
        assert set(Workflow.statuses(_on(torc, workflow)).values()) == {"completed"}
        assert torc.sql("SELECT job_id, run_id, attempt_id FROM result ORDER BY job_id") == [
            (job, 1, 1) for job in sorted(workflow.ids.values())
        ]
        claimed = Counter(job for item in workflow.events("jobs_pending") for job in item["data"]["job_ids"])
        assert claimed == Counter(workflow.ids.values())
        assert len(workflow.events("job_completed")) == len(JOBS)
        assert len(workflow.events("workflow_completed")) == 1
        check_counters(torc)
        assert torc.sql("PRAGMA integrity_check") == [("ok",)]
    finally:
        torc.close()


def _on(torc: Torc, workflow: Workflow) -> Workflow:
    workflow.torc = torc
    return workflow


def test_a_lost_reply_and_a_second_try_leave_the_state_of_one(tmp_path: Path) -> None:
    with host(tmp_path / "t.db") as (url, token):
        direct = Http(url, token)
        workflow = Workflow(direct, {"a": [], "b": ["a"], "c": []})
        start = workflow.action("on_workflow_start")
        node_fields = {"workflow_id": workflow.id, "hostname": "h", "num_cpus": 1, "memory_gb": 1, "pid": 5,
                       "start_time": "2025-01-01T00:00:00Z"}  # fmt: skip
        workflow.initialize()

        def twice(name: str, *path: Any, **more: Any) -> Any:
            """Ask through a proxy that swallows the first reply."""
            proxy = LosingProxy(direct.port)
            try:
                with pytest.raises(BROKEN):
                    Http(f"http://127.0.0.1:{proxy.port}", token)(name, *path, **more)
                snapshot = _state(direct, workflow)
                reply = Http(f"http://127.0.0.1:{proxy.port}", token)(name, *path, **more)
                assert _state(direct, workflow) == snapshot
                return reply
            finally:
                proxy.close()

        node = twice("create_compute_node", body=node_fields)["id"]
        assert twice("claim_action", workflow.id, start, body={"compute_node_id": node})["claimed"] is True
        claim = {"compute_node_id": node, "run_id": 1, "claim": {"request_id": "r1", "limit": 1}}
        assert [job["name"] for job in twice("exchange", workflow.id, body=claim)["jobs"]] == ["a"]
        job = workflow.ids["a"]
        assert twice("start_job", job, 1, node)["status"] == "running"
        assert twice("complete_job", job, "completed", 1, body={"return_code": 0})["status"] == "completed"
        jobs = twice("claim_next_jobs", workflow.id, limit=1, request_id="r2", compute_node_id=node)["jobs"]
        assert [item["name"] for item in jobs] == ["b"]
        body = {"num_cpus": 4, "memory_gb": 4}
        jobs = twice("claim_jobs_based_on_resources", workflow.id, 5, body=body, request_id="r3")["jobs"]
        assert [item["name"] for item in jobs] == ["c"]
        batch = {"completions": [workflow.entry("b"), workflow.entry("c", 1)]}
        assert len(twice("batch_complete_jobs", workflow.id, body=batch)["completed"]) == 2
        twice("update_compute_node", node, body={"is_active": False, "duration_seconds": 3})
        plan = {"workflow": {"name": "x"}, "request_id": "p1"}
        assert twice("create_workflow_from_plan", body=plan)["num_jobs"] == 0


def _state(client: Http, workflow: Workflow) -> list[Any]:
    return [
        workflow.jobs(), client("list_results", workflow_id=workflow.id)["results"],
        client("list_compute_nodes", workflow_id=workflow.id)["compute_nodes"], workflow.events(),
        client("get_workflow_actions", workflow.id), client("list_workflows")["count"],
    ]  # fmt: skip


def test_eight_runners_share_thousands_of_jobs_without_taking_one_twice(tmp_path: Path) -> None:
    total, runners = 2400, 8
    kinds = [{"name": f"r{cpus}", "num_cpus": cpus, "memory": f"{cpus}g"} for cpus in (1, 2, 4)]
    jobs = {f"j{n}": {"resource_requirements": n % 3, "priority": n % 2} for n in range(total)}
    taken: list[list[int]] = [[] for _ in range(runners)]
    start = threading.Barrier(runners)
    with host(tmp_path / "t.db") as (url, token):
        workflow = Workflow(Http(url, token), jobs, resource_requirements=kinds)
        workflow.initialize()

        def run(number: int) -> None:
            client = Http(url, token)
            start.wait(DEADLINE)
            while True:
                limit = (1, 7, 20, 50)[number % 4]
                if number % 2:
                    body = {"num_cpus": 4 + 8 * (number % 3), "memory_gb": 64}
                    reply = client("claim_jobs_based_on_resources", workflow.id, limit, body=body)
                else:
                    reply = client("claim_next_jobs", workflow.id, limit=limit)
                if not reply["jobs"]:
                    return
                assert len(reply["jobs"]) <= limit
                taken[number] += [job["id"] for job in reply["jobs"]]

        threads = [threading.Thread(target=run, args=(number,)) for number in range(runners)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE)
            assert not thread.is_alive()
    assert all(taken)
    assert Counter(job for jobs_of_one in taken for job in jobs_of_one) == Counter(workflow.ids.values())


def test_a_hundred_equal_reports_at_once_are_one_result(tmp_path: Path) -> None:
    with host(tmp_path / "t.db") as (url, token):
        workflow = Workflow(Http(url, token), {"a": [], "b": ["a"]})
        workflow.initialize()
        workflow.claim()
        statuses: list[str] = []

        def report() -> None:
            client = Http(url, token)
            for _ in range(10):
                reply = client("complete_job", workflow.ids["a"], "completed", 1, body={"return_code": 0})
                statuses.append(reply["status"])

        threads = [threading.Thread(target=report) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE)
        assert statuses == ["completed"] * 100
        assert len(workflow.events("job_completed")) == 1
        assert workflow.status("b") == "ready"


def test_the_jobs_of_a_silent_runner_are_taken_from_it(tmp_path: Path) -> None:
    with host(tmp_path / "t.db") as (url, token):
        workflow = Workflow(Http(url, token), {"a": [], "b": [], "c": ["a"]})
        workflow.initialize()
        silent = workflow.node(lease_seconds=60)
        workflow.exchange(silent, claim={"request_id": "1", "limit": 2})
        workflow.torc("start_job", workflow.ids["a"], 1, silent)
        workflow.torc("update_compute_node", silent, body={"lease_seconds": 0.01})
        until(lambda: workflow.events("compute_node_lost"))
        assert workflow.statuses() == {"a": "failed", "b": "ready", "c": "canceled"}
        result = workflow.torc("list_results", workflow_id=workflow.id)["results"][0]
        assert result["return_code"] == -128
        assert "lost" in result["reason"]
        assert workflow.job("b")["attempt_id"] == 2
        late = workflow.batch(
            workflow.entry("a", attempt_id=1, compute_node_id=silent), workflow.entry("b", attempt_id=1)
        )
        assert [error["code"] for error in late["errors"]] == [409, 409]
        with pytest.raises(Refused) as refused:
            workflow.exchange(silent, claim={"request_id": "1", "limit": 2})
        assert refused.value.status == 409


def test_a_server_that_was_down_longer_than_the_lease_gives_the_whole_lease_again(tmp_path: Path) -> None:
    database = tmp_path / "t.db"
    torc = Torc(database)
    workflow = Workflow(torc, {"a": []})
    workflow.initialize()
    node = workflow.node(lease_seconds=30)
    workflow.exchange(node, claim={"request_id": "1", "limit": 1})
    # Registered an hour ago as far as the file can tell.
    torc.database.write(
        "old", lambda tx: tx.run("UPDATE compute_node SET start_time = '2020-01-01T00:00:00Z'") and None
    ).result()
    torc.close()
    with host(database) as (url, token):
        workflow.torc = Http(url, token)
        reply = workflow.exchange(node, held=[workflow.ids["a"]])
        assert reply["cancel_job_ids"] == []
        assert workflow.status("a") == "pending"
