"""Arguments of the builder's methods to entries of a specification, with errors in the words of the caller."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from torc.errors import InvalidInput, Problem
from torc.spec.model import ENTRY_MODELS, Header, JobSpec
from torc.spec.parameters import parse_values
from torc.spec.problems import Problems, did_you_mean
from torc.spec.structure import known_keys, read_entry, read_header
from torc.spec.write.code import PARAMETERS
from torc.units import to_iso_duration

_NOUNS = {
    "jobs": "job",
    "files": "file",
    "user_data": "data",
    "resource_requirements": "resources",
    "slurm_schedulers": "scheduler",
    "failure_handlers": "failure handler",
    "actions": "action",
}
_SPELLED = {key: parameter for parameter, key in PARAMETERS.items()}


def make_entry(noun: str, given: Mapping[str, Any], settings: Mapping[str, Any]) -> Any:
    """Return the model of an entry.

    Parameters
    ----------
    given
        Values under the names of the method's own parameters; null is not given.
    settings
        Further ones, under the keys of a specification.

    Raises
    ------
    InvalidInput
        That names the parameter, its value, and what to write instead.
    """
    what = f"{_NOUNS[noun]} '{given['name']}'" if given.get("name") is not None else f"the {_NOUNS[noun]}"
    model = ENTRY_MODELS[noun]
    data = _merged(given, settings, known_keys(model), what)
    if model is not JobSpec and noun != "resource_requirements":
        # Only these two have renamed amounts: a scheduler's nodes are its nodes.
        data = {"nodes" if key == "num_nodes" else key: value for key, value in data.items()}
    problems = Problems()
    item = read_entry(noun, data, problems)
    _refuse(list(problems.errors.values()), what, skip=2)
    return item


def make_header(given: Mapping[str, Any], settings: Mapping[str, Any]) -> Header:
    """Return the model of a workflow without its lists; errors as with :func:`make_entry`."""
    what = f"workflow '{given['name']}'"
    problems = Problems()
    header = read_header(_merged(given, settings, known_keys(Header), what), problems)
    _refuse(list(problems.errors.values()), what, skip=0)
    assert header is not None
    return header


def _merged(given: Mapping[str, Any], settings: Mapping[str, Any], keys: list[str], what: str) -> dict[str, Any]:
    data = {PARAMETERS.get(name, name): value for name, value in given.items() if value is not None}
    for name, value in settings.items():
        if name not in keys:
            hint = did_you_mean(name, [*given, *keys]) or f"there are {', '.join(sorted({*given, *_short(keys)}))}"
            raise InvalidInput(f"{what} has no option '{name}'", field=name, hint=hint)
        if name in data:
            raise InvalidInput(f"{what}: '{_SPELLED.get(name, name)}' is given twice", field=name, hint="keep one")
        data[name] = value
    if data.get("parameters") is not None:
        _take_parameters(data, what)
    if isinstance(data.get("runtime"), timedelta):
        data["runtime"] = to_iso_duration(data["runtime"].total_seconds())
    return data


def _short(keys: list[str]) -> list[str]:
    return [_SPELLED.get(key, key) for key in keys if not re.match("compute_node_|blocking|blocked", key)]


def _take_parameters(data: dict[str, Any], what: str) -> None:
    """Turn real lists and ranges into what a specification holds, names into uses of the workflow's parameters."""
    given = data["parameters"]
    if isinstance(given, str) or not isinstance(given, Mapping):
        names = [given] if isinstance(given, str) else list(given)
        data.setdefault("use_parameters", names)
        del data["parameters"]
        return
    data["parameters"] = {name: _values(name, value, what) for name, value in given.items()}


def _values(name: str, value: Any, what: str) -> Any:
    if isinstance(value, range):
        value = _range_text(value) if len(value) else []
    elif hasattr(value, "tolist"):
        value = value.tolist()
    elif isinstance(value, Iterable) and not isinstance(value, str | dict | list):
        value = list(value)
    try:
        parse_values(value)
    except InvalidInput as error:
        raise InvalidInput(
            f"{what}: parameter '{name}': {error.message}", field="params", value=value, hint=error.hint
        ) from None
    return value


def _range_text(values: range) -> str:
    step = "" if values.step == 1 else f":{values.step}"
    return f"{values[0]}:{values[-1]}{step}"


def _refuse(problems: list[Problem], what: str, *, skip: int) -> None:
    if not problems:
        return
    said = [
        f"{where}: {problem.message}" if (where := _where(problem, skip)) else problem.message for problem in problems
    ]
    first = problems[0]
    raise InvalidInput(f"{what}: {'; '.join(said)}", field=_where(first, skip) or None, hint=first.hint)


def _where(problem: Problem, skip: int) -> str:
    path = problem.path[skip:]
    if not path:
        return ""
    return Problem("", (_SPELLED.get(str(path[0]), str(path[0])), *path[1:])).dotted
