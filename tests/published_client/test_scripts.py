"""Scripts as people write them, with the published client and with our own package, run to the end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from server.outside import Http, Server

from . import published
from .conftest import EXAMPLES, Run

OURS = Path(sys.executable)
TORC = OURS.parent / "torc"


@pytest.fixture(params=["published", "own"])
def python(request: pytest.FixtureRequest) -> Path:
    """A Python with either of the two packages."""
    return OURS if request.param == "own" else request.getfixturevalue("published_python")


def run_workflow(server: Server, workflow_id: int, directory: Path, python: Path) -> subprocess.CompletedProcess[str]:
    """Run a workflow; its jobs find the programs that belong to ``python``."""
    path = os.pathsep.join([str(python.parent), os.environ["PATH"]])
    command = [TORC, "run", str(workflow_id), "--num-cpus", "16", "--memory-gb", "200"]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=directory,
        env=published.environment(PATH=path, TORC_API_URL=server.url),
    )  # fmt: skip


def user_data(server: Server, workflow_id: int) -> dict[str, object]:
    printed = subprocess.run(
        [TORC, "-f", "json", "user-data", "list", str(workflow_id)], capture_output=True, text=True, check=True,
        env=published.environment(TORC_API_URL=server.url),
    )  # fmt: skip
    return {record["name"]: record["data"] for record in json.loads(printed.stdout)["user_data"]}


def test_a_workflow_is_created_by_a_script(server: Server, script: Run, python: Path) -> None:
    assert script(python, "create_workflow.py").stdout == "Created workflow 1\n"
    (job,) = Http(server.url)("list_jobs", workflow_id=1)["items"]
    assert (job["name"], job["command"]) == ("job1", "echo 'Hello World'")


def test_functions_are_mapped_run_and_postprocessed(server: Server, script: Run, python: Path, tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "simulation.py", tmp_path)
    created = script(python, "map_function_across_workers.py", TORC_API_URL=server.url)
    assert (created.stdout, created.stderr) == ("Created workflow with ID 1 4 jobs.\n", "")
    done = run_workflow(server, 1, tmp_path, python)
    assert done.returncode == 0, done.stderr
    stored = user_data(server, 1)
    assert stored["postprocess_result"] == {
        "total": 15,
        "output_data_paths": [f"/projects/my-project/{number}" for number in (1, 2, 3)],
    }
    assert stored["output_2"] == {
        "inputs": {"input1": 4, "input2": 5, "input3": 6},
        "result": 5,
        "output_data_path": "/projects/my-project/2",
    }


def test_either_package_runs_the_functions_that_the_other_has_mapped(
    server: Server, script: Run, published_python: Path, tmp_path: Path
) -> None:
    shutil.copy(EXAMPLES / "simulation.py", tmp_path)
    for number, (maker, runner) in enumerate([(published_python, OURS), (OURS, published_python)], 1):
        script(maker, "map_function_across_workers.py", TORC_API_URL=server.url).check_returncode()
        done = run_workflow(server, number, tmp_path, runner)
        assert done.returncode == 0, done.stderr
        assert user_data(server, number)["postprocess_result"]["total"] == 15


def test_an_orchestrator_spawns_generations_until_it_converges(server: Server, python: Path, tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "decide.py", tmp_path)
    http = Http(server.url)
    seed = {"name": "decide_0", "command": f"{python} decide.py search"}
    workflow = http("create_workflow_from_plan", body={"workflow": {"name": "w", "user": "u"}, "jobs": [seed]})
    http("initialize_workflow", workflow["id"], body={})
    done = run_workflow(server, workflow["id"], tmp_path, python)
    assert done.returncode == 0, done.stderr
    jobs = {job["name"]: job["status"] for job in http("list_jobs", workflow_id=workflow["id"])["items"]}
    names = ["decide_0", "try_1", "decide_1", "try_2", "decide_2"]
    assert jobs == dict.fromkeys(names, "completed")
    assert user_data(server, workflow["id"])["__torc_lineage__search__final"]["state"] == {"best": 2}
