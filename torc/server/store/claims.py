"""Finding ready jobs and handing them to a runner.

Ready jobs are walked by group (priority, resource requirements, scheduler) through one index, so a
claim costs what it takes, however many jobs are ready, and a job that does not fit hides no other.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torc.contract import RUN_CALL
from torc.server.store.nouns import JOB
from torc.server.store.transaction import Tx
from torc.states import ACTIVE, JobStatus, sql_list

_GROUP = "workflow_id = :workflow AND status = 2"
_KEY = "priority, resource_requirements_id, ifnull(scheduler_id, 0)"
_ORDER = "priority DESC, resource_requirements_id, ifnull(scheduler_id, 0)"

#: Index searches for the group behind a given one: the next scheduler, else the next requirements, else the next
#: lower priority. As one comparison of row values SQLite would walk the whole group.
_NEXT_GROUP = (
    " UNION ALL ".join(
        f"SELECT * FROM (SELECT {_KEY} FROM job WHERE {_GROUP} AND {behind} ORDER BY {_ORDER} LIMIT 1)"
        for behind in (
            "priority = :priority AND resource_requirements_id = :requirements "
            "AND ifnull(scheduler_id, 0) > :scheduler",
            "priority = :priority AND resource_requirements_id > :requirements",
            "priority < :priority",
        )
    )
    + " LIMIT 1"
)

#: Runners that call Python functions themselves get what to call with the claim.
_CALL_INPUTS = (
    f"CASE WHEN job.command = '{RUN_CALL}' THEN (SELECT json_group_array(json_object('id', u.id, 'name', u.name, "
    "'data', json(u.data))) FROM job_input_user_data i JOIN user_data u ON u.id = i.user_data_id "
    "WHERE i.job_id = job.id) END"
)

_CLAIMED_JSON = JOB.json_sql(
    env="json(json_patch(ifnull(w.env, '{}'), ifnull(job.env, '{}')))",
    output_file_ids=JOB.relations["output_file_ids"],
    output_user_data_ids=JOB.relations["output_user_data_ids"],
    run_id="w.run_id",
    num_cpus="r.num_cpus",
    memory_bytes="r.memory_bytes",
    num_gpus="r.num_gpus",
    num_nodes="r.num_nodes",
    runtime_seconds="r.runtime_seconds",
    output_files="(SELECT json_group_array(json_object('id', f.id, 'path', f.path)) FROM job_output_file o "
    "JOIN file f ON f.id = o.file_id WHERE o.job_id = job.id)",
    inputs=_CALL_INPUTS,
    min_unmet="(SELECT min(s.unmet) FROM dependency_set_member m JOIN dependency_set s ON s.id = m.set_id "
    "WHERE m.job_id = job.id)",
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """What the jobs of a group need, per job."""

    id: int
    num_cpus: int
    num_gpus: int
    num_nodes: int
    memory_bytes: int
    runtime_seconds: float


@dataclass(frozen=True, slots=True)
class Group:
    """Ready jobs that are alike to a claim; ``scheduler_id`` 0 means bound to none."""

    priority: int
    requirement: Requirement
    scheduler_id: int


def ready_groups(tx: Tx, workflow_id: int) -> Iterator[Group]:
    """Yield the groups that have ready jobs, highest priority first."""
    requirements: dict[int, Requirement] = {}
    place = {"workflow": workflow_id, "priority": 2**63 - 1, "requirements": 0, "scheduler": 0}
    while (row := tx.run(_NEXT_GROUP, place).fetchone()) is not None:
        priority, requirements_id, scheduler_id = row
        place.update(priority=priority, requirements=requirements_id, scheduler=scheduler_id)
        if requirements_id not in requirements:
            requirements[requirements_id] = _requirement(tx, requirements_id)
        yield Group(priority, requirements[requirements_id], scheduler_id)


def _requirement(tx: Tx, requirements_id: int) -> Requirement:
    row = tx.run(
        "SELECT id, num_cpus, num_gpus, num_nodes, memory_bytes, runtime_seconds FROM resource_requirements "
        "WHERE id = ?",
        (requirements_id,),
    ).fetchone()
    return Requirement(*row)


def group_jobs(tx: Tx, workflow_id: int, group: Group) -> Iterator[int]:
    """Yield the ids of a group's ready jobs in order, read as they are taken."""
    cursor = tx.run(
        f"SELECT id FROM job INDEXED BY job_ready WHERE {_GROUP} AND priority = :priority "
        "AND resource_requirements_id = :requirements AND ifnull(scheduler_id, 0) = :scheduler ORDER BY id",
        {
            "workflow": workflow_id,
            "priority": group.priority,
            "requirements": group.requirement.id,
            "scheduler": group.scheduler_id,
        },
    )
    try:
        for row in cursor:
            yield row[0]
    finally:
        cursor.close()


