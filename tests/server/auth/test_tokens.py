"""Bearer tokens: made, limited, ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from torc.server.auth.caller import Caller
from torc.server.services.tokens import MARK, digest
from torc.server.store import events

from ..outside import DEADLINE, until
from .conftest import Serve
from .serving import Running, Someone, basic, password_file

People = Callable[..., Someone]


def made(person: Someone, **body: Any) -> dict[str, Any]:
    status, reply = person.ask("POST", "/tokens", {"name": "t", **body})
    assert status == 200, reply
    return reply


def workflow_of(server: Running, user: str = "olga") -> int:
    return server.do("create_workflow", body={"name": "w"}, caller=Caller(user))["id"]


def node_of(server: Running, workflow: int, **fields: Any) -> int:
    body = {"workflow_id": workflow, "hostname": "h", "num_cpus": 1, "memory_gb": 1, **fields}
    return server.do("create_compute_node", body=body)["id"]


def test_a_token_acts_for_its_user_until_it_is_revoked(serve: Serve, someone: People) -> None:
    server = serve(required=True)
    olga = someone(server, basic("olga"))
    token = made(olga)
    program = someone(server, f"Bearer {token['token']}")
    assert program.ask("GET", "/caller")[1] | {"groups": []} == {
        "user_name": "olga", "is_authenticated": True, "is_admin": False, "groups": [], "workflow_id": None,
        "compute_node_id": None,
    }  # fmt: skip
    assert program.ask("POST", "/workflows", {"name": "w"})[1]["user"] == "olga"
    assert program.status("DELETE", f"/tokens/{token['id']}") == 200
    assert program.status("GET", "/caller") == 401


def test_only_a_digest_of_the_secret_is_kept(serve: Serve, someone: People) -> None:
    server = serve(required=True)
    secret = made(someone(server, basic("olga")))["token"]
    assert secret.startswith(MARK) and len(secret) >= 40
    rows = server.listener.service.database.read(lambda tx: tx.run("SELECT * FROM token").fetchall()).result()
    assert digest(secret) in rows[0]
    assert not [value for value in rows[0] if isinstance(value, str) and secret[5:] in value]
    listed = someone(server, basic("olga")).ask("GET", "/tokens")[1]
    assert "token" not in listed["items"][0]
    assert listed["items"] == listed["tokens"]


def test_a_token_ends_when_its_time_is_over(serve: Serve, someone: People) -> None:
    server = serve(required=True)
    token = made(someone(server, basic("olga")), expires_in_seconds=1)
    program = someone(server, f"Bearer {token['token']}")
    assert program.status("GET", "/caller") == 200
    until(lambda: program.status("GET", "/caller") == 401)


def test_tokens_of_a_user_end_with_the_account(serve: Serve, someone: People, tmp_path: Any) -> None:
    server = serve(required=True, admins=("ada",))
    token = made(someone(server, basic("olga")))["token"]
    path = tmp_path / "htpasswd"
    path.write_text("".join(line for line in path.open() if not line.startswith("olga")))
    assert someone(server, basic("ada")).status("POST", "/admin/reload-auth") == 200
    assert someone(server, f"Bearer {token}").status("GET", "/caller") == 401


def test_everybody_sees_and_revokes_their_own_and_administrators_all(serve: Serve, someone: People) -> None:
    server = serve(required=True, admins=("ada",))
    first = made(someone(server, basic("olga")))["id"]
    made(someone(server, basic("mia")))
    mia, ada = someone(server, basic("mia")), someone(server, basic("ada"))
    assert [token["user_name"] for token in mia.ask("GET", "/tokens")[1]["items"]] == ["mia"]
    assert mia.ask("GET", "/tokens")[1]["total_count"] == 1
    assert len(ada.ask("GET", "/tokens")[1]["items"]) == 2
    missing = mia.ask("DELETE", "/tokens/999")
    foreign = mia.ask("DELETE", f"/tokens/{first}")
    assert (missing[0], foreign[0]) == (404, 404)
    assert str(missing[1]).replace("999", "N") == str(foreign[1]).replace(str(first), "N")
    assert ada.status("DELETE", f"/tokens/{first}") == 200


def test_only_administrators_make_tokens_for_others(serve: Serve, someone: People) -> None:
    server = serve(required=True, admins=("ada",))
    assert someone(server, basic("olga")).status("POST", "/tokens", {"name": "t", "user_name": "mia"}) == 403
    token = made(someone(server, basic("ada")), user_name="mia")["token"]
    assert someone(server, f"Bearer {token}").ask("GET", "/caller")[1]["user_name"] == "mia"


def test_an_open_server_and_an_anonymous_caller_make_none(serve: Serve, someone: People) -> None:
    assert someone(serve(file=None)).status("POST", "/tokens", {"name": "t"}) == 409


def test_an_anonymous_caller_makes_none(serve: Serve, someone: People) -> None:
    assert someone(serve()).status("POST", "/tokens", {"name": "t"}) == 401


@pytest.mark.parametrize("enforce", [False, True])
def test_a_token_for_a_workflow_opens_that_workflow_only(serve: Serve, someone: People, enforce: bool) -> None:
    server = serve(required=True, enforce_access=enforce)
    own, other = workflow_of(server), workflow_of(server)
    olga = someone(server, basic("olga"))
    job = someone(server, f"Bearer {made(olga, workflow_id=own)['token']}")
    assert job.status("GET", f"/workflows/{own}") == 200
    assert job.status("POST", "/user_data", {"workflow_id": own, "name": "d", "data": 1}) == 200
    assert job.status("GET", f"/workflows/{other}") == 404
    assert job.status("GET", f"/jobs?workflow_id={other}") == 404
    assert [item["id"] for item in job.ask("GET", "/workflows")[1]["items"]] == [own]
    assert job.status("POST", "/workflows", {"name": "x"}) == 403
    assert job.status("DELETE", f"/workflows/{own}") == 403
    assert job.status("GET", "/tokens") == job.status("POST", "/access_groups", {"name": "g"}) == 403
    assert job.status("POST", "/tokens", {"name": "wider"}) == 403
    assert job.status("POST", "/tokens", {"name": "other", "workflow_id": other}) == 404
    assert job.status("POST", "/tokens", {"name": "same", "workflow_id": own}) == 200


def test_a_token_for_a_node_speaks_for_no_other_and_ends_with_the_node(serve: Serve, someone: People) -> None:
    server = serve(required=True)
    workflow = workflow_of(server)
    server.do("initialize_workflow", workflow, body={})
    node, other = node_of(server, workflow, lease_seconds=60), node_of(server, workflow)
    token = made(someone(server, basic("olga")), workflow_id=workflow, compute_node_id=node)
    assert token["expires_at"] is None
    job = someone(server, f"Bearer {token['token']}")
    exchange = f"/workflows/{workflow}/exchange"
    assert job.status("POST", exchange, {"compute_node_id": node, "run_id": 1}) == 200
    assert job.status("POST", exchange, {"compute_node_id": other, "run_id": 1}) == 403
    assert job.status("PUT", f"/compute_nodes/{other}", {"is_active": False}) == 403
    assert job.status("DELETE", f"/compute_nodes/{other}") == 403
    assert job.status("GET", f"/compute_nodes/{other}") == 200
    assert job.status("PUT", f"/compute_nodes/{node}", {"num_cpus": 2}) == 200
    assert job.status("POST", "/tokens", {"name": "t", "workflow_id": workflow}) == 403
    someone(server, basic("olga")).ask("PUT", f"/compute_nodes/{node}", {"is_active": False})
    assert job.status("GET", f"/workflows/{workflow}") == 401


def test_a_token_ends_with_the_lease_of_its_node(serve: Serve, someone: People) -> None:
    server = serve(required=True)
    workflow = workflow_of(server)
    node = node_of(server, workflow)
    token = made(someone(server, basic("olga")), workflow_id=workflow, compute_node_id=node)
    assert token["expires_at"] is not None
    silent = node_of(server, workflow, lease_seconds=60)
    lost = made(someone(server, basic("olga")), workflow_id=workflow, compute_node_id=silent)
    server.do("update_compute_node", silent, body={"lease_seconds": 0.01})
    job = someone(server, f"Bearer {lost['token']}")
    until(lambda: job.status("GET", f"/workflows/{workflow}") == 401)
    assert someone(server, f"Bearer {token['token']}").status("GET", f"/workflows/{workflow}") == 200


def test_a_token_needs_a_node_that_is_there(serve: Serve, someone: People) -> None:
    server = serve(required=True)
    workflow, other = workflow_of(server), workflow_of(server)
    olga = someone(server, basic("olga"))
    for body in (
        {"compute_node_id": 1},
        {"workflow_id": workflow, "compute_node_id": 999},
        {"workflow_id": workflow, "compute_node_id": node_of(server, other)},
        {"workflow_id": workflow, "compute_node_id": node_of(server, workflow, is_active=False)},
        {"expires_in_seconds": 0},
        {"expires_in_seconds": 2**63},
    ):
        assert olga.status("POST", "/tokens", {"name": "t", **body}) == 422, body
    assert olga.status("POST", "/tokens", {"name": "t", "workflow_id": 999}) == 404


def test_last_use_is_noted_now_and_then(serve: Serve, someone: People) -> None:
    server = serve(required=True)
    olga = someone(server, basic("olga"))
    program = someone(server, f"Bearer {made(olga)['token']}")

    def used() -> float:
        read = server.listener.service.database.read
        return read(lambda tx: tx.scalar("SELECT last_used_at FROM token")).result() or 0.0

    assert used() == 0
    assert program.status("GET", "/caller") == 200
    until(used)
    first = used()
    server.listener.service.authenticator.forget_tokens()
    assert program.status("GET", "/caller") == 200
    assert used() == first
    assert abs(first - time.time()) < 60
    assert olga.ask("GET", "/tokens")[1]["items"][0]["last_used_at"].endswith("Z")


def test_tokens_that_have_ended_are_dropped_when_others_are_made(serve: Serve, someone: People) -> None:
    server = serve(required=True)
    olga = someone(server, basic("olga"))
    made(olga, expires_in_seconds=1)
    first = olga.ask("GET", "/tokens")[1]["items"][0]["id"]
    until(lambda: made(olga) and first not in [item["id"] for item in olga.ask("GET", "/tokens")[1]["items"]])


def test_a_token_that_is_made_with_a_token_ends_with_it(serve: Serve, someone: People) -> None:
    server = serve(required=True)
    workflow = workflow_of(server)
    olga = someone(server, basic("olga"))
    parent = made(olga, workflow_id=workflow, expires_in_seconds=60)
    child = made(someone(server, f"Bearer {parent['token']}"), workflow_id=workflow, expires_in_seconds=10**6)
    assert child["expires_at"] == parent["expires_at"]
    program = someone(server, f"Bearer {child['token']}")
    assert program.status("GET", f"/workflows/{workflow}") == 200
    assert olga.status("DELETE", f"/tokens/{parent['id']}") == 200
    assert program.status("GET", f"/workflows/{workflow}") == 401


@pytest.mark.parametrize("scoped", [False, True])
def test_a_stream_ends_with_the_token_that_opened_it(serve: Serve, someone: People, scoped: bool) -> None:
    server = serve(required=True)
    workflow = workflow_of(server)
    olga = someone(server, basic("olga"))
    token = made(olga, **({"workflow_id": workflow} if scoped else {}))
    stream = stream_of(someone(server, f"Bearer {token['token']}"), workflow)
    assert olga.status("DELETE", f"/tokens/{token['id']}") == 200
    assert olga.status("POST", "/events", {"workflow_id": workflow, "event_type": "secret"}) == 200
    assert b"secret" not in stream.read()


def test_a_stream_gives_nothing_that_came_while_its_token_ended(
    serve: Serve, someone: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, ended, after = threading.Event(), threading.Event(), events.after

    def read_late(*args: Any) -> Any:
        reading.set()
        assert ended.wait(DEADLINE)
        return after(*args)

    monkeypatch.setattr(events, "after", read_late)
    server = serve(required=True)
    workflow = workflow_of(server)
    olga = someone(server, basic("olga"))
    token = made(olga)
    stream = stream_of(someone(server, f"Bearer {token['token']}"), workflow)
    assert reading.wait(DEADLINE)
    assert olga.status("DELETE", f"/tokens/{token['id']}") == 200
    assert olga.status("POST", "/events", {"workflow_id": workflow, "event_type": "secret"}) == 200
    ended.set()
    assert b"secret" not in stream.read()


def test_a_stream_ends_with_the_account_and_outlives_a_change_of_another(
    serve: Serve, someone: People, tmp_path: Path
) -> None:
    server = serve(required=True, admins=("ada",))
    workflow = workflow_of(server)
    ada, olga, mia = (someone(server, basic(name)) for name in ("ada", "olga", "mia"))
    streams = {person: stream_of(person, workflow) for person in (olga, mia)}
    password_file(tmp_path, "ada", "mia", "stan")
    assert ada.status("POST", "/admin/reload-auth") == 200
    assert ada.status("POST", "/events", {"workflow_id": workflow, "event_type": "secret"}) == 200
    assert b"secret" not in streams[olga].read()
    assert any(b"secret" in line for line in streams[mia])


def test_a_claim_that_is_held_gives_nothing_after_the_end_of_its_token(serve: Serve, someone: People) -> None:
    server = serve(required=True)
    olga = someone(server, basic("olga"))
    workflow = workflow_of(server)
    jobs = [{"workflow_id": workflow, "name": name, "command": "true"} for name in ("first", "second")]
    jobs[1]["depends_on_job_ids"] = [olga.ask("POST", "/jobs", jobs[0])[1]["id"]]  # type: ignore[assignment]
    assert olga.status("POST", "/jobs", jobs[1]) == 200
    server.do("initialize_workflow", workflow, body={})
    first = olga.ask("POST", f"/workflows/{workflow}/claim_next_jobs")[1]["jobs"][0]
    token = made(olga, workflow_id=workflow)
    runner = someone(server, f"Bearer {token['token']}")
    path = f"/torc-service/v1/workflows/{workflow}/claim_next_jobs?wait_seconds=60"
    runner.connection.request("POST", path, headers=runner.headers)
    until(lambda: server.listener.service.bus.waiting == 1)
    assert olga.status("DELETE", f"/tokens/{token['id']}") == 200
    assert olga.status("POST", f"/jobs/{first['id']}/complete_job/completed/1", {"return_code": 0}) == 200
    assert runner.connection.getresponse().status == 401


def test_what_the_server_counts_is_not_for_tokens_of_one_workflow(serve: Serve, someone: People) -> None:
    server = serve(required=True)
    olga = someone(server, basic("olga"))
    tokens = made(olga, workflow_id=workflow_of(server)), made(olga)
    asked = [someone(server, f"Bearer {token['token']}").ask("GET", "/metrics", prefix="")[0] for token in tokens]
    assert asked == [403, 200]


def stream_of(person: Someone, workflow: int) -> HTTPResponse:
    person.connection.request("GET", f"/torc-service/v1/workflows/{workflow}/events/stream", headers=person.headers)
    stream = person.connection.getresponse()
    assert (stream.status, stream.readline()) == (200, b": connected\n")
    return stream
