from __future__ import annotations

import json
from urllib.parse import urlsplit

import psutil
import pytest
from browser.lab import TorcServer
from server.outside import until

from torc.client.client import Client

from .jupyter import Jupyter, Recorder

API = "torc/torc-service/v1"
NEW = json.dumps({"name": "from a page", "user": "me"})
JSON = {"Content-Type": "application/json"}


def asked_for(recorder: Recorder) -> list[str]:
    return [f"{verb} {path}" for verb, path, _ in recorder.asked if not path.endswith("/ping")]


def test_a_page_reaches_the_operations_of_the_server(jupyter: Jupyter, torc_server: TorcServer) -> None:
    made = jupyter.ask("POST", f"{API}/workflows", body=NEW, headers={**JSON, **jupyter.xsrf})
    assert (made.status, made.json["name"]) == (200, "from a page")
    number = made.json["id"]
    changed = jupyter.ask(
        "PUT", f"{API}/workflows/{number}", body='{"description": "x"}', headers={**JSON, **jupyter.xsrf}
    )
    assert changed.json["description"] == "x"
    listed = jupyter.ask("GET", f"{API}/workflows?name=from%20a%20page", headers=jupyter.xsrf)
    assert [item["id"] for item in listed.json["items"]] == [number]
    assert jupyter.ask("DELETE", f"{API}/workflows/{number}", headers=jupyter.xsrf).status == 200
    assert jupyter.ask("GET", "torc/server", headers=jupyter.xsrf).json == {"url": torc_server.url}


def test_an_error_of_the_server_arrives_as_it_is(jupyter: Jupyter) -> None:
    missing = jupyter.ask("GET", f"{API}/workflows/999", headers=jupyter.xsrf)
    assert (missing.status, missing.json["error"]["type"]) == (404, "NotFound")
    wrong = jupyter.ask("GET", f"{API}/jobs?workflow_id=x", headers=jupyter.xsrf)
    assert wrong.status == 422


@pytest.mark.parametrize("path", ["torc/server", "torc/logs/1/1", f"{API}/workflows", f"{API}/nothing"])
def test_who_has_not_logged_in_sees_nothing(behind: tuple[Jupyter, Recorder], path: str) -> None:
    jupyter, recorder = behind
    known, jupyter.cookies = jupyter.cookies, {}
    try:
        assert jupyter.ask("GET", path, headers={"Referer": jupyter.base}).status == 403
        assert jupyter.ask("POST", path, body="{}", headers=JSON).status in (403, 405)
    finally:
        jupyter.cookies = known
    assert asked_for(recorder) == []


def test_another_site_changes_nothing(behind: tuple[Jupyter, Recorder]) -> None:
    jupyter, recorder = behind
    foreign = {"Origin": "http://evil.example", "Referer": "http://evil.example/"}
    tries = (
        ("POST", {**JSON, **foreign}),
        ("POST", {"Content-Type": "text/plain", **foreign}),
        ("POST", {"Content-Type": "application/x-www-form-urlencoded"}),
        ("POST", JSON),
        ("POST", {**JSON, "X-XSRFToken": "guessed"}),
        ("PUT", JSON),
        ("DELETE", {}),
        ("GET", {**jupyter.xsrf, **foreign}),
    )
    for verb, headers in tries:
        path = f"{API}/workflows" if verb in ("POST", "GET") else f"{API}/workflows/1"
        body = NEW if verb in ("POST", "PUT") else None
        assert jupyter.ask(verb, path, body=body, headers=headers).status in (403, 404), (verb, headers)
    assert asked_for(recorder) == []


def test_the_server_sees_its_own_credentials_and_nothing_of_jupyter(behind: tuple[Jupyter, Recorder]) -> None:
    jupyter, recorder = behind
    headers = {
        **JSON,
        **jupyter.xsrf,
        "Authorization": "token of-jupyter",
        "X-Forwarded-Host": "evil",
        "Last-Event-ID": "7",
    }
    assert jupyter.ask("POST", f"{API}/workflows?a=1", body=NEW, headers=headers).status == 200
    (verb, path, seen) = recorder.asked[-1]
    assert (verb, path) == ("POST", "/torc-service/v1/workflows?a=1")
    assert seen["authorization"] == "Bearer our-own-token"
    assert seen["last-event-id"] == "7"
    assert not {"cookie", "x-xsrftoken", "referer", "origin", "x-forwarded-host"} & set(seen)
    assert seen["host"].startswith("127.0.0.1:")


