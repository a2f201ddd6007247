"""Every example says the same in all four formats, and does what it says when it is run."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from torc.spec import check, load_spec

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PROGRAMS = Path(sys.executable).parent
MACHINE = ("--num-cpus", "4", "--memory-gb", "64", "--num-gpus", "4", "--poll-interval", "1")
FORMATS = ("yaml", "json", "json5", "kdl")
NAMES = sorted(path.stem for path in (EXAMPLES / "yaml").glob("*.yaml"))

#: Jobs of each example that runs on one machine.
JOBS = {
    "collect_by_regex": 7,
    "diamond": 4,
    "failure_handler": 1,
    "grid_search": 21,
    "hello": 1,
    "hundred_jobs": 100,
    "job_actions": 4,
    "learning_rate_sweep": 11,
    "lifecycle_actions": 4,
    "multi_stage_barrier": 91,
    "resources": 3,
    "shared_parameters": 20,
    "worker_actions": 4,
    "zip_mode": 3,
}
#: A file that is there afterwards, and what it holds.
LEFT_BEHIND = {
    "collect_by_regex": ("parts/total.txt", "21\n"),
    "diamond": ("diamond/pairs.txt", "apple\tbrown\nbanana\tred\ncherry\tyellow\ndate\t\n"),
    "job_actions": ("phases.txt", None),
    "lifecycle_actions": ("lifecycle/status.txt", "started\ncomplete\n"),
    "multi_stage_barrier": ("barrier/stage2_003.txt", "9\n"),
    "worker_actions": ("workers.txt", None),
}


@dataclass
class Place:
    """A directory with a copy of the examples, and a database of its own."""

    path: Path

    def torc(self, *arguments: str, expect: int = 0) -> str:
        """Run the command line and return what it printed."""
        env = {key: value for key, value in os.environ.items() if not key.startswith("TORC_")}
        env["XDG_DATA_HOME"] = str(self.path / "data")
        env["TORC_DATABASE"] = str(self.path / "torc.db")
        env["PATH"] = f"{PROGRAMS}{os.pathsep}{env['PATH']}"
        done = subprocess.run(
            [PROGRAMS / "torc", *arguments], cwd=self.path, env=env, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == expect, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """Run the command line and return its JSON."""
        return json.loads(self.torc("-f", "json", *arguments))

    def run(self, example: str, expect: int = 0) -> int:
        """Run an example to its end and return the id of its workflow."""
        self.torc("run", f"examples/{example}", *MACHINE, expect=expect)
        (workflow,) = self.json("workflows", "list")["workflows"]
        return int(workflow["id"])

    def statuses(self, workflow_id: int) -> dict[str, str]:
        """Return the status of each job by name."""
        jobs = self.json("jobs", "list", str(workflow_id))["jobs"]
        return {job["name"]: job["status"] for job in jobs}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    return Place(tmp_path)


def test_every_format_has_every_example() -> None:
    for extension in FORMATS:
        assert sorted(path.stem for path in (EXAMPLES / extension).iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_formats_give_equal_plans(name: str) -> None:
    first, *others = (check(load_spec(EXAMPLES / kind / f"{name}.{kind}")).plan for kind in FORMATS)
    for other in others:
        assert other == first


@pytest.mark.parametrize("name", sorted(JOBS))
def test_example_runs(name: str, place: Place) -> None:
    workflow_id = place.run(f"yaml/{name}.yaml")

    assert list(place.statuses(workflow_id).values()) == ["completed"] * JOBS[name]
    results = place.json("results", "list", str(workflow_id))["results"]
    assert [result["return_code"] for result in results] == [0] * JOBS[name]
    if name in LEFT_BEHIND:
        path, content = LEFT_BEHIND[name]
        left = (place.path / "output" / path).read_text()
        assert left == content if content is not None else len(left.splitlines()) == 2


@pytest.mark.parametrize("example", ["json/diamond.json", "json5/hello.json5", "kdl/resources.kdl"])
def test_other_formats_run(example: str, place: Place) -> None:
    workflow_id = place.run(example)

    assert set(place.statuses(workflow_id).values()) == {"completed"}


def test_failures_example_ends_with_1(place: Place) -> None:
    workflow_id = place.run("yaml/failures.yaml", expect=1)

    assert place.statuses(workflow_id) == {"broken": "failed", "consumer": "canceled", "clean_up": "completed"}


def test_user_data_reaches_the_jobs_that_wait_for_it(place: Place) -> None:
    workflow_id = place.run("yaml/user_data.yaml")

    assert set(place.statuses(workflow_id).values()) == {"completed"}
    records = place.json("user-data", "list", str(workflow_id))["user_data"]
    assert {record["name"]: record["data"] for record in records}["config"] == {"learning_rate": 0.01, "epochs": 10}


@pytest.mark.parametrize("kind", FORMATS)
def test_slurm_example_passes_the_dry_run(kind: str, place: Place) -> None:
    said = place.torc("workflows", "create", "--dry-run", f"examples/{kind}/slurm_stages.{kind}")

    assert "Jobs: 5" in said
    assert "Slurm schedulers: 2" in said
    assert "Validation: PASSED" in said
    assert place.json("workflows", "list")["workflows"] == []


def test_digits_compares_28_models() -> None:
    jobs = check(load_spec(EXAMPLES / "digits" / "workflow.yaml")).plan["jobs"]

    assert sum("train.py" in job["command"] for job in jobs) == 28


def test_digits_ends_with_a_table_a_picture_and_the_best_model(place: Place) -> None:
    # Fewer models of both kinds, the best among them.
    file = place.path / "examples" / "digits" / "workflow.yaml"
    fewer = {"c": "[10.0,100.0]", "gamma": "[0.001]", "trees": "[5]", "depth": "[4,8]"}
    text = file.read_text()
    for name, values in fewer.items():
        text, count = re.subn(rf'^  {name}: ".*"$', f'  {name}: "{values}"', text, flags=re.MULTILINE)
        assert count == 1
    file.write_text(text)

    workflow_id = place.run("digits/workflow.yaml")

    assert set(place.statuses(workflow_id).values()) == {"completed"}
    digits = place.path / "output" / "digits"
    rows = (digits / "table.csv").read_text().splitlines()
    assert len(rows) == 1 + 4
    assert (digits / "surface.png").read_bytes().startswith(b"\x89PNG")
    records = place.json("user-data", "list", str(workflow_id))["user_data"]
    best = {record["name"]: record["data"] for record in records}["best_model"]
    assert best["model"] == rows[1].split(",")[0]
    assert best["test_accuracy"] > 0.97
