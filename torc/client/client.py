"""The operations of the contract as methods, in plain dictionaries and lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from torc.client.transport import Transport
from torc.contract import OPERATIONS, Route
from torc.errors import InvalidInput

PAGE_SIZE = 10_000
#: Patience with one reply.
REPLY_SECONDS = 120.0
#: Creating or initializing a very large workflow is one request.
_BULK_SECONDS = 900.0


class Client:
    """Every operation of the contract, under its name.

    Positional arguments fill the path, ``body`` is the request's JSON, other keywords are the query::

        client.get_workflow(5)
        client.list_jobs(workflow_id=5, status="failed")
        client.update_job(7, body={"priority": 3})
    """

    def __init__(self, transport: Transport, reply_seconds: float = REPLY_SECONDS) -> None:
        self.transport = transport
        self.reply_seconds = reply_seconds

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in OPERATIONS:
            raise AttributeError(f"the client has no operation '{name}'")
        return partial(self.call, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *OPERATIONS})

    def call(self, name: str, /, *path_args: Any, body: Any = None, **arguments: Any) -> Any:
        """Carry out the operation ``name`` and return the reply's JSON."""
        route = OPERATIONS[name]
        path = _fill_path(route, path_args, arguments)
        if route.items:
            arguments.setdefault("named", False)
        return self.transport.send(route, path, arguments, body, timeout=self._timeout(route, arguments, body))

    def pages(
        self, name: str, /, *path_args: Any, limit: int | None = None, offset: int = 0, **arguments: Any
    ) -> Iterator[dict[str, Any]]:
        """Yield the records of a list, page by page, at most ``limit`` of them."""
        left = limit
        while left is None or left > 0:
            size = PAGE_SIZE if left is None else min(left, PAGE_SIZE)
            page = self.call(name, *path_args, offset=offset, limit=size, **arguments)
            yield from page["items"]
            offset += len(page["items"])
            left = None if left is None else left - len(page["items"])
            if not page["has_more"] or not page["items"]:
                return

    def create_workflow_from_plan(self, plan: dict[str, Any]) -> dict[str, Any]:
        """Create a whole workflow; a lost reply cannot create it twice."""
        import uuid

        keyed = plan if plan.get("request_id") else {**plan, "request_id": uuid.uuid4().hex}
        reply: dict[str, Any] = self.call("create_workflow_from_plan", body=keyed)
        return reply

    def close(self) -> None:
        """Let go of connections."""
        self.transport.close()

    def _timeout(self, route: Route, query: dict[str, Any], body: Any) -> float:
        held = body.get("wait_seconds") if isinstance(body, dict) else None
        # Runners must notice within minutes that a server hangs.
        patient = route.bulk and route.right == "write"
        seconds = max(_BULK_SECONDS, self.reply_seconds) if patient else self.reply_seconds
        return seconds + float(held or query.get("wait_seconds") or 0)


def _fill_path(route: Route, path_args: tuple[Any, ...], arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the path's values, taking those given by name out of ``arguments``."""
    names = [name for name, _ in route.path_parameters]
    if len(path_args) > len(names):
        raise TypeError(f"{route.name} takes {len(names)} positional arguments, not {len(path_args)}")
    path = dict(zip(names, path_args, strict=False))
    for name in names[len(path_args) :]:
        if arguments.get(name) is None:
            raise InvalidInput(f"{route.name} needs '{name}'", field=name)
        path[name] = arguments.pop(name)
    return path
