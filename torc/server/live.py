"""Claims that the server may hold until there is something to say."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from torc.errors import InvalidInput
from torc.models.job import ExchangeRequest, NodeResources
from torc.server.bus import Waiter
from torc.server.services import claims
from torc.server.services.call import Call
from torc.server.services.claims import Order, Room
from torc.server.store import workflows
from torc.server.store.transaction import Tx
from torc.server.wire import array

if TYPE_CHECKING:
    from torc.server.service import Service

DEFAULT_LIMIT = 10


async def exchange(service: Service, call: Call) -> dict[str, Any]:
    """Apply a runner's reports and claim for it; hold the reply while there is nothing to tell."""
    body: ExchangeRequest = call.body
    service.leases.renew(body.compute_node_id)
    samples = service.samples

    async def look(first: bool) -> dict[str, Any]:
        request = body if first else body.model_copy(update={"starts": [], "completions": [], "released": []})
        reply: dict[str, Any] | None = service.peek(claims.exchange_without_news, call.id, request)
        if reply is None:
            reply = await service.write("exchange", claims.exchange, call.id, request)
        if first and (body.samples or body.node_samples):
            samples.take(call.id, body)
        assert reply is not None
        return reply

    waiter = Waiter(call.id, body.compute_node_id)
    seconds = min(body.wait_seconds, service.leases.longest_hold(body.compute_node_id))
    try:
        reply = await _hold(service, call, waiter, look, partial(_says_something, stays=body.stays), seconds)
        reply["watched"] = samples.is_watched(call.id)
        return reply
    finally:
        service.leases.renew(body.compute_node_id)


async def claim_jobs_based_on_resources(service: Service, call: Call) -> dict[str, Any]:
    """Claim jobs that fit into the caller's free resources together."""
    query = call.query
    resources: NodeResources = call.body or _resources_of(query)
    claims.check_sort_method(query.sort_method)
    limit = call.path.get("limit", query.limit if query.limit is not None else DEFAULT_LIMIT)

    def order() -> Order:
        return Order(
            limit=limit,
            room=Room.of(resources),
            scheduler_id=resources.scheduler_config_id,
            strict=query.strict_scheduler_match,
            sort_method=query.sort_method,
            request_id=query.request_id,
            compute_node_id=query.compute_node_id,
        )

    return await _claim(service, call, order)


async def claim_next_jobs(service: Service, call: Call) -> dict[str, Any]:
    """Claim the next jobs, whatever they need."""
    query = call.query
    limit = next((value for value in (query.limit, query.num_jobs) if value is not None), DEFAULT_LIMIT)

    def order() -> Order:
        return Order(limit=limit, request_id=query.request_id, compute_node_id=query.compute_node_id)

    return await _claim(service, call, order)


async def _claim(service: Service, call: Call, order: Callable[[], Order]) -> dict[str, Any]:
    node_id = call.query.compute_node_id
    seconds = call.query.wait_seconds
    if node_id is not None:
        service.leases.renew(node_id)
        seconds = min(seconds, service.leases.longest_hold(node_id))

    async def look(_first: bool) -> dict[str, Any]:
        return await service.write("claim", _claim_once, call.id, order())  # type: ignore[no-any-return]

    waiter = Waiter(call.id, None)
    reply = await _hold(service, call, waiter, look, _found_or_over, seconds)
    return {"jobs": reply["jobs"], "reason": reply["reason"]}


def _found_or_over(reply: dict[str, Any]) -> bool:
    return bool(reply["found"] or reply["over"])


def _claim_once(tx: Tx, workflow_id: int, order: Order) -> dict[str, Any]:
    head = workflows.head(tx, workflow_id)
    if order.compute_node_id is not None:
        claims.require_active(tx, workflow_id, order.compute_node_id)
    jobs = claims.claim(tx, head, order)
    over = head.is_canceled or not (jobs or workflows.has_open_jobs(tx, workflow_id))
    reason = None
    if not jobs:
        lacking = claims.unfit(tx, workflow_id, order)
        reason = _reason(head.is_canceled, over, lacking)
    return {"jobs": array(jobs), "found": bool(jobs), "over": over, "reason": reason}


def _reason(canceled: bool, over: bool, lacking: dict[str, Any] | None) -> str:
    if canceled:
        return "the workflow is canceled"
    if over:
        return "the workflow is complete"
    if lacking:
        return f"job '{lacking['job_name']}' {lacking['lacks']}"
    return "no job is ready"


def _resources_of(query: Any) -> NodeResources:
    if query.num_cpus is None or query.memory_gb is None:
        missing = "num_cpus" if query.num_cpus is None else "memory_gb"
        raise InvalidInput(f"{missing}: no resources given", field=missing, hint="send them as the JSON body")
    return NodeResources(
        num_cpus=query.num_cpus,
        memory_gb=query.memory_gb,
        num_gpus=query.num_gpus or 0,
        num_nodes=1 if query.num_nodes is None else query.num_nodes,
        scheduler_config_id=query.scheduler_config_id,
        time_limit=query.time_limit,
    )


def _says_something(reply: dict[str, Any], *, stays: bool) -> bool:
    told = ("completed", "errors", "cancel_job_ids", "is_canceled")
    if len(reply["jobs"]) > 2 or any(reply[name] for name in told) or (reply["is_complete"] and not stays):
        return True
    # While jobs run somewhere, those that do not fit may not be the last word.
    return reply["unfit"] is not None and not reply["active_jobs"]


async def _hold(
    service: Service,
    call: Call,
    waiter: Waiter,
    look: Callable[[bool], Awaitable[dict[str, Any]]],
    is_answer: Callable[[dict[str, Any]], bool],
    seconds: float,
) -> dict[str, Any]:
    """Look now, and again whenever something happened, until there is an answer or the time is up."""
    deadline = asyncio.get_running_loop().time() + seconds
    # Registered before the first look: what happens in between wakes it.
    service.bus.add(waiter)
    try:
        reply = await look(True)
        actions = reply.get("due_actions")
        while not is_answer(reply):
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0 or not await waiter.wait(left) or waiter.released:
                break
            if not call.is_open():  # what it claimed would be lost
                service.bus.pass_on(waiter)
                break
            reply = await look(False)
            if reply.get("due_actions") != actions:
                break
            if not is_answer(reply):
                service.bus.pass_on(waiter)
        return reply
    finally:
        if waiter.woken.is_set() and not waiter.released:
            service.bus.pass_on(waiter)  # woken for a job that this request will not take
        service.bus.remove(waiter)
