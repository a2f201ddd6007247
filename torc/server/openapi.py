"""The OpenAPI document, made from the contract, the models, and what the services say about themselves."""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from torc import __version__
from torc.contract import PREFIX, ROUTES, Route
from torc.models import lookup
from torc.models.base import MAX_INT
from torc.models.page import ErrorReply
from torc.models.task import TaskModel
from torc.server.operations import operation
from torc.server.store import nouns, relationships
from torc.server.store.records import Noun
from torc.states import JobStatus

_REF = "#/components/schemas/{model}"
_JSON = "application/json"

_ERRORS = {
    400: "The request cannot be read: a body that is not JSON, a path that is not UTF-8.",
    401: "No or wrong credentials.",
    403: "A known caller without the right, or a page of another site.",
    404: "No such record.",
    409: "The present state does not allow it.",
    413: "Larger than a limit allows.",
    415: "A body of another type than JSON.",
    422: "A value that cannot be accepted; the reply names it.",
    429: "Too many failed attempts to log in.",
    503: "The database is locked by another process; Retry-After says when to try again.",
    507: "No space left for the database.",
}

_SORTED: dict[str, Noun | relationships.Relation] = {
    "workflows": nouns.WORKFLOW,
    "jobs": nouns.JOB,
    "files": nouns.FILE,
    "user_data": nouns.USER_DATA,
    "resource_requirements": nouns.RESOURCE_REQUIREMENTS,
    "results": nouns.RESULT,
    "events": nouns.EVENT,
    "compute_nodes": nouns.COMPUTE_NODE,
    "local_schedulers": nouns.LOCAL_SCHEDULER,
    "slurm_schedulers": nouns.SLURM_SCHEDULER,
    "scheduled_compute_nodes": nouns.SCHEDULED_COMPUTE_NODE,
    "ro_crate_entities": nouns.RO_CRATE_ENTITY,
    "job_dependencies": relationships.JOBS,
    "job_file_relationships": relationships.FILES,
    "job_user_data_relationships": relationships.USER_DATA,
}

_SECURITY = {
    "basic": {"type": "http", "scheme": "basic", "description": "User name and password of the password file."},
    "bearer": {"type": "http", "scheme": "bearer", "description": "A token, as POST /tokens makes them."},
}


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of every operation."""
    models: set[type[BaseModel]] = {ErrorReply, TaskModel}
    for route in ROUTES:
        models.update(lookup(name) for name in (route.body, route.reply) if name)
    ordered = sorted(models, key=lambda model: model.__name__)
    schemas, definitions = models_json_schema([(model, "validation") for model in ordered], ref_template=_REF)
    names = {model: schema["$ref"].rsplit("/", 1)[1] for (model, _), schema in schemas.items()}
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        path = route.path.replace(":str}", "}")
        paths.setdefault(path, {})[route.verb.lower()] = _operation(route, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "torc",
            "version": __version__,
            "description": "Runs computational workflows.",
            "license": {"name": "BSD-3-Clause", "identifier": "BSD-3-Clause"},
        },
        "servers": [{"url": PREFIX}],
        "tags": _tags(),
        "paths": paths,
        "components": {"schemas": definitions["$defs"], "securitySchemes": _SECURITY},
    }


def _tags() -> list[dict[str, str]]:
    used = dict.fromkeys(route.noun for route in ROUTES)
    return [
        {"name": noun, "description": _paragraphs(import_module(f"torc.server.services.{noun}"))[0]} for noun in used
    ]


def _operation(route: Route, names: dict[Any, str]) -> dict[str, Any]:
    summary, *more = _paragraphs(operation(route).function)
    described: dict[str, Any] = {
        "operationId": route.name + (f"_{route.verb.lower()}_{route.path.count('{')}" if route.alias else ""),
        "summary": summary.removesuffix("."),
        "tags": [route.noun],
        "parameters": _parameters(route),
        "responses": _responses(route, names),
        # Whether credentials are asked for at all is up to the server's settings.
        "security": [] if route.right == "none" else [{}, {"basic": []}, {"bearer": []}],
    }
    if more:
        described["description"] = "\n\n".join(more)
    if route.body and route.verb != "GET":
        body = lookup(route.body)
        described["requestBody"] = {
            "required": bool(body.model_json_schema().get("required")) or "root" in body.model_fields,
            "content": {_JSON: {"schema": {"$ref": _REF.format(model=names[body])}}},
        }
    return described


def _paragraphs(thing: Any) -> list[str]:
    """Return the paragraphs of a docstring up to its first section."""
    text = inspect.getdoc(thing) or ""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n") if "----" not in part]
    sections = [number for number, part in enumerate(text.split("\n\n")) if "----" in part]
    return paragraphs[: sections[0]] if sections else paragraphs


def _parameters(route: Route) -> list[dict[str, Any]]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(name, kind)}
        for name, kind in route.path_parameters
    ]
    if route.query:
        schema = lookup(route.query).model_json_schema(ref_template=_REF)
        required = schema.get("required", [])
        for name, field in schema["properties"].items():
            described = _without_null(field)
            if name == "sort_by":
                described["enum"] = _sortable(_SORTED[route.items or ""])
            parameters.append({"name": name, "in": "query", "required": name in required, "schema": described})
    if route.is_stream:
        seen = {"type": "integer", "minimum": 0}
        parameters.append({"name": "Last-Event-ID", "in": "header", "required": False, "schema": seen})
    return parameters


def _path_schema(name: str, kind: type) -> dict[str, Any]:
    if name == "status":
        return {"type": "string", "enum": list(JobStatus.__members__)}
    if kind is str:
        return {"type": "string", "minLength": 1}
    return {"type": "integer", "minimum": -MAX_INT, "maximum": MAX_INT}


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a query parameter: it is left out where JSON would have null."""
    kept = {key: value for key, value in field.items() if key not in ("anyOf", "title")}
    if kept.get("default", 0) is None:
        del kept["default"]
    variants = [variant for variant in field.get("anyOf", ()) if variant != {"type": "null"}]
    return kept | variants[0] if len(variants) == 1 else kept | ({"anyOf": variants} if variants else {})


