"""HTTP: the one error shape, bodies of every sort, both forms of the older calls, and the OpenAPI document."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

from torc.contract import PREFIX, ROUTES, Route
from torc.server import bodies
from torc.server.embedded import host

from .inside import Workflow
from .outside import DEADLINE, Http, Refused

IDS = [f"{route.verb} {route.path}" for route in ROUTES]


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Http]:
    """A client of a server that all tests here share."""
    with host(tmp_path_factory.mktemp("http") / "t.db") as (url, token):
        client = Http(url, token)
        yield client
        client.close()


@pytest.fixture
def workflow(http: Http) -> Workflow:
    return Workflow(http, {"a": [], "b": ["a"], "c": []})


def is_error(status: int, text: bytes) -> dict[str, Any]:
    """Check the shape of an error and return its detail."""
    body = json.loads(text)
    assert set(body) == {"error", "code", "errorMessage"}
    assert body["code"] == status
    assert body["error"]["message"] == body["errorMessage"]
    assert body["error"]["type"]
    return body["error"]


@pytest.mark.parametrize(
    ("verb", "path", "body", "status", "field"),
    [
        ("GET", "/nowhere", None, 404, "path"),
        ("GET", "/workflows/999", None, 404, "id"),
        ("PATCH", "/workflows/1", None, 405, None),
        ("HEAD", "/ping", None, 405, None),
        ("OPTIONS", "/ping", None, 405, None),
        ("GET", "/workflows/x", None, 422, "id"),
        ("GET", "/workflows/9223372036854775808", None, 422, "id"),
        ("GET", "/workflows/-1", None, 404, "id"),
        ("GET", "/workflows/1e3", None, 422, "id"),
        ("GET", "/workflows/NaN", None, 422, "id"),
        ("GET", "/workflows/%00", None, 422, "id"),
        ("GET", "/workflows/%d9%a1", None, 422, "id"),
        ("GET", "/jobs", None, 422, "workflow_id"),
        ("GET", "/jobs?workflow_id=1&limit=0", None, 422, "limit"),
        ("GET", "/jobs?workflow_id=1&limit=10001", None, 422, "limit"),
        ("GET", "/jobs?workflow_id=1&offset=-1", None, 422, "offset"),
        ("GET", "/jobs?workflow_id=1&status=odd", None, 422, "status"),
        ("POST", "/workflows", b"", 422, "name"),
        ("POST", "/workflows", b"  \n", 422, "name"),
        ("POST", "/workflows", b"{", 400, "body"),
        ("POST", "/workflows", b"\xff\xfe\x00", 400, "body"),
        ("POST", "/workflows", b"[1]", 422, "body"),
        ("POST", "/workflows", b'"text"', 422, "body"),
        ("POST", "/workflows", b'{"name": "x", "metadata": {"a": NaN}}', 400, "body"),
        ("POST", "/workflows", b'{"name": "x", "metadata": {"a": -Infinity}}', 400, "body"),
        ("POST", "/workflows", b'{"name": "x", "metadata": ' + b'{"a":' * 5000 + b"1" + b"}" * 5001, 400, "body"),
        ("POST", "/workflows", b'{"name": "a\\u0000b"}', 422, "name"),
        ("POST", "/workflows", b'{"name": "\\ud800"}', 400, "body"),
        ("POST", "/workflows", b'{"name": ""}', 422, "name"),
        ("POST", "/workflows", json.dumps({"name": "n" * 4097}).encode(), 422, "name"),
        ("POST", "/workflows", b'{"name": "x", "slurm_defaults": "[[["}', 422, "slurm_defaults"),
        ("POST", "/workflows", json.dumps({"name": "x", "slurm_defaults": "[" * 9000}).encode(), 422, "slurm_defaults"),
    ],
)
def test_every_error_has_the_one_shape_and_names_the_field(
    http: Http, verb: str, path: str, body: bytes | None, status: int, field: str | None
) -> None:
    got, text = http.send(verb, path, body)
    assert got == status
    if verb != "HEAD":
        assert is_error(status, text).get("field") == field


def test_a_request_without_the_right_token_is_refused_everywhere_but_at_ping(http: Http) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}, {"Authorization": "Bearer é"}):
        client = Http(f"http://{http.host}:{http.port}")
        client.headers = {name: value.encode().decode("latin-1") for name, value in headers.items()}
        for route in ROUTES:
            path = re.sub(r"\{[^}]+\}", "1", route.path)
            status, text = client.send(route.verb, path)
            if route.right == "none":
                assert status == 200
            else:
                assert (status, is_error(401, text)["field"]) == (401, "Authorization")


def test_unknown_keys_are_ignored_and_null_means_not_given(http: Http) -> None:
    status, reply = http.json("POST", "/workflows?odd=1", {"name": "x", "user": None, "odd": {}, "env": None})
    assert (status, reply["user"], reply["env"]) == (200, "unknown", None)
    updated = http("update_workflow", reply["id"], body={"name": None, "description": "d"})
    assert (updated["name"], updated["description"]) == ("x", "d")


@pytest.mark.parametrize("level", [1, 9])
def test_a_compressed_body_is_understood(http: Http, level: int) -> None:
    body = gzip.compress(json.dumps({"workflow": {"name": "zip"}}).encode(), level)
    status, text = http.send("POST", "/workflow_plans", body, **{"Content-Encoding": "gzip"})
    assert (status, json.loads(text)["name"]) == (200, "zip")


def test_a_compressed_body_that_is_broken_or_has_more_behind_it_is_refused(http: Http) -> None:
    good = gzip.compress(b'{"workflow": {"name": "zip"}}')
    for body in (b"no", good[:-9], good + b"x", good + good, b""):
        status, text = http.send("POST", "/workflow_plans", body, **{"Content-Encoding": "gzip"})
        assert status == 400
        is_error(400, text)


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "deflate"])
def test_a_body_in_another_encoding_is_refused_by_its_name(http: Http, encoding: str) -> None:
    status, text = http.send("POST", "/workflows", b'{"name": "x"}', **{"Content-Encoding": encoding})
    error = is_error(415, text)
    assert (status, error["field"], error["value"]) == (415, "Content-Encoding", encoding)
    assert encoding in error["message"] and "gzip" in error["hint"]
    status, reply = http.json("POST", "/workflows", {"name": "as it is"}, **{"Content-Encoding": "identity"})
    assert (status, reply["name"]) == (200, "as it is")


def test_a_whole_address_in_the_request_line_is_understood_and_its_host_counts(http: Http) -> None:
    def ask(target: str, host: str) -> tuple[int, bytes]:
        http.connection.putrequest("GET", target, skip_host=True)
        for name, value in {**http.headers, "Host": host}.items():
            http.connection.putheader(name, value)
        http.connection.endheaders()
        reply = http.connection.getresponse()
        return reply.status, reply.read()

    own = f"{http.host}:{http.port}"
    assert ask(f"http://{own}{PREFIX}/ping", own) == (200, b'{"status":"ok"}')
    status, text = ask(f"HTTP://{own}{PREFIX}/workflows?limit=1", "elsewhere.example")
    assert (status, json.loads(text)["max_limit"] > 0) == (200, True)
    assert ask(f"http://elsewhere.example{PREFIX}/ping", own)[0] == 403
    assert ask(f"http://{own}", own)[0] == 404


def test_a_small_body_that_expands_without_end_is_refused(http: Http) -> None:
    bomb = gzip.compress(b" " * (300 * 2**20), 9)
    assert len(bomb) < 2**20
    for path in ("/workflow_plans", "/workflows"):
        status, text = http.send("POST", path, bomb, **{"Content-Encoding": "gzip"})
        assert status == 413
        assert "MiB" in is_error(413, text)["message"]


def test_a_body_beyond_the_limit_is_refused_with_the_limit(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MAX_BODY", 2**20)
    status, text = http.send("POST", "/workflows", b" " * (2**20 + 1))
    assert (status, is_error(413, text)["message"]) == (413, "the request is larger than the limit of 1 MiB")


def test_a_large_plan_is_created_while_pings_are_answered(http: Http) -> None:
    jobs = [{"name": f"job number {n}", "command": "echo " + "x" * 100} for n in range(20_000)]
    body = gzip.compress(json.dumps({"workflow": {"name": "large"}, "jobs": jobs}).encode(), 1)
    status, text = http.send("POST", "/workflow_plans", body, **{"Content-Encoding": "gzip"})
    assert (status, json.loads(text)["num_jobs"]) == (200, 20_000)
    workflow = json.loads(text)["id"]
    first = http("list_jobs", workflow_id=workflow)
    assert (first["count"], first["total_count"], first["has_more"]) == (10_000, 20_000, True)
    http("delete_workflow", workflow)


def test_lists_are_paged_and_the_items_also_stand_under_their_name(http: Http, workflow: Workflow) -> None:
    page = http("list_jobs", workflow_id=workflow.id, limit=2, offset=1)
    assert [job["name"] for job in page["items"]] == ["b", "c"]
    assert page["jobs"] == page["items"]
    assert {key: page[key] for key in ("offset", "count", "total_count", "has_more", "max_limit")} == {
        "offset": 1, "count": 2, "total_count": 3, "has_more": False, "max_limit": 10_000,
    }  # fmt: skip
    beyond = http("list_jobs", workflow_id=workflow.id, offset=2**63 - 1)
    assert (beyond["count"], beyond["total_count"]) == (0, 3)


def test_lists_are_sorted_by_fields_of_a_closed_list(http: Http, workflow: Workflow) -> None:
    page = http("list_jobs", workflow_id=workflow.id, sort_by="name", reverse_sort=True)
    assert [job["name"] for job in page["jobs"]] == ["c", "b", "a"]
    for bad in ("env", "odd", "name; DROP TABLE job", "1", "id--", "workflow_id DESC"):
        with pytest.raises(Refused) as refused:
            http("list_jobs", workflow_id=workflow.id, sort_by=bad)
        assert refused.value.status == 422
        assert refused.value.body["error"]["field"] == "sort_by"
        assert "priority" in refused.value.body["error"]["hint"]
        with pytest.raises(Refused):
            http("list_job_dependencies", workflow.id, sort_by=bad)


LISTS = [route for route in ROUTES if route.items and route.right == "read"]


@pytest.mark.parametrize("route", LISTS, ids=[route.name for route in LISTS])
def test_every_list_says_not_found_for_a_workflow_that_is_not_there(http: Http, route: Route) -> None:
    if route.name == "list_workflows":
        return
    path = re.sub(r"\{[^}]+\}", "99999", route.path)
    status, text = http.send("GET", f"{path}?workflow_id=99999")
    assert (status, is_error(404, text)["field"]) == (404, "id")


def test_jobs_are_found_by_their_fields_and_relations(http: Http) -> None:
    files = [{"name": "f", "path": "p%_'"}]
    workflow = Workflow(
        http, {"a": {"output_files": [0]}, "b": {"after": ["a"], "input_files": [0]}, "c": []}, files=files
    )

    def found(**query: Any) -> list[str]:
        return [job["name"] for job in http("list_jobs", workflow_id=workflow.id, **query)["jobs"]]

    file = http("list_files", workflow_id=workflow.id, path="p%_'")["files"][0]["id"]
    workflow.initialize()
    assert found(status="ready") == ["a", "c"]
    assert found(status="submitted") == []
    assert found(name="b") == ["b"]
    assert found(name="%") == []
    assert found(needs_file_id=file) == ["b"]
    assert found(upstream_job_id=workflow.ids["a"]) == ["b"]
    assert http("list_files", workflow_id=workflow.id, is_output=True)["count"] == 1
    assert http("list_files", workflow_id=workflow.id, produced_by_job_id=workflow.ids["b"])["count"] == 0
    pair = http("list_job_file_relationships", workflow.id)["items"][0]
    assert (pair["producer_job_name"], pair["consumer_job_name"]) == ("a", "b")
    edge = http("list_job_dependencies", workflow.id)["job_dependencies"][0]
    assert (edge["job_name"], edge["depends_on_job_name"]) == ("b", "a")


def test_events_are_found_by_category_and_time(http: Http, workflow: Workflow) -> None:
    workflow.initialize()
    workflow.run_all()
    assert {item["event_type"] for item in http("list_events", workflow_id=workflow.id, category="job")["events"]} == {
        "jobs_ready", "jobs_pending", "job_started", "job_completed",
    }  # fmt: skip
    newest = http("get_latest_event_timestamp", workflow.id)["timestamp"]
    assert http("list_events", workflow_id=workflow.id, after_timestamp=newest)["count"] == 0
    assert abs(newest / 1000 - time.time()) < 3600


def test_claims_are_spelt_in_every_older_way(http: Http) -> None:
    workflow = Workflow(http, {f"j{n}": [] for n in range(7)})
    workflow.initialize()
    base = f"/workflows/{workflow.id}"
    resources = {"num_cpus": 1, "memory_gb": 1.0, "num_gpus": 0, "num_nodes": 1}
    query = "num_cpus=1&memory_gb=1"
    asked = [
        ("POST", f"{base}/claim_next_jobs?num_jobs=1", {}),
        ("GET", f"{base}/claim_next_jobs?limit=1", None),
        ("POST", f"{base}/claim_jobs_based_on_resources/1", resources),
        ("POST", f"{base}/claim_jobs_based_on_resources?limit=1", resources),
        ("GET", f"{base}/claim_jobs_based_on_resources?{query}&limit=1", None),
        ("GET", f"{base}/claim_jobs_based_on_resources/1?{query}", None),
        ("POST", f"{base}/claim_next_jobs", None),
    ]
    for number, (verb, path, body) in enumerate(asked):
        status, reply = http.json(verb, path, body)
        assert (status, [job["name"] for job in reply["jobs"]]) == (200, [f"j{number}"])
    status, reply = http.json("POST", f"{base}/claim_jobs_based_on_resources/1")
    assert (status, reply["error"]["field"]) == (422, "num_cpus")


def test_starts_and_ends_are_spelt_in_every_older_way(http: Http) -> None:
    workflow = Workflow(http, {name: [] for name in "abcd"})
    workflow.initialize()
    workflow.claim()
    node = workflow.node()
    a, b, c, d = workflow.ids.values()

    def ok(verb: str, path: str, body: Any = None) -> str:
        status, reply = http.json(verb, path, body)
        assert status == 200, reply
        return reply["status"]

    assert ok("PUT", f"/jobs/{a}/start_job/1/{node}") == "running"
    assert ok("POST", f"/jobs/{b}/start_job", {"compute_node_id": node}) == "running"
    assert ok("POST", f"/jobs/{c}/start_job") == "running"
    assert ok("POST", f"/jobs/{d}/manage_status_change", {"target_status": "running"}) == "running"
    full = {"job_id": a, "workflow_id": workflow.id, "run_id": 1, "compute_node_id": node, "return_code": 0,
            "exec_time_minutes": 0.1, "completion_time": "2025-01-01T00:00:00Z", "status": "done"}  # fmt: skip
    assert ok("POST", f"/jobs/{a}/complete_job/done/1", full) == "completed"
    assert ok("POST", f"/jobs/{b}/complete_job", {"exit_code": 3, "stdout": "ignored"}) == "failed"
    assert ok("POST", f"/jobs/{c}/complete_job", {"exit_code": 0}) == "completed"
    assert ok("PUT", f"/jobs/{d}/manage_status_change/canceled/1") == "canceled"
    results = http("list_results", workflow_id=workflow.id)["results"]
    assert [(item["return_code"], item["exit_code"]) for item in results] == [(0, 0), (3, 3), (0, 0)]


def test_initialize_jobs_takes_its_options_in_the_query_or_the_body(http: Http, workflow: Workflow) -> None:
    base = f"/workflows/{workflow.id}/initialize_jobs"
    assert http.json("POST", base, {"ignore_missing_data": True})[0] == 200
    assert http.json("POST", f"{base}?only_uninitialized=true&async=false")[0] == 200
    assert http.json("POST", base, {"reinitialize": True})[1]["run_id"] == 1
    assert workflow.run_all() == ["a", "c", "b"]


def test_a_compute_node_may_give_its_memory_as_text(http: Http, workflow: Workflow) -> None:
    body = {"workflow_id": workflow.id, "hostname": "n", "num_cpus": 2, "memory": "256g", "is_active": True}
    status, node = http.json("POST", "/compute_nodes", body)
    assert (status, node["memory_gb"], node["num_nodes"]) == (200, 256, 1)
    status, reply = http.json("POST", "/compute_nodes", {**body, "memory": "much"})
    assert (status, reply["error"]["field"]) == (422, "memory")


def test_the_status_can_be_changed_as_older_clients_do(http: Http, workflow: Workflow) -> None:
    reply = http("update_workflow_status", workflow.id, body={"run_id": 4, "is_archived": True})
    assert (reply["run_id"], reply["is_archived"], reply["is_canceled"]) == (4, True, False)
    reply = http("update_workflow_status", workflow.id, body={"is_canceled": True, "is_archived": False})
    assert (reply["is_canceled"], reply["is_archived"], reply["status"]) == (True, False, "canceled")
    assert http("update_workflow_status", workflow.id, body={"is_canceled": False})["is_canceled"] is False


def test_the_server_tells_what_it_is(http: Http) -> None:
    assert http("ping") == {"status": "ok"}
    assert http("health") == {"status": "ok"}
    assert set(http("get_version")) == {"version", "api_version", "git_hash"}


def test_replies_are_never_sniffed(http: Http) -> None:
    http.connection.request("GET", f"{PREFIX}/ping")
    reply = http.connection.getresponse()
    reply.read()
    assert reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Content-Type"] == "application/json"


def test_a_header_without_end_closes_the_connection_and_nothing_else(http: Http) -> None:
    with socket.create_connection((http.host, http.port), timeout=DEADLINE) as rude:
        rude.sendall(b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000)
        with contextlib.suppress(ConnectionError):
            assert b" 200 " not in rude.recv(100)
    assert http("ping") == {"status": "ok"}


@pytest.fixture(scope="module")
def document(http: Http) -> dict[str, Any]:
    status, document = http.json("GET", "/openapi.json")
    assert status == 200
    return document


def test_the_openapi_document_is_valid(document: dict[str, Any]) -> None:
    validate(document)


def test_the_openapi_document_has_every_route_once(document: dict[str, Any]) -> None:
    described = {(verb.upper(), path) for path, verbs in document["paths"].items() for verb in verbs}
    assert described == {(route.verb, route.path.replace(":str", "")) for route in ROUTES}
    names = [item["operationId"] for verbs in document["paths"].values() for item in verbs.values()]
    assert len(set(names)) == len(names) == len(ROUTES)
    assert {route.name for route in ROUTES if not route.alias} <= set(names)


def test_a_result_may_be_given_as_older_clients_do(http: Http, workflow: Workflow) -> None:
    job = workflow.ids["a"]
    status, reply = http.json("POST", "/results", {"job_id": job, "exit_code": 3, "stdout": "x", "stderr": "y"})
    assert (status, reply["return_code"], reply["exit_code"], reply["status"]) == (200, 3, 3, "failed")
    assert (reply["run_id"], reply["attempt_id"], reply["compute_node_id"]) == (0, 1, 0)
    assert isinstance(reply["exec_time_minutes"], float)
    assert http("update_result", reply["id"], body=reply) == reply
    status, refused = http.json("POST", "/results", {"exit_code": 3})
    assert (status, refused["error"]["field"]) == (422, "job_id")


def test_a_claimed_action_says_so_in_both_spellings(http: Http, workflow: Workflow) -> None:
    action = workflow.action("on_workflow_start")
    workflow.initialize()
    reply = http("claim_action", workflow.id, action)
    assert reply == {"action_id": action, "success": True, "claimed": True}


def test_the_status_of_a_workflow_answers_old_and_new_questions(http: Http, workflow: Workflow) -> None:
    status = http("get_workflow_status", workflow.id)
    assert {"id", "run_id", "is_canceled", "is_archived", "has_detected_need_to_run_completion_script"} <= set(status)
    assert {"workflow_id", "jobs_by_status", "total_jobs", "is_complete", "active_scheduled_nodes"} <= set(status)
    assert isinstance(http("get_workflow", workflow.id)["timestamp"], str)


def test_the_openapi_document_states_what_a_request_may_be_and_what_may_go_wrong(document: dict[str, Any]) -> None:
    listed = document["paths"]["/jobs"]["get"]
    parameters = {item["name"]: item for item in listed["parameters"]}
    assert parameters["workflow_id"]["required"] is True
    assert parameters["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 10_000}
    assert {"id", "name", "priority"} <= set(parameters["sort_by"]["schema"]["enum"])
    assert "running" in parameters["status"]["schema"]["enum"]
    assert listed["security"] == [{}, {"basic": []}, {"bearer": []}]
    assert {"200", "401", "403", "404", "422", "429", "503"} <= set(listed["responses"])
    initialize = document["paths"]["/workflows/{id}/initialize_jobs"]["post"]["responses"]
    assert {"200", "202", "409", "413", "507"} <= set(initialize)
    assert document["paths"]["/ping"]["get"]["security"] == []


def test_every_operation_of_the_document_has_a_summary_and_every_tag_a_description(document: dict[str, Any]) -> None:
    operations = [item for verbs in document["paths"].values() for item in verbs.values()]
    assert all(item["summary"] for item in operations)
    described = {tag["name"] for tag in document["tags"] if tag["description"]}
    assert {tag for item in operations for tag in item["tags"]} == described
