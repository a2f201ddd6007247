"""Jobs: create, describe, change, delete."""

from __future__ import annotations

from typing import Any

from torc.errors import InvalidInput
from torc.graph import shared_sets
from torc.models.job import JobModel, JobUpdate
from torc.server.services import completions, crud
from torc.server.services.call import Call
from torc.server.services.resource_requirements import DEFAULT, parsed
from torc.server.store import actions, dependencies, jobs, plans, records, workflows
from torc.server.store.nouns import JOB, JOB_WITHOUT_DEPENDENCIES, RESOURCE_REQUIREMENTS
from torc.server.store.transaction import Tx
from torc.server.wire import Json, array
from torc.states import JobEvent, JobStatus, apply

_RELATIONS = (
    ("input_file_ids", "job_input_file", "file", "file_id"),
    ("output_file_ids", "job_output_file", "file", "file_id"),
    ("input_user_data_ids", "job_input_user_data", "user_data", "user_data_id"),
    ("output_user_data_ids", "job_output_user_data", "user_data", "user_data_id"),
)
_REFERENCES = (
    ("resource_requirements_id", "resource_requirements"),
    ("failure_handler_id", "failure_handler"),
)
#: Fields that may change whatever the job's status is.
_ALWAYS = {"scheduler_id", "resource_requirements_id", "priority", "status"}


def create_job(tx: Tx, call: Call) -> Json:
    """Create a job."""
    return records.get(tx, JOB, _insert(tx, [call.body])[0])


def create_jobs(tx: Tx, call: Call) -> dict[str, Json]:
    """Create jobs of one workflow; dependency lists that they share are stored once."""
    if not call.body.jobs:
        return {"jobs": array([])}
    ids = _insert(tx, call.body.jobs)
    return {"jobs": array(records.get_many(tx, JOB, ids))}


def _insert(tx: Tx, bodies: list[JobModel]) -> list[int]:
    workflow_id = crud.same_workflow(bodies, "jobs")
    workflows.head(tx, workflow_id)
    default = default_requirements(tx, workflow_id)
    first = plans.next_id(tx, "job")
    _check_references(tx, workflow_id, bodies)
    _check_schedulers(tx, workflow_id, {body.scheduler_id for body in bodies if body.scheduler_id is not None})
    with records.unique_names_of(tx, JOB, workflow_id, first, [body.name for body in bodies]):
        plans.insert_jobs(tx, (_row(first + number, workflow_id, body, default) for number, body in enumerate(bodies)))
    for field, table, _, column in _RELATIONS:
        pairs = ((first + number, rid) for number, body in enumerate(bodies) for rid in getattr(body, field) or ())
        plans.insert_relation(tx, table, column, pairs)
    wait_for(tx, workflow_id, {first + number: body.depends_on_job_ids or [] for number, body in enumerate(bodies)})
    return list(range(first, first + len(bodies)))


def default_requirements(tx: Tx, workflow_id: int) -> int:
    """Return the requirements of jobs that name none; made anew if somebody has deleted or renamed them."""
    found = jobs.default_requirements(tx, workflow_id)
    if found is None:
        found = records.insert(tx, RESOURCE_REQUIREMENTS, {"workflow_id": workflow_id, **DEFAULT}, parsed(DEFAULT))
    return found


def _row(job_id: int, workflow_id: int, body: JobModel, default: int) -> tuple[Any, ...]:
    return (
        job_id,
        workflow_id,
        body.name,
        body.command,
        body.invocation_script,
        body.priority,
        plans.env_text(body.env),
        int(body.cancel_on_blocking_job_failure),
        int(body.supports_termination),
        body.resource_requirements_id or default,
        body.scheduler_id,
        body.failure_handler_id,
    )


def _check_references(tx: Tx, workflow_id: int, bodies: list[Any]) -> None:
    """Refuse ids of records that are not in the workflow."""
    wanted: dict[tuple[str, str], set[int]] = {}
    for field, _, noun, _ in _RELATIONS:
        wanted[field, noun] = {rid for body in bodies for rid in getattr(body, field) or ()}
    for field, noun in _REFERENCES:
        wanted[field, noun] = {rid for body in bodies if (rid := getattr(body, field)) is not None}
    wanted["depends_on_job_ids", "job"] = {rid for body in bodies for rid in body.depends_on_job_ids or ()}
    for (field, noun), ids in wanted.items():
        strangers = jobs.not_in_workflow(tx, noun, workflow_id, ids)
        if strangers:
            raise InvalidInput(
                f"no {noun.replace('_', ' ')} with id {strangers[0]} in workflow {workflow_id}",
                field=field,
                value=strangers[0],
            )


def _check_schedulers(tx: Tx, workflow_id: int, ids: set[int]) -> None:
    """Refuse ids of schedulers that are not in the workflow; Slurm's and local ones are numbered apart."""
    strangers = jobs.not_in_workflow(tx, "slurm_scheduler", workflow_id, ids)
    strangers = jobs.not_in_workflow(tx, "local_scheduler", workflow_id, strangers)
    if strangers:
        raise InvalidInput(
            f"no scheduler with id {strangers[0]} in workflow {workflow_id}",
            field="scheduler_id",
            value=strangers[0],
            hint="create it first, or leave the field out for a job that any runner may take",
        )


