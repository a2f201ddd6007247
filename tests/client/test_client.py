"""Operations as methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from torc.client.client import Client
from torc.contract import OPERATIONS, Route
from torc.errors import InvalidInput


class Recorder:
    """A transport that remembers requests and answers from a list of records."""

    patience = 0.0

    def __init__(self, records: int = 0) -> None:
        self.records = [{"id": number} for number in range(records)]
        self.sent: list[tuple[str, dict[str, Any], dict[str, Any], Any]] = []
        self.timeouts: list[float | None] = []

    def send(
        self,
        route: Route,
        path_args: Mapping[str, Any],
        query: Mapping[str, Any],
        body: Any = None,
        *,
        timeout: float | None = None,
    ) -> Any:
        self.sent.append((route.name, dict(path_args), dict(query), body))
        self.timeouts.append(timeout)
        if "limit" not in query:
            return {}
        window = self.records[query["offset"] : query["offset"] + query["limit"]]
        return {"items": window, "has_more": query["offset"] + len(window) < len(self.records)}

    def close(self) -> None:
        pass


def test_every_operation_is_a_method() -> None:
    client = Client(Recorder())
    assert set(OPERATIONS) <= set(dir(client))
    assert all(callable(getattr(client, name)) for name in OPERATIONS)


def test_unknown_operation_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no operation 'frobnicate'"):
        Client(Recorder()).frobnicate  # noqa: B018


def test_positions_fill_the_path_and_keywords_the_query() -> None:
    recorder = Recorder()
    client = Client(recorder)
    client.list_job_dependencies(5, limit=2, offset=0, named=True)
    client.claim_action(5, 7, body={"compute_node_id": 1})
    client.call("get_job", id=3)
    assert recorder.sent == [
        ("list_job_dependencies", {"id": 5}, {"limit": 2, "offset": 0, "named": True}, None),
        ("claim_action", {"id": 5, "action_id": 7}, {}, {"compute_node_id": 1}),
        ("get_job", {"id": 3}, {}, None),
    ]


def test_a_list_is_asked_for_under_one_name_unless_said_otherwise() -> None:
    recorder = Recorder()
    Client(recorder).list_jobs(workflow_id=1)
    assert recorder.sent[0][2] == {"workflow_id": 1, "named": False}


def test_missing_part_of_the_path_is_named() -> None:
    with pytest.raises(InvalidInput, match="get_job needs 'id'"):
        Client(Recorder()).get_job()


def test_too_many_positions_are_refused() -> None:
    with pytest.raises(TypeError):
        Client(Recorder()).get_job(1, 2)


@pytest.mark.parametrize("size", [0, 1, 10_000, 10_001, 25_000])
def test_pages_yield_each_record_once(size: int) -> None:
    found = [record["id"] for record in Client(Recorder(size)).pages("list_jobs", workflow_id=1)]
    assert found == list(range(size))


def test_pages_stop_at_the_limit() -> None:
    recorder = Recorder(30_000)
    found = [record["id"] for record in Client(recorder).pages("list_jobs", workflow_id=1, limit=10_005, offset=3)]
    assert found == list(range(3, 10_008))
    assert recorder.sent[-1][2]["limit"] == 5


def test_plan_gets_a_key_unless_it_has_one() -> None:
    recorder = Recorder()
    client = Client(recorder)
    plan = {"workflow": {"name": "x"}}
    client.create_workflow_from_plan(plan)
    client.create_workflow_from_plan({**plan, "request_id": "mine"})
    assert "request_id" not in plan
    assert len(recorder.sent[0][3]["request_id"]) == 32
    assert recorder.sent[1][3]["request_id"] == "mine"


def test_held_requests_get_that_much_longer() -> None:
    recorder = Recorder()
    client = Client(recorder)
    client.exchange(1, body={"compute_node_id": 1})
    client.exchange(1, body={"compute_node_id": 1, "wait_seconds": 60})
    client.claim_next_jobs(1, wait_seconds=30)
    plain, held, claimed = (timeout or 0 for timeout in recorder.timeouts)
    assert held - plain == 60
    assert claimed - plain == 30
