"""From a row of the contract to the function that carries it out, and from raw values to a checked call."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from pydantic import RootModel, ValidationError
from pydantic_core import from_json

from torc.contract import Route
from torc.errors import InvalidInput
from torc.models import lookup
from torc.models.base import MAX_INT, Empty, Record
from torc.server.auth.caller import OPEN, Caller
from torc.server.services.call import Call

_LIVE = {
    "exchange": "torc.server.live",
    "claim_jobs_based_on_resources": "torc.server.live",
    "claim_next_jobs": "torc.server.live",
    "stream_events": "torc.server.stream",
    "stream_events_of_workflows": "torc.server.stream",
    "get_outcomes": "torc.server.outcomes",
    "create_workflow_from_specification": "torc.server.specifying",
    "get_samples": "torc.server.samples",
    "get_plot": "torc.server.plots",
}
#: Replies about one workflow that are computed from all of its jobs.
_DEAR = ("get_workflow_status", "get_workflow_dag")


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """A route with everything that its name stands for."""

    route: Route
    function: Callable[..., Any]
    query: type[Record]
    body: type[Record]
    #: A read that costs so little that a thread would cost more.
    is_point_read: bool
    #: A read that computes for seconds when much is asked.
    is_long: bool


@cache
def operation(route: Route) -> Operation:
    """Return the operation of a route."""
    module = _LIVE.get(route.name, f"torc.server.services.{route.noun}")
    function = getattr(import_module(module), route.name)
    query = lookup(route.query) if route.query else Empty
    body = lookup(route.body) if route.body else Empty
    point = route.access == "read" and not route.items and route.name.startswith(("get_", "ping", "health", "is_"))
    return Operation(route, function, query, body, point and route.name not in _DEAR, route.noun == "specifications")


def checked_call(
    found: Operation,
    path: Mapping[str, str],
    query: Mapping[str, list[str]],
    body: bytes | Any,
    caller: Caller | None = None,
) -> Call:
    """Check what came with a request.

    Parameters
    ----------
    path, query
        Texts as they stood in the address.
    body
        Bytes of JSON, or the parsed value.
    caller
        Who asks; by default somebody whom nobody asks for credentials.

    Raises
    ------
    InvalidInput
        Naming the parameter or field.
    """
    return Call(
        _path(found.route, path),
        _validate(found.query, _query(found.query, query), "query") if found.query is not Empty else Empty(),
        _body(found, body),
        caller or OPEN,
    )


def _path(route: Route, texts: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, kind in route.path_parameters:
        text = texts[name]
        if kind is str:
            values[name] = text
            continue
        number = int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 21 else None
        if number is None or not -MAX_INT <= number <= MAX_INT:
            raise InvalidInput(f"'{text}' is not a valid {name}", field=name, value=text, hint="give a whole number")
        values[name] = number
    return values


def _query(model: type[Record], arguments: Mapping[str, list[str]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, texts in arguments.items():
        field = model.model_fields.get(name)
        if field is not None and "list" in str(field.annotation):
            values[name] = texts
        elif texts and texts[-1] != "":
            values[name] = texts[-1]
    return values


def _body(found: Operation, body: bytes | Any) -> Any:
    if found.body is Empty:
        return Empty()
    if isinstance(body, bytes):
        try:
            body = from_json(body, allow_inf_nan=False) if body.strip() else {}
        except ValueError as error:
            raise BadJson(f"the body is not valid JSON: {error}", field="body") from None
    if body is None:
        body = {}
    if not isinstance(body, dict) and not issubclass(found.body, RootModel):
        raise InvalidInput(f"the body must be a JSON object, not {type(body).__name__}", field="body")
    if found.body.__name__ == "NodeResources" and not body:
        return None  # callers without a body give resources in the query
    return _validate(found.body, body, "body")


class BadJson(InvalidInput):
    """A body that is not JSON."""

    http_status = 400


def _validate(model: type[Record], values: Any, where: str) -> Record:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise from_validation(error, where) from None


def from_validation(error: ValidationError, where: str) -> InvalidInput:
    """Return the one-line form of pydantic's complaint: the first field, and how many more there are."""
    problems = error.errors(include_url=False, include_context=False)
    first = problems[0]
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"]).removeprefix(".")
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    value = first.get("input")
    shown = value if isinstance(value, str | int | float | bool) else None
    text = first["msg"].removeprefix("Value error, ")
    return InvalidInput(f"{place or where}: {text}{more}", field=place or where, value=_short(shown))


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > 200:
        return value[:200] + "…"
    if isinstance(value, float):
        return value if json.dumps(value) not in ("NaN", "Infinity", "-Infinity") else str(value)
    return value
