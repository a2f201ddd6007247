"""The Python signature of an operation, made from its row of the contract: path, body, then query."""

from __future__ import annotations

import inspect
import keyword
from dataclasses import dataclass
from inspect import Parameter
from typing import Any

from torc.contract import PREFIX, Route
from torc.models import lookup
from torc.openapi_client import models, names

_OPTIONS = {
    "_request_timeout": "float | tuple[float, float] | None",
    "_request_auth": "dict | None",
    "_content_type": "str | None",
    "_headers": "dict[str, str] | None",
    "_host_index": "int",
}


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a method takes: names of Python's arguments, and what they are called on the wire."""

    path: tuple[str, ...]
    body: str | None
    query: dict[str, str]
    signature: inspect.Signature


def arguments_of(route: Route) -> Arguments:
    """Return the arguments of an operation in the order of the published client."""
    path = [
        Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, annotation=kind.__name__)
        for name, kind in route.path_parameters
    ]
    body = names.body_argument(route)
    bodies = [Parameter(body, Parameter.POSITIONAL_OR_KEYWORD, annotation=_body_kind(route))] if body else []
    fields = lookup(route.query).model_fields if route.query else {}
    # Whether lists also stand under the name of the resource is nothing to ask for: records have one name for them.
    left_out = {"named", *dict(route.path_parameters)}
    wire = {info.alias or name: info for name, info in fields.items() if name not in left_out}
    query = {_python_name(name): name for name in names.query_order(route, list(wire))}
    queries = [_query_parameter(name, wire[on_wire]) for name, on_wire in query.items()]
    required = [parameter for parameter in queries if parameter.default is Parameter.empty]
    optional = [parameter for parameter in queries if parameter.default is not Parameter.empty]
    options = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=0 if kind == "int" else None, annotation=kind)
        for name, kind in _OPTIONS.items()
    ]
    signature = inspect.Signature(
        [Parameter("self", Parameter.POSITIONAL_OR_KEYWORD), *path, *bodies, *required, *optional, *options],
        return_annotation=reply_kind(route),
    )
    return Arguments(tuple(name for name, _ in route.path_parameters), body, query, signature)


def reply_kind(route: Route) -> str:
    """Return the name of what a method returns."""
    if route.name in names.PLAIN_REPLIES or not route.reply:
        return "dict[str, Any]"
    if route.items:
        return names.page_name(route)
    one = names.class_name(route.reply)
    return f"list[{one}]" if route.plain else one


def describe(route: Route, signature: inspect.Signature) -> str:
    """Return the documentation of a method."""
    lines = [f"{route.name.replace('_', ' ').capitalize()}: {route.verb} {PREFIX}{route.path.replace(':str}', '}')}"]
    shown = [parameter for name, parameter in signature.parameters.items() if name != "self" and name[0] != "_"]
    if shown:
        lines += ["", "Parameters", "----------"]
        for parameter in shown:
            optional = ", optional" if parameter.default is not Parameter.empty else ""
            lines.append(f"{parameter.name} : {parameter.annotation}{optional}")
        about = inspect.getdoc(lookup(route.query)) if route.query else None
        lines += ["", about] if about else []
    lines += ["", "Returns", "-------", str(signature.return_annotation)]
    lines += ["", "Raises", "------", "ApiException", "    When the server refuses; ``status`` and ``body`` say why."]
    return "\n".join(lines)


def _body_kind(route: Route) -> str:
    assert route.body
    return "list[str]" if route.name == "create_remote_workers" else names.class_name(route.body)


def _query_parameter(name: str, info: Any) -> Parameter:
    kind = models.client_type(info.annotation, info.metadata)
    text = kind.__name__ if isinstance(kind, type) else str(kind).replace(f"{models.__name__}.", "")
    text = text.removesuffix(" | None")
    if info.is_required():
        return Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, annotation=text)
    return Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=f"{text} | None")


def _python_name(name: str) -> str:
    return f"var_{name}" if keyword.iskeyword(name) else name
