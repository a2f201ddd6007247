from __future__ import annotations

from typing import Any

import pytest

from torc.client.client import Client

from .jupyter import Jupyter

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def flow(client: Client) -> int:
    plan: dict[str, Any] = {"workflow": {"name": SCRIPT, "user": "u"}, "jobs": [{"name": "j", "command": "true"}]}
    return int(client.create_workflow_from_plan(plan)["id"])


@pytest.mark.parametrize(("mode", "line"), [("workflow", "<Workflow {} "), ("progress", "<Progress of workflow {} ")])
def test_a_workflow_is_told_as_a_kernel_tells_it(
    jupyter: Jupyter, client: Client, flow: int, mode: str, line: str
) -> None:
    client.initialize_workflow(flow, body={})
    client.cancel_workflow(flow)
    reply = jupyter.ask("GET", f"torc/snapshots/{flow}?mode={mode}", headers=jupyter.xsrf)
    assert (reply.status, set(reply.json)) == (200, {"text/plain", "text/html"})
    assert reply.headers["cache-control"] == "no-store"
    assert reply.json["text/plain"].startswith(line.format(flow))
    assert reply.json["text/plain"].endswith("canceled, 0 of 1 done>")
    assert "canceled, 0 of 1 done" in reply.json["text/html"]
    assert SCRIPT not in reply.json["text/html"]


def test_what_cannot_be_told_is_refused(jupyter: Jupyter, flow: int) -> None:
    for path, status in ((f"{flow}?mode=dag", 422), (f"{flow + 10_000}", 404)):
        assert jupyter.ask("GET", f"torc/snapshots/{path}", headers=jupyter.xsrf).status == status


def test_it_takes_a_login(jupyter: Jupyter, flow: int) -> None:
    known, jupyter.cookies = jupyter.cookies, {}
    try:
        assert jupyter.ask("GET", f"torc/snapshots/{flow}").status == 403
    finally:
        jupyter.cookies = known