def _sortable(source: Noun | relationships.Relation) -> list[str]:
    return source.sortable if isinstance(source, Noun) else list(source.fields)


def _responses(route: Route, names: dict[Any, str]) -> dict[str, Any]:
    responses = {"200": {"description": "Done.", "content": _reply(route, names)}}
    if route.name == "initialize_jobs":
        task = {_JSON: {"schema": {"$ref": _REF.format(model=names[TaskModel])}}}
        responses["202"] = {"description": "With async: the task that goes on.", "content": task}
    error = {_JSON: {"schema": {"$ref": _REF.format(model=names[ErrorReply])}}}
    for code in _possible_errors(route):
        responses[str(code)] = {"description": _ERRORS[code], "content": error}
    return responses


def _possible_errors(route: Route) -> list[int]:
    codes = {400, 403, 503}
    if route.right != "none":
        codes |= {401, 429}
    if route.path_parameters or route.right not in ("none", "login", "admin"):
        codes.add(404)
    if route.path_parameters or route.query or route.body:
        codes.add(422)
    if route.access != "read":
        codes |= {409, 422, 507}
    if route.body:
        codes |= {413, 415}
    return sorted(codes)


def _reply(route: Route, names: dict[Any, str]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"}
    if route.reply:
        schema = {"$ref": _REF.format(model=names[lookup(route.reply)])}
    if route.plain:
        schema = {"type": "array", "items": schema}
    if route.items:
        schema = _page(schema, route)
    return {"text/event-stream" if route.is_stream else _JSON: {"schema": schema}}


def _page(item: dict[str, Any], route: Route) -> dict[str, Any]:
    rows = {"type": "array", "items": item}
    number = {"type": "integer", "minimum": 0}
    size = "limit" if route.noun == "access_groups" else "max_limit"
    properties = {
        "items": rows,
        route.items or "items": rows,
        "offset": number,
        size: number,
        "total_count": number,
        "has_more": {"type": "boolean"},
    }
    required = [name for name in (*properties, "count") if name != route.items]
    extra = {"summary": {"type": "string"}} if route.name == "diagnose_workflow" else {}
    return {"type": "object", "required": required, "properties": properties | {"count": number} | extra}
