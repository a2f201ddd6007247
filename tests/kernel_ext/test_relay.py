from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from server.outside import DEADLINE

from torc.client.client import Client
from torc.client.transport import HttpTransport
from torc.kernel_ext.relay import Relay
from torc.kernel_ext.widget import WorkflowView
from torc.server.embedded import host


class Page:
    """The browser's side of a comm."""

    def __init__(self, client: Client) -> None:
        self.said: queue.Queue[dict[str, Any]] = queue.Queue()
        self.relay = Relay(client, self.said.put)

    def ask(self, **message: Any) -> dict[str, Any]:
        self.relay.take({"id": 1, **message})
        return self.said.get(timeout=DEADLINE)

    def request(self, operation: str, path: dict[str, Any] | None = None, **query: Any) -> dict[str, Any]:
        return self.ask(kind="request", operation=operation, path=path or {}, query=query, body=None)

    def events(self) -> Iterator[dict[str, Any]]:
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            yield from self.said.get(timeout=DEADLINE).get("events", ())


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with host(tmp_path / "torc.db") as (url, token), Client(HttpTransport(url, token)) as opened:
        yield opened


@pytest.fixture
def page(client: Client) -> Iterator[Page]:
    opened = Page(client)
    yield opened
    opened.relay.close()


def test_an_operation_is_carried_out_and_its_reply_finds_the_question(page: Page, client: Client) -> None:
    flow = client.create_workflow(body={"name": "w", "user": "u"})["id"]
    reply = page.request("get_workflow", {"id": flow})
    assert (reply["id"], reply["value"]["name"]) == (1, "w")


def test_an_error_is_an_answer_too(page: Page) -> None:
    missing = page.request("get_workflow", {"id": 99})["error"]
    assert (missing["status"], "99" in missing["message"]) == (404, True)
    assert page.request("drop_everything")["error"]["status"] == 404
    assert page.request("get_workflow", {})["error"]["status"] == 422
    assert page.ask(kind="log", workflow_id=1, job_id=99, stream="stdout")["error"]["status"] == 404


def test_events_are_followed_from_where_the_page_is_until_it_wants_no_more(page: Page, client: Client) -> None:
    flow = client.create_workflow(body={"name": "w", "user": "u"})["id"]
    page.relay.take({"id": 7, "kind": "follow", "workflow_id": flow, "last_id": 0})
    followed = page.events()
    assert next(followed)["type"] == "workflow_created"
    client.archive_workflow(flow, body={"is_archived": True})
    event = next(followed)
    assert (event["type"], event["data"]["workflow_id"]) == ("workflow_archived", flow)
    page.relay.take({"id": 7, "kind": "unfollow"})
    assert page.relay._followers == {}


def test_the_page_is_told_when_the_workflow_is_deleted(page: Page, client: Client) -> None:
    flow = client.create_workflow(body={"name": "w", "user": "u"})["id"]
    page.relay.take({"id": 7, "kind": "follow", "workflow_id": flow, "last_id": 0})
    followed = page.events()
    assert next(followed)["type"] == "workflow_created"
    client.delete_workflow(flow)
    assert next(followed)["type"] == "workflow_deleted"


def test_a_view_says_what_to_show_and_where_the_server_is(client: Client) -> None:
    flow = client.create_workflow(body={"name": "w", "user": "u"})["id"]
    view = WorkflowView(flow, mode="progress", client=client)
    assert (view.workflow_id, view.mode) == (flow, "progress")
    assert isinstance(client.transport, HttpTransport)
    assert view.server == client.transport.url
    view.close()
