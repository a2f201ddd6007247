"""Records as the published client has them: pydantic classes with ``to_dict()``, made on first use.

The fields are those of :mod:`torc.models`. What a server must check is left to it, so a record can be built
piece by piece; statuses and modes are enums; an argument that is no field is warned about.
"""

from __future__ import annotations

import json
import warnings
from enum import StrEnum
from functools import cache, reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Literal, Self, Union, get_args, get_origin

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationInfo, create_model, model_validator
from pydantic.fields import FieldInfo

from torc.models import lookup, workflow
from torc.models import task as task_model
from torc.models.result import status_name
from torc.openapi_client import names
from torc.states import JobStatus as _JobStatus

REPLY = {"from": "reply"}


def _enum(name: str, about: str, values: tuple[str, ...]) -> type[StrEnum]:
    made = StrEnum(name, {value.upper(): value for value in values})  # type: ignore[misc]
    made.__module__, made.__doc__ = __name__, about
    return made


def _choices(model: type[BaseModel], field: str) -> tuple[str, ...]:
    """Return the words that a field of one of torc's models may hold."""
    annotation = model.model_fields[field].annotation
    literal = next(part for part in (annotation, *get_args(annotation)) if get_origin(part) is Literal)
    return get_args(literal)


JobStatus = _enum("JobStatus", "Where a job stands.", tuple(status.name for status in _JobStatus))
ExecutionMode = _enum("ExecutionMode", "What starts jobs.", _choices(workflow.ExecutionConfig, "mode"))
StdioMode = _enum("StdioMode", "Where a job's output goes.", _choices(workflow.StdioConfig, "mode"))
MonitorGranularity = _enum(
    "MonitorGranularity", "How much of the use of resources is kept.", get_args(workflow.Granularity)
)
TaskStatus = _enum("TaskStatus", "How far a task of the server is.", get_args(task_model.TaskStatus))
_ENUMS = {frozenset(map(str, enum)): enum for enum in (ExecutionMode, StdioMode, MonitorGranularity, TaskStatus)}


class Model(BaseModel):
    """Base of the records. Fields that were never set are not sent; null is."""

    model_config = ConfigDict(
        extra="ignore", populate_by_name=True, validate_assignment=True, protected_namespaces=(), defer_build=True
    )

    @model_validator(mode="before")
    @classmethod
    def _warn_about_unknown_names(cls, data: Any, info: ValidationInfo) -> Any:
        if info.context is not REPLY and isinstance(data, dict) and cls.model_config.get("extra") == "ignore":
            for name in data.keys() - cls._known_names():
                near = _suggestion(name, cls.model_fields)
                warnings.warn(f"{cls.__name__} has no field '{name}'{near}; it is ignored", stacklevel=3)
        return data

    @classmethod
    @cache
    def _known_names(cls) -> frozenset[str]:
        aliases = (info.validation_alias for info in cls.model_fields.values())
        spellings = (alias.choices if isinstance(alias, AliasChoices) else [alias] for alias in aliases)
        return frozenset(
            {*cls.model_fields, *(name for choice in spellings for name in choice if isinstance(name, str))}
        )

    @classmethod
    def from_dict(cls, obj: dict[str, Any] | None) -> Self | None:
        """Return the record that a dictionary describes."""
        return None if obj is None else cls.model_validate(obj, context=REPLY)

    @classmethod
    def from_json(cls, json_str: str) -> Self | None:
        """Return the record that a JSON text describes."""
        return cls.from_dict(json.loads(json_str))

    def to_dict(self) -> dict[str, Any]:
        """Return the fields that were set, as they are sent."""
        return self.model_dump(exclude_unset=True)

    def to_json(self) -> str:
        """Return the fields that were set as JSON."""
        return json.dumps(self.to_dict())

    def to_str(self) -> str:
        """Return the record for people."""
        from pprint import pformat

        return pformat(self.model_dump())


def _suggestion(name: str, known: Any) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""


class Page(Model):
    """One window of a list."""

    items: list[Any]
    offset: int = 0
    max_limit: int | None = None
    limit: int | None = None
    count: int | None = None
    total_count: int = 0
    has_more: bool = False


@cache
def made_from(source: str) -> type[Model]:
    """Return the class of the records that ``module.Class`` below :mod:`torc.models` declares."""
    name = names.class_name(source)
    declared = lookup(names.MODELS.get(name, source))
    fields: dict[str, Any] = {field: _field(info) for field, info in declared.model_fields.items()}
    made = create_model(name, __base__=Model, __module__=__name__, __doc__=declared.__doc__, **fields)
    if declared.model_config.get("extra") == "allow":
        made.model_config["extra"] = "allow"
    return made


def _field(info: FieldInfo) -> tuple[Any, Any]:
    kind = client_type(info.annotation, info.metadata)
    alias = info.alias or info.validation_alias
    options = {"alias": alias} if isinstance(alias, str) else {"validation_alias": alias} if alias else {}
    if info.is_required():
        return kind, Field(**options)
    default = {"default_factory": info.default_factory} if info.default_factory else {"default": info.default}
    return kind | None, Field(**default, **options)


def client_type(annotation: Any, metadata: list[Any] | tuple[Any, ...] = ()) -> Any:
    """Return a field's type without its checks, with enums and with the records of this module."""
    if any(getattr(part, "func", None) is status_name for part in metadata):
        return JobStatus
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return client_type(arguments[0], arguments[1:])
    if origin is Literal:
        return _ENUMS.get(frozenset(arguments), str)
    if origin in (Union, UnionType):
        return reduce(or_, (client_type(part) for part in arguments))
    if origin in (list, dict):
        return origin[tuple(client_type(part) for part in arguments)]
    if isinstance(annotation, type) and annotation.__module__.startswith("torc.models."):
        return made_from(f"{annotation.__module__.removeprefix('torc.models.')}.{annotation.__name__}")
    return annotation


@cache
def page_of(name: str) -> type[Page]:
    """Return the class of a list's reply."""
    item: Any = made_from(names.pages()[name])
    return create_model(name, __base__=Page, __module__=__name__, __doc__=Page.__doc__, items=(list[item], ...))


def __getattr__(name: str) -> Any:
    if name in names.MODELS:
        return made_from(names.MODELS[name])
    if name in names.pages():
        return page_of(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*names.MODELS, *names.pages(), *names.ENUMS})
