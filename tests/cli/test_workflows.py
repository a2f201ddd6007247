"""``torc workflows`` on records."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from .conftest import SPEC, Torc


def test_created_workflow_is_named_by_its_id(torc: Torc, spec: Path) -> None:
    assert torc("workflows", "create", spec).out.splitlines() == [
        "Created workflow with ID: 1",
        "Name: demo",
        "Total: 2 jobs, 0 dependencies",
    ]
    assert torc("workflows", "create", spec, "-f", "json").json["id"] == 2


@pytest.mark.parametrize("flags", [("--format-of", "yaml"), ()])
def test_specification_is_read_from_standard_input(
    torc: Torc, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(SPEC.encode()), isatty=lambda: False))
    assert torc("workflows", "create", "-", *flags, "-f", "json").json["name"] == "demo"


def test_broken_specification_creates_nothing_and_shows_the_place(torc: Torc, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("name: x\njobs:\n  - name: a\n    comand: 'true'\n")
    ended = torc("workflows", "create", broken)
    assert ended.code == 2
    assert "broken.yaml:4" in ended.err
    assert "did you mean 'command'" in ended.err
    assert torc("workflows", "list", "-f", "json").json == {"workflows": []}


def test_dry_run_tells_and_creates_nothing(torc: Torc, spec: Path) -> None:
    ended = torc("workflows", "create", "--dry-run", spec)
    assert ended.code == 0
    assert "Validation: PASSED" in ended.out
    assert torc("workflows", "create", "--dry-run", spec, "-f", "json").json["summary"]["job_count"] == 2
    assert torc("workflows", "list", "-f", "json").json == {"workflows": []}


def test_dry_run_of_a_broken_specification_is_json_too(torc: Torc, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("name: x\njobs:\n  - name: a\n")
    ended = torc("-f", "json", "workflows", "create", "--dry-run", broken)
    assert ended.code == 2
    assert ended.json["valid"] is False
    assert ended.json["errors"][0]["line"] == 3


def test_owner_and_monitoring_are_the_command_lines(torc: Torc, spec: Path) -> None:
    torc("workflows", "create", spec, "--user", "grace", "--no-resource-monitoring")
    workflow = torc("workflows", "get", 1, "-f", "json").json
    assert workflow["user"] == "grace"
    assert workflow["resource_monitor_config"]["enabled"] is False


def test_empty_workflow_is_shown_as_created(torc: Torc) -> None:
    ended = torc("workflows", "new", "--name", "my_workflow", "--description", "My test workflow")
    assert ended.out.splitlines() == [
        "Successfully created workflow:",
        "  ID: 1",
        "  Name: my_workflow",
        "  User: ada",
        "  Description: My test workflow",
    ]


def test_list_shows_the_users_own_workflows_unless_asked(torc: Torc) -> None:
    torc("workflows", "new", "--name", "mine")
    torc("workflows", "new", "--name", "hers", "--user", "grace")

    def names(*options: str) -> list[str]:
        return [item["name"] for item in torc("workflows", "list", *options, "-f", "json").json["workflows"]]

    assert names() == ["mine"]
    assert names("--user", "grace") == ["hers"]
    assert names("--all-users") == ["mine", "hers"]
    assert names("--all-users", "--sort-by", "name") == ["hers", "mine"]
    assert names("--all-users", "--limit", "1", "--offset", "1") == ["hers"]


def test_archived_workflows_are_listed_on_request(torc: Torc) -> None:
    for name in "abc":
        torc("workflows", "new", "--name", name)
    assert torc("workflows", "archive", "true", 1, 2).out.splitlines() == [
        "Successfully archived workflow 1",
        "Successfully archived workflow 2",
    ]
    assert torc("workflows", "archive", "false", 2).out == "Successfully unarchived workflow 2\n"

    def ids(*options: str) -> list[int]:
        return [item["id"] for item in torc("workflows", "list", *options, "-f", "json").json["workflows"]]

    assert ids() == [2, 3]
    assert ids("--archived-only") == [1]
    assert ids("--include-archived") == [1, 2, 3]


def test_update_changes_what_is_named(torc: Torc) -> None:
    torc("workflows", "new", "--name", "a", "--description", "first")
    torc("workflows", "update", 1, "--description", "second", "--owner-user", "grace")
    workflow = torc("workflows", "get", 1, "-f", "json").json
    assert (workflow["name"], workflow["description"], workflow["user"]) == ("a", "second", "grace")


def test_update_of_nothing_is_refused(torc: Torc) -> None:
    ended = torc("workflows", "update", 1)
    assert ended.code == 2
    assert "give at least one option" in ended.err


def test_delete_needs_consent(torc: Torc) -> None:
    torc("workflows", "new", "--name", "a")
    refused = torc("workflows", "delete", 1)
    assert refused.code == 2
    assert "--no-prompts" in refused.err
    assert torc("workflows", "delete", 1, "--no-prompts").out == "Successfully deleted workflow 1\n"
    assert torc("workflows", "get", 1).code == 2


def test_delete_of_another_users_workflow_needs_force(torc: Torc) -> None:
    torc("workflows", "new", "--name", "hers", "--user", "grace")
    refused = torc("workflows", "delete", 1, "--no-prompts")
    assert refused.code == 1
    assert "belongs to user grace" in refused.err
    assert torc("workflows", "delete", 1, "--no-prompts", "--force").code == 0


def test_execution_plan_is_the_same_for_file_and_workflow(torc: Torc, spec: Path, workflow_id: int) -> None:
    torc("workflows", "initialize", workflow_id)
    of_file = torc("workflows", "execution-plan", spec).out
    assert "▶ Stage 1: Workflow Start" in of_file
    assert "→ Stage 2: When job 'first' completes" in of_file
    assert torc("workflows", "execution-plan", workflow_id).out == of_file
    assert json.loads(torc("workflows", "execution-plan", spec, "-f", "json").out)["total_stages"] == 2