def wait_for(tx: Tx, workflow_id: int, lists: dict[int, list[int]]) -> None:
    """Let jobs wait for others, given as job id and the ids that it waits for."""
    sets, waits = shared_sets(list(lists.values()))
    set_ids = dependencies.add_sets(tx, workflow_id, sets)
    pairs = (
        (job_id, set_ids[position]) for job_id, positions in zip(lists, waits, strict=True) for position in positions
    )
    dependencies.link(tx, pairs)


def list_jobs(tx: Tx, call: Call) -> dict[str, Any]:
    """List jobs."""
    query = call.query
    conditions: list[tuple[str, dict[str, Any]]] = []
    if query.needs_file_id is not None:
        sql = "EXISTS (SELECT 1 FROM job_input_file i WHERE i.job_id = job.id AND i.file_id = :needs)"
        conditions.append((sql, {"needs": query.needs_file_id}))
    if query.upstream_job_id is not None:
        sql = (
            "EXISTS (SELECT 1 FROM job_dependency_set w JOIN dependency_set_member m ON m.set_id = w.set_id "
            "WHERE w.job_id = job.id AND m.job_id = :upstream)"
        )
        conditions.append((sql, {"upstream": query.upstream_job_id}))
    if query.active_compute_node_id is not None:
        conditions.append(("compute_node_id = :node", {"node": query.active_compute_node_id}))
    if query.origin_is_set is not None:
        conditions.append((f"origin IS {'NOT ' if query.origin_is_set else ''}NULL", {}))
    for field in ("name", "command"):
        if (part := getattr(query, field)) is not None:
            conditions.append((f"instr(lower(job.{field}), lower(:{field})) > 0", {field: part}))
    equals = {"status": query.status}
    noun = JOB if query.include_dependencies else JOB_WITHOUT_DEPENDENCIES
    return crud.listing(tx, noun, query, "jobs", equals, conditions, relations=query.include_relationships)


def get_job(tx: Tx, call: Call) -> Json:
    """Return one job with its relations."""
    return records.get(tx, JOB, call.id)


def update_job(tx: Tx, call: Call) -> Json:
    """Change a job that is not initialized yet; priority, scheduler and requirements may change at any time."""
    body: JobUpdate = call.body
    job = records.fetch(tx, JOB, call.id)
    status = JobStatus(job["status"])
    given = body.given(exclude={"id", "workflow_id", "attempt_id", "origin", "start_time", "compute_node_id"})
    changed = _changes(tx, call.id, job, given)
    if changed.get("status") is not None:
        if changed["status"] != JobStatus.disabled.name:
            raise InvalidInput(
                f"the status cannot be set to {changed['status']}",
                field="status",
                value=changed["status"],
                hint="only 'disabled' can be set like this; use the calls made for the others",
            )
        apply(status, JobEvent.disable, job=f"job {call.id}")
    if set(changed) - _ALWAYS and status is not JobStatus.uninitialized:
        name = sorted(set(changed) - _ALWAYS)[0]
        raise InvalidInput(
            f"job {call.id} is {status.name}: '{name}' can only change while it is uninitialized",
            field=name,
            hint="reset the job's status first",
        )
    _check_references(tx, job["workflow_id"], [body])
    if changed.get("scheduler_id") is not None:
        _check_schedulers(tx, job["workflow_id"], {changed["scheduler_id"]})
    if changed.pop("status", None) is not None:
        completions.disable(tx, completions.held_job(tx, call.id))
    _apply_changes(tx, call.id, job["workflow_id"], changed)
    return records.get(tx, JOB, call.id)


def _changes(tx: Tx, job_id: int, job: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return the given fields that differ from what is stored: clients send back what they read."""
    changed = {
        name: value
        for name, value in given.items()
        if name in JOB.fields and JOB.fields[name].write(value) != job[name]
    }
    for field in ("depends_on_job_ids", *(relation[0] for relation in _RELATIONS)):
        if field in given and sorted(given[field]) != jobs.related(tx, JOB.relations[field], job_id):
            changed[field] = given[field]
    return changed


def _apply_changes(tx: Tx, job_id: int, workflow_id: int, changed: dict[str, Any]) -> None:
    records.update(tx, JOB, job_id, {name: value for name, value in changed.items() if name in JOB.fields})
    for field, table, _, column in _RELATIONS:
        if field in changed:
            jobs.clear_relation(tx, table, job_id)
            plans.insert_relation(tx, table, column, ((job_id, rid) for rid in changed[field]))
    if "depends_on_job_ids" in changed:
        dependencies.unlink(tx, job_id)
        wait_for(tx, workflow_id, {job_id: changed["depends_on_job_ids"]})


def delete_job(tx: Tx, call: Call) -> Json:
    """Delete a job."""
    job = completions.held_job(tx, call.id)
    completions.settle_deletion(tx, job)
    affected = actions.naming(tx, [job.id])
    record = records.delete(tx, JOB, job.id)
    actions.recount_required(tx, job.workflow_id, affected)
    return record


def delete_jobs(tx: Tx, call: Call) -> dict[str, int]:
    """Delete all jobs of a workflow."""
    return crud.delete_all(tx, JOB, call)
