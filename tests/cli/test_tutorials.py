"""The command lines of tutorials, with the real ``jq`` behind them."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from torc.client.client import Client
from torc.client.transport import HttpTransport
from torc.server.embedded import host

Shell = Callable[..., str]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with host(tmp_path / "torc.db") as (url, token), Client(HttpTransport(url, token)) as client:
        yield client


@pytest.fixture
def shell(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """Run lines of bash with ``torc`` on the path, as a person would type them."""
    programs = tmp_path / "bin"
    programs.mkdir()
    torc = programs / "torc"
    torc.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c "from torc.cli.main import main; main()" "$@"\n')
    torc.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")

    def run(lines: str, **variables: object) -> str:
        environment = os.environ | {name: str(value) for name, value in variables.items()}
        # A shell that stops at the first error: jq that is not there or that fails fails the test.
        script = ["bash", "-euo", "pipefail", "-c", lines]
        ended = subprocess.run(script, capture_output=True, text=True, timeout=240, env=environment)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return run


def values(text: str) -> list[Any]:
    """Return the JSON values that jq printed one after the other."""
    decoder, found = json.JSONDecoder(), []
    while text := text.lstrip():
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:]
    return found


DIAMOND = """
name: diamond_workflow
description: Diamond workflow demonstrating fan-out and fan-in
jobs:
  - name: preprocess
    command: |
      cat ${files.input.input_file} | awk '{print $1}' > ${files.output.intermediate1}
      cat ${files.input.input_file} | awk '{print $2}' > ${files.output.intermediate2}
  - {name: work1, command: "sort -u ${files.input.intermediate1} > ${files.output.result1}"}
  - {name: work2, command: "sort -u ${files.input.intermediate2} > ${files.output.result2}"}
  - {name: postprocess, command: "paste ${files.input.result1} ${files.input.result2} > ${files.output.final_output}"}
files:
  - {name: input_file, path: input.txt}
  - {name: intermediate1, path: intermediate1.txt}
  - {name: intermediate2, path: intermediate2.txt}
  - {name: result1, path: result1.txt}
  - {name: result2, path: result2.txt}
  - {name: final_output, path: output.txt}
"""


def test_tutorial_2_files(shell: Shell) -> None:
    Path("diamond.yaml").write_text(DIAMOND)
    out = shell("""
        echo -e "apple red\\nbanana yellow\\ncherry red\\ndate brown" > input.txt
        WORKFLOW_ID=$(torc workflows create diamond.yaml -f json | jq -r '.id')
        echo "Created workflow: $WORKFLOW_ID"
        touch input.txt
        torc workflows initialize-jobs $WORKFLOW_ID
        torc jobs list $WORKFLOW_ID
        torc run $WORKFLOW_ID
        cat output.txt
    """)
    assert out.startswith("Created workflow: 1\n")
    statuses = re.findall(r"│ \d +│ (\w+) +│ (\w+) +│", out)
    assert statuses == [("preprocess", "ready"), ("work1", "blocked"), ("work2", "blocked"), ("postprocess", "blocked")]
    assert out.endswith("apple\tbrown\nbanana\tred\ncherry\tyellow\ndate\t\n")


USER_DATA = """
name: config_pipeline
description: Jobs that pass configuration via user_data
jobs:
  - name: generate_config
    command: |
      echo '{"learning_rate": 0.001, "batch_size": 32, "epochs": 10}' > config.json
      torc user-data update ${user_data.output.ml_config} \\
        --data "$(cat config.json)"
  - name: train_model
    command: |
      echo "Training with config:"
      torc user-data get ${user_data.input.ml_config} | jq '.data'
  - name: evaluate_model
    command: |
      echo "Evaluating with config:"
      torc user-data get ${user_data.input.ml_config} | jq '.data'
user_data:
  - name: ml_config
    data: null
