"""Requests that a page of another site could make a browser send."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from torc.errors import Forbidden
from torc.server.auth.browsers import Hosts

from .conftest import Serve
from .serving import Running, Someone, settings

People = Callable[..., Someone]
OTHER_SITES = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
]
CLAIMS = [
    "/workflows/{}/claim_next_jobs",
    "/workflows/{}/claim_jobs_based_on_resources?num_cpus=1&memory_gb=1",
    "/workflows/{}/claim_jobs_based_on_resources/5?num_cpus=1&memory_gb=1",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that asks nobody for credentials: the case in which these rules are all there is."""
    running = Running(settings(tmp_path_factory.mktemp("open")))
    yield running
    running.close()


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("localhost", 200), ("LOCALHOST.", 200), ("127.0.0.1", 200), ("127.9.9.9", 200), ("[::1]", 200),
        ("10.1.2.3", 200), ("evil.example", 403), ("localhost.evil.example", 403), ("127.0.0.1.evil.example", 403),
        ("xn--80ak6aa92e", 403), ("2130706433", 403), ("0x7f000001", 403), ("", 403), ("[", 403),
    ],
)  # fmt: skip
def test_a_name_that_is_not_this_machines_is_refused(server: Running, someone: People, name: str, status: int) -> None:
    for host in (name, f"{name}:{server.port}"):
        assert someone(server).status("GET", "/workflows", Host=host) == status
        assert someone(server).status("GET", "/ping", Host=host) == status


def test_further_names_are_trusted_when_the_server_is_told_so(serve: Serve, someone: People) -> None:
    server = serve(file=None, trusted_hosts=("Torc.Example",))
    assert someone(server).status("GET", "/workflows", Host="torc.example") == 200
    assert someone(server).status("GET", "/workflows", Host="other.example") == 403


def test_a_server_for_the_network_answers_to_the_names_of_its_machine() -> None:
    hosts = Hosts("0.0.0.0")
    for name in (socket.gethostname(), socket.getfqdn().upper(), f"{socket.gethostname()}:8080", "192.168.1.1:80"):
        hosts.check(name)
    Hosts("node7.cluster").check("node7.cluster:8080")
    Hosts("127.0.0.1", ["*"]).check("anything.example")
    for name in ("evil.example", "127.0.0.1:80@evil.example"):
        with pytest.raises(Forbidden):
            hosts.check(name)


@pytest.mark.parametrize("headers", OTHER_SITES)
def test_other_sites_change_nothing_and_claim_nothing(
    server: Running, someone: People, headers: dict[str, str]
) -> None:
    workflow = server.do("create_workflow", body={"name": "w"})["id"]
    before = server.do("list_workflows")["total_count"]
    page = someone(server)
    assert page.status("POST", "/workflows", {"name": "x"}, **headers) == 403
    assert page.status("PUT", f"/workflows/{workflow}/cancel", **headers) == 403
    assert page.status("DELETE", f"/workflows/{workflow}", **headers) == 403
    for claim in CLAIMS:
        assert page.status("GET", claim.format(workflow), **headers) == 403
    assert server.do("list_workflows")["total_count"] == before
    assert server.do("get_workflow", workflow)["is_canceled"] is False


def test_the_servers_own_pages_and_programs_go_on(server: Running, someone: People) -> None:
    workflow = server.do("create_workflow", body={"name": "w"})["id"]
    own = {"Origin": f"http://127.0.0.1:{server.port}", "Sec_Fetch_Site": "same-origin"}
    for headers in (own, {"Sec_Fetch_Site": "none"}, {}):
        assert someone(server).status("POST", "/workflows", {"name": "x"}, **headers) == 200
        for claim in CLAIMS:
            assert someone(server).status("GET", claim.format(workflow), **headers) == 200


def test_no_reply_gives_other_sites_leave_to_read_it(server: Running, someone: People) -> None:
    page = someone(server)
    for verb in ("GET", "OPTIONS", "POST"):
        page.ask(verb, "/workflows", Origin="http://evil.example", Access_Control_Request_Method="POST")
        assert not [name for name in page.reply.headers if name.lower().startswith("access-control")]
        assert page.reply.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("kind", ["text/plain", "text/plain;charset=UTF-8", "multipart/form-data; boundary=x"])
def test_a_body_that_a_page_may_send_unasked_is_refused_and_the_right_type_named(
    server: Running, someone: People, kind: str
) -> None:
    status, reply = someone(server).ask("POST", "/workflows", {"name": "x"}, Content_Type=kind)
    assert status == 415
    assert "application/json" in reply["error"]["hint"]


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "application/x-foo+json", ""])
def test_json_is_taken_by_any_of_its_names(server: Running, someone: People, kind: str) -> None:
    assert someone(server).status("POST", "/workflows", {"name": "x"}, Content_Type=kind) == 200


def test_curl_needs_the_header_for_a_body_and_not_without_one(server: Running, tmp_path: Path) -> None:
    def curl(*arguments: str, path: str) -> str:
        command = ["curl", "-s", "-o", str(tmp_path / "out"), "-w", "%{http_code}", *arguments]
        url = f"http://localhost:{server.port}/torc-service/v1{path}"
        return subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout

    json_type = ("-H", "Content-Type: application/json")
    assert curl("-X", "POST", *json_type, "-d", '{"name": "w"}', path="/workflows") == "200"
    assert curl("-X", "POST", "-d", '{"name": "w"}', path="/workflows") == "415"
    workflow = server.do("list_workflows")["items"][0]["id"]
    assert curl("-X", "POST", path=f"/workflows/{workflow}/claim_next_jobs") == "200"
    assert curl("-X", "POST", "-d", "", path=f"/workflows/{workflow}/claim_next_jobs") == "200"