def test_what_the_server_says_to_a_browser_alone_is_not_handed_on(behind: tuple[Jupyter, Recorder]) -> None:
    jupyter, recorder = behind
    recorder.headers = {"Set-Cookie": "_xsrf=theirs", "WWW-Authenticate": "Basic", "Access-Control-Allow-Origin": "*"}
    reply = jupyter.ask("GET", f"{API}/workflows", headers=jupyter.xsrf)
    assert not {"set-cookie", "www-authenticate", "access-control-allow-origin"} & set(reply.headers)
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert jupyter.cookies["_xsrf"] != "theirs"


def test_a_redirect_is_not_followed(behind: tuple[Jupyter, Recorder]) -> None:
    jupyter, recorder = behind
    recorder.status, recorder.headers = 302, {"Location": f"{recorder.url}/jobs?workflow_id=1"}
    reply = jupyter.ask("GET", f"{API}/workflows", headers=jupyter.xsrf)
    assert (reply.status, "location" in reply.headers) == (503, False)
    assert "redirect" in reply.json["error"]["message"]
    assert asked_for(recorder) == ["GET /torc-service/v1/workflows"]


@pytest.mark.parametrize(
    "path",
    [
        "nothing",
        "workflows/1/nothing",
        "..%2f..%2fadmin",
        "../../admin",
        "@evil.example/workflows",
        "/evil.example/workflows",
        "http://evil.example/",
        "%0d%0aHost:%20evil/workflows",
        "workflows/..%2f1",
    ],
)
def test_only_operations_of_the_contract_are_forwarded(behind: tuple[Jupyter, Recorder], path: str) -> None:
    jupyter, recorder = behind
    assert jupyter.ask("GET", f"{API}/{path}", headers=jupyter.xsrf).status in (400, 404, 405)
    strangers = [line for line in asked_for(recorder) if not line.startswith("GET /torc-service/v1/workflows/")]
    assert strangers == []


def test_events_arrive_as_they_happen_and_go_on_where_they_were(jupyter: Jupyter, client: Client) -> None:
    flow = client.create_workflow(body={"name": "w", "user": "u"})["id"]
    headers = {**jupyter.xsrf, "Last-Event-ID": "0"}
    with jupyter.open("GET", f"{API}/workflows/{flow}/events/stream", headers=headers) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert stream.headers["X-Accel-Buffering"] == "no"
        assert _next(stream, "event:") == "event: workflow_created"
        client.archive_workflow(flow, body={"is_archived": True})
        assert _next(stream, "event:") == "event: workflow_archived"


def test_a_page_that_is_closed_ends_its_stream_and_leaves_nothing_in_the_log(
    jupyter: Jupyter, torc_server: TorcServer, client: Client
) -> None:
    port = urlsplit(torc_server.url).port
    process = psutil.Process(jupyter.process.pid)
    flow = client.create_workflow(body={"name": "w", "user": "u"})["id"]
    headers = {**jupyter.xsrf, "Last-Event-ID": "0"}
    with jupyter.open("GET", f"{API}/workflows/{flow}/events/stream", headers=headers) as stream:
        _next(stream, "event:")

    def is_over() -> bool:
        # Only with something to say to the page does anybody notice.
        client.archive_workflow(flow, body={"is_archived": True})
        client.archive_workflow(flow, body={"is_archived": False})
        known = (connection.raddr for connection in process.net_connections())
        return port not in [address.port for address in known if address]

    until(is_over)
    assert "Uncaught exception" not in jupyter.log.read_text()


def _next(stream: object, mark: str) -> str:
    while True:
        line = stream.readline().decode().rstrip()  # type: ignore[attr-defined]
        if line.startswith(mark):
            return line
