"""Data as written to models, with every structural problem in words.

Items are checked one by one, so that a broken one does not hide what is wrong in the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from torc.spec.model import (
    ENTRY_MODELS,
    ComputeNodeMonitorSpec,
    DynamicJobsSpec,
    ExecutionSpec,
    FailureRuleSpec,
    Header,
    InlineRequirementsSpec,
    JobMonitorSpec,
    Part,
    ResourceMonitorSpec,
    StdioSpec,
    WorkflowSpec,
)
from torc.spec.problems import Broken, Path, Problems, did_you_mean

_NESTED: dict[tuple[str, ...], type[BaseModel]] = {
    ("jobs", "resource_requirements"): InlineRequirementsSpec,
    ("failure_handlers", "rules"): FailureRuleSpec,
    ("resource_monitor",): ResourceMonitorSpec,
    ("resource_monitor_config",): ResourceMonitorSpec,
    ("resource_monitor", "jobs"): JobMonitorSpec,
    ("resource_monitor", "compute_node"): ComputeNodeMonitorSpec,
    ("execution_config",): ExecutionSpec,
    ("execution_config", "stdio"): StdioSpec,
    ("dynamic_jobs",): DynamicJobsSpec,
    **{(noun,): model for noun, model in ENTRY_MODELS.items()},
    (): WorkflowSpec,
}
_EXPECTED = {
    "string_type": "a text is expected",
    "list_type": "a list is expected",
    "dict_type": "a mapping is expected",
    "model_type": "a mapping is expected",
    "model_attributes_type": "a mapping is expected",
    "int_type": "a whole number is expected",
    "int_parsing": "a whole number is expected",
    "int_from_float": "a whole number is expected",
    "float_type": "a number is expected",
    "float_parsing": "a number is expected",
    "bool_type": "true or false is expected",
    "bool_parsing": "true or false is expected",
}


#: Without these it is unknown which items an entry stands for.
_IDENTITY = frozenset({"name", "parameters", "use_parameters", "parameter_mode"})


@dataclass(slots=True)
class Structure:
    """The models, and where each item stood in its list; ``broken`` lists left items out."""

    spec: WorkflowSpec
    indexes: dict[str, list[int]] = field(default_factory=dict)
    broken: Broken = field(default_factory=Broken)


def read_structure(data: dict[str, Any], problems: Problems) -> Structure:
    """Return the models of all items that are well formed."""
    header_data = {key: value for key, value in data.items() if key not in ENTRY_MODELS}
    header = read_header(header_data, problems)
    lists: dict[str, list[Any]] = {}
    structure = Structure(WorkflowSpec.model_construct())
    for noun, model in ENTRY_MODELS.items():
        lists[noun], structure.indexes[noun] = _entries(data, noun, model, structure, problems)
    if header is None:
        # The items can be checked against one another without it.
        header = Header.model_construct(name="?", parameters=_mapping(data.get("parameters")))
    structure.spec = WorkflowSpec.model_construct(**{**header.__dict__, **lists})
    return structure


def read_entry(noun: str, entry: dict[str, Any], problems: Problems) -> Any:
    """Return the model of one entry of a list, which stands alone; paths of problems begin with ``(noun, 0)``."""
    return _model(ENTRY_MODELS[noun], entry, (noun, 0), {noun: [entry]}, problems)


def read_header(data: dict[str, Any], problems: Problems) -> Header | None:
    """Return the model of everything but the lists."""
    header: Header | None = _model(Header, data, (), data, problems)
    return header


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _entries(
    data: dict[str, Any], noun: str, model: type[Part], structure: Structure, problems: Problems
) -> tuple[list[Any], list[int]]:
    raw = data.get(noun)
    if raw is None:
        return [], []
    if not isinstance(raw, list):
        problems.add((noun,), f"'{noun}' is a list, not {_kind(raw)}", "begin each entry with '- name:'")
        structure.broken.add(noun)
        return [], []
    items, indexes = [], []
    for index, entry in enumerate(raw):
        item = _model(model, entry, (noun, index), data, problems)
        if item is None:
            structure.broken.add(noun, entry.get("name") if isinstance(entry, dict) else None)
        else:
            items.append(item)
            indexes.append(index)
    return items, indexes


def _model(model: type[Part], entry: Any, path: Path, data: Any, problems: Problems) -> Any:
    try:
        return model.model_validate(entry)
    except ValidationError as error:
        details = error.errors(include_url=False)
        for detail in details:
            _report(detail, path, data, problems)
        return _repaired(model, entry, {detail["loc"][0] for detail in details if detail["loc"]})
    except RecursionError:
        problems.add(path, "nested too deeply")
    return None


def _repaired(model: type[Part], entry: Any, wrong: set[int | str]) -> Any:
    """Return the item without what is wrong, so that the rest of it can be checked too; None when that is no use."""
    if not isinstance(entry, dict) or not wrong.isdisjoint(_IDENTITY):
        return None
    kept = {key: value for key, value in entry.items() if key not in wrong}
    for name in ("command", "path"):
        if name in model.model_fields:
            kept.setdefault(name, "?")
    try:
        return model.model_validate(kept)
    except ValidationError:
        return None


def _report(detail: Any, prefix: Path, data: Any, problems: Problems) -> None:
    kind = detail["type"]
    path = _real_path((*prefix, *detail["loc"]), data, keep_last=kind in ("missing", "extra_forbidden"))
    value = detail.get("input")
    if kind == "extra_forbidden":
        _unknown_key(path, problems)
    elif kind == "missing":
        problems.add(path[:-1], f"'{path[-1]}' is missing")
    elif kind == "value_error":
        wrong = detail["ctx"]["error"]
        problems.add(path, str(wrong), getattr(wrong, "hint", None))
    elif kind in _EXPECTED:
        problems.add(path, f"{_EXPECTED[kind]}, not {_kind(value)}", _quotes(value))
    elif kind == "literal_error":
        choices = detail["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        hint = did_you_mean(value, choices) if isinstance(value, str) else None
        problems.add(path, f"{_shown(value)} is not one of {', '.join(choices)}", hint)
    elif kind in ("string_too_short", "too_short"):
        problems.add(path, f"'{path[-1]}' is empty" if path else "the value is empty")
    elif kind == "string_pattern_mismatch":
        problems.add(path, f"'{value}' is not the name of an environment variable", "use letters, digits and _")
    else:
        problems.add(path, f"{_shown(value)} is not allowed: {detail['msg'][:1].lower()}{detail['msg'][1:]}")


def _real_path(location: Path, data: Any, *, keep_last: bool) -> Path:
    """Return the steps of a location that lead through the data; pydantic adds the names of its own branches."""
    path: list[str | int] = []
    here = data
    for number, step in enumerate(location):
        known = (isinstance(here, dict) and step in here) or (
            isinstance(here, list) and isinstance(step, int) and 0 <= step < len(here)
        )
        if known:
            here = here[step]
            path.append(step)
        elif keep_last and number == len(location) - 1:
            path.append(step)
    return tuple(path)


def _unknown_key(path: Path, problems: Problems) -> None:
    key = str(path[-1])
    context = tuple(step for step in path[:-1] if isinstance(step, str))
    model = _NESTED.get(context)
    names = known_keys(model) if model else []
    for field_name, spellings in _spellings(model).items() if model else ():
        if key in spellings:
            problems.add(path, f"'{key}' is given beside another spelling of '{field_name}'", "keep one of the two")
            return
    problems.add(path, f"unknown key '{key}'", did_you_mean(key, names))


def _spellings(model: type[BaseModel]) -> dict[str, list[str]]:
    found = {}
    for name, info in model.model_fields.items():
        choices = getattr(info.validation_alias, "choices", [])
        found[name] = [name, *(choice for choice in choices if isinstance(choice, str))]
    return found


def known_keys(model: type[BaseModel]) -> list[str]:
    """Return the keys that a part understands, older spellings included."""
    return [spelling for spellings in _spellings(model).values() for spelling in spellings]


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {_shown(value)}"
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    return "nothing" if value is None else type(value).__name__


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _quotes(value: Any) -> str | None:
    """Return a hint when braces without quotes have become a mapping, as in ``[{i}]``."""
    if isinstance(value, dict) and value and all(item is None for item in value.values()):
        return f'put quotes around text with braces: "{{{next(iter(value))}}}"'
    return None