"""


def test_tutorial_3_user_data(shell: Shell) -> None:
    Path("user_data_workflow.yaml").write_text(USER_DATA)
    before = shell("""
        WORKFLOW_ID=$(torc workflows create user_data_workflow.yaml -f json | jq -r '.id')
        torc workflows initialize-jobs $WORKFLOW_ID
        torc user-data list $WORKFLOW_ID
        torc run $WORKFLOW_ID
    """)
    assert "│ 1  │ ml_config │ null │ 1           │" in before
    config = {"learning_rate": 0.001, "batch_size": 32, "epochs": 10}
    listed = shell("torc user-data list $WORKFLOW_ID -f json | jq '.user_data[] | {name, data}'", WORKFLOW_ID=1)
    assert values(listed) == [{"name": "ml_config", "data": config}]
    assert json.loads(shell("torc user-data get $USER_DATA_ID", USER_DATA_ID=1))["data"] == config
    assert values(shell("torc user-data get $USER_DATA_ID | jq '.data'", USER_DATA_ID=1)) == [config]
    shell("torc user-data get $USER_DATA_ID | jq '.data' > config.json", USER_DATA_ID=1)
    assert json.loads(Path("config.json").read_text()) == config
    codes = json.loads(shell("torc results list 1 -f json | jq '[.results[].return_code]'"))
    assert codes == [0, 0, 0]
    shell("""torc user-data update $USER_DATA_ID --data '{"key": "value"}'""", USER_DATA_ID=1)
    assert values(shell("torc user-data get 1 | jq .data")) == [{"key": "value"}]
    Path("results.json").write_text('{"score": 1}\n')
    shell("""torc user-data update $USER_DATA_ID --data "$(cat results.json)" """, USER_DATA_ID=1)
    assert values(shell("torc user-data get 1 | jq .data")) == [{"score": 1}]


SWEEP = """
name: lr_sweep
jobs:
  - name: train_lr{lr:.4f}
    command: python train.py --learning-rate={lr}
    output_files: ["model_lr{lr:.4f}"]
    parameters: {lr: "[0.0001,0.0005,0.001,0.005,0.01]"}
  - name: evaluate_lr{lr:.4f}
    command: python evaluate.py --model=/models/model_lr{lr:.4f}.pt
    input_files: ["model_lr{lr:.4f}"]
    output_files: ["metrics_lr{lr:.4f}"]
    parameters: {lr: "[0.0001,0.0005,0.001,0.005,0.01]"}
  - name: compare_results
    command: python compare.py --input-dir=/results --output=/results/comparison.csv
    input_files: ["metrics_lr{lr:.4f}"]
    parameters: {lr: "[0.0001,0.0005,0.001,0.005,0.01]"}
files:
  - name: model_lr{lr:.4f}
    path: /models/model_lr{lr:.4f}.pt
    parameters: {lr: "[0.0001,0.0005,0.001,0.005,0.01]"}
  - name: metrics_lr{lr:.4f}
    path: /results/metrics_lr{lr:.4f}.json
    parameters: {lr: "[0.0001,0.0005,0.001,0.005,0.01]"}
"""


def test_tutorial_4_parameters(shell: Shell) -> None:
    Path("learning_rate_sweep.yaml").write_text(SWEEP)
    out = shell("""
        WORKFLOW_ID=$(torc workflows create learning_rate_sweep.yaml -f json | jq -r '.id')
        torc workflows initialize-jobs $WORKFLOW_ID > initialized
        torc jobs list $WORKFLOW_ID -f json | jq '.jobs | length'
        torc jobs list $WORKFLOW_ID -f json | jq -r '.jobs[].name' | sort
    """).split()
    rates = ("0.0001", "0.0005", "0.0010", "0.0050", "0.0100")
    expected = ["compare_results", *(f"evaluate_lr{rate}" for rate in rates), *(f"train_lr{rate}" for rate in rates)]
    assert out == ["11", *expected]


GRID = """
name: hyperparameter_grid_search
parameters: {lr: "[0.0001,0.001,0.01]", bs: "[16,32,64]", opt: "['adam','sgd']"}
jobs:
  - {name: prepare_data, command: "true", output_files: [training_data]}
  - name: train_lr{lr:.4f}_bs{bs}_opt{opt}
    command: python train.py --learning-rate={lr} --batch-size={bs} --optimizer={opt}
    input_files: [training_data]
    output_files: ["metrics_lr{lr:.4f}_bs{bs}_opt{opt}"]
    use_parameters: [lr, bs, opt]
  - name: aggregate_results
    command: python aggregate.py
    input_files: ["metrics_lr{lr:.4f}_bs{bs}_opt{opt}"]
    use_parameters: [lr, bs, opt]
  - {name: select_best_model, command: python select_best.py, depends_on: [aggregate_results]}
files:
  - {name: training_data, path: /data/processed.pkl}
  - name: metrics_lr{lr:.4f}_bs{bs}_opt{opt}
    path: /results/metrics_lr{lr:.4f}_bs{bs}_opt{opt}.json
    use_parameters: [lr, bs, opt]
