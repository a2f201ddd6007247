"""``torc workflows export`` and ``import``: what goes out comes in again."""

from __future__ import annotations

import copy
import io
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from torc.cli import exporting
from torc.cli.importing import Importer
from torc.client.client import Client
from torc.client.connect import connect
from torc.client.inprocess import InProcessTransport

from .conftest import Torc

FULL = """
name: full
description: everything that a workflow can hold
project: physics
metadata: {grant: 17}
env: {MODE: fast}
parameters: {n: "1:3"}
files:
  - {name: raw, path: raw.txt}
  - {name: "part_{n}", path: "part_{n}.txt", use_parameters: [n]}
user_data:
  - {name: config, data: {rate: 0.1, text: "naïve \\u2713"}}
  - {name: scratch, is_ephemeral: true}
resource_requirements:
  - {name: big, num_cpus: 4, num_gpus: 1, memory: 8g, runtime: PT2H}
failure_handlers:
  - name: again
    rules: [{exit_codes: [3], max_retries: 2}]
slurm_schedulers:
  - {name: nodes, account: proj, partition: short, nodes: 1, walltime: "01:00:00"}
jobs:
  - name: split
    command: split ${files.input.raw} ${files.output.part_1} ${files.output.part_2} ${files.output.part_3}
    resource_requirements: big
    failure_handler: again
    priority: 3
    env: {DEPTH: "2"}
  - name: set
    command: torc user-data update ${user_data.output.scratch} --data 1
  - name: use_{n}
    command: use ${files.input.part_{n}} ${user_data.input.config} ${user_data.input.scratch}
    use_parameters: [n]
    scheduler: nodes
    cancel_on_blocking_job_failure: false
  - name: report
    command: cat
    depends_on: [set]
    depends_on_regexes: ["use_.*"]
    supports_termination: true
actions:
  - {trigger_type: on_workflow_start, action_type: run_commands, commands: ["mkdir -p work"]}
  - trigger_type: on_jobs_ready
    action_type: schedule_nodes
    scheduler: nodes
    scheduler_type: slurm
    num_allocations: 2
    jobs: [report]
"""
_SECTIONS = (
    "files", "user_data", "resource_requirements", "slurm_schedulers", "local_schedulers", "failure_handlers", "jobs",
)  # fmt: skip
_REFERENCES = {
    "input_file_ids": "files",
    "output_file_ids": "files",
    "input_user_data_ids": "user_data",
    "output_user_data_ids": "user_data",
    "depends_on_job_ids": "jobs",
    "job_ids": "jobs",
    "resource_requirements_id": "resource_requirements",
    "failure_handler_id": "failure_handlers",
}


def without_ids(document: dict[str, Any], schedulers: str = "slurm_schedulers") -> dict[str, Any]:
    """The document with names in the place of ids, and without times."""
    references = {**_REFERENCES, "scheduler_id": schedulers}
    document = copy.deepcopy(document)
    del document["exported_at"]
    for field in ("id", "timestamp", "status_id", "run_id"):
        document["workflow"].pop(field, None)
    names = {section: {item["id"]: item["name"] for item in document[section]} for section in _SECTIONS}
    for item in document.pop("dependency_sets", []):
        for job in document["jobs"]:
            if job["id"] in item["job_ids"]:
                job.setdefault("depends_on_job_ids", []).extend(item["depends_on_job_ids"])

    def named(record: dict[str, Any]) -> dict[str, Any]:
        for field, section in references.items():
            value = record.get(field)
            if isinstance(value, list):
                record[field] = sorted(names[section][number] for number in set(value))
            elif value is not None:
                record[field] = names[section][value]
        # The command holds ids; what it was made from does not.
        if "command_template" in record:
            record.pop("command")
        for field in ("id", "workflow_id", "status", "trigger_count", "executed", "executed_at", "executed_by"):
            record.pop(field, None)
        return record

    for section in (*_SECTIONS, "workflow_actions"):
        document[section] = [named(record) for record in document[section]]
    for action in document["workflow_actions"]:
        named(action["action_config"])
    return document


