"""Every name of the published client exists here and takes the same arguments in the same places."""

from __future__ import annotations

import inspect
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

import torc
import torc.api
import torc.openapi_client as ours
from torc.openapi_client import DefaultApi, exceptions, names

from . import published

PUBLISHED_GROUPS = [*names.TAGS]
#: Fields that hold nothing a script would ask for.
LEFT_OUT = {"additional_properties", "error_message", "error_num"}


@pytest.fixture(scope="module")
def theirs(published_python: Path) -> dict[str, Any]:
    """Names and signatures of the published client."""
    command = [published_python, Path(__file__).parent / "interface.py"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, env=published.environment())
    return json.loads(printed.stdout)


def test_all_exported_names_are_here(theirs: dict[str, Any]) -> None:
    assert [name for name in theirs["names"] if not hasattr(ours, name)] == []
    assert [name for name in theirs["top"] if not hasattr(torc, name)] == []
    assert [name for name in theirs["helpers"] if not hasattr(torc.api, name)] == []
    assert set(theirs["groups"]) == set(PUBLISHED_GROUPS)


@pytest.mark.parametrize("group", PUBLISHED_GROUPS)
def test_methods_take_the_same_arguments(theirs: dict[str, Any], group: str) -> None:
    differences = {}
    for method, parameters in theirs["groups"][group].items():
        positional = [name for name, _ in parameters if not name.startswith("_")]
        required = [name for name, needed in parameters if needed]
        mine = inspect.signature(getattr(getattr(ours, group), method)).parameters
        own_required = [name for name, one in mine.items() if one.default is one.empty and name != "self"]
        if list(mine)[1 : 1 + len(positional)] != positional or own_required != required:
            differences[method] = (list(mine)[1:], positional, own_required, required)
        assert {name for name, _ in parameters} <= set(mine)
    assert differences == {}


def test_the_one_class_with_all_operations_has_them_all(theirs: dict[str, Any]) -> None:
    methods = {name for group in theirs["groups"].values() for name in group}
    assert len(methods) == 130
    assert methods | {f"{name}_with_http_info" for name in methods} <= set(dir(DefaultApi))


def test_records_have_the_same_fields_and_need_no_others(theirs: dict[str, Any]) -> None:
    missing, needed = {}, {}
    for name, fields in theirs["models"].items():
        mine = getattr(ours, name).model_fields
        lost = set(fields) - set(mine) - LEFT_OUT - ({"id"} if name == "ComputeNodesResources" else set())
        required = {field for field, must in fields.items() if must}
        more = {field for field, info in mine.items() if info.is_required()} - required
        missing |= {name: lost} if lost else {}
        # Scripts build what they send; replies are built by the server.
        is_reply = name.endswith("Response") or name == "ClaimJobsBasedOnResources"
        needed |= {name: more} if more and not is_reply else {}
    assert missing == {}
    assert needed == {}


def test_enums_have_the_same_values(theirs: dict[str, Any]) -> None:
    assert {name: [member.value for member in getattr(ours, name)] for name in theirs["enums"]} == theirs["enums"]


def test_exceptions_have_the_same_ancestors(theirs: dict[str, Any]) -> None:
    mine = {name: [base.__name__ for base in getattr(exceptions, name).__mro__] for name in theirs["exceptions"]}
    assert mine == theirs["exceptions"]


def test_helpers_take_the_same_arguments(theirs: dict[str, Any]) -> None:
    for name, parameters in theirs["helpers"].items():
        if name == "DefaultApi":
            continue
        mine = list(inspect.signature(getattr(torc.api, name)).parameters)
        assert [parameter for parameter, _ in parameters if parameter not in mine] == [], name
    for name in ("configuration", "api_client"):
        kind = {"configuration": ours.Configuration, "api_client": ours.ApiClient}[name]
        assert [parameter for parameter, _ in theirs[name]] == list(inspect.signature(kind).parameters)
