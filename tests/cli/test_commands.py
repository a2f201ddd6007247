"""Every command against a real server: what its table says, and what its JSON is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from torc.cli.main import cli
from torc.cli.tree import TorcGroup
from torc.client.client import Client
from torc.client.transport import HttpTransport
from torc.server.embedded import host

from .conftest import SPEC, Torc

RULES = '[{"exit_codes": [137], "recovery_script": "./shrink", "max_retries": 1}, {"match_all_exit_codes": true}]'


@pytest.fixture(autouse=True)
def served(tmp_path: Path) -> Iterator[None]:
    """A server with workflow 1 (two jobs, of which the first has failed) and 2 (empty)."""
    with host(tmp_path / "torc.db") as (url, token), Client(HttpTransport(url, token)) as client:
        (tmp_path / "raw.txt").write_text("x")
        (tmp_path / "demo.yaml").write_text(SPEC)
        (tmp_path / "commands.txt").write_text("# two commands\necho a\n\necho b\n")
        (tmp_path / "rules.json").write_text(RULES)
        fill(client)
        yield


def fill(client: Client) -> None:
    plan = {
        "workflow": {"name": "demo", "user": "ada", "description": "two stages"},
        "files": [{"name": "raw", "path": "raw.txt"}, {"name": "clean", "path": "clean.txt"}],
        "user_data": [{"name": "config", "data": {"rate": 0.1}}],
        "jobs": [
            {"name": "first", "command": "cp raw.txt clean.txt", "input_files": [0], "output_files": [1]},
            {"name": "second", "command": "cat clean.txt", "input_files": [1], "input_user_data": [0]},
        ],
    }
    number = client.create_workflow_from_plan(plan)["id"]
    client.initialize_workflow(number, body={"files": [{"file_id": 1, "st_mtime": 1.0}]})
    node = {"workflow_id": number, "hostname": "here", "pid": 7, "num_cpus": 4, "memory_gb": 4.0}
    node_id = client.create_compute_node(body=node)["id"]
    client.claim_next_jobs(number, limit=1)
    client.start_job(1, 1, node_id)
    result = {
        "job_id": 1,
        "workflow_id": number,
        "run_id": 1,
        "compute_node_id": node_id,
        "return_code": 3,
        "exec_time_minutes": 0.5,
        "completion_time": "2026-01-01T00:00:00.000Z",
        "status": "failed",
    }
    client.complete_job(1, "failed", 1, body=result)
    client.create_failure_handler(body={"workflow_id": number, "name": "memory", "rules": RULES})
    client.create_workflow(body={"name": "empty", "user": "ada"})


#: A command line, a piece of its table, and a path into its JSON with the value there.
CASES: list[tuple[str, str, str, Any]] = [
    ("workflows create demo.yaml", "Created workflow with ID: 3", "name", "demo"),
    ("workflows new --name n", "Successfully created workflow:", "name", "n"),
    ("workflows list", "│ 1  │ demo  │ ada  │ two stages  │", "workflows.1.name", "empty"),
    ("workflows get 1", "Description: two stages", "description", "two stages"),
    ("workflows update 1 --name renamed", "Successfully updated workflow:", "name", "renamed"),
    ("workflows delete 2 --no-prompts", "Successfully deleted workflow 2", "workflows.0.id", 2),
    ("workflows delete 2 -y", "Successfully deleted workflow 2", "workflows.0.id", 2),
    ("workflows archive true 1 2", "Successfully archived workflow 2", "workflows.1.is_archived", True),
    ("workflows initialize 1", "Successfully initialized workflow 1 (run 2): 1 job ready, 1 blocked", "ready", 1),
    ("workflows initialize 1 --dry-run", "Workflow 1 would be initialized", "dry_run", True),
    ("workflows reinitialize 1", "Successfully reinitialized workflow 1", "workflow_id", 1),
    ("workflows status 1", "Jobs: 1 failed, 1 canceled", "status", "complete"),
    ("workflows reset-status 1 --failed-only -y", "Successfully reset 2 jobs of workflow 1", "updated_count", 2),
    ("workflows cancel 1", "Workflow 1 is complete already, there is nothing to cancel", "is_canceled", False),
    ("workflows cancel 2", "Successfully canceled workflow 2", "is_canceled", True),
    ("workflows correct-resources 2", "Workflow 2 has no results to look at.", "num_results", 0),
    ("workflows execution-plan 1", "→ Stage 2: When job 'first' completes", "total_stages", 2),
    ("workflows execution-plan demo.yaml", "Total Stages: 2", "stages.0.jobs.0", "first"),
    ("workflows run 1", "is complete, there is nothing to do: 1 failed, 1 canceled", "exit_code", 1),
    ("jobs create 1 -n third -c true", "Successfully created job:", "name", "third"),
    ("jobs create-from-file 1 commands.txt", "created 2 jobs in workflow 1: job3 to job4", "jobs.1.command", "echo b"),
    ("jobs list 1", "│ 2  │ second │ canceled │ cat clean.txt        │", "jobs.0.status", "failed"),
    ("jobs list-by-status 1", "│ failed   │ 1     │ first  │", "statuses.1.jobs.0.name", "second"),
    ("jobs get 1", "Command: cp raw.txt clean.txt", "input_file_ids", [1]),
    ("jobs update 1 --priority 3", "Priority: 3", "priority", 3),
    ("jobs delete 1 2", "Successfully deleted job 2 (second)", "jobs.0.name", "first"),
    ("jobs delete-all 1", "Successfully deleted 2 jobs of workflow 1", "count", 2),
    ("jobs list-resource-requirements 1", "│ 1      │ first    │", "jobs.1.name", "default"),
    ("files create 1 -n new -p new.txt", "Successfully created file:", "path", "new.txt"),
    ("files list 1", "│ 2  │ clean │ clean.txt │ 1           │", "files.0.name", "raw"),
    ("files get 1", "Path: raw.txt", "st_mtime", 1.0),
    ("files update 1 --path r.txt", "Path: r.txt", "path", "r.txt"),
    ("files delete 2", "Successfully deleted file:", "name", "clean"),
    ("files list-required-existing 1", "│ 1  │ raw  │ raw.txt │", "files.0.id", 1),
    ("user-data create 1 -n x -d [1]", "Successfully created user data record:", "data", [1]),
    ("user-data list 1", '│ 1  │ config │ {"rate": 0.1} │ 1           │', "user_data.0.data", {"rate": 0.1}),
    ("user-data get 1", '"rate": 0.1', "data.rate", 0.1),
    ("user-data update 1 -d 2", "Data: 2", "data", 2),
    ("user-data delete 1", "Successfully deleted user data record:", "name", "config"),
    ("user-data delete-all 1", "Successfully deleted 1 user data record of workflow 1", "count", 1),
    ("user-data list-missing 1", "No missing user data records found.", "user_data", []),
    ("resource-requirements create 1 -n big --num-cpus 8", "  Name: big", "num_cpus", 8),
    ("resource-requirements list 1", "│ 1           │ default │ 1    │", "resource_requirements.0.runtime", "P0DT1M"),
    ("resource-requirements get 1", "Memory: 1m", "memory", "1m"),
    ("resource-requirements update 1 --memory 2g", "Memory: 2g", "memory", "2g"),
    ("resource-requirements delete 2", "Successfully deleted resource requirements:", "id", 2),
    ("results list 1", "│ 3           │ 0.50      │", "results.0.return_code", 3),
    ("results get 1", "Return code: 3", "status", "failed"),
    ("results delete 1", "Successfully deleted result:", "job_id", 1),
    ("events create 1 -d 1", "Successfully created event:", "data", 1),
    ("events list 1 -c workflow_initialized", "workflow_initialized", "events.0.event_type", "workflow_initialized"),
    ("events get 1", "Type: workflow_created", "event_type", "workflow_created"),
    ("events get-latest-event 1", "Type: workflow_completed", "workflow_id", 1),
    ("events delete 1", "Successfully deleted event:", "id", 1),
    ("compute-nodes get 1", "Hostname: here", "pid", 7),
    ("compute-nodes list 1", "│ 1  │ here     │ 7   │ 4    │ 4.0       │", "compute_nodes.0.num_cpus", 4),
    ("job-dependencies job-job 1", "│ 2      │ second │ 1             │ first      │", "job_dependencies.0.job_id", 2),
    ("job-dependencies job-file 1", "│ raw   │ raw.txt   │", "job_file_relationships.0.file_id", 1),
    ("job-dependencies job-user-data 1", "│ config    │", "job_user_data_relationships.0.consumer_job_id", 2),
    ("failure-handlers create 1 -n all --rules-file rules.json", "  Name: all", "name", "all"),
    ("failure-handlers list 1", "exit code 137: 1 retry after a script; any exit", "failure_handlers.0.id", 1),
    ("failure-handlers get 1", "Name: memory", "rules", RULES),
    ("failure-handlers delete 1", "Successfully deleted failure handler:", "id", 1),
]  # fmt: skip
#: Exit codes other than 0.
CODES = {"workflows run 1": 1}


def at(document: Any, path: str) -> Any:
    for step in path.split("."):
        document = document[int(step)] if step.isdigit() else document[step]
    return document


@pytest.mark.parametrize(("line", "shown", "path", "value"), CASES, ids=[case[0] for case in CASES])
def test_command_answers_people(torc: Torc, line: str, shown: str, path: str, value: Any) -> None:
    ended = torc(*line.split())
    assert (ended.code, ended.err) == (CODES.get(line, 0), "")
    assert shown in ended.out


@pytest.mark.parametrize(("line", "shown", "path", "value"), CASES, ids=[case[0] for case in CASES])
def test_command_answers_programs(torc: Torc, line: str, shown: str, path: str, value: Any) -> None:
    ended = torc(*line.split(), "-f", "json")
    assert (ended.code, ended.err) == (CODES.get(line, 0), "")
    assert at(json.loads(ended.out), path) == value


def leaves(group: TorcGroup, *names: str) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, TorcGroup):
            yield from leaves(command, *names, name)
        else:
            yield (*names, name)


def test_no_command_of_these_nouns_is_left_out() -> None:
    tested = {tuple(case[0].split()[:2]) for case in CASES}
    nouns = {noun for noun, _ in tested}
    left_out = {path for path in leaves(cli) if path[0] in nouns} - tested
    assert left_out == {("events", "monitor"), *(("workflows", name) for name in ("diagnose", "export", "import"))}


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("workflows list --archived-only", "No workflows found."),
        ("jobs list 2", "No jobs found."),
        ("jobs list-by-status 2", "No jobs found."),
        ("files list 2", "No files found."),
        ("user-data list 2", "No user data records found."),
        ("results list 2", "No results found."),
        ("events list 2 -c none", "No events found."),
        ("compute-nodes list 2", "No compute nodes found."),
        ("failure-handlers list 2", "No failure handlers found."),
        ("job-dependencies job-job 2", "No job dependencies found."),
    ],
)
def test_empty_lists_say_so(torc: Torc, line: str, shown: str) -> None:
    assert torc(*line.split()).out == f"{shown}\n"


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        ("jobs list 1 --sort-by name --reverse-sort", [2, 1]),
        ("jobs list 1 -l 1 --offset 1", [2]),
        ("jobs list 1 --upstream-job-id 1", [2]),
        ("files list 1 --produced-by-job-id 1", [2]),
        ("workflows list --sort-by name", [1, 2]),
        ("workflows list -l 1", [1]),
        ("user-data list 1 --name config --consumer-job-id 2", [1]),
        ("user-data list 1 --is-ephemeral true", []),
        ("results list 1 --failed --all-runs --run-id 1", [1]),
        ("results list 1 --return-code 0", []),
        ("results list 1 -s failed -j 1", [1]),
        ("compute-nodes list 1 -l 5 -o 1 -s hostname -r", []),
        ("events list 1 -l 1 -o 0 -s id", [1]),
    ],
)
def test_lists_are_filtered_sorted_and_paged(torc: Torc, line: str, ids: list[int]) -> None:
    (records,) = torc(*line.split(), "-f", "json").json.values()
    assert [record["id"] for record in records] == ids


@pytest.mark.parametrize(
    "line",
    [
        "workflows initialize-jobs 1",
        "workflows init 1 --ignore-missing-data",
        "workflows init 1 -i",
        "workflows reinit 1",
        "workflows reset-status 1 -y --reinitialize",
        "jobs create 1 -n a -c true --depends-on-job-ids 1",
    ],
)
def test_older_spellings_are_understood(torc: Torc, line: str) -> None:
    ended = torc(*line.split())
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize("line", ["run 1", "run-jobs 1", "workflows run-jobs 1", "workflows start 1", "run 1 logs"])
def test_run_has_older_spellings_too(torc: Torc, line: str) -> None:
    ended = torc(*line.split())
    assert (ended.code, ended.err) == (1, "")
    assert "there is nothing to do" in ended.out


@pytest.mark.parametrize(
    ("command", "old"),
    [
        ("workflows", ("initialize-jobs", "reinit", "start", "run-jobs")),
        ("workflows initialize", ("--ignore-missing-data",)),
        ("workflows reset-status", ("--reinitialize",)),
        ("jobs create", ("--depends-on-job-ids",)),
        ("", ("run-jobs",)),
    ],
)
def test_help_shows_one_spelling(torc: Torc, command: str, old: tuple[str, ...]) -> None:
    shown = torc(*command.split(), "--help").out
    first_words = {line.split()[0].rstrip(",") for line in shown.splitlines() if line.strip()}
    assert "--help" in shown
    assert not first_words & set(old)
