"""Jobs that come while a workflow runs."""

from __future__ import annotations

from typing import Any

from torc.errors import Conflict, InvalidInput
from torc.models.addition import Addition
from torc.server.services.call import Call
from torc.server.services.completions import announce_ready
from torc.server.services.jobs import default_requirements
from torc.server.services.repeated import digest_of, require_same
from torc.server.store import additions, claims, dependencies, events, plans, records, workflows
from torc.server.store import jobs as job_store
from torc.server.store.nouns import JOB
from torc.server.store.transaction import Tx
from torc.states import JobStatus


def add_jobs(tx: Tx, call: Call) -> dict[str, list[int]]:
    """Add jobs to a workflow that has been initialized, ready or waiting for those that make their inputs."""
    body: Addition = call.body
    head = workflows.head(tx, call.id)
    digest = None
    if body.request_id is not None:
        digest = digest_of(body)
        known = additions.find_request(tx, body.request_id, head.id)
        if known is not None:
            require_same(known[1], digest, body.request_id)
            return {"job_ids": known[0]}
    if head.is_canceled or head.is_archived or head.run_id == 0:
        state = "canceled" if head.is_canceled else "archived" if head.is_archived else "not initialized"
        raise Conflict(f"workflow {head.id} is {state}: no jobs can be added to its run", field="id")
    ids = _insert(tx, head.id, body) if body.jobs else []
    if body.request_id is not None:
        claims.remember(tx, body.request_id, head.id, head.run_id, ids, digest)
    return {"job_ids": ids}


def _insert(tx: Tx, workflow_id: int, body: Addition) -> list[int]:
    inserted = plans.insert_user_data(tx, workflow_id, [item.model_dump() for item in body.user_data])
    data = {item.name: record_id for item, record_id in zip(body.user_data, inserted, strict=True)}
    data |= _known_data(tx, workflow_id, body, data)
    default = default_requirements(tx, workflow_id)
    _check_requirements(tx, workflow_id, body)
    first = plans.next_id(tx, "job")
    last = first + len(body.jobs) - 1
    rows = (
        (
            first + number, workflow_id, job.name, job.command, None, job.priority, plans.env_text(job.env), 1, 0,
            job.resource_requirements_id or default, None, None,
        )
        for number, job in enumerate(body.jobs)
    )  # fmt: skip
    with records.unique_names_of(tx, JOB, workflow_id, first, [job.name for job in body.jobs]):
        plans.insert_jobs(tx, rows)
    for table in ("input_user_data", "output_user_data"):
        pairs = ((first + at, data[name]) for at, job in enumerate(body.jobs) for name in getattr(job, table))
        plans.insert_relation(tx, f"job_{table}", "user_data_id", pairs)
    dependencies.derive_for(tx, workflow_id, first, last)
    _settle(tx, workflow_id, first, last)
    return list(range(first, last + 1))


def _known_data(tx: Tx, workflow_id: int, body: Addition, new: dict[str, int]) -> dict[str, int]:
    """Return the ids of the records that the jobs name and that were there before."""
    named = {name for job in body.jobs for name in (*job.input_user_data, *job.output_user_data)} - new.keys()
    found = additions.data_ids(tx, workflow_id, sorted(named)) if named else {}
    unknown = sorted(named - found.keys())
    if unknown:
        raise InvalidInput(
            f"workflow {workflow_id} has no user data named '{unknown[0]}', and neither has the request",
            field="jobs",
            value=unknown[0],
        )
    return found


def _check_requirements(tx: Tx, workflow_id: int, body: Addition) -> None:
    ids = {job.resource_requirements_id for job in body.jobs} - {None}
    strangers = job_store.not_in_workflow(tx, "resource_requirements", workflow_id, ids)  # type: ignore[arg-type]
    if strangers:
        message = f"no resource requirements with id {strangers[0]} in workflow {workflow_id}"
        raise InvalidInput(message, field="resource_requirements_id", value=strangers[0])


def _settle(tx: Tx, workflow_id: int, first: int, last: int) -> None:
    hopeless = additions.settle(tx, first, last)
    if hopeless:
        additions.cancel(tx, hopeless)
        hopeless += dependencies.cancel_waiting(tx, hopeless, JobStatus.blocked)
        data: dict[str, Any] = {"job_ids": hopeless, "reason": "a job that they wait for did not succeed"}
        events.append(tx, workflow_id, "jobs_canceled", data, "warning")
        dependencies.release(tx, hopeless)
    announce_ready(tx, workflow_id, additions.ready(tx, first, last))
