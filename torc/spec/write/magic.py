"""A specification as cells of a notebook: ``%%torc`` for all of it, ``%%torc job`` for one job."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

from torc.spec.model import WorkflowSpec
from torc.spec.references import REFERENCE
from torc.spec.write.plain import entry, plain
from torc.spec.write.yaml import to_yaml

_JOB_OPTIONS = {
    "num_cpus": "--cpus",
    "memory": "--memory",
    "num_gpus": "--gpus",
    "num_nodes": "--nodes",
    "runtime": "--runtime",
    "resource_requirements": "--resources",
    "priority": "--priority",
    "scheduler": "--scheduler",
    "failure_handler": "--failure-handler",
}
_LISTS = {"depends_on": "--needs", "depends_on_regexes": "--needs-matching", "use_parameters": "--params"}
_PAIRS = {"parameters": "--params", "env": "--env"}
_SIDES = {"input_files": "--in", "input_user_data": "--in", "output_files": "--out", "output_user_data": "--out"}
_OTHERS = {"name", "command", "parameter_mode"}
#: What the variables that a cell has cannot hold.
_UNQUOTABLE = re.compile(r"""["'\\]""")

_VARIABLE = re.compile(r"\$[\w.$]")


class _Unsayable(ValueError):
    """The magic has no words for it."""


def to_magic(spec: WorkflowSpec) -> str:
    """Return the cell that creates the workflow."""
    return "%%torc\n" + to_yaml(plain(spec))


def entry_to_magic(spec: WorkflowSpec, noun: str, position: int) -> str | None:
    """Return the magic that adds one job or Slurm scheduler, null when it cannot say all of it."""
    item = entry(getattr(spec, noun)[position])
    try:
        if noun == "jobs":
            return _job(spec, item)
        if noun == "slurm_schedulers":
            words = [word for name, value in list(item.items())[1:] for word in (_option(name), str(value))]
            return _line("%torc scheduler", [item["name"], *words], ()) + "\n"
    except _Unsayable:
        return None
    return None


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _job(spec: WorkflowSpec, item: dict[str, Any]) -> str:
    known = _OTHERS | _JOB_OPTIONS.keys() | _LISTS.keys() | _PAIRS.keys() | _SIDES.keys()
    if not known.issuperset(item) or isinstance(item.get("resource_requirements"), dict):
        raise _Unsayable
    words = [item["name"], "--bash"]
    for name, option in _JOB_OPTIONS.items():
        words += [option, str(item[name])] if name in item else []
    for name, option in _LISTS.items():
        words += [word for value in item.get(name, ()) for word in (option, _listed(value, name))]
    words += _sides(spec, item)
    for name, option in _PAIRS.items():
        words += [word for pair in item.get(name, {}).items() for word in (option, _pair(*pair))]
    if item.get("parameter_mode") == "zip":
        words.append("--zip")
    parameters = {*item.get("parameters", ()), *item.get("use_parameters", ())}
    return f"{_line('%%torc job', words, parameters)}\n{item['command'].rstrip()}\n"


def _sides(spec: WorkflowSpec, item: dict[str, Any]) -> Iterator[str]:
    """Yield the options for files and data, those that only the command names among them."""
    paths = {file.name: str(file.path) for file in spec.files}
    named = {(option, name): None for key, option in _SIDES.items() for name in item.get(key, ())}
    named |= {
        ("--in" if side == "input" else "--out", name): None for _, side, name in REFERENCE.findall(item["command"])
    }
    for option, name in named:
        if _UNQUOTABLE.search(paths.get(name, "")) or "=" in name:
            raise _Unsayable
        yield from (option, f"{name}={paths[name]}" if name in paths else _listed(name, "files"))


def _listed(value: str, name: str) -> str:
    if (
        value != value.strip()
        or ("," in value and name != "depends_on_regexes")
        or ("=" in value and name == "use_parameters")
    ):
        raise _Unsayable
    return value


def _pair(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    if text != text.strip():
        raise _Unsayable
    return f"{name}={text}"


def _line(magic: str, words: list[str], parameters: Any) -> str:
    line = " ".join([magic, *map(shlex.quote, words)])
    if not line.isprintable() or "" in words:
        raise _Unsayable
    # IPython leaves $NAME alone between single quotes, which it counts anew behind each brace.
    if _VARIABLE.search(line) and any(character in line for character in '{}"'):
        raise _Unsayable
    return _without_variables(line, parameters)


def _without_variables(line: str, parameters: Any) -> str:
    """Double the braces that IPython would take for variables; the magic itself leaves places of parameters alone."""
    places = "|".join(rf"\{{{name}(?::[^{{}}]*)?\}}" for name in parameters)
    pattern = re.compile(rf"({places})|[{{}}]" if places else r"()[{}]")
    return pattern.sub(lambda match: match[1] or match[0] * 2, line)
