"""Why jobs do not run: one sentence for each job, and one for the workflow."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from torc.errors import InvalidInput, NotFound
from torc.server.services import crud
from torc.server.services.call import Call
from torc.server.store import diagnosis, workflows
from torc.server.store.claims import Requirement
from torc.server.store.diagnosis import Job, Node
from torc.server.store.transaction import Tx
from torc.states import JobStatus, parse_status
from torc.units import format_bytes, format_duration, parse_duration

S = JobStatus
#: What is explained without being asked for.
_NOT_RUNNING = frozenset(S) - {S.running, S.completed}

#: A word for programs and a sentence for people.
Answer = tuple[str, str]


def diagnose_workflow(tx: Tx, call: Call) -> dict[str, Any]:
    """Explain why jobs do not run, and how the workflow is going."""
    head, query = workflows.head(tx, call.id), call.query
    if query.job_id is not None and not workflows.exists(tx, "job", head.id, query.job_id):
        raise NotFound(f"no job with id {query.job_id} in workflow {head.id}", field="job_id", value=query.job_id)
    statuses = frozenset({parse_status(query.status)}) if query.status else _NOT_RUNNING
    if query.job_id is not None and not query.status:
        statuses = frozenset(S)
    jobs, total = diagnosis.page(tx, head.id, statuses, query.job_id, query.offset, query.limit)
    doctor = _Doctor(tx, head, jobs)
    items = [_item(job, doctor.explain(job)) for job in jobs]
    return {**crud.page(items, total, query, "jobs"), "summary": _summary(tx, head, doctor)}


def _item(job: Job, answer: Answer) -> str:
    return json.dumps(
        {
            "job_id": job.id,
            "job_name": job.name,
            "status": job.status.name,
            "reason": answer[0],
            "message": answer[1],
        }
    )


class _Doctor:
    """Explains the jobs of one page; what it needs is read for all of them at once, when the first one needs it."""

    def __init__(self, tx: Tx, head: workflows.Head, jobs: Sequence[Job]) -> None:
        self.tx = tx
        self.head = head
        self._jobs = jobs
        self._fits: dict[tuple[int, int | None], Answer] = {}

    def explain(self, job: Job) -> Answer:
        """Return why a job is where it is."""
        explain: Callable[[Job], Answer] = getattr(self, f"_{job.status.name}")
        return explain(job)

    @cached_property
    def nodes(self) -> list[Node]:
        return diagnosis.active_nodes(self.tx, self.head.id)

    @cached_property
    def scheduled(self) -> dict[str, int]:
        return workflows.scheduled_nodes(self.tx, self.head.id)

    @cached_property
    def _waiting(self) -> dict[int, diagnosis.Waiting]:
        return diagnosis.waiting(self.tx, self._ids(S.blocked))

    @cached_property
    def _unsuccessful(self) -> dict[int, tuple[str, JobStatus]]:
        return diagnosis.unsuccessful_before(self.tx, self._ids(S.canceled))

    @cached_property
    def _results(self) -> dict[int, tuple[int, int, str | None]]:
        return diagnosis.current_results(self.tx, self._ids(S.completed, S.failed, S.terminated, S.pending_failed))

    @cached_property
    def _requirements(self) -> dict[int, Requirement]:
        rows = diagnosis.requirements(self.tx, (job.requirements_id for job in self._jobs if job.status is S.ready))
        return {number: Requirement(number, *row) for number, row in rows.items()}

    def _ids(self, *statuses: JobStatus) -> list[int]:
        return [job.id for job in self._jobs if job.status in statuses]

    def _uninitialized(self, _job: Job) -> Answer:
        return "uninitialized", f"uninitialized: begin a run with 'torc workflows initialize {self.head.id}'"

    def _blocked(self, job: Job) -> Answer:
        found = self._waiting.get(job.id)
        if found is None or not found.unmet:
            return "blocked", "blocked, although it waits for no job: initialize the workflow again"
        some = ", ".join(f"{name} ({status.name})" for name, status in found.some)
        more = "" if found.unmet <= len(found.some) else f" and {found.unmet - len(found.some)} more"
        count = (
            f"{found.unmet} of {_counted(found.total, 'job')}"
            if found.exact
            else f"at least {_counted(found.unmet, 'job')}"
        )
        return "waits_for_jobs", f"waits for {count}: {some}{more}"

    def _ready(self, job: Job) -> Answer:
        if self.head.is_canceled:
            return "workflow_canceled", "ready, but the workflow is canceled: nothing more is started"
        if self.head.is_archived:
            return "workflow_archived", "ready, but the workflow is archived: nothing is started"
        if not self.nodes:
            return "no_runner", f"ready, but no runner is active{self._hope()}"
        key = (job.requirements_id, job.scheduler_id)
        if key not in self._fits:
            self._fits[key] = _fit(self._requirements[job.requirements_id], job.scheduler_id, self.nodes)
        return self._fits[key]

    def _hope(self) -> str:
        waiting = self.scheduled.get("pending", 0)
        if waiting:
            return f"; scheduled nodes pending: {waiting}"
        return f": start one with 'torc run {self.head.id}'"

    def _pending(self, job: Job) -> Answer:
        return "claimed", f"claimed by {_node(job)}, which has not started it yet"

    def _running(self, job: Job) -> Answer:
        return "running", f"runs on {_node(job)} since {job.start_time}"

    def _completed(self, job: Job) -> Answer:
        return "completed", f"completed in {self._attempt(job)}"

    def _failed(self, job: Job) -> Answer:
        return "failed", f"failed {self._ending(job)}"

    def _terminated(self, job: Job) -> Answer:
        return "terminated", f"terminated {self._ending(job)}"

    def _pending_failed(self, job: Job) -> Answer:
        return "pending_failed", f"failed {self._ending(job)}; waits until somebody has classified the failure"

    def _canceled(self, job: Job) -> Answer:
        before = self._unsuccessful.get(job.id)
        if before is not None:
            return "job_before_failed", f"canceled because job {before[0]} {_DID[before[1]]}"
        if self.head.is_canceled:
            return "workflow_canceled", "canceled with the workflow"
        return "canceled", "canceled by request"

    def _disabled(self, _job: Job) -> Answer:
        return "disabled", "disabled: it was taken out of the workflow"

    def _attempt(self, job: Job) -> str:
        result = self._results.get(job.id)
        return f"run {result[0] if result else self.head.run_id}, attempt {job.attempt_id}"

    def _ending(self, job: Job) -> str:
        result = self._results.get(job.id)
        if result is None:
            return f"in {self._attempt(job)}"
        why = f": {result[2]}" if result[2] else ""
        return f"with return code {result[1]} in {self._attempt(job)}{why}"


def _counted(number: float, noun: str) -> str:
    return f"{number:g} {noun}" if number == 1 else f"{number:g} {noun}s"


_DID = {S.failed: "failed", S.canceled: "was canceled", S.terminated: "was terminated"}


def _node(job: Job) -> str:
    if job.compute_node_id is None:
        return "a runner without a name"
    return f"the runner on {job.hostname} (compute node {job.compute_node_id})"


@dataclass(frozen=True, slots=True)
class _Measure:
    """One of the amounts that a job needs and a node has."""

    need: float
    of: Callable[[Node], float]
    show: Callable[[float], str]


def _fit(need: Requirement, scheduler_id: int | None, nodes: Sequence[Node]) -> Answer:
    """Return what keeps ready jobs with these needs from being started."""
    able = list(nodes)
    for measure in (
        _Measure(need.num_nodes, lambda node: node.num_nodes, lambda value: _counted(value, "node")),
        _Measure(need.num_cpus, lambda node: node.num_cpus, lambda value: _counted(value, "CPU")),
        _Measure(
            need.memory_bytes, lambda node: node.memory_gb * 2**30, lambda value: f"{format_bytes(value)} of memory"
        ),
        _Measure(need.num_gpus, lambda node: node.num_gpus, lambda value: _counted(value, "GPU")),
    ):
        largest = max(map(measure.of, nodes))
        if measure.need > largest:
            there = f"the largest active node has {measure.show(largest)}"
            return "too_large", f"ready, but it needs {measure.show(measure.need)} and {there}"
        able = [node for node in able if measure.need <= measure.of(node)]
    if not able:
        return "too_large", "ready, but no single active node has all the CPUs, memory and GPUs that it needs"
    left = [_seconds_left(node) for node in able]
    if all(seconds is not None and seconds < need.runtime_seconds for seconds in left):
        most = max(seconds for seconds in left if seconds is not None)
        return "too_little_time", (
            f"ready, but it needs {format_duration(need.runtime_seconds)} of run time and the active nodes "
            f"that it fits have at most {format_duration(max(0, most))} left"
        )
    if scheduler_id is not None and all(node.scheduler_config_id != scheduler_id for node in able):
        return "other_scheduler", (
            f"ready, but it is bound to scheduler {scheduler_id} and no active node that it fits comes from there; "
            "others take it only when they have no jobs of their own"
        )
    return "waits_for_room", f"ready, and it fits {_names(able)}: waits until there is room"


def _names(nodes: Sequence[Node]) -> str:
    shown = ", ".join(f"{node.hostname} (compute node {node.id})" for node in nodes[:3])
    return shown if len(nodes) <= 3 else f"{shown} and {len(nodes) - 3} more"


def _seconds_left(node: Node) -> float | None:
    """Return how long a runner goes on; None when it does not say."""
    if node.time_limit is None:
        return None
    try:
        begun = datetime.fromisoformat(node.start_time)
        limit = parse_duration(node.time_limit)
    except (ValueError, InvalidInput):
        return None
    begun = begun if begun.tzinfo else begun.replace(tzinfo=UTC)
    return limit - (datetime.now(UTC) - begun).total_seconds()


def _summary(tx: Tx, head: workflows.Head, doctor: _Doctor) -> str:
    counts = workflows.counts(tx, head.id)
    total = sum(counts.values())
    parts = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    told = f"{_counted(total, 'job')}: {parts}" if total else "there are no jobs"
    if head.is_canceled:
        return f"The workflow is canceled; {told}."
    if head.is_archived:
        return f"The workflow is archived; {told}."
    if total and counts["uninitialized"] == total:
        return f"The workflow has not been initialized; {told}."
    if not workflows.has_open_jobs(tx, head.id):
        return f"The workflow has come to its end; {told}."
    if counts["running"] + counts["pending"]:
        return f"The workflow is running on {_counted(len(doctor.nodes), 'active node')}; {told}."
    if counts["ready"]:
        return f"Nothing runs although jobs are ready; active nodes: {len(doctor.nodes)}; {told}."
    return f"Nothing runs and nothing is ready; {told}."
