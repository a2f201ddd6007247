"""The rights column of the contract, enforced inside the operation's own transaction.

What a request names decides: the workflow in its path, the workflow of the record in its path, and those in query and
body. What the caller may not use is missing for it, with the very reply of something that is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from torc.contract import Route
from torc.errors import Forbidden, InvalidInput, Unauthorized
from torc.models.base import Empty
from torc.server.auth.caller import Caller, out_of_scope
from torc.server.services.call import Call
from torc.server.store import access
from torc.server.store.nouns import COMPUTE_NODE, JOB, WORKFLOW
from torc.server.store.records import Noun, missing
from torc.server.store.transaction import Tx

if TYPE_CHECKING:
    from torc.server.service import Service

Check = Callable[[Tx], None]

#: Operations that create or list workflows, or leave those out that are missing; their services see to the rest.
UNBOUND = frozenset({"create_workflow", "create_workflow_from_plan", "list_workflows", "stream_events_of_workflows"})
#: What a token for one workflow may ask beyond that workflow.
_FOR_SCOPED = frozenset({"get_version", "get_caller", "create_token", "check_workflow_access"})
#: Parts of a bulk request, each of which names its workflow.
_PARTS = ("jobs", "files", "user_data")


def check_of(route: Route, call: Call) -> Check | None:
    """Return what must hold in each transaction of this call, or None when nothing has to be looked up.

    Raises
    ------
    Forbidden
        When that is clear at once.
    """
    caller = call.caller
    if caller.is_open or route.right == "none":
        return None
    if route.right == "login":
        if caller.is_scoped and route.name not in _FOR_SCOPED:
            raise out_of_scope(caller)
        return None
    if route.right == "admin":
        return lambda tx: _require_admin(tx, caller)
    if caller.sees_all and not caller.is_scoped:
        return None
    if route.name in UNBOUND:
        return None
    if caller.compute_node_id is not None:
        _check_node(caller, route, call)
    return lambda tx: _require_all(tx, route, call)


def checked(check: Check | None, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function of a transaction that begins with a check, if there is anything to check."""
    if check is None:
        return function

    def run(tx: Tx, *args: Any) -> Any:
        check(tx)
        return function(tx, *args)

    return run


class Guarded:
    """The service as one caller sees it: a request that is held is checked again for each transaction."""

    def __init__(self, service: Service, call: Call, check: Check | None) -> None:
        self._service = service
        self._call = call
        self._check = check

    def __getattr__(self, name: str) -> Any:
        return getattr(self._service, name)

    def peek(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run a small query."""
        self._require_admitted()
        return self._service.peek(checked(self._check, function), *args)

    async def write(self, name: str, function: Callable[..., Any], *args: Any) -> Any:
        """Run a change."""
        self._require_admitted()
        return await self._service.write(name, checked(self._check, function), *args)

    async def read(self, function: Callable[..., Any], *args: Any) -> Any:
        """Run a query."""
        self._require_admitted()
        return await self._service.read(checked(self._check, function), *args)

    def _require_admitted(self) -> None:
        if not self._call.is_admitted():
            raise Unauthorized("these credentials have come to their end", field="Authorization")


def _require_admin(tx: Tx, caller: Caller) -> None:
    if caller.is_scoped or not access.is_admin(tx, caller):
        raise Forbidden("only administrators of the server may do this", hint="ask one of them")


def _require_all(tx: Tx, route: Route, call: Call) -> None:
    named = list(_named(route, call))
    if not named:
        raise InvalidInput(f"{route.name} names no workflow", field="workflow_id")
    for noun, record_id in named:
        workflow_id = record_id if noun is WORKFLOW else access.workflow_of(tx, noun, record_id)
        if workflow_id is None or not access.may_use(tx, call.caller, workflow_id):
            call.concealed = True
            raise missing(noun, record_id)


def _named(route: Route, call: Call) -> Iterator[tuple[Noun, int]]:
    """Yield every record that a request names and that leads to a workflow."""
    noun = access.RECORDS.get(route.path.split("/")[1])
    if noun is not None and "id" in call.path:
        yield noun, call.path["id"]
    elif (job_id := getattr(call.body, "job_id", None)) is not None:
        yield JOB, job_id
    for place in _filled(call):
        parts = [part for name in _PARTS for part in getattr(place, name, None) or ()]
        ids = dict.fromkeys(getattr(part, "workflow_id", None) for part in (place, *parts))
        yield from ((WORKFLOW, workflow_id) for workflow_id in ids if workflow_id is not None)
    if route.right == "run" and (node_id := _node_of(call)) is not None:
        yield COMPUTE_NODE, node_id


def _node_of(call: Call) -> int | None:
    for place in _filled(call):
        given: int | None = getattr(place, "compute_node_id", None)
        if given is not None:
            return given
    return call.path.get("compute_node_id")


def _filled(call: Call) -> list[Any]:
    """Return query and body as far as the operation has them."""
    return [place for place in (call.query, call.body) if type(place) is not Empty]


def _check_node(caller: Caller, route: Route, call: Call) -> None:
    """A token that was made for a compute node speaks for no other, and changes no other."""
    node_id = _node_of(call)
    if route.access != "read" and access.RECORDS.get(route.path.split("/")[1]) is COMPUTE_NODE:
        node_id = call.path.get("id", node_id)
    if node_id not in (None, caller.compute_node_id):
        raise Forbidden(f"this token is for compute node {caller.compute_node_id}, not {node_id}")