def exported(torc: Torc, number: int, *options: str) -> dict[str, Any]:
    ended = torc("workflows", "export", number, *options)
    assert ended.code == 0, ended.err
    return ended.json


@pytest.fixture
def full(torc: Torc) -> dict[str, Any]:
    Path("full.yaml").write_text(FULL)
    created = torc("workflows", "create", "full.yaml")
    assert created.code == 0, created.err
    torc("local-schedulers", "create", 1, "--name", "here")
    return exported(torc, 1)


def test_export_has_the_documented_sections(full: dict[str, Any]) -> None:
    assert full["export_version"] == "1.0"
    assert full["exported_at"].endswith("Z")
    assert list(full) == [
        "export_version",
        "exported_at",
        "torc_version",
        "workflow",
        "files",
        "user_data",
        "resource_requirements",
        "slurm_schedulers",
        "local_schedulers",
        "failure_handlers",
        "jobs",
        "workflow_actions",
    ]
    report = next(job for job in full["jobs"] if job["name"] == "report")
    assert len(report["depends_on_job_ids"]) == 4


def test_copy_is_equal_except_for_ids_and_times(torc: Torc, full: dict[str, Any]) -> None:
    Path("e.json").write_text(json.dumps(full))
    ended = torc("workflows", "import", "e.json")
    assert ended.code == 0, ended.err
    assert ended.out.splitlines() == ["Imported workflow 2 (full) with 6 jobs", "To run it: torc run 2"]
    assert without_ids(exported(torc, 2)) == without_ids(full)
    statuses = {job["status"] for job in torc("jobs", "list", 2, "-f", "json").json["jobs"]}
    assert statuses == {"uninitialized"}


def test_commands_of_the_copy_name_its_own_user_data(torc: Torc, full: dict[str, Any]) -> None:
    Path("e.json").write_text(json.dumps(full))
    torc("workflows", "import", "e.json")
    ids = {record["name"]: record["id"] for record in torc("user-data", "list", 2, "-f", "json").json["user_data"]}
    jobs = {job["name"]: job for job in torc("jobs", "list", 2, "-f", "json").json["jobs"]}
    assert jobs["use_1"]["command"] == f"use part_1.txt {ids['config']} {ids['scratch']}"


def test_changed_command_is_exported_as_it_is(torc: Torc, full: dict[str, Any]) -> None:
    torc("jobs", "update", 2, "--command", "true")
    job = exported(torc, 1)["jobs"][1]
    assert (job["command"], job.get("command_template")) == ("true", None)


def test_initialized_workflow_is_exported_like_one_that_is_not(torc: Torc, full: dict[str, Any]) -> None:
    Path("raw.txt").touch()
    begun = torc("workflows", "initialize", 1)
    assert begun.code == 0, begun.err
    again = without_ids(exported(torc, 1))
    for file in again["files"]:
        file.pop("st_mtime", None)
    assert again == without_ids(full)


def test_name_and_owner_are_those_of_the_importer(torc: Torc, full: dict[str, Any]) -> None:
    full["workflow"] |= {"user": "grace", "access_groups": ["strangers"]}
    Path("e.json").write_text(json.dumps(full))
    torc("workflows", "import", "e.json", "--name", "once more")
    copied = torc("workflows", "get", 2, "-f", "json").json
    assert (copied["name"], copied["user"]) == ("once more", "ada")
    assert not copied.get("access_groups")


def test_file_is_written_whole_and_privately(torc: Torc, workflow_id: int) -> None:
    ended = torc("workflows", "export", workflow_id, "-o", "e.json")
    assert ended.out == "Exported workflow 1 (demo) with 2 jobs to e.json\n"
    assert Path("e.json").stat().st_mode & 0o077 == 0
    assert len(json.loads(Path("e.json").read_text())["jobs"]) == 2
    refused = torc("workflows", "export", workflow_id, "-o", "nowhere/e.json")
    assert (refused.code, "cannot write nowhere/e.json" in refused.err) == (2, True)
    assert torc("workflows", "export", 99, "-o", "f.json").code == 2
    assert not Path("f.json").exists()


