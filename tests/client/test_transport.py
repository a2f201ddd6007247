"""Requests over HTTP: when they are repeated, what they carry, and how failures read."""

from __future__ import annotations

import json
import threading

import pytest
from server.outside import DEADLINE, free_port

from torc import errors
from torc.client.connection import Endpoint, normalize_url
from torc.client.transport import HttpTransport, target_of
from torc.contract import OPERATIONS

from .stub import Reply, StubServer


def transport_to(stub: StubServer, **settings: object) -> HttpTransport:
    return HttpTransport(stub.url, patience=5.0, **settings)  # type: ignore[arg-type]


def get(transport: HttpTransport, number: int = 1) -> object:
    return transport.send(OPERATIONS["get_workflow"], {"id": number}, {})


def post(transport: HttpTransport, name: str = "create_workflow", body: object = None) -> object:
    return transport.send(OPERATIONS[name], {"id": 1}, {}, body or {"name": "x"})


def test_one_connection_serves_many_requests(stub: StubServer) -> None:
    transport = transport_to(stub)
    get(transport)
    get(transport)
    assert len({request.peer for request in stub.requests}) == 1


def test_every_thread_has_its_own_connection(stub: StubServer) -> None:
    transport = transport_to(stub)
    get(transport)
    thread = threading.Thread(target=get, args=(transport,))
    thread.start()
    thread.join()
    assert len({request.peer for request in stub.requests}) == 2


def test_connection_closed_while_idle_is_replaced_even_for_requests_that_must_not_repeat(stub: StubServer) -> None:
    stub.replies = [Reply({"id": 1}, close=True)]
    transport = transport_to(stub)
    get(transport)
    assert post(transport) == {"status": "ok"}
    assert len(stub.requests) == 2


def test_read_is_repeated_after_a_lost_reply(stub: StubServer) -> None:
    stub.replies = [Reply(cut=0), Reply({"id": 1}, cut=4), Reply({"id": 1})]
    assert get(transport_to(stub)) == {"id": 1}
    assert len(stub.requests) == 3


def test_creation_is_not_repeated_after_a_lost_reply(stub: StubServer) -> None:
    stub.replies = [Reply(cut=0)]
    with pytest.raises(errors.ServerUnreachable, match="closed the connection"):
        post(transport_to(stub))
    assert len(stub.requests) == 1


def test_creation_with_a_key_is_repeated_with_the_same_key(stub: StubServer) -> None:
    stub.replies = [Reply(cut=0)]
    post(transport_to(stub), "create_workflow_from_plan", {"request_id": "k"})
    assert [request.json() for request in stub.requests] == [{"request_id": "k"}] * 2


def test_exchange_is_repeated(stub: StubServer) -> None:
    stub.replies = [Reply(cut=0)]
    post(transport_to(stub), "exchange", {"compute_node_id": 1})
    assert len(stub.requests) == 2


@pytest.mark.parametrize("status", [502, 503, 504])
def test_gateway_pages_are_waited_out(stub: StubServer, status: int) -> None:
    page = Reply(status=status, content=b"<html>try later</html>", content_type="text/html")
    stub.replies = [page, page]
    assert get(transport_to(stub)) == {"status": "ok"}


def test_busy_storage_is_waited_out_even_by_a_creation(stub: StubServer) -> None:
    stub.replies = [Reply(errors.StorageBusy("locked").to_dict(), status=503)]
    assert post(transport_to(stub)) == {"status": "ok"}


def test_patience_ends_with_what_the_server_said(stub: StubServer) -> None:
    stub.always = Reply(errors.StorageBusy("the database is locked").to_dict(), status=503)
    transport = HttpTransport(stub.url, patience=0.2)
    with pytest.raises(errors.StorageBusy, match="the database is locked"):
        get(transport)


def test_nobody_listening_names_the_address_and_what_to_do() -> None:
    port = free_port()
    transport = HttpTransport(f"http://127.0.0.1:{port}", patience=0.0)
    with pytest.raises(errors.ServerUnreachable, match=f"127.0.0.1:{port}.*connection refused") as caught:
        get(transport)
    assert "TORC_API_URL" in (caught.value.hint or "")
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)
    assert caught.value.exit_code == 4


def test_page_of_something_else_is_one_clear_line(stub: StubServer) -> None:
    stub.always = Reply(content=b"<html>\nWelcome</html>", content_type="text/html; charset=utf-8")
    with pytest.raises(errors.ServerUnreachable, match="text/html that is not torc's JSON: '<html>'"):
        get(transport_to(stub))
    assert len(stub.requests) == 1


def test_missing_page_of_something_else_is_not_a_missing_record(stub: StubServer) -> None:
    stub.always = Reply({"detail": "Not Found"}, status=404)
    with pytest.raises(errors.ServerUnreachable):
        get(transport_to(stub))


def test_silence_ends_in_an_error(stub: StubServer) -> None:
    release = threading.Event()

    def hold(_: object) -> Reply:
        release.wait(DEADLINE)
        return Reply()

    stub.always = hold
    transport = HttpTransport(stub.url, timeout=0.1, patience=0.0)
    with pytest.raises(errors.ServerUnreachable, match="took too long"):
        get(transport)
    release.set()