"""


def test_tutorial_5_grid(shell: Shell) -> None:
    Path("grid_search.yaml").write_text(GRID)
    count, *names = shell("""
        WORKFLOW_ID=$(torc workflows create grid_search.yaml -f json | jq -r '.id')
        torc workflows initialize-jobs $WORKFLOW_ID > initialized
        torc jobs list $WORKFLOW_ID -f json | jq '.jobs | length'
        torc jobs list $WORKFLOW_ID -f json | jq -r '.jobs[] | select(.name | startswith("train_")) | .name' | sort
    """).split()
    assert count == "21"
    assert len(names) == 18
    assert (names[0], names[-1]) == ("train_lr0.0001_bs16_optadam", "train_lr0.0100_bs64_optsgd")
    by_status = json.loads(shell("torc jobs list-by-status 1 -f json | jq '[.statuses[] | {status, count}]'"))
    assert by_status == [{"status": "blocked", "count": 20}, {"status": "ready", "count": 1}]


@pytest.fixture
def ended_sweep(client: Client) -> int:
    """A workflow whose jobs ended in different ways, with user data; returns its id."""
    number = client.create_workflow(body={"name": "sweep", "user": "ada"})["id"]
    for name in ("config", "scores"):
        client.create_user_data(body={"workflow_id": number, "name": name, "data": {"of": name}})
    names = ("process_a", "train_lr1", "train_lr2", "wait")
    jobs = [{"workflow_id": number, "name": name, "command": "true"} for name in names]
    first = client.create_jobs(body={"jobs": jobs})["jobs"][0]["id"]
    client.initialize_jobs(number)
    node = client.create_compute_node(
        body={"workflow_id": number, "hostname": "here", "pid": 1, "num_cpus": 4, "memory_gb": 4.0}
    )["id"]
    client.claim_next_jobs(number, limit=3)
    for position, code in ((0, 2), (1, 1), (2, 0)):
        job = first + position
        client.start_job(job, 1, node)
        status = "failed" if code else "completed"
        result = {
            "job_id": job,
            "workflow_id": number,
            "run_id": 1,
            "compute_node_id": node,
            "return_code": code,
            "exec_time_minutes": 0.1,
            "completion_time": "2026-01-01T00:00:00.000Z",
            "status": status,
        }
        client.complete_job(job, status, 1, body=result)
    return int(number)


def test_tutorial_11_filters(shell: Shell, ended_sweep: int) -> None:
    def ask(command: str, program: str) -> list[Any]:
        return values(shell(f"torc {command} $wf -f json | jq -c '{program}'", wf=ended_sweep))

    (jobs,) = ask("jobs list", ".jobs")
    assert len(jobs) == 4
    assert ask("jobs list", '.jobs[] | select(.status == "failed") | .name') == ["process_a", "train_lr1"]
    waiting = '.jobs[] | select(.status | IN("ready", "running")) | .name'
    assert ask("jobs list", waiting) == ["wait"]
    assert ask("jobs list", '.jobs[] | select(.name | test("train")) | .name') == ["train_lr1", "train_lr2"]
    both = '.jobs[] | select(.status == "failed" and (.name | test("process"))) | .name'
    assert ask("jobs list", both) == ["process_a"]
    either = '.jobs[] | select(.status == "failed" or .status == "canceled") | .id'
    failed = ask("jobs list", either)
    assert ask("jobs list", ".jobs[] | {name, status}")[3] == {"name": "wait", "status": "ready"}
    assert ask("jobs list", ".jobs | sort_by(.name) | map(.name)")[0][0] == "process_a"
    descending = '[.jobs[] | select(.status == "failed")] | sort_by(.id) | reverse | map(.id)'
    assert ask("jobs list", descending) == [failed[::-1]]
    counts = ".jobs | group_by(.status) | map({status: .[0].status, count: length})"
    assert {"status": "failed", "count": 2} in ask("jobs list", counts)[0]
    assert ask("jobs list", '[.jobs[] | select(.status == "failed")] | length') == [2]
    codes = ask("results list", ".results[] | select(.return_code != 0) | {job_id, return_code}")
    assert codes == [{"job_id": failed[0], "return_code": 2}, {"job_id": failed[1], "return_code": 1}]
    assert ask("user-data list", ".user_data | length") == [2]
    assert ask("user-data list", '.user_data[] | select(.name | test("config")) | .data') == [{"of": "config"}]
    table = '.jobs[] | select(.status == "failed") | [.id, .name] | @csv'
    assert ask("jobs list", table) == [f'{failed[0]},"process_a"', f'{failed[1]},"train_lr1"']


def test_tutorial_11_join_of_jobs_and_results(shell: Shell, ended_sweep: int) -> None:
    joined = shell(
        """
        torc jobs list $wf -f json > jobs.json
        torc results list $wf -f json | jq -c --slurpfile listed jobs.json '.results[] | select(.return_code != 0)
          | . as $r | {name: ($listed[0].jobs[] | select(.id == $r.job_id) | .name), return_code, job_id}'
        """,
        wf=ended_sweep,
    )
    assert [(row["name"], row["return_code"]) for row in values(joined)] == [("process_a", 2), ("train_lr1", 1)]


def test_status_word_for_scripts(shell: Shell, ended_sweep: int) -> None:
    assert shell("torc workflows status $wf -f json | jq -r '.status'", wf=ended_sweep) == "initialized\n"
    in_environment = "result=$(torc workflows status $wf | jq -r '.status'); echo $result"
    assert shell(in_environment, wf=ended_sweep, TORC_CLIENT__FORMAT="json") == "initialized\n"


def test_archiving_answers_in_json(shell: Shell, ended_sweep: int) -> None:
    command = "torc --format json workflows archive true $wf | jq '.workflows[].is_archived'"
    assert shell(command, wf=ended_sweep) == "true\n"
