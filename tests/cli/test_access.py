"""Access groups and tokens, on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from torc.server.embedded import host

from .conftest import Torc


@pytest.fixture(autouse=True)
def served(tmp_path: Path) -> Iterator[tuple[str, str]]:
    with host(tmp_path / "torc.db") as (url, token):
        yield url, token


@pytest.fixture
def group_id(torc: Torc) -> int:
    torc("workflows", "new", "--name", "w")
    made = torc("access-groups", "create", "physics", "-d", "Detector group", "-f", "json")
    assert made.code == 0, made.err
    return int(made.json["id"])


def test_group_is_created_listed_shown_and_deleted(torc: Torc, group_id: int) -> None:
    shown = torc("access-groups", "get", group_id).out.splitlines()
    assert shown[:3] == [f"ID: {group_id}", "Name: physics", "Description: Detector group"]
    assert "│ physics │ Detector group │" in torc("access-groups", "list").out
    listed = torc("access-groups", "list", "-l", 1, "-o", 0, "-f", "json").json["access_groups"]
    assert [one["name"] for one in listed] == ["physics"]
    assert torc("access-groups", "create", "physics").code != 0
    assert "Successfully deleted access group:" in torc("access-groups", "delete", group_id).out
    assert torc("access-groups", "list").out == "No access groups found.\n"


def test_users_join_and_leave_a_group(torc: Torc, group_id: int) -> None:
    added = torc("access-groups", "add-user", group_id, "grace")
    assert "Role: member" in added.out
    torc("access-groups", "add-user", group_id, "ada", "--role", "admin")
    members = torc("access-groups", "list-members", group_id, "-f", "json").json["members"]
    assert {(one["user_name"], one["role"]) for one in members} >= {("grace", "member"), ("ada", "admin")}
    assert "│ grace │" in torc("access-groups", "list-members", group_id).out
    groups = torc("access-groups", "list-user-groups", "grace", "-f", "json").json["access_groups"]
    assert [one["id"] for one in groups] == [group_id]
    removed = torc("access-groups", "remove-user", group_id, "grace")
    assert removed.out == f"Successfully removed user grace from group {group_id}\n"
    assert torc("access-groups", "list-user-groups", "grace").out == "No access groups found.\n"
    assert torc("access-groups", "remove-user", group_id, "grace").code == 2


def test_workflows_are_shared_with_a_group(torc: Torc, group_id: int) -> None:
    torc("access-groups", "add-user", group_id, "grace")
    added = torc("access-groups", "add-workflow", 1, group_id)
    assert added.out == f"Successfully added workflow 1 to group {group_id}\n"
    shared = torc("access-groups", "list-workflow-groups", 1, "-f", "json").json["access_groups"]
    assert [one["name"] for one in shared] == ["physics"]
    checked = torc("access-groups", "check-access", 1, "grace", "-f", "json").json
    assert checked["has_access"] is True
    assert torc("access-groups", "check-access", 1, "grace").out.startswith("User grace has access to workflow 1")
    torc("access-groups", "remove-workflow", 1, group_id)
    assert torc("access-groups", "list-workflow-groups", 1, "-f", "json").json == {"access_groups": []}


@pytest.mark.parametrize(
    "line",
    [
        "get 99",
        "delete 99",
        "add-user 99 ada",
        "list-members 99",
        "add-workflow 99 1",
        "add-workflow 1 99",
        "list-workflow-groups 99",
        "check-access 99 ada",
    ],
)
def test_unknown_group_or_workflow_is_bad_input(torc: Torc, group_id: int, line: str) -> None:
    ended = torc("access-groups", *line.split())
    assert (ended.code, ended.out) == (2, "")
    assert "with id 99" in ended.err


def test_token_is_shown_once_used_and_revoked(
    torc: Torc, served: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    torc("workflows", "new", "--name", "w")
    made = torc("tokens", "create", "--name", "nightly", "--expires", "P30D", "--user", "ada", "-f", "json")
    assert made.code == 0, made.err
    secret, number = made.json["token"], made.json["id"]
    listed = torc("tokens", "list")
    assert "nightly" in listed.out
    assert secret not in listed.out
    assert "token" not in torc("tokens", "list", "-f", "json").json["tokens"][0]
    with monkeypatch.context() as program:
        program.setenv("TORC_API_TOKEN", secret)
        assert torc("workflows", "get", 1, "--url", served[0]).code == 0
    assert torc("tokens", "revoke", number).out.startswith("Successfully revoked token:")
    with monkeypatch.context() as program:
        program.setenv("TORC_API_TOKEN", secret)
        assert torc("workflows", "get", 1, "--url", served[0]).code == 1
    assert torc("tokens", "revoke", number).code == 2


def test_token_may_be_limited_to_a_workflow(torc: Torc) -> None:
    torc("workflows", "new", "--name", "w")
    made = torc("tokens", "create", "-n", "one", "--workflow", 1, "-u", "ada")
    assert "Workflow ID: 1" in made.out
    assert "Token: " in made.out
    assert torc("tokens", "create", "-n", "none", "--workflow", 99).code == 2
    refused = torc("tokens", "create", "-n", "none", "--workflow", 1, "--compute-node", 99)
    assert refused.code == 2 and "compute" in refused.err
