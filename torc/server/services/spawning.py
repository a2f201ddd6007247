"""Jobs that add jobs: each call adds the next generation of a lineage, behind the job that calls."""

from __future__ import annotations

from collections import Counter
from typing import Any

from torc.errors import Conflict, IllegalTransition, InvalidInput
from torc.graph import find_cycle
from torc.models.job import SpawnedJob, SpawnRequest
from torc.models.workflow import DynamicJobsConfig
from torc.server.services import jobs as job_service
from torc.server.services.call import Call
from torc.server.services.completions import held_job
from torc.server.store import actions, dependencies, events, jobs, plans, runs, spawning, workflows
from torc.server.store.completions import Held
from torc.server.store.transaction import Tx
from torc.states import UNSUCCESSFUL, JobStatus

#: Tells a spawned job which lineage it carries on.
LINEAGE_VARIABLE = "TORC_ORCHESTRATOR_LINEAGE_ID"


def spawn_jobs(tx: Tx, call: Call) -> dict[str, Any]:
    """Add jobs that wait for the running job which calls, and keep a state with them.

    A repeated call finds its jobs there and changes nothing. Without jobs the state is kept as the lineage's last.
    """
    caller, body = held_job(tx, call.id), call.body
    _require_running(tx, caller)
    lineage = body.lineage or caller.name
    iteration = spawning.generation(tx, caller.workflow_id, lineage)
    if not body.jobs:
        spawning.put_final(tx, caller.workflow_id, lineage, _record(iteration, body))
        return {"iteration": iteration, "spawned_job_ids": []}
    known = _known(tx, caller.workflow_id, body.jobs)
    if known:
        return {"iteration": iteration, "spawned_job_ids": known}
    _check_limit(tx, caller.workflow_id, lineage, iteration + 1)
    ids = _insert(tx, caller, lineage, body.jobs)
    spawning.add_generation(tx, caller.workflow_id, lineage, iteration + 1, _record(iteration + 1, body))
    data = {"job_id": caller.id, "job_name": caller.name, "lineage": lineage, "iteration": iteration + 1}
    events.append(tx, caller.workflow_id, "jobs_spawned", {**data, "job_ids": ids})
    return {"iteration": iteration + 1, "spawned_job_ids": ids}


def forget(tx: Tx, workflow_id: int) -> None:
    """A run begins from the start: what earlier runs have added to the workflow goes, lineages begin anew."""
    spawned = spawning.spawned_jobs(tx, workflow_id)
    if spawned:
        affected = actions.naming(tx, spawned)
        spawning.delete_jobs(tx, spawned)
        actions.recount_required(tx, workflow_id, affected)
    spawning.delete_lineages(tx, workflow_id)


def _record(generation: int, body: SpawnRequest) -> dict[str, Any]:
    return {"generation": generation, "spawn_count": len(body.jobs), "state": body.state}


def _require_running(tx: Tx, caller: Held) -> None:
    if caller.status is not JobStatus.running:
        raise IllegalTransition(
            f"job {caller.id} is {caller.status.name}: only a running job can spawn jobs",
            field="id",
            value=caller.id,
        )
    if workflows.head(tx, caller.workflow_id).is_canceled:
        raise Conflict(f"workflow {caller.workflow_id} is canceled", field="id")


def _known(tx: Tx, workflow_id: int, wanted: list[SpawnedJob]) -> list[int]:
    """Return the ids of the jobs when an earlier call has added them all, nothing when none of them is there."""
    name, count = Counter(job.name for job in wanted).most_common(1)[0]
    if count > 1:
        raise InvalidInput(f"the name '{name}' stands {count} times in jobs", field="jobs", value=name)
    found = spawning.find(tx, workflow_id, [job.name for job in wanted])
    strangers = [job.name for job in wanted if job.name in found and not found[job.name].spawned]
    missing = [job.name for job in wanted if job.name not in found]
    if strangers:
        raise InvalidInput(
            f"the workflow has a job named '{strangers[0]}' already",
            field="jobs",
            value=strangers[0],
            hint="choose another name",
        )
    if found and missing:
        there = next(job.name for job in wanted if job.name in found)
        raise InvalidInput(
            f"job '{there}' has been spawned already and job '{missing[0]}' has not",
            field="jobs",
            value=there,
            hint="repeat a call with the same names, or use names that are all new",
        )
    return [found[job.name].id for job in wanted] if found else []


