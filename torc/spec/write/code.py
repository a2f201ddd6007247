"""A specification as Python: the calls of :class:`torc.Workflow` that build it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from torc.spec.model import ENTRY_MODELS, WorkflowSpec
from torc.spec.write.plain import plain

#: Parameters of the Python interface that are called otherwise than the keys of a specification.
PARAMETERS = {
    "params": "parameters",
    "needs": "depends_on",
    "resources": "resource_requirements",
    "cpus": "num_cpus",
    "gpus": "num_gpus",
    "nodes": "num_nodes",
}
#: The method that adds an entry of each list, in the order in which a program calls them.
_METHODS = {
    "resource_requirements": "resources",
    "slurm_schedulers": "scheduler",
    "failure_handlers": "failure_handler",
    "files": "file",
    "user_data": "data",
    "jobs": "job",
    "actions": "action",
}
_POSITIONAL = ("trigger_type", "name", "command", "path", "data", "rules")
_WIDTH = 100
_INDENT = "    "
_SPACE = re.compile(r"[\n\r\t]")


def to_code(spec: WorkflowSpec, variable: str = "wf") -> str:
    """Return a program that builds the workflow as ``variable``."""
    data = plain(spec)
    header = {name: value for name, value in data.items() if name not in ENTRY_MODELS}
    calls = [_call(f"{variable} = torc.Workflow", [header.pop("name", "?")], _renamed(header))]
    calls += (f"{variable}.{call}" for call in _calls(data))
    return "import torc\n\n" + "\n".join(calls) + "\n"


def entry_to_code(spec: WorkflowSpec, noun: str, position: int, variable: str = "wf") -> str:
    """Return the call that adds one entry of a list."""
    data = plain(spec)
    return f"{variable}.{_entry(noun, data[noun][position], _Known(data))}\n"


def _calls(data: dict[str, Any]) -> Iterator[str]:
    known = _Known(data)
    for noun in _METHODS:
        yield from (_entry(noun, item, known) for item in data.get(noun, ()))


def _entry(noun: str, item: dict[str, Any], known: _Known) -> str:
    item = known.merged(item) if noun == "jobs" else _action(item) if noun == "actions" else item
    return _call(_METHODS[noun], *_split(item, _POSITIONAL))


def _split(item: dict[str, Any], positional: tuple[str, ...]) -> tuple[list[Any], dict[str, Any]]:
    """Return the values that need no name, and the rest under the names of the parameters."""
    return [item[name] for name in positional if name in item], _renamed(
        {name: value for name, value in item.items() if name not in positional}
    )


def _renamed(item: dict[str, Any]) -> dict[str, Any]:
    names = {key: parameter for parameter, key in PARAMETERS.items()}
    given = {names.get(name, name): value for name, value in item.items()}
    if "use_parameters" in given and "params" not in given and given["use_parameters"]:
        given["params"] = given.pop("use_parameters")
    return given


def _action(item: dict[str, Any]) -> dict[str, Any]:
    """Return an action with ``run`` or ``schedule`` in the place of its type, if that says the same."""
    rest = dict(item)
    if item["action_type"] == "run_commands" and "commands" in item:
        del rest["action_type"]
        return {"trigger_type": rest.pop("trigger_type"), "run": rest.pop("commands"), **rest}
    if item["action_type"] == "schedule_nodes" and {"scheduler", "scheduler_type", "num_allocations"} <= item.keys():
        del rest["action_type"], rest["scheduler_type"]
        return {"trigger_type": rest.pop("trigger_type"), "schedule": rest.pop("scheduler"), **rest}
    return rest


class _Known:
    """Tells which names of inputs and outputs need no word about being files or data."""

    def __init__(self, data: dict[str, Any]) -> None:
        files = {item["name"] for item in data.get("files", ())}
        self.data = {item["name"] for item in data.get("user_data", ())} - files

    def merged(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return a job with ``inputs`` and ``outputs`` where files and data cannot be taken for each other."""
        merged: dict[str, Any] = {}
        for name, value in item.items():
            side = name.removesuffix("_files").removesuffix("_user_data")
            if side not in ("input", "output"):
                merged[name] = value
            elif f"{side}s" not in merged:
                files, records = item.get(f"{side}_files", []), item.get(f"{side}_user_data", [])
                if self.data.issuperset(records) and self.data.isdisjoint(files):
                    merged[f"{side}s"] = [*files, *records]
                else:
                    merged[name] = value
        return merged


def _call(function: str, positional: list[Any], named: dict[str, Any]) -> str:
    arguments = [_literal(value, 1) for value in positional]
    arguments += [f"{name}={_literal(value, 1)}" for name, value in named.items()]
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= _WIDTH and "\n" not in line:
        return line
    return f"{function}(\n" + "".join(f"{_INDENT}{argument},\n" for argument in arguments) + ")"


def _literal(value: Any, depth: int) -> str:
    """Return Python for a value; what does not fit on a line goes over several."""
    if isinstance(value, str):
        return _text(value, depth)
    if not isinstance(value, list | dict):
        return repr(value)
    line = _on_one_line(value)
    if len(line) + len(_INDENT) * depth <= _WIDTH - 20 and "\\n" not in line:
        return line
    left, right = "[]" if isinstance(value, list) else "{}"
    inner, outer = _INDENT * (depth + 1), _INDENT * depth
    if isinstance(value, list):
        items = [_literal(item, depth + 1) for item in value]
    else:
        items = [f"{_text(key)}: {_literal(item, depth + 1)}" for key, item in value.items()]
    return f"{left}\n" + "".join(f"{inner}{item},\n" for item in items) + f"{outer}{right}"


def _on_one_line(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_on_one_line, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(key)}: {_on_one_line(item)}" for key, item in value.items()) + "}"
    return repr(value)


def _text(text: str, depth: int | None = None) -> str:
    """Return Python for a text; with a depth, one of several lines is several strings."""
    if not _SPACE.sub("", text).isprintable():
        return repr(text)
    lines = text.splitlines(keepends=True)
    if depth is None or len(lines) < 2:
        return json.dumps(text, ensure_ascii=False)
    inner, outer = _INDENT * (depth + 1), _INDENT * depth
    pieces = "".join(f"{inner}{json.dumps(line, ensure_ascii=False)}\n" for line in lines)
    return f"(\n{pieces}{outer})"