@pytest.mark.parametrize(
    "kind",
    [
        errors.InvalidInput,
        errors.IllegalTransition,
        errors.Unauthorized,
        errors.Forbidden,
        errors.NotFound,
        errors.Conflict,
        errors.TooLarge,
        errors.StorageFull,
    ],
)
def test_errors_come_back_as_the_class_that_the_server_raised(stub: StubServer, kind: type[errors.TorcError]) -> None:
    raised = kind("no such thing", field="name", value="x", hint="look again")
    stub.always = Reply(raised.to_dict(), status=kind.http_status)
    with pytest.raises(kind) as caught:
        get(transport_to(stub))
    assert type(caught.value) is kind
    assert (caught.value.message, caught.value.field, caught.value.value, caught.value.hint) == (
        "no such thing",
        "name",
        "x",
        "look again",
    )


@pytest.mark.parametrize(
    ("status", "kind"), [(401, errors.Unauthorized), (403, errors.Forbidden), (409, errors.Conflict)]
)
def test_error_of_unknown_type_is_told_by_its_status(
    stub: StubServer, status: int, kind: type[errors.TorcError]
) -> None:
    stub.always = Reply({"error": {"type": "Novel", "message": "no"}}, status=status)
    with pytest.raises(kind, match="no"):
        get(transport_to(stub))


def test_login_failure_says_how_to_log_in(stub: StubServer) -> None:
    stub.always = Reply({"error": {"message": "who are you"}}, status=401)
    with pytest.raises(errors.Unauthorized) as caught:
        get(transport_to(stub))
    assert "TORC_API_TOKEN" in str(caught.value)


def test_token_goes_before_user_name(stub: StubServer) -> None:
    get(transport_to(stub, token="t", username="u", password="p"))
    assert stub.requests[0].headers["Authorization"] == "Bearer t"


def test_user_name_and_password_are_basic(stub: StubServer) -> None:
    get(transport_to(stub, username="u", password="p"))
    assert stub.requests[0].headers["Authorization"] == "Basic dTpw"


def test_large_bodies_travel_compressed(stub: StubServer) -> None:
    body = {"name": "x" * 2_000_000}
    post(transport_to(stub), body=body)
    assert len(stub.requests[0].body) < 100_000
    assert stub.requests[0].json() == body


def test_small_bodies_travel_as_they_are(stub: StubServer) -> None:
    post(transport_to(stub), body={"name": "é"})
    assert json.loads(stub.requests[0].body) == {"name": "é"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\udcff"], ids=["nan", "infinity", "surrogate"])
def test_what_json_has_no_word_for_is_refused_before_anything_is_sent(stub: StubServer, value: object) -> None:
    with pytest.raises(errors.InvalidInput, match="cannot be sent as JSON"):
        post(transport_to(stub), body={"name": value})
    assert stub.requests == []


def test_loopback_is_never_reached_through_a_proxy(stub: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    assert get(transport_to(stub)) == {"status": "ok"}


def test_failed_try_asks_where_the_server_is_now(stub: StubServer) -> None:
    asked = []

    def relocate() -> Endpoint:
        asked.append(1)
        return Endpoint(stub.url, "new")

    transport = HttpTransport(f"http://127.0.0.1:{free_port()}", patience=5.0, relocate=relocate)
    assert get(transport) == {"status": "ok"}
    assert asked == [1]
    assert stub.requests[0].headers["Authorization"] == "Bearer new"


def test_path_and_query_are_quoted() -> None:
    route = OPERATIONS["complete_job"]
    assert target_of(route, {"id": 3, "status": "a/b", "run_id": 1}, {}) == "/jobs/3/complete_job/a%2Fb/1"
    jobs = OPERATIONS["list_jobs"]
    query = {"workflow_id": 1, "name": "a&b", "status": None, "include_relationships": True}
    assert target_of(jobs, {}, query) == "/jobs?workflow_id=1&name=a%26b&include_relationships=true"


def test_lists_in_a_query_repeat_their_name() -> None:
    assert target_of(OPERATIONS["get_pending_actions"], {"id": 1}, {"trigger_type": ["a", "b"]}).endswith(
        "?trigger_type=a&trigger_type=b"
    )


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("localhost:8080", "http://localhost:8080/torc-service/v1"),
        ("http://h/", "http://h/torc-service/v1"),
        ("https://h:1/x/torc-service/v1/", "https://h:1/x/torc-service/v1"),
        ("http://[::1]:8080", "http://[::1]:8080/torc-service/v1"),
    ],
)
def test_addresses_are_completed(text: str, url: str) -> None:
    assert normalize_url(text) == url


@pytest.mark.parametrize(
    "text", ["", "ftp://h", "http://", "http://h:99999", "http://h:x", "http://a b", "http://[::1"]
)
def test_bad_addresses_are_refused(text: str) -> None:
    with pytest.raises(errors.InvalidInput):
        normalize_url(text)


def test_failure_inside_the_server_names_its_address_and_says_what_to_do(stub: StubServer) -> None:
    stub.always = Reply({"error": {"type": "HttpError", "message": "internal error"}}, status=500)
    with pytest.raises(errors.TorcError) as caught:
        get(transport_to(stub))
    assert caught.value.message == f"{stub.url} answered with status 500: internal error"
    assert "log" in (caught.value.hint or "")
