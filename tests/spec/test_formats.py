from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from torc.spec import Limits, check, kdl, load_spec, parse_spec
from torc.spec.readers import json as json_reader

from .checking import messages, names, plan, waits_for

YAML = r"""
# the same workflow four times
name: pipeline
description: "four formats, é"
user: me
parameters: {k: "[1,2]"}
env:
  MODE: fast
files:
  - name: raw
    path: /data/raw in.csv
  - name: part_{k}
    path: /data/part_{k:03d}.csv
    use_parameters: [k]
user_data:
  - name: config
    is_ephemeral: true
    data: {"rate": 0.5, "tags": ["a", null, true]}
resource_requirements:
  - {name: small, num_cpus: 2, memory: 4g, runtime: PT30M}
jobs:
  - name: prep
    command: |-
      awk '{print $1}' ${files.input.raw}
      echo "x"
    resource_requirements: small
    output_user_data: [config]
  - name: work_{k}
    command: w {k} ${files.output.part_{k}}
    depends_on: [prep]
    use_parameters: [k]
    priority: 3
    cancel_on_blocking_job_failure: false
    resource_requirements: {num_cpus: 3}
  - name: sum
    command: sum ${files.input.part_{k}}
    depends_on_regexes: ["^work_\\d$"]
    use_parameters: [k]
    input_user_data: [config]
slurm_schedulers:
  - {name: sched, account: acc, nodes: 1, walltime: "12:00:00"}
actions:
  - trigger_type: on_workflow_start
    action_type: run_commands
    commands: [mkdir -p out, date]
  - trigger_type: on_jobs_complete
    action_type: schedule_nodes
    jobs: [prep]
    job_name_regexes: ["^work"]
    scheduler: sched
    scheduler_type: slurm
    num_allocations: 2
failure_handlers:
  - name: again
    rules: [{exit_codes: [1, 2], max_retries: 2}]
"""

JSON5 = r"""
// the same workflow four times
{
  name: 'pipeline', description: "four formats, \u00e9", user: 'me',
  parameters: {k: "[1,2]"}, env: {MODE: 'fast'},
  files: [
    {name: 'raw', path: '/data/raw in.csv'},
    {name: 'part_{k}', path: '/data/part_{k:03d}.csv', use_parameters: ['k']},
  ],
  user_data: [{name: 'config', is_ephemeral: true, data: {rate: .5, tags: ['a', null, true]}}],
  resource_requirements: [{name: 'small', num_cpus: 2, memory: '4g', runtime: 'PT30M'}],
  jobs: [
    {
      name: 'prep', command: 'awk \'{print $1}\' ${files.input.raw}\necho "x"',
      resource_requirements: 'small', output_user_data: ['config'],
    },
    {
      name: 'work_{k}', command: 'w {k} ${files.output.part_{k}}', depends_on: ['prep'], use_parameters: ['k'],
      priority: 3, cancel_on_blocking_job_failure: false, resource_requirements: {num_cpus: 3},
    },
    {
      name: 'sum', command: 'sum ${files.input.part_{k}}', depends_on_regexes: ['^work_\\d$'], use_parameters: ['k'],
      input_user_data: ['config'],
    },
  ],
  slurm_schedulers: [{name: 'sched', account: 'acc', nodes: 1, walltime: '12:00:00'}],
  actions: [
    {trigger_type: 'on_workflow_start', action_type: 'run_commands', commands: ['mkdir -p out', 'date']},
    {
      trigger_type: 'on_jobs_complete', action_type: 'schedule_nodes', jobs: ['prep'], job_name_regexes: ['^work'],
      scheduler: 'sched', scheduler_type: 'slurm', num_allocations: 2,
    },
  ],
  failure_handlers: [{name: 'again', rules: [{exit_codes: [1, 2], max_retries: 2}]}],
}
"""

