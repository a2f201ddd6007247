"""Claims: which ready jobs a runner gets."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from torc.errors import Conflict, InvalidInput
from torc.models.job import Claim, ExchangeRequest, NodeResources
from torc.server.services.completions import apply_starts, complete
from torc.server.store import actions, claims, events, nodes, runs, workflows
from torc.server.store.claims import Group, Requirement
from torc.server.store.transaction import Tx
from torc.server.store.workflows import Head
from torc.server.wire import array
from torc.units import format_bytes, format_duration, parse_duration

#: Jobs that one claim without resources may return.
MOST_AT_ONCE = 100_000
SORT_METHODS = ("gpus_runtime_memory", "gpus_memory_runtime", "none")


@dataclass(slots=True)
class Room:
    """What a runner has left, per node; jobs on several nodes take whole nodes."""

    cpus: int
    memory: float
    gpus: int
    nodes: int
    seconds: float | None
    full: Room | None = None
    #: A node has been given to jobs that do not need all of it.
    shared: bool = False

    @classmethod
    def of(cls, resources: NodeResources) -> Room:
        """Return the room that a runner offers."""
        limit = resources.time_limit
        seconds = parse_duration(limit, field="time_limit") if limit else None
        memory = resources.memory_gb * 2**30
        room = cls(resources.num_cpus, memory, resources.num_gpus, max(1, resources.num_nodes), seconds)
        room.full = replace(room)
        return room

    def lacks(self, need: Requirement) -> str | None:
        """Return what is missing for a job, in words, or None when it fits."""
        if need.num_cpus > self.cpus:
            return f"needs {need.num_cpus} CPUs, the runner has {self.cpus}"
        if need.memory_bytes > self.memory:
            return f"needs {format_bytes(need.memory_bytes)} of memory, the runner has {format_bytes(self.memory)}"
        if need.num_gpus > self.gpus:
            return f"needs {need.num_gpus} GPUs, the runner has {self.gpus}"
        nodes = self.nodes - (self.shared and need.num_nodes > 1)
        if need.num_nodes > nodes:
            return f"needs {need.num_nodes} nodes, the runner has {nodes}"
        if self.seconds is not None and need.runtime_seconds > self.seconds:
            needed, left = format_duration(need.runtime_seconds), format_duration(self.seconds)
            return f"needs {needed} of run time, the runner has {left} left"
        return None

    def take(self, need: Requirement) -> None:
        """Book a job."""
        if need.num_nodes > 1:
            self.nodes -= need.num_nodes
            return
        self.shared = True
        self.cpus -= need.num_cpus
        self.memory -= need.memory_bytes
        self.gpus -= need.num_gpus


@dataclass(slots=True)
class Order:
    """A claim, whichever call it came by."""

    limit: int
    room: Room | None = None
    ahead: int = 0
    total: Room | None = None
    scheduler_id: int | None = None
    strict: bool = False
    sort_method: str | None = None
    request_id: str | None = None
    compute_node_id: int | None = None

    @classmethod
    def of(cls, claim: Claim, node_id: int) -> Order:
        """Return the order that an exchange carries."""
        resources = claim.resources
        return cls(
            limit=claim.limit,
            room=Room.of(resources) if resources else None,
            ahead=claim.ahead,
            total=Room.of(claim.total) if claim.total else None,
            scheduler_id=resources.scheduler_config_id if resources else None,
            strict=claim.strict_scheduler_match,
            request_id=claim.request_id,
            compute_node_id=node_id,
        )


def claim(tx: Tx, head: Head, order: Order) -> list[str]:
    """Claim jobs and return their JSON. A repeated ``request_id`` gets the jobs that it got before."""
    if order.request_id is not None:
        known = claims.remembered(tx, order.request_id, head.id, head.run_id, order.compute_node_id)
        if known is not None:
            return claims.claimed_jobs(tx, known)
    if head.is_canceled or head.is_archived or order.limit + order.ahead <= 0:
        return []
    if order.room is None:
        chosen = claims.next_ready(tx, head.id, min(order.limit + order.ahead, MOST_AT_ONCE))
    else:
        chosen = _choose(tx, head, order)
    if not chosen:
        return []
    claims.hold(tx, chosen, order.compute_node_id)
    readers = claims.with_changed_data(tx, chosen)
    if readers:
        runs.store_hashes(tx, readers)
    if order.request_id is not None:
        claims.remember(tx, order.request_id, head.id, head.run_id, chosen)
    data = {"job_ids": chosen, "compute_node_id": order.compute_node_id}
    events.append(tx, head.id, "jobs_pending", data, "debug")
    return claims.claimed_jobs(tx, chosen)


def _choose(tx: Tx, head: Head, order: Order) -> list[int]:
    """Return the jobs that fit, bound schedulers first; without a match, those bound elsewhere too unless strict."""
    groups = list(claims.ready_groups(tx, head.id))
    method = order.sort_method or head.jobs_sort_method
    chosen = _pack(tx, head.id, [g for g in groups if g.scheduler_id in (0, order.scheduler_id)], order, method)
    if not chosen and not order.strict:
        chosen = _pack(tx, head.id, groups, order, method)
    return chosen


def _pack(tx: Tx, workflow_id: int, groups: list[Group], order: Order, method: str) -> list[int]:
    room, total = order.room, order.total
    assert room is not None
    biggest = total or room.full or room
    fitting = [group for group in groups if biggest.lacks(group.requirement) is None]
    chosen: list[int] = []
    ahead: list[int] = []
    exhausted: set[tuple[int, int]] = set()
    for group, job_id in _walk(tx, workflow_id, fitting, method, exhausted):
        need = group.requirement
        if len(chosen) < order.limit and room.lacks(need) is None:
            room.take(need)
            chosen.append(job_id)
        elif len(ahead) < order.ahead:
            ahead.append(job_id)
        elif len(chosen) >= order.limit:
            break
        else:
            exhausted.add((need.id, group.scheduler_id))
    return chosen + ahead


def _walk(
    tx: Tx, workflow_id: int, groups: list[Group], method: str, exhausted: set[tuple[int, int]]
) -> Iterator[tuple[Group, int]]:
    """Yield the ready jobs of the groups in claim order, leaving groups that the caller marks as exhausted."""
    if method == "none":
        by_priority: dict[int, list[Group]] = {}
        for group in groups:
            by_priority.setdefault(group.priority, []).append(group)
        for priority in sorted(by_priority, reverse=True):
            streams = [_stream(tx, workflow_id, group, exhausted) for group in by_priority[priority]]
            for job_id, _, group in heapq.merge(*streams):
                yield group, job_id
        return
    for group in sorted(groups, key=lambda item: _rank(item, method)):
        for job_id, _, _ in _stream(tx, workflow_id, group, exhausted):
            yield group, job_id


def _stream(
    tx: Tx, workflow_id: int, group: Group, exhausted: set[tuple[int, int]]
) -> Iterator[tuple[int, int, Group]]:
    mark = (group.requirement.id, group.scheduler_id)
    for job_id in claims.group_jobs(tx, workflow_id, group):
        if mark in exhausted:
            return
        yield job_id, 0, group


def _rank(group: Group, method: str) -> tuple[float, ...]:
    need = group.requirement
    runtime_first = (-need.runtime_seconds, -need.memory_bytes)
    middle = runtime_first if method == "gpus_runtime_memory" else runtime_first[::-1]
    return (-group.priority, -need.num_gpus, *middle, -need.num_cpus, need.id)


def unfit(tx: Tx, workflow_id: int, order: Order) -> dict[str, Any] | None:
    """Return a ready job that the runner can never take, when jobs are ready and none of them ever fits it."""
    biggest = order.total or (order.room.full if order.room else None)
    if biggest is None:
        return None
    first: tuple[Group, str] | None = None
    for group in claims.ready_groups(tx, workflow_id):
        lacks = biggest.lacks(group.requirement)
        if lacks is None and order.strict and group.scheduler_id not in (0, order.scheduler_id):
            lacks = f"is bound to scheduler {group.scheduler_id}"
        if lacks is None:
            return None
        first = first or (group, lacks)
    if first is None:
        return None
    job_id, name = claims.first_of_group(tx, workflow_id, first[0])
    return {"job_id": job_id, "job_name": name, "lacks": first[1]}


def exchange(tx: Tx, workflow_id: int, body: ExchangeRequest) -> dict[str, Any]:
    """Apply a runner's reports, then claim for it.

    Raises
    ------
    Conflict
        When the node's lease has lapsed: what it holds was given up.
    """
    head = workflows.head(tx, workflow_id)
    require_active(tx, workflow_id, body.compute_node_id)
    superseded = body.run_id != head.run_id
    if not superseded:
        apply_starts(tx, workflow_id, body.starts, body.compute_node_id)
    accepted, errors = complete(tx, workflow_id, body.completions)
    if body.released:
        back = claims.hand_back(tx, body.released, body.compute_node_id)
        if back:
            tx.effects.ready[workflow_id] += len(back)
    order = Order.of(body.claim, body.compute_node_id) if body.claim else None
    jobs = claim(tx, head, order) if order and not superseded else []
    reply = _reply(tx, head, body, jobs=array(jobs), completed=accepted, errors=errors)
    if order and not jobs and not reply["is_complete"]:
        reply["unfit"] = unfit(tx, workflow_id, order)
    return reply


def _reply(tx: Tx, head: Head, body: ExchangeRequest, **done: Any) -> dict[str, Any]:
    """Return what was done, and how the workflow stands for the runner."""
    active_jobs = workflows.active_jobs(tx, head.id)
    is_over = not active_jobs and not workflows.has_open_jobs(tx, head.id)
    return {
        **done,
        "cancel_job_ids": nodes.no_longer_held(tx, body.compute_node_id, body.held),
        "is_complete": is_over or body.run_id != head.run_id,
        "is_canceled": head.is_canceled,
        "active_jobs": active_jobs,
        "due_actions": actions.count_due(tx, head.id),
        "unfit": None,
    }


def exchange_without_news(tx: Tx, workflow_id: int, body: ExchangeRequest) -> dict[str, Any] | None:
    """Return the reply to a runner that reports nothing while nothing is ready; None when something must be written.

    Of a thousand runners that wait, nearly all get this one, which does not go through the writer.
    """
    if body.starts or body.completions or body.released or next(claims.ready_groups(tx, workflow_id), None):
        return None
    order, head = body.claim, workflows.head(tx, workflow_id)
    if order and order.request_id is not None:
        known = claims.remembered(tx, order.request_id, head.id, head.run_id, body.compute_node_id)
        if known is not None:
            return None
    require_active(tx, workflow_id, body.compute_node_id)
    return _reply(tx, head, body, jobs=array([]), completed=[], errors=[])


def require_active(tx: Tx, workflow_id: int, node_id: int) -> None:
    """Refuse a runner that may not hold jobs of the workflow.

    Raises
    ------
    Conflict
    """
    if not nodes.is_active(tx, workflow_id, node_id):
        raise Conflict(
            f"compute node {node_id} is not active in workflow {workflow_id}: its lease has lapsed",
            field="compute_node_id",
            hint="register a new compute node",
        )


def check_sort_method(method: str | None) -> None:
    """Refuse an unknown sort method."""
    if method is not None and method not in SORT_METHODS:
        raise InvalidInput(
            f"'{method}' is not a sort method",
            field="sort_method",
            value=method,
            hint="one of " + ", ".join(SORT_METHODS),
        )