def test_pipe_is_written_to_and_keeps_its_place(torc: Torc, workflow_id: int) -> None:
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDWR)
    assert torc("workflows", "export", workflow_id, "-o", "pipe").code == 0
    assert len(json.loads(os.read(reader, 1 << 16))["jobs"]) == 2
    os.close(reader)
    assert stat.S_ISFIFO(Path("pipe").stat().st_mode)
    assert [path.name for path in Path().glob(".pipe*")] == []


@pytest.mark.parametrize("version", ["1.0", "1", 1, 1.0])
def test_version_of_the_file_may_be_text_or_a_number(torc: Torc, version: object) -> None:
    Path("e.json").write_text(json.dumps({"export_version": version, "workflow": {"name": "a"}}))
    assert torc("workflows", "import", "e.json").code == 0


def test_results_and_events_are_added_on_request_and_stay_behind_on_import(torc: Torc, workflow_id: int) -> None:
    with connect() as client:
        client.create_result(body={"job_id": 1, "run_id": 1, "return_code": 4})
    document = exported(torc, workflow_id, "--include-results", "--include-events")
    assert [result["return_code"] for result in document["results"]] == [4]
    assert document["events"][0]["event_type"] == "workflow_created"
    Path("e.json").write_text(json.dumps(document))
    torc("workflows", "import", "e.json")
    assert torc("results", "list", 2, "--all-runs", "-f", "json").json == {"results": []}


def test_pipe_from_export_to_import(torc: Torc, workflow_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = torc("workflows", "export", workflow_id).out
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(text.encode()), isatty=lambda: False))
    assert torc("workflows", "import", "-").code == 0


