"""KDL nodes to the same plain data that the other formats give.

Singular nodes become entries of the plural lists (``job "a" {...}`` of ``jobs``), repeated nodes inside them
become lists (``depends_on_job``, an action's ``command``), and nodes with children become mappings.
"""

from __future__ import annotations

import json
from typing import Any

from torc.spec.limits import Limits
from torc.spec.problems import Path
from torc.spec.readers import Places, ReadError
from torc.spec.readers.kdl import COMPILED, Node, read_nodes

#: Top-level nodes that are one entry of a list.
ENTRIES = {
    "job": "jobs",
    "file": "files",
    "user_data": "user_data",
    "resource_requirements": "resource_requirements",
    "slurm_scheduler": "slurm_schedulers",
    "action": "actions",
    "failure_handler": "failure_handlers",
}
_LISTS: dict[str, dict[str, str]] = {
    "": {"use_parameters": "use_parameters", "access_group": "access_groups", "access_groups": "access_groups"},
    "jobs": {
        "depends_on": "depends_on",
        "depends_on_job": "depends_on",
        "depends_on_jobs": "depends_on",
        "blocked_by": "depends_on",
        "depends_on_regex": "depends_on_regexes",
        "depends_on_regexes": "depends_on_regexes",
        "depends_on_job_regexes": "depends_on_regexes",
        "depends_on_job_regex": "depends_on_regexes",
        "use_parameters": "use_parameters",
        **{
            singular + ending: plural
            for singular, plural in (
                ("input_file", "input_files"),
                ("output_file", "output_files"),
                ("input_file_regex", "input_file_regexes"),
                ("output_file_regex", "output_file_regexes"),
            )
            for ending in ("", "es" if singular.endswith("x") else "s")
        },
        "input_user_data": "input_user_data",
        "output_user_data": "output_user_data",
        **{
            name + ending: name + "es"
            for name in ("input_user_data_regex", "output_user_data_regex")
            for ending in ("", "es")
        },
    },
    "files": {"use_parameters": "use_parameters"},
    "user_data": {"use_parameters": "use_parameters"},
    "actions": {
        "command": "commands",
        "commands": "commands",
        "job": "jobs",
        "jobs": "jobs",
        "job_name_regex": "job_name_regexes",
        "job_name_regexes": "job_name_regexes",
    },
    "failure_handlers": {"rule": "rules", "rules": "rules"},
    "rules": {"exit_code": "exit_codes", "exit_codes": "exit_codes"},
}
#: Nodes whose children are a free mapping of names to values.
_FREE = frozenset({"env", "parameters", "metadata", "slurm_defaults", "data"})
#: Mappings that may be given as JSON text, for what nodes cannot say: empty ones, lists of one item, nested lists.
JSON_TEXTS = frozenset(
    {"parameters", "metadata", "slurm_defaults", "resource_monitor", "execution_config", "dynamic_jobs"}
)


def read(text: str, limits: Limits, places: Places | None = None, *, compiled: Any = COMPILED) -> dict[str, Any]:
    """Return the data of a KDL document."""
    nodes = read_nodes(text, limits, places=places is not None, compiled=compiled)
    try:
        return _Mapper(places).document(nodes)
    except ReadError as error:
        # The compiled reader gives no positions; the other one finds them.
        if error.line is not None or places is not None:
            raise
        return _Mapper({}).document(read_nodes(text, limits, places=True))


class _Mapper:
    """Builds the data and notes the place of each key and item."""

    def __init__(self, places: Places | None) -> None:
        self.places = places

    def document(self, nodes: list[Node]) -> dict[str, Any]:
        """Return the whole specification."""
        result: dict[str, Any] = {}
        for node in nodes:
            plural = ENTRIES.get(node.name)
            if plural is None:
                self._add(result, node, (), "")
                continue
            entries = result.setdefault(plural, [])
            if not isinstance(entries, list):
                raise _at(node, f"'{plural}' is given as a list and as single nodes")
            path = (plural, len(entries))
            self._place((plural,), node.place)
            self._place(path, node.place)
            entries.append(self._entry(node, path, plural))
        return result

    def _place(self, path: Path, place: tuple[int, int] | None) -> None:
        if self.places is not None and place is not None:
            self.places.setdefault(path, place)

    def _entry(self, node: Node, path: Path, context: str) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if len(node.args) > 1:
            raise _at(node, f"'{node.name}' takes one name, not {len(node.args)} values")
        if node.args:
            result["name"] = node.args[0]
            self._place((*path, "name"), node.place)
        self._fill(result, node, path, context)
        return result

    def _fill(self, result: dict[str, Any], node: Node, path: Path, context: str) -> None:
        for key, value in node.props.items():
            if key in result:
                raise _at(node, f"'{key}' is given twice")
            listed = _LISTS.get(context, {}).get(key)
            result[listed or key] = [value] if listed else self._parsed(value, key, context, node)
            self._place((*path, listed or key), node.prop_places.get(key, node.place))
        for child in node.children:
            self._add(result, child, path, context)

    def _add(self, result: dict[str, Any], node: Node, path: Path, context: str) -> None:
        key = _LISTS.get(context, {}).get(node.name)
        if key is not None:
            items = result.setdefault(key, [])
            self._place((*path, key), node.place)
            self._append(items, node, (*path, key))
            return
        if node.name in result:
            raise _at(node, f"duplicate key '{node.name}'", hint="keep one of the two")
        here = (*path, node.name)
        self._place(here, node.place)
        result[node.name] = self._parsed(self._value(node, here), node.name, context, node)

    def _append(self, items: list[Any], node: Node, path: Path) -> None:
        if node.children or node.props:
            self._place((*path, len(items)), node.place)
            items.append(self._entry(node, (*path, len(items)), str(path[-1])))
            return
        for value in node.args:
            self._place((*path, len(items)), node.place)
            items.append(value)

    def _value(self, node: Node, path: Path) -> Any:
        """Return what a node stands for: a mapping, a scalar, or a list of its arguments."""
        if node.children or node.props or (not node.args and node.name in _FREE):
            return self._mapping(node, path)
        if len(node.args) == 1:
            return node.args[0]
        return list(node.args) if node.args else None

    def _mapping(self, node: Node, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        if node.args:
            if len(node.args) > 1 or not isinstance(node.args[0], str):
                raise _at(node, f"'{node.name}' has values beside its children")
            result["name"] = node.args[0]
        self._fill(result, node, path, "free")
        return result

    def _parsed(self, value: Any, key: str, context: str, node: Node) -> Any:
        """Return user data, and mappings that are too intricate for nodes, from the JSON text that KDL carries."""
        if not isinstance(value, str):
            return value
        is_mapping = context != "free" and key in JSON_TEXTS and value.startswith("{")
        if not is_mapping and (context != "user_data" or key != "data"):
            return value
        try:
            return json.loads(value, parse_constant=lambda _: _fail_constant())
        except (ValueError, RecursionError) as error:
            hint = None if is_mapping else 'write text as a JSON string: "\\"text\\""'
            raise _at(node, f"{key} is not JSON: {error}", hint=hint) from None


def _fail_constant() -> Any:
    raise ValueError("NaN and Infinity are not JSON")


def _at(node: Node, message: str, *, hint: str | None = None) -> ReadError:
    line, column = node.place or (None, None)
    return ReadError(message, line, column, hint=hint)