KDL = r"""
// the same workflow four times
name "pipeline"
description "four formats, é"
user "me"
parameters {
  k "[1,2]"
}
env {
  MODE "fast"
}
file "raw" path="/data/raw in.csv"
file "part_{k}" path="/data/part_{k:03d}.csv" {
  use_parameters "k"
}
user_data "config" {
  is_ephemeral #true
  data "{\"rate\": 0.5, \"tags\": [\"a\", null, true]}"
}
resource_requirements "small" {
  num_cpus 2
  memory "4g"
  runtime "PT30M"
}
job "prep" {
  command "awk '{print $1}' ${files.input.raw}\necho \"x\""
  resource_requirements "small"
  output_user_data "config"
}
job "work_{k}" {
  command "w {k} ${files.output.part_{k}}"
  depends_on_job "prep"
  use_parameters "k"
  priority 3
  cancel_on_blocking_job_failure #false
  resource_requirements {
    num_cpus 3
  }
}
job "sum" {
  command "sum ${files.input.part_{k}}"
  depends_on_regexes "^work_\\d$"
  use_parameters "k"
  input_user_data "config"
}
slurm_scheduler "sched" {
  account "acc"
  nodes 1
  walltime "12:00:00"
}
action {
  trigger_type "on_workflow_start"
  action_type "run_commands"
  command "mkdir -p out"
  command "date"
}
action {
  trigger_type "on_jobs_complete"
  action_type "schedule_nodes"
  job "prep"
  job_name_regexes "^work"
  scheduler "sched"
  scheduler_type "slurm"
  num_allocations 2
}
failure_handler "again" {
  rule {
    exit_codes 1 2
    max_retries 2
  }
}
"""

SAME = {
    "yaml": YAML,
    "json": json.dumps(parse_spec(YAML, format="yaml").data, indent=2),
    "json5": JSON5,
    "kdl": KDL,
}


def test_the_workflow_is_what_it_says() -> None:
    made = plan(YAML)
    assert names(made) == ["prep", "work_1", "work_2", "sum"]
    assert made["jobs"][3]["command"] == "sum /data/part_001.csv /data/part_002.csv"
    assert waits_for(made, "sum") == {"work_1", "work_2"}
    assert made["user_data"] == [
        {"name": "config", "data": {"rate": 0.5, "tags": ["a", None, True]}, "is_ephemeral": True}
    ]


@pytest.mark.parametrize("format", ["json", "json5", "kdl"])
def test_the_same_workflow_gives_the_same_plan_in_every_format(format: Any) -> None:
    assert plan(SAME[format], format) == plan(YAML)


def test_readers_in_python_give_what_the_compiled_ones_give() -> None:
    assert kdl.read(KDL, Limits(), compiled=None) == parse_spec(KDL, format="kdl").data
    assert json_reader.read(JSON5, Limits(), compiled=None) == parse_spec(JSON5, format="json5").data


@pytest.mark.parametrize("format", list(SAME))
def test_the_extension_tells_the_format(format: str, tmp_path: Path) -> None:
    file = tmp_path / f"w.{format}"
    file.write_text(SAME[format])
    loaded = load_spec(file)
    assert loaded.format == format
    assert check(loaded).plan == plan(YAML)


@pytest.mark.parametrize("format", list(SAME))
def test_without_an_extension_the_content_tells_the_format(format: str) -> None:
    assert check(parse_spec(SAME[format])).plan == plan(YAML)


@pytest.mark.parametrize(
    ("text", "format"),
    [
        ("name: w", "yaml"),
        ("---\nname: w", "yaml"),
        ("# c\n\nname: w", "yaml"),
        ('{"name": "w"}', "json5"),
        ("  // c\n  {name: 'w'}", "json5"),
        ("/* c */ {name: 'w'}", "json5"),
        ('name "w"', "kdl"),
        ('// c\nname "w"', "kdl"),
        ('job "x" {\n command "y"\n}', "kdl"),
        ('parameters {\n i "1:2"\n}', "kdl"),
        ('name: "w"\ndescription: "a {\n b"', "yaml"),
    ],
)
def test_formats_are_recognised_by_their_first_lines(text: str, format: str) -> None:
    assert parse_spec(text).format == format


def test_json5_in_a_json_file_and_an_upper_case_extension_are_fine(tmp_path: Path) -> None:
    file = tmp_path / "w.JSON"
    file.write_text(JSON5)
    assert check(load_spec(file)).plan == plan(YAML)


def test_a_given_format_wins_over_the_extension(tmp_path: Path) -> None:
    file = tmp_path / "w.yaml"
    file.write_text(KDL)
    assert load_spec(file, format="kdl").format == "kdl"


@pytest.mark.parametrize(
    ("text", "format"), [("- a\n- b\n", "yaml"), ("[1]", "json"), ("text", "yaml"), ("3", "json5")]
)
def test_what_is_no_mapping_is_refused(text: str, format: Any) -> None:
    assert "is a mapping of keys to values" in messages(text, format)[0]
