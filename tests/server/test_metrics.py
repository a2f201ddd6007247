"""What the server counts, read as Prometheus reads it, and the lines about requests and commits."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from torc.contract import ROUTES
from torc.server.embedded import host
from torc.server.handlers import RouteHandler
from torc.server.logs import JsonLines
from torc.server.metrics import Metrics
from torc.server.request_log import RequestLog
from torc.server.store.engine import Commit

from .inside import Workflow
from .outside import Http, Server, until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, str]]:
    with host(tmp_path / "t.db") as found:
        yield found


def scrape(http: Http, accept: str = "") -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    http.connection.request("GET", "/metrics", headers={**http.headers, "Accept": accept})
    reply = http.connection.getresponse()
    text = reply.read().decode()
    assert reply.status == 200, text
    assert reply.headers["Content-Type"].startswith("text/plain")
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


REQUESTS = "torc_http_request_duration_seconds_count"


def test_requests_are_counted_by_path_of_the_contract_and_status(server: tuple[str, str]) -> None:
    http = Http(*server)
    workflow = Workflow(http, {"a": []})
    for _ in range(3):
        http("get_workflow", workflow.id)
    http.send("GET", "/workflows/999")
    http.send("GET", "/made/up/1")
    http.send("GET", "/made/up/2")
    found = scrape(http)
    assert found[key(REQUESTS, method="GET", route="/workflows/{id}", status="200")] == 3
    assert found[key(REQUESTS, method="GET", route="/workflows/{id}", status="404")] == 1
    assert found[key(REQUESTS, method="GET", route="unknown", status="404")] == 2
    sums = [value for (name, _), value in found.items() if name == "torc_http_request_duration_seconds_sum"]
    assert all(value > 0 for value in sums)
    http.close()


def test_nobody_fills_the_memory_with_methods_and_paths_of_his_own(server: tuple[str, str]) -> None:
    http = Http(*server)
    for number in range(20):
        http.send(f"ODD{number}", f"/odd{number}")
        http.send(f"ODD{number}", "/ping")
    labels = {labels for name, labels in scrape(http) if name == REQUESTS}
    assert len(labels) <= 4
    http.close()


def test_jobs_runners_and_sizes_are_told(server: tuple[str, str]) -> None:
    http = Http(*server)
    workflow = Workflow(http, {"a": [], "b": ["a"], "c": ["a"]})
    workflow.initialize()
    workflow.node()
    found = scrape(http)
    assert found[key("torc_jobs", status="ready")] == 1
    assert found[key("torc_jobs", status="blocked")] == 2
    assert found[key("torc_workflows")] == 1
    assert found[key("torc_compute_nodes_active")] == 1
    assert found[key("torc_database_size_bytes", file="database")] > 10_000
    assert found[key("torc_writes_total")] >= 3
    assert 1 <= found[key("torc_commit_duration_seconds_count")] <= found[key("torc_writes_total")]
    assert found[key("torc_writes_queued")] == 0
    assert found[key("process_resident_memory_bytes")] > 10_000_000
    assert [name for name, _ in found].count("torc_build_info") == 1
    http.close()


def test_rows_are_not_counted_anew_for_each_scrape(server: tuple[str, str]) -> None:
    http = Http(*server)
    scrape(http)
    Workflow(http, {"a": []})
    assert scrape(http)[key("torc_workflows")] == 0
    http.close()


def test_held_claims_and_streams_are_counted_while_they_last(server: tuple[str, str]) -> None:
    http, claimer, reader = Http(*server), Http(*server), Http(*server)
    workflow = Workflow(http, {"a": [], "b": ["a"]})
    workflow.initialize()
    workflow.claim()
    held = f"/torc-service/v1/workflows/{workflow.id}/claim_next_jobs?wait_seconds=30"
    claimer.connection.request("POST", held, headers=claimer.headers)
    stream = f"/torc-service/v1/workflows/{workflow.id}/events/stream"
    reader.connection.request("GET", stream, headers=reader.headers)
    until(lambda: scrape(http)[key("torc_claims_waiting")] == 1 and scrape(http)[key("torc_event_streams")] == 1)
    reader.close()
    workflow.finish("a")
    until(lambda: scrape(http)[key("torc_claims_waiting")] == 0)
    assert len(json.loads(claimer.connection.getresponse().read())["jobs"]) == 1
    claimer.close()
    http.close()


def test_a_server_that_wants_credentials_wants_them_here_too(server: tuple[str, str]) -> None:
    stranger = Http(server[0])
    stranger.connection.request("GET", "/metrics")
    assert stranger.connection.getresponse().status == 401
    stranger.close()


def test_programs_that_ask_for_openmetrics_get_it(server: tuple[str, str]) -> None:
    http = Http(*server)
    headers = {**http.headers, "Accept": "application/openmetrics-text; version=1.0.0"}
    http.connection.request("GET", "/metrics", headers=headers)
    reply = http.connection.getresponse()
    assert reply.headers["Content-Type"].startswith("application/openmetrics-text")
    assert reply.read().endswith(b"# EOF\n")
    http.close()


def noted(path: str = "/x", status: int = 200) -> SimpleNamespace:
    """A request that has been answered."""
    request = SimpleNamespace(method="GET", path=path, request_time=lambda: 0.001)
    return SimpleNamespace(get_status=lambda: status, request=request)


@pytest.mark.parametrize(("status", "level"), [(200, "DEBUG"), (404, "DEBUG"), (500, "WARNING"), (503, "INFO")])
def test_only_the_servers_own_failures_are_logged_as_warnings(
    caplog: pytest.LogCaptureFixture, status: int, level: str
) -> None:
    caplog.set_level("DEBUG")
    RequestLog(Metrics()).request(noted(status=status))  # type: ignore[arg-type]
    assert [record.levelname for record in caplog.records] == [level]
    assert caplog.messages == [f"method=GET path=/x status={status} ms=1.0"]


def test_timing_tells_what_requests_and_commits_took(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORC_TIMING_ENABLED", "true")
    caplog.set_level("INFO")
    log = RequestLog(Metrics())
    log.request(noted())  # type: ignore[arg-type]
    log.commit(Commit(["claim", "exchange"], 0.001, 0.002, 0.0035))
    assert caplog.messages[1] == "commit=claim,exchange queued_ms=1.0 ran_ms=2.0 committed_ms=3.5"
    assert json.loads(JsonLines().format(caplog.records[1]))["fields"]["committed_ms"] == 3.5


def test_a_runner_that_went_away_while_it_waited_is_no_error_in_the_log(tmp_path: Path) -> None:
    server = Server(tmp_path / "t.db", "--log-level", "info")
    http, runner = Http(server.url), Http(server.url)
    workflow = Workflow(http, {"a": [], "b": ["a"]})
    workflow.initialize()
    workflow.claim()
    held = f"/torc-service/v1/workflows/{workflow.id}/claim_next_jobs?wait_seconds=30"
    runner.connection.request("POST", held)
    until(lambda: scrape(http)[key("torc_claims_waiting")] == 1)
    runner.close()
    workflow.finish("a")
    until(lambda: scrape(http)[key("torc_claims_waiting")] == 0)
    http.close()
    assert server.stop() == 0
    assert "Traceback" not in server.errors
    assert "ERROR" not in server.errors


def test_every_path_of_the_contract_is_found_by_its_own_route() -> None:
    from torc.server.routing import Paths

    paths = Paths(ROUTES)
    for route in ROUTES:
        asked = "/".join(f"v%20{n}" if part.startswith("{") else part for n, part in enumerate(route.path.split("/")))
        found = paths.find(asked)
        assert found is not None
        assert found[0][route.verb].path == route.path
        assert list(found[1]) == [name for name, _ in route.path_parameters]
        assert all(value.startswith(b"v ") for value in found[1].values())
    for nothing in ("", "/", "/workflows/", "/workflows//status", "/workflows/1/odd", "/workflows/1/"):
        assert paths.find(nothing) is None


def test_an_answered_request_leaves_nothing_for_the_garbage_collector(server: tuple[str, str]) -> None:
    http = Http(*server)
    workflow = Workflow(http, {"a": []})
    gc.collect()
    gc.disable()
    try:
        for _ in range(50):
            http("get_workflow", workflow.id)
            http("claim_next_jobs", workflow.id)
            http.send("GET", "/workflows/999")
        left = sum(isinstance(item, RouteHandler) for item in gc.get_objects())
    finally:
        gc.enable()
    assert left < 10
    http.close()
