"""The lines that tell who did what from where."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from torc.server.auth.caller import Caller
from torc.server.logs import Lines

from ..outside import until
from .conftest import Serve
from .serving import Someone, basic

People = Callable[..., Someone]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What the server has logged about who is who, as it stands in its log."""
    caplog.set_level(logging.DEBUG, logger="torc.server.auth")

    def written() -> list[str]:
        formatter = Lines()
        return [
            formatter.format(record).partition(" ")[2] for record in caplog.records if record.name == "torc.server.auth"
        ]

    return written


def test_logins_are_written_as_those_who_search_logs_expect(
    serve: Serve, someone: People, lines: Callable[[], list[str]]
) -> None:
    server = serve(required=True)
    someone(server, basic("olga")).status("GET", "/caller")
    someone(server, basic("olga", "wrong")).status("GET", "/caller")
    someone(server).status("GET", "/caller")
    told = lines()
    assert (
        f"INFO  torc::server::auth: Loaded 4 users from htpasswd file file={server.listener.settings.auth.file}" in told
    )
    assert "DEBUG torc::server::auth: User 'olga' authenticated successfully address=127.0.0.1" in told
    failed = [line for line in told if "Authentication failed for user 'olga'" in line]
    assert len(failed) == 1
    assert failed[0].startswith("WARN ")
    assert failed[0].split()[-1] == "user='olga'"
    assert "WARN  torc::server::auth: Authentication required but no credentials provided address=127.0.0.1" in told


def test_changes_and_refusals_name_user_address_operation_and_status(
    serve: Serve, someone: People, lines: Callable[[], list[str]]
) -> None:
    server = serve(enforce_access=True, admins=("ada",))
    workflow = server.do("create_workflow", body={"name": "w"}, caller=Caller("olga"))["id"]
    someone(server, basic("olga")).status("PUT", f"/workflows/{workflow}", {"description": "secret text"})
    someone(server, basic("stan")).status("GET", f"/workflows/{workflow}")
    someone(server, basic("stan")).status("POST", "/admin/reload-auth")
    someone(server, basic("ada")).status("DELETE", f"/workflows/{workflow}")
    until(lambda: any("operation=delete_workflow" in line for line in lines()))  # written after the reply
    told = [line for line in lines() if "operation=" in line]
    place = f"path=/torc-service/v1/workflows/{workflow}"
    assert told == [
        f"INFO  torc::server::auth: Change user='olga' address=127.0.0.1 operation=update_workflow {place} status=200",
        "WARN  torc::server::auth: Access refused user='stan' address=127.0.0.1 operation=get_workflow "
        f"{place} status=404",
        "WARN  torc::server::auth: Access refused user='stan' address=127.0.0.1 operation=reload_auth "
        "path=/torc-service/v1/admin/reload-auth status=403",
        f"INFO  torc::server::auth: Change user='ada' administrator=True address=127.0.0.1 operation=delete_workflow "
        f"{place} status=200",
    ]


def test_no_name_forges_a_line(serve: Serve, someone: People, lines: Callable[[], list[str]]) -> None:
    server = serve(required=True)
    forged = "x'\nINFO torc::server::auth: User 'olga' authenticated successfully\r\n\x1b[2J"
    someone(server, basic(forged, "y")).status("GET", "/caller")
    for line in lines():
        assert "\n" not in line and "\x1b" not in line
    assert not any(line.startswith("INFO torc::server::auth: User 'olga'") for line in lines())


def test_what_runners_do_all_the_time_is_not_written(
    serve: Serve, someone: People, lines: Callable[[], list[Any]]
) -> None:
    server = serve(required=True)
    olga = someone(server, basic("olga"))
    workflow = olga.ask("POST", "/workflows", {"name": "w"})[1]["id"]
    for _ in range(5):
        olga.status("POST", f"/workflows/{workflow}/claim_next_jobs")
        olga.status("GET", f"/workflows/{workflow}")
    assert [line for line in lines() if "claim_next_jobs" in line or "operation=get_" in line] == []