def _check_limit(tx: Tx, workflow_id: int, lineage: str, iteration: int) -> None:
    config = spawning.dynamic_jobs(tx, workflow_id) or {}
    limit = config.get("max_iterations") or DynamicJobsConfig().max_iterations
    if iteration > limit:
        raise InvalidInput(
            f"lineage '{lineage}' has spawned jobs {iteration - 1} times, the limit is {limit}",
            field="lineage",
            value=lineage,
            hint="raise dynamic_jobs.max_iterations of the workflow",
        )


def _insert(tx: Tx, caller: Held, lineage: str, wanted: list[SpawnedJob]) -> list[int]:
    workflow_id = caller.workflow_id
    first = plans.next_id(tx, "job")
    own = {job.name: first + number for number, job in enumerate(wanted)}
    others = _others(tx, workflow_id, wanted, own)
    requirements = _requirements(tx, workflow_id, wanted)
    env = plans.env_text({LINEAGE_VARIABLE: lineage})
    plans.insert_jobs(
        tx,
        (
            (
                own[job.name], workflow_id, job.name, job.command, None, job.priority, env,
                int(job.cancel_on_blocking_job_failure), 0, requirements[job.resource_requirements], None, None,
            )
            for job in wanted
        ),
    )  # fmt: skip
    ids = list(own.values())
    spawning.mark(tx, ids)
    needed = {own[job.name]: [caller.id, *_ids(job, own, others)] for job in wanted}
    job_service.wait_for(tx, workflow_id, needed)
    runs.store_hashes(tx, ids)
    _cancel_hopeless(tx, workflow_id, [found.id for found in others.values() if found.status in UNSUCCESSFUL])
    return ids


def _others(tx: Tx, workflow_id: int, wanted: list[SpawnedJob], own: dict[str, int]) -> dict[str, spawning.Found]:
    """Return the jobs outside the request that it waits for; refuse names of none, and cycles."""
    needed = {name for job in wanted for name in job.depends_on if name not in own}
    others = spawning.find(tx, workflow_id, sorted(needed))
    for number, job in enumerate(wanted):
        unknown = next((name for name in job.depends_on if name not in own and name not in others), None)
        if unknown is not None:
            raise InvalidInput(
                f"job '{job.name}' depends on '{unknown}', which is neither in the workflow nor in the request",
                field=f"jobs[{number}].depends_on",
                value=unknown,
            )
    position = {job.name: number for number, job in enumerate(wanted)}
    waits = [[position[name] for name in job.depends_on if name in position] for job in wanted]
    cycle = find_cycle(len(wanted), [[number] for number in range(len(wanted))], waits)
    if cycle:
        path = " -> ".join(f"'{wanted[number].name}'" for number in [*cycle, cycle[0]])
        raise InvalidInput(f"the jobs wait for each other in a cycle: {path}", field="depends_on")
    return others


def _ids(job: SpawnedJob, own: dict[str, int], others: dict[str, spawning.Found]) -> list[int]:
    return [own[name] if name in own else others[name].id for name in job.depends_on]


def _requirements(tx: Tx, workflow_id: int, wanted: list[SpawnedJob]) -> dict[str | None, int]:
    """Return the ids of the resource requirements that the jobs name; those that name none get the default."""
    found: dict[str | None, int] = {None: job_service.default_requirements(tx, workflow_id)}
    found.update(jobs.requirements_named(tx, workflow_id, {job.resource_requirements or "" for job in wanted}))
    for number, job in enumerate(wanted):
        if job.resource_requirements not in found:
            raise InvalidInput(
                f"the workflow has no resource requirements named '{job.resource_requirements}'",
                field=f"jobs[{number}].resource_requirements",
                value=job.resource_requirements,
            )
    return found


def _cancel_hopeless(tx: Tx, workflow_id: int, unsuccessful: list[int]) -> None:
    """Cancel the new jobs that wait for one which has failed before they came."""
    canceled = dependencies.cancel_waiting(tx, unsuccessful, JobStatus.blocked)
    if canceled:
        dependencies.release(tx, canceled)
        reason = "a job that they wait for did not succeed"
        events.append(tx, workflow_id, "jobs_canceled", {"job_ids": canceled, "reason": reason}, "warning")
