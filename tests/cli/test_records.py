"""The commands that create, list, change and delete what a workflow holds."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from .conftest import Torc


def test_workflow_is_built_step_by_step(torc: Torc) -> None:
    torc("workflows", "new", "--name", "w")
    made = torc(
        "resource-requirements", "create", "--name", "small", "--num-cpus", 1, "--memory", "1g", "--runtime", "PT10M", 1
    )
    assert made.out.splitlines() == [
        "Successfully created resource requirements:",
        "  ID: 2",
        "  Workflow ID: 1",
        "  Name: small",
    ]
    torc("files", "create", "--name", "input_file", "--path", "/data/input.txt", 1)
    job = torc(
        "jobs", "create", "--name", "p", "--command", "true", "--resource-requirements-id", 2,
        "--input-file-ids", 1, 1, "-f", "json",
    ).json  # fmt: skip
    assert torc("jobs", "create", 1, "-n", "q", "-c", "true", "-b", "1,1", "-f", "json").code == 0
    listed = torc("jobs", "list", 1, "--include-relationships", "-f", "json").json["jobs"]
    assert job["resource_requirements_id"] == 2
    assert listed[0]["input_file_ids"] == [1]
    assert listed[1]["depends_on_job_ids"] == [1]


def test_jobs_are_listed_as_a_table(torc: Torc, workflow_id: int) -> None:
    assert torc("jobs", "list", workflow_id).out.splitlines() == [
        f"Jobs for workflow ID {workflow_id}:",
        "╭────┬────────┬───────────────┬──────────────────────╮",
        "│ ID │ Name   │ Status        │ Command              │",
        "├────┼────────┼───────────────┼──────────────────────┤",
        "│ 1  │ first  │ uninitialized │ cp raw.txt clean.txt │",
        "│ 2  │ second │ uninitialized │ cat clean.txt        │",
        "╰────┴────────┴───────────────┴──────────────────────╯",
        "",
        "Total: 2 jobs",
    ]


def test_jobs_are_filtered_by_status_however_it_is_spelt(torc: Torc, workflow_id: int) -> None:
    torc("workflows", "initialize", workflow_id)
    ready = torc("jobs", "list", workflow_id, "--status", "ready", "-f", "json").json["jobs"]
    assert [job["name"] for job in ready] == ["first"]
    assert torc("jobs", "list", workflow_id, "-s", "done").out == "No jobs found.\n"
    refused = torc("jobs", "list", workflow_id, "-s", "sleeping")
    assert refused.code == 2
    assert "sleeping" in refused.err


def test_job_is_changed_and_deleted(torc: Torc, workflow_id: int) -> None:
    assert torc("jobs", "update", 2, "--command", "wc -l clean.txt").code == 0
    assert "Command: wc -l clean.txt" in torc("jobs", "get", 2).out
    assert torc("jobs", "delete", 2).out == "Successfully deleted job 2 (second)\n"
    assert torc("jobs", "delete-all", workflow_id).out == f"Successfully deleted 1 job of workflow {workflow_id}\n"


def test_jobs_are_listed_with_what_they_need(torc: Torc) -> None:
    torc("workflows", "new", "--name", "w")
    torc("resource-requirements", "create", 1, "--name", "big", "--num-cpus", 8)
    torc("jobs", "create", 1, "-n", "a", "-c", "true", "-r", 2)
    torc("jobs", "create", 1, "-n", "b", "-c", "true")
    rows = torc("jobs", "list-resource-requirements", 1, "-f", "json").json["jobs"]
    needs = [(row["job_name"], row["name"], row["num_cpus"]) for row in rows]
    assert needs == [("a", "big", 8), ("b", "default", 1)]
    assert len(torc("jobs", "list-resource-requirements", 1, "-j", 2, "-f", "json").json["jobs"]) == 1


def test_files_are_listed_changed_and_deleted(torc: Torc, workflow_id: int) -> None:
    made = torc("files", "list", workflow_id, "--produced-by-job-id", 1, "-f", "json").json["files"]
    assert [file["name"] for file in made] == ["clean"]
    needed = torc("files", "list-required-existing", workflow_id, "-f", "json").json["files"]
    assert [file["name"] for file in needed] == ["raw"]
    torc("files", "update", 1, "--path", "raw2.txt")
    assert torc("files", "get", 1, "-f", "json").json["path"] == "raw2.txt"
    assert torc("files", "create", workflow_id, "--name", "extra", "--path", "e.txt").code == 0
    assert torc("files", "delete", 3).code == 0


def test_user_data_is_a_table_and_single_records_are_json(torc: Torc, workflow_id: int) -> None:
    assert torc("user-data", "list", workflow_id).out.splitlines()[1:4] == [
        "│ ID │ Name   │ Data          │ Workflow ID │",
        "├────┼────────┼───────────────┼─────────────┤",
        '│ 1  │ config │ {"rate": 0.1} │ 1           │',
    ]
    assert torc("user-data", "get", 1).json["data"] == {"rate": 0.1}
    assert torc("user-data", "list", workflow_id, "-f", "json").json["user_data"][0]["name"] == "config"


@pytest.mark.parametrize("value", [{"a": [1]}, "text", 0, False, []])
def test_user_data_takes_any_json(torc: Torc, workflow_id: int, value: object) -> None:
    assert torc("user-data", "update", 1, "--data", json.dumps(value)).code == 0
    assert torc("user-data", "get", 1).json["data"] == value


def test_user_data_that_is_not_json_is_refused(torc: Torc, workflow_id: int) -> None:
    refused = torc("user-data", "create", workflow_id, "--name", "x", "--data", "{rate: 1}")
    assert refused.code == 2
    assert "--data is not JSON" in refused.err


def test_user_data_is_filtered_by_ephemeral(torc: Torc, workflow_id: int) -> None:
    torc("user-data", "create", workflow_id, "--name", "scratch", "--data", "1", "--ephemeral")

    def names(wanted: str) -> list[str]:
        found = torc("user-data", "list", workflow_id, "--is-ephemeral", wanted, "-f", "json").json["user_data"]
        return [record["name"] for record in found]

    assert (names("true"), names("false")) == (["scratch"], ["config"])


def test_missing_user_data_is_listed(torc: Torc, workflow_id: int) -> None:
    torc("user-data", "create", workflow_id, "--name", "needed", "--consumer-job-id", 1)
    missing = torc("user-data", "list-missing", workflow_id, "-f", "json").json["user_data"]
    assert [record["name"] for record in missing] == ["needed"]
    deleted = torc("user-data", "delete-all", workflow_id, "-f", "json").json
    assert deleted["count"] == 2


def test_resource_requirements_are_changed_and_deleted(torc: Torc) -> None:
    torc("workflows", "new", "--name", "w")
    torc("resource-requirements", "create", 1, "--name", "small")
    torc("resource-requirements", "update", 2, "--memory", "2g")
    shown = torc("resource-requirements", "get", 2, "-f", "json").json
    assert (shown["memory"], shown["runtime"], shown["num_nodes"]) == ("2g", "P0DT1M", 1)
    assert "2g" in torc("resource-requirements", "list", 1).out
    assert torc("resource-requirements", "delete", 2).code == 0


def test_events_are_created_listed_and_deleted(torc: Torc, workflow_id: int) -> None:
    made = torc("events", "create", workflow_id, "--data", '{"category": "note"}', "-f", "json").json
    torc("workflows", "initialize", workflow_id)
    notes = torc("events", "list", workflow_id, "--category", "note", "-f", "json").json["events"]
    assert [event["id"] for event in notes] == [made["id"]]
    assert torc("events", "get-latest-event", workflow_id, "-f", "json").json["id"] > made["id"]
    assert torc("events", "delete", made["id"]).code == 0


def test_watching_events_without_a_server_ends_after_the_given_time(torc: Torc, workflow_id: int) -> None:
    ended = torc("events", "monitor", workflow_id, "--duration", "0.0005", "--poll-interval", "0.1")
    assert (ended.code, ended.out) == (0, "")


def test_relationships_are_listed(torc: Torc, workflow_id: int) -> None:
    torc("workflows", "initialize", workflow_id)
    edges = torc("job-dependencies", "job-job", workflow_id, "-f", "json").json["job_dependencies"]
    assert [(edge["job_name"], edge["depends_on_job_name"]) for edge in edges] == [("second", "first")]
    files = torc("job-dependencies", "job-file", workflow_id, "-f", "json").json["job_file_relationships"]
    assert {"raw", "clean"} == {item["file_name"] for item in files}
    assert torc("job-dependencies", "job-user-data", workflow_id).code == 0


def test_nothing_ran_yet(torc: Torc, workflow_id: int) -> None:
    assert torc("results", "list", workflow_id, "-f", "json").json == {"results": []}
    assert torc("compute-nodes", "list", workflow_id, "-f", "json").json == {"compute_nodes": []}


def test_commands_of_a_file_become_jobs_that_count_on(torc: Torc, workflow_id: int) -> None:
    Path("batch.txt").write_text("# data\n  python a.py --batch 1  \n\n#end\npython a.py --batch 2")
    options = ("--cpus-per-job", 4, "--memory-per-job", "8g", "--runtime-per-job", "PT2H")
    made = torc("jobs", "create-from-file", workflow_id, "batch.txt", *options, "-f", "json").json
    assert [(job["name"], job["command"]) for job in made["jobs"]] == [
        ("job3", "python a.py --batch 1"),
        ("job4", "python a.py --batch 2"),
    ]
    needs = torc("resource-requirements", "get", made["resource_requirements_id"], "-f", "json").json
    assert (needs["num_cpus"], needs["memory"], needs["runtime"]) == (4, "8g", "PT2H")
    torc("jobs", "delete", 1, 2, 3)
    again = torc("jobs", "create-from-file", workflow_id, "batch.txt", "-f", "json").json
    assert [job["name"] for job in again["jobs"]] == ["job5", "job6"]


def test_commands_are_read_from_standard_input(torc: Torc, workflow_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"echo \xc3\xa9\n"), encoding="utf-8"))
    ended = torc("jobs", "create-from-file", workflow_id, "-")
    assert ended.out.startswith("Successfully created 1 job in workflow 1: job3\n")
    assert torc("jobs", "get", 3, "-f", "json").json["command"] == "echo é"


def test_commands_of_a_file_from_another_system_are_clean(torc: Torc, workflow_id: int) -> None:
    Path("batch.txt").write_bytes(b"\xef\xbb\xbfecho a\r\n\r\n# b\r\n")
    made = torc("jobs", "create-from-file", workflow_id, "batch.txt", "-f", "json").json
    assert [job["command"] for job in made["jobs"]] == ["echo a"]


def test_nothing_is_left_when_the_jobs_of_a_file_are_refused(torc: Torc, workflow_id: int) -> None:
    Path("batch.txt").write_text("true\nfalse \x00\n")
    refused = torc("jobs", "create-from-file", workflow_id, "batch.txt")
    assert refused.code == 2
    listed = torc("resource-requirements", "list", workflow_id, "-f", "json").json["resource_requirements"]
    assert [needs["name"] for needs in listed] == ["default"]
