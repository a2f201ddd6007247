"""The OpenAPI document, made from the contract and the models."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from torc import __version__
from torc.contract import PREFIX, ROUTES, Route
from torc.models import lookup
from torc.models.base import Record
from torc.models.page import ErrorReply

_REF = "#/components/schemas/{model}"
_ERRORS = {
    "400": "The body is not JSON.",
    "401": "No or wrong credentials.",
    "404": "No such record.",
    "409": "The present state does not allow it.",
    "413": "Larger than a limit allows.",
    "422": "A value that cannot be accepted.",
    "503": "The database is locked by another process.",
    "507": "No space left for the database.",
}
_JSON = "application/json"


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of every operation."""
    models: set[type[Record]] = {ErrorReply}
    for route in ROUTES:
        models.update(lookup(name) for name in (route.query, route.body, route.reply) if name)
    ordered = sorted(models, key=lambda model: model.__name__)
    schemas, definitions = models_json_schema([(model, "validation") for model in ordered], ref_template=_REF)
    names = {model: schema["$ref"].rsplit("/", 1)[1] for (model, _), schema in schemas.items()}
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        path = route.path.replace(":str}", "}")
        paths.setdefault(path, {})[route.verb.lower()] = _operation(route, names)
    return {
        "openapi": "3.1.0",
        "info": {"title": "torc", "version": __version__, "description": "Runs computational workflows."},
        "servers": [{"url": PREFIX}],
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _operation(route: Route, names: dict[Any, str]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": route.name + (f"_{route.verb.lower()}_{route.path.count('{')}" if route.alias else ""),
        "tags": [route.noun],
        "parameters": _parameters(route),
        "responses": {"200": _reply(route, names), **{code: _error(text) for code, text in _ERRORS.items()}},
    }
    if route.body:
        required = bool(lookup(route.body).model_json_schema().get("required")) and route.verb != "GET"
        described["requestBody"] = {
            "required": required,
            "content": {_JSON: {"schema": {"$ref": _REF.format(model=names[lookup(route.body)])}}},
        }
    return described


def _parameters(route: Route) -> list[dict[str, Any]]:
    kinds = {int: "integer", str: "string"}
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": kinds[kind]}}
        for name, kind in route.path_parameters
    ]
    if route.query:
        schema = lookup(route.query).model_json_schema()
        required = schema.get("required", [])
        for name, field in schema["properties"].items():
            parameters.append({"name": name, "in": "query", "required": name in required, "schema": field})
    if route.name == "stream_events":
        parameters.append({"name": "Last-Event-ID", "in": "header", "required": False, "schema": {"type": "integer"}})
    return parameters


def _reply(route: Route, names: dict[Any, str]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"}
    if route.reply:
        schema = {"$ref": _REF.format(model=names[lookup(route.reply)])}
    if route.plain:
        schema = {"type": "array", "items": schema}
    if route.items:
        schema = _page(schema, route.items)
    kind = "text/event-stream" if route.name == "stream_events" else _JSON
    return {"description": "Done.", "content": {kind: {"schema": schema}}}


def _page(item: dict[str, Any], name: str) -> dict[str, Any]:
    rows = {"type": "array", "items": item}
    number = {"type": "integer", "minimum": 0}
    properties = {
        "items": rows,
        name: rows,
        "offset": number,
        "max_limit": number,
        "count": number,
        "total_count": number,
        "has_more": {"type": "boolean"},
    }
    return {"type": "object", "required": list(properties), "properties": properties}


def _error(text: str) -> dict[str, Any]:
    return {"description": text, "content": {_JSON: {"schema": {"$ref": _REF.format(model="ErrorReply")}}}}