def test_barriers_are_written_once(torc: Torc, full: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_MOST_EDGES", 0)
    document = exported(torc, 1)
    assert not any("depends_on_job_ids" in job for job in document["jobs"])
    assert sum(len(item["depends_on_job_ids"]) for item in document["dependency_sets"]) == 4
    assert without_ids(document) == without_ids(full)
    Path("e.json").write_text(json.dumps(document))
    assert torc("workflows", "import", "e.json").code == 0
    assert without_ids(exported(torc, 2)) == without_ids(full)


#: As an older system writes it: no names for schedulers, ids in commands, lists of all direct dependencies.
OLD: dict[str, Any] = {
    "export_version": "1.0",
    "exported_at": "2025-11-13T13:35:43Z",
    "workflow": {
        "id": 40, "name": "old", "user": "researcher", "timestamp": "2025-11-13T13:35:43Z", "is_archived": False,
        "compute_node_wait_for_new_jobs_seconds": 10, "resource_monitor_config": '{"enabled": true}',
        "jobs_sort_method": "gpus_memory_runtime", "status_id": 40,
    },
    "files": [{"id": 7, "workflow_id": 40, "name": "f", "path": "f.txt", "st_mtime": 1.5}],
    "user_data": [{"id": 17, "workflow_id": 40, "name": "config", "data": {"a": 1}, "is_ephemeral": False}],
    "resource_requirements": [
        {"id": 3, "workflow_id": 40, "name": "default", "num_cpus": 1, "num_gpus": 0, "num_nodes": 1,
         "memory": "1m", "runtime": "P0DT1M"},
    ],
    "slurm_schedulers": [{"id": 9, "workflow_id": 40, "account": "a", "nodes": 1, "walltime": "01:00:00"}],
    "local_schedulers": [{"id": 9, "workflow_id": 40, "memory": "1g", "num_cpus": 4}],
    "failure_handlers": [],
    "jobs": [
        {"id": 5, "workflow_id": 40, "name": "a", "command": "make f.txt", "status": "completed",
         "output_file_ids": [7], "resource_requirements_id": 3, "attempt_id": 1},
        {"id": 6, "workflow_id": 40, "name": "b", "command": "torc user-data get 17", "status": "completed",
         "depends_on_job_ids": [5], "input_file_ids": [7], "input_user_data_ids": [17], "scheduler_id": 9},
    ],
    "workflow_actions": [
        {"id": 1, "workflow_id": 40, "trigger_type": "on_workflow_start", "action_type": "schedule_nodes",
         "action_config": {"scheduler_id": 9, "scheduler_type": "slurm", "num_allocations": 1}, "executed": True,
         "trigger_count": 1, "required_triggers": 1, "persistent": False, "is_recovery": False},
    ],
}  # fmt: skip


def test_file_of_an_older_system_is_imported_with_a_warning_about_ids_in_commands(torc: Torc) -> None:
    Path("old.json").write_text(json.dumps(OLD))
    ended = torc("workflows", "import", "old.json")
    assert ended.code == 0, ended.err
    assert "command of job 'b' holds 17, which was the id of user data 'config'" in ended.err
    document = exported(torc, 1)
    jobs = {job["name"]: job for job in document["jobs"]}
    assert jobs["b"]["depends_on_job_ids"] == [jobs["a"]["id"]]
    assert jobs["b"]["scheduler_id"] == document["slurm_schedulers"][0]["id"]
    assert document["slurm_schedulers"][0]["name"] == "slurm_scheduler_9"
    assert document["local_schedulers"][0]["num_cpus"] == 4
    assert document["workflow"]["resource_monitor_config"]["enabled"] is True
    assert [action["executed"] for action in document["workflow_actions"]] == [False]


def test_what_this_torc_does_not_know_is_named_and_left_out(torc: Torc) -> None:
    document = copy.deepcopy(OLD)
    document |= {"notes": []}
    document["workflow"]["colour"] = "red"
    for job in document["jobs"]:
        job["mood"] = "good"
    Path("odd.json").write_text(json.dumps(document))
    ended = torc("workflows", "import", "odd.json")
    assert ended.code == 0, ended.err
    assert "left out of the copy: notes, workflow.colour, jobs.mood\n" in ended.err


def changed(path: str, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(OLD)
    target: Any = document
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        target = target[step]
    target[last] = value
    return document


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "export_version: is missing"),
        (changed("export_version", "2.0"), "export_version: 2.0 is not known"),
        (changed("workflow", None), "workflow: must be an object"),
        (changed("jobs", {}), "jobs: {} must be a list"),
        (changed("jobs.1", 3), "jobs[1]: 3 must be an object"),
        (changed("jobs.1.id", 5), "jobs[1].id: 5 stands twice"),
        (changed("jobs.1.id", "x"), "jobs[1].id: x must be a whole number"),
        (changed("jobs.1.input_file_ids", [8]), "jobs[1].input_file_ids: 8 is the id of no file in files"),
        (changed("jobs.1.input_file_ids", "7"), "jobs[1].input_file_ids: 7 must be a list of ids"),
        (changed("jobs.1.depends_on_job_ids", [[]]), "jobs[1].depends_on_job_ids: [] is the id of no job"),
        (changed("jobs.0.resource_requirements_id", 4), "jobs[0].resource_requirements_id: 4 is the id of no"),
        (changed("jobs.1.scheduler_id", 10), "jobs[1].scheduler_id: 10 is the id of no"),
        (changed("jobs.0.command", None), "jobs[0].command"),
        (changed("jobs.0.name", "b"), "the name 'b' stands twice in jobs"),
        (changed("jobs.0.depends_on_job_ids", [6]), "in a cycle: 'a' -> 'b' -> 'a'"),
        (changed("resource_requirements.0.memory", "lots"), "resource_requirements[0].memory"),
        (changed("workflow_actions.0.action_config", "x"), "workflow_actions[0].action_config: x must be an object"),
        (changed("workflow_actions.0.trigger_type", "never"), "actions[0].trigger_type"),
        (changed("workflow.env", {"A B": "1"}), "workflow.env"),
    ],
)  # fmt: skip
def test_bad_file_is_refused_by_name_field_and_value(torc: Torc, document: Any, said: str) -> None:
    Path("bad.json").write_text(json.dumps(document))
    refused = torc("workflows", "import", "bad.json")
    assert refused.code == 2
    assert refused.err.startswith("error: bad.json: ")
    assert said in refused.err
    assert torc("workflows", "list", "--all-users", "-f", "json").json == {"workflows": []}


