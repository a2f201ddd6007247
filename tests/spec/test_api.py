from __future__ import annotations

import json
import subprocess
import sys

import pytest

import torc.spec
from torc.spec import check, parse_spec


def test_every_public_name_can_be_reached() -> None:
    for name in torc.spec.__all__:
        assert getattr(torc.spec, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = torc.spec.nothing


def test_naming_the_package_loads_no_parser_and_no_models() -> None:
    program = "import sys, torc.spec; print([m for m in ('pydantic', 'yaml', 'ckdl', 'pyjson5') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_checking_changes_nothing_in_what_was_loaded() -> None:
    loaded = parse_spec("name: w\njobs:\n- {name: 'a_{i}', command: x, parameters: {i: '1:2'}, env: {A: '1'}}\n")
    before = json.dumps(loaded.data)
    assert check(loaded).plan == check(loaded).plan
    assert json.dumps(loaded.data) == before


def test_a_hundred_thousand_jobs_share_what_they_can() -> None:
    text = (
        "name: w\njobs:\n- {name: 'a_{i}', command: 'x {i}', parameters: {i: '1:50000'}}\n"
        "- {name: 'b_{i}', command: 'y', depends_on: ['a_{i}'], parameters: {i: '1:50000'}}\n"
    )
    plan = check(parse_spec(text)).plan
    assert len(plan["jobs"]) == 100_000
    assert plan["jobs"][-1]["name"] == "b_50000"
    assert plan["dependency_sets"][plan["jobs"][-1]["dependency_sets"][0]] == [49_999]
    assert len(plan["dependency_sets"]) == 50_000