def next_ready(tx: Tx, workflow_id: int, limit: int) -> list[int]:
    """Return ready jobs by priority, whatever they need."""
    return tx.column(
        f"SELECT id FROM job INDEXED BY job_ready WHERE {_GROUP} ORDER BY {_ORDER}, id LIMIT :limit",
        {"workflow": workflow_id, "limit": limit},
    )


def first_of_group(tx: Tx, workflow_id: int, group: Group) -> tuple[int, str]:
    """Return id and name of a group's first ready job."""
    job_id = next(group_jobs(tx, workflow_id, group))
    return job_id, tx.scalar("SELECT name FROM job WHERE id = ?", (job_id,))


def hold(tx: Tx, job_ids: Sequence[int], compute_node_id: int | None) -> None:
    """Mark ready jobs as claimed."""
    tx.run(
        f"UPDATE job SET status = {int(JobStatus.pending)}, compute_node_id = ? "
        "WHERE id IN (SELECT value FROM json_each(?))",
        (compute_node_id, json.dumps(job_ids)),
    )


def claimed_jobs(tx: Tx, job_ids: Sequence[int]) -> list[str]:
    """Return the JSON of claimed jobs, in the order given, with all that is needed to start them."""
    return tx.column(
        f"SELECT {_CLAIMED_JSON} FROM json_each(?) k JOIN job ON job.id = k.value "
        "JOIN workflow w ON w.id = job.workflow_id JOIN resource_requirements r ON r.id = job.resource_requirements_id "
        "ORDER BY k.key",
        (json.dumps(job_ids),),
    )


def remember(
    tx: Tx, request_id: str, workflow_id: int, run_id: int, job_ids: Sequence[int], digest: str | None = None
) -> None:
    """Keep what a claim returned, or a request that added jobs."""
    tx.run(
        "INSERT INTO claim_request (request_id, workflow_id, run_id, digest, jobs) SELECT ?, ?, ?, ?, "
        "json_group_array(json_array(j.id, j.attempt_id)) FROM json_each(?) k JOIN job j ON j.id = k.value",
        (request_id, workflow_id, run_id, digest, json.dumps(job_ids)),
    )


def remembered(tx: Tx, request_id: str, workflow_id: int, run_id: int, node_id: int | None) -> list[int] | None:
    """Return the jobs of an earlier claim with this id that the claimant still holds, in the same attempt.

    None when there was no such claim.
    """
    row = tx.run("SELECT workflow_id, run_id, jobs FROM claim_request WHERE request_id = ?", (request_id,)).fetchone()
    if row is None:
        return None
    if (row[0], row[1]) != (workflow_id, run_id):
        return []
    return tx.column(
        "SELECT j.id FROM json_each(?) k JOIN job j ON j.id = json_extract(k.value, '$[0]') "
        f"WHERE j.status IN {sql_list(ACTIVE)} AND j.attempt_id = json_extract(k.value, '$[1]') "
        "AND j.compute_node_id IS ? ORDER BY k.key",
        (row[2], node_id),
    )


def hand_back(tx: Tx, job_ids: Sequence[int], compute_node_id: int) -> list[int]:
    """Make pending jobs of this node ready again and return their ids."""
    return tx.column(
        f"UPDATE job SET status = {int(JobStatus.ready)}, compute_node_id = NULL "
        f"WHERE id IN (SELECT value FROM json_each(?)) AND status = {int(JobStatus.pending)} "
        "AND compute_node_id = ? RETURNING id",
        (json.dumps(list(job_ids)), compute_node_id),
    )


def with_changed_data(tx: Tx, job_ids: Sequence[int]) -> list[int]:
    """Return those of the jobs that read user data: their inputs are only known now."""
    return tx.column(
        "SELECT DISTINCT u.job_id FROM json_each(?) k JOIN job_input_user_data u ON u.job_id = k.value",
        (json.dumps(job_ids),),
    )