@pytest.mark.parametrize(
    "content", [b"", b"name: x\njobs: []\n", b"\xff\xfe", b'{"export_version": NaN}', b"[" * 100_000, b"\x00"]
)
def test_file_that_is_not_json_is_refused(torc: Torc, content: bytes) -> None:
    Path("bad.json").write_bytes(content)
    refused = torc("workflows", "import", "bad.json")
    assert refused.code == 2
    assert "bad.json: " in refused.err
    assert "defect" not in refused.err


_names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)
_values = st.recursive(st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4), st.lists, max_leaves=4)


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    """A random workflow in the form that creates it."""

    def unique(most: int) -> list[str]:
        return draw(st.lists(_names, max_size=most, unique=True))

    def among(count: int) -> list[int]:
        return draw(st.lists(st.integers(0, count - 1), max_size=3, unique=True)) if count else []

    files, data, jobs = unique(4), unique(3), unique(6)
    needs = [name for name in unique(2) if name != "default"]
    local = unique(2)
    sets = [among(last) for last in draw(st.lists(st.integers(0, len(jobs)), max_size=3))] if jobs else []
    return {
        "workflow": {"name": draw(_names), "user": "ada", "metadata": {"x": draw(_values)}},
        "files": [{"name": name, "path": f"p{number}"} for number, name in enumerate(files)],
        "user_data": [{"name": name, "data": draw(_values), "is_ephemeral": draw(st.booleans())} for name in data],
        "resource_requirements": [{"name": name, "num_cpus": draw(st.integers(1, 9))} for name in needs],
        "local_schedulers": [{"name": name, "num_cpus": 2} for name in local],
        "jobs": [
            {
                "name": name,
                "command": draw(st.sampled_from(["true", "echo ${user_data.input.a}", "x 1 2"])),
                "priority": draw(st.integers(0, 3)),
                "resource_requirements": draw(st.sampled_from([None, *range(len(needs))])),
                "scheduler": draw(st.sampled_from([None, *range(len(local))])),
                # Sets hold only jobs before the first that waits for them, so there is no cycle.
                "dependency_sets": [index for index, members in enumerate(sets) if all(m < number for m in members)],
                "input_files": among(len(files)),
                "input_user_data": among(len(data)),
            }
            for number, name in enumerate(jobs)
        ],
        "dependency_sets": sets,
        "actions": [
            {"trigger_type": "on_jobs_ready", "action_type": "run_commands", "action_config": {"commands": ["x"]},
             "jobs": members}
            for members in [among(len(jobs))] if members
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with Client(InProcessTransport(tmp_path_factory.mktemp("export") / "torc.db")) as opened:
        yield opened


def document_of(client: Client, number: int) -> dict[str, Any]:
    parts = exporting.document_parts(client, client.get_workflow(number), {})
    document: dict[str, Any] = json.loads("".join(text for text, _ in parts))
    return document


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plan=plans())
def test_any_workflow_survives_export_and_import(client: Client, plan: dict[str, Any]) -> None:
    first = document_of(client, client.create_workflow_from_plan(plan)["id"])
    importer = Importer(first, "e.json")
    second = document_of(client, client.create_workflow_from_plan(importer.plan())["id"])
    assert without_ids(second, "local_schedulers") == without_ids(first, "local_schedulers")
