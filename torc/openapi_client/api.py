"""The operations of the contract as methods, grouped as in the published client, and all of them in one class."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from torc.contract import OPERATIONS, Route
from torc.openapi_client import models, names
from torc.openapi_client.api_client import ApiClient
from torc.openapi_client.api_response import ApiResponse
from torc.openapi_client.exceptions import ApiTypeError
from torc.openapi_client.signatures import arguments_of, describe

_TASK = "task.TaskModel"


class Api:
    """Base of the classes with operations.

    Parameters
    ----------
    api_client
        The connection to use; without one, the default.
    """

    def __init__(self, api_client: ApiClient | None = None) -> None:
        self.api_client = api_client or ApiClient.get_default()


def _methods(route: Route, owner: str) -> dict[str, Callable[..., Any]]:
    """Return the method of an operation, and the one that also tells the reply's status."""
    arguments = arguments_of(route)
    read = _reader(route)

    def carry_out(self: Api, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            given = arguments.signature.bind(self, *args, **kwargs).arguments
        except TypeError as error:
            raise ApiTypeError(f"{route.name}() {error}") from None
        return self.api_client.perform(
            route,
            {name: given[name] for name in arguments.path},
            {on_wire: given[name] for name, on_wire in arguments.query.items() if given.get(name) is not None},
            _plain(given[arguments.body]) if arguments.body else None,
            timeout=given.get("_request_timeout"),
            headers=given.get("_headers"),
        )

    def method(self: Api, *args: Any, **kwargs: Any) -> Any:
        return read(carry_out(self, args, kwargs))

    def with_http_info(self: Api, *args: Any, **kwargs: Any) -> ApiResponse[Any]:
        reply = carry_out(self, args, kwargs)
        data = read(reply)
        status = 202 if isinstance(data, models.made_from(_TASK)) and route.verb == "POST" else 200
        return ApiResponse(status, data, json.dumps(reply).encode(), {"Content-Type": "application/json"})

    signature = arguments.signature
    document = describe(route, signature)
    named = {route.name: method, f"{route.name}_with_http_info": with_http_info}
    for name, function in named.items():
        function.__name__, function.__qualname__ = name, f"{owner}.{name}"
        function.__doc__ = document
        function.__annotations__ = {key: one.annotation for key, one in signature.parameters.items() if key != "self"}
        function.__signature__ = signature  # type: ignore[attr-defined]
    return named


def _plain(value: Any) -> Any:
    """Return the JSON of an argument: records as dictionaries, also inside lists."""
    if isinstance(value, models.Model):
        return value.to_dict()
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_unset=True)
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return value


def _reader(route: Route) -> Callable[[Any], Any]:
    """Return what makes records of an operation's reply."""
    reply = route.reply
    if route.name == "initialize_jobs":
        return _initialized
    if reply is None or route.name in names.PLAIN_REPLIES:
        return lambda found: found
    if route.items:
        return lambda found: models.page_of(names.page_name(route)).from_dict(found)
    if route.plain:
        return lambda found: [models.made_from(reply).from_dict(one) for one in found]
    return lambda found: models.made_from(reply).from_dict(found)


def _initialized(reply: Any) -> Any:
    """Return the task that an asynchronous initialize began, or what a synchronous one did."""
    return models.made_from(_TASK).from_dict(reply) if "operation" in reply else reply


def _class(name: str) -> type[Api]:
    routes = [route for route in OPERATIONS.values() if names.tag(route) == name and not route.is_stream]
    methods = {key: method for route in routes for key, method in _methods(route, name).items()}
    about = f"The operations of ``{name}``."
    return type(name, (Api,), {"__doc__": about, "__module__": __name__, **methods})


TAGS: dict[str, type[Api]] = {name: _class(name) for name in names.TAGS}
globals().update(TAGS)


class DefaultApi(*TAGS.values()):  # type: ignore[misc]
    """Every operation of the REST interface as a method; :func:`torc.make_api` gives one."""


__all__ = ["Api", "DefaultApi", *names.TAGS]
