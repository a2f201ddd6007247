"""A specification's models as plain data: what was given, under today's names, in an order for people."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from torc.spec.model import ENTRY_MODELS, WorkflowSpec

#: What stands first, and last, in the entries of lists; everything else keeps the order of the models.
_FIRST = ("name", "command", "invocation_script", "path", "data")
_LAST = ("parameters", "use_parameters", "parameter_mode")


def plain(spec: WorkflowSpec) -> dict[str, Any]:
    """Return the data of a specification."""
    data: dict[str, Any] = {}
    for name, field in WorkflowSpec.model_fields.items():
        value = getattr(spec, name)
        # The header is made without asking which fields were given.
        if value is not None and value != field.get_default(call_default_factory=True):
            data[name] = _entries(value) if name in ENTRY_MODELS else _plain(value)
    return data


def entry(item: BaseModel) -> dict[str, Any]:
    """Return the data of one entry of a list."""
    given = {name: _plain(value) for name, value in _given(item).items()}
    rest = [name for name in given if name not in _FIRST and name not in _LAST]
    order = (*(name for name in _FIRST if name in given), *rest, *(name for name in _LAST if name in given))
    return {name: given[name] for name in order}


def _entries(items: list[BaseModel]) -> list[dict[str, Any]]:
    return [entry(item) for item in items]


def _given(item: BaseModel) -> dict[str, Any]:
    values = {name: getattr(item, name) for name in type(item).model_fields if name in item.model_fields_set}
    return {name: value for name, value in values.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return {name: _plain(item) for name, item in _given(value).items()}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
