"""What there is to know about jobs that do not run: read for a page of jobs at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from torc.server.store.transaction import Tx
from torc.states import SATISFIED, UNSUCCESSFUL, JobStatus, sql_list

#: Members of dependency sets that are counted one by one for a job; above, only a lower bound is known.
MOST_MEMBERS = 10_000
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Job:
    """A job to explain."""

    id: int
    name: str
    status: JobStatus
    attempt_id: int
    requirements_id: int
    scheduler_id: int | None
    compute_node_id: int | None
    hostname: str | None
    start_time: str | None


def page(
    tx: Tx, workflow_id: int, statuses: Iterable[JobStatus], job_id: int | None, offset: int, limit: int
) -> tuple[list[Job], int]:
    """Return the jobs of a window, and how many there are."""
    where = (
        f"FROM job j WHERE j.workflow_id = :workflow AND j.status IN {sql_list(frozenset(statuses))} "
        "AND (:job IS NULL OR j.id = :job)"
    )
    values = {"workflow": workflow_id, "job": job_id, "offset": offset, "limit": limit}
    rows = tx.run(
        "SELECT j.id, j.name, j.status, j.attempt_id, j.resource_requirements_id, j.scheduler_id, j.compute_node_id, "
        "(SELECT n.hostname FROM compute_node n WHERE n.id = j.compute_node_id), j.start_time "
        f"{where} ORDER BY j.id LIMIT :limit OFFSET :offset",
        values,
    )
    jobs = [Job(row[0], row[1], JobStatus(row[2]), *row[3:]) for row in rows]
    return jobs, int(tx.scalar(f"SELECT count(*) {where}", values))


@dataclass(slots=True)
class Waiting:
    """For how many of how many jobs a job waits; ``exact`` or at least that many. ``some`` are a few of them."""

    unmet: int
    total: int
    exact: bool
    some: list[tuple[str, JobStatus]]


def waiting(tx: Tx, job_ids: Sequence[int]) -> dict[int, Waiting]:
    """Return for each job that has dependencies how far they have come.

    Jobs that wait for the same sets share one look at them.
    """
    sets_of = _sets_of(tx, job_ids)
    sizes = _sizes(tx, {set_id for sets in sets_of.values() for set_id in sets})
    known: dict[tuple[int, ...], Waiting] = {}
    found = {}
    for job_id, sets in sets_of.items():
        key = tuple(sets)
        if key not in known:
            known[key] = _count(tx, key, sizes)
        found[job_id] = known[key]
    return found


def _sets_of(tx: Tx, job_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return the dependency sets of those of the jobs that have any."""
    sets_of: dict[int, list[int]] = {}
    rows = tx.run(
        "SELECT w.job_id, w.set_id FROM json_each(?) k JOIN job_dependency_set w ON w.job_id = k.value "
        "ORDER BY w.job_id, w.set_id",
        (json.dumps(list(job_ids)),),
    )
    for job_id, set_id in rows:
        sets_of.setdefault(job_id, []).append(set_id)
    return sets_of


def _sizes(tx: Tx, set_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    rows = tx.run(
        "SELECT s.id, s.unmet, (SELECT count(*) FROM dependency_set_member m WHERE m.set_id = s.id) "
        "FROM json_each(?) k JOIN dependency_set s ON s.id = k.value",
        (json.dumps(list(set_ids)),),
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _count(tx: Tx, set_ids: tuple[int, ...], sizes: dict[int, tuple[int, int]]) -> Waiting:
    marks = json.dumps(set_ids)
    unmet, total = max(sizes[set_id] for set_id in set_ids)
    exact = len(set_ids) == 1 or sum(sizes[set_id][1] for set_id in set_ids) <= MOST_MEMBERS
    if len(set_ids) > 1 and exact:
        unmet, total = tx.run(
            "SELECT count(DISTINCT CASE WHEN j.status NOT IN "
            f"{sql_list(SATISFIED)} THEN j.id END), count(DISTINCT j.id) FROM json_each(?) k "
            "JOIN dependency_set_member m ON m.set_id = k.value JOIN job j ON j.id = m.job_id",
            (marks,),
        ).fetchone()
    rows = tx.run(
        "SELECT DISTINCT j.name, j.status FROM json_each(?) k JOIN dependency_set_member m ON m.set_id = k.value "
        f"JOIN job j ON j.id = m.job_id WHERE j.status NOT IN {sql_list(SATISFIED)} LIMIT {_NAMED}",
        (marks,),
    )
    return Waiting(unmet, total, exact, [(row[0], JobStatus(row[1])) for row in rows])


def unsuccessful_before(tx: Tx, job_ids: Sequence[int]) -> dict[int, tuple[str, JobStatus]]:
    """Return for each job that waits for one which did not succeed the first such job."""
    sets_of = _sets_of(tx, job_ids)
    rows = tx.run(
        "SELECT k.value, (SELECT min(j.id) FROM dependency_set_member m "
        f"JOIN job j ON j.id = m.job_id AND j.status IN {sql_list(UNSUCCESSFUL)} WHERE m.set_id = k.value) "
        "FROM json_each(?) k",
        (json.dumps(sorted({set_id for sets in sets_of.values() for set_id in sets})),),
    )
    first_of = {set_id: other for set_id, other in rows if other is not None}
    names = _names(tx, list(first_of.values()))
    return {
        job_id: names[min(others)]
        for job_id, sets in sets_of.items()
        if (others := [first_of[set_id] for set_id in sets if set_id in first_of])
    }


def _names(tx: Tx, job_ids: Sequence[int]) -> dict[int, tuple[str, JobStatus]]:
    rows = tx.run(
        "SELECT j.id, j.name, j.status FROM json_each(?) k JOIN job j ON j.id = k.value", (json.dumps(list(job_ids)),)
    )
    return {row[0]: (row[1], JobStatus(row[2])) for row in rows}


def current_results(tx: Tx, job_ids: Sequence[int]) -> dict[int, tuple[int, int, str | None]]:
    """Return run, return code and reason of the jobs' current results."""
    rows = tx.run(
        "SELECT r.job_id, r.run_id, r.return_code, r.reason FROM json_each(?) k "
        "JOIN result r ON r.job_id = k.value AND r.is_current = 1 ORDER BY r.id",
        (json.dumps(list(job_ids)),),
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


@dataclass(frozen=True, slots=True)
class Node:
    """An active runner: its machine, and the scheduler that it came from."""

    id: int
    hostname: str
    num_cpus: int
    memory_gb: float
    num_gpus: int
    num_nodes: int
    scheduler_config_id: int | None
    start_time: str
    time_limit: str | None


def active_nodes(tx: Tx, workflow_id: int) -> list[Node]:
    """Return the workflow's active runners."""
    rows = tx.run(
        "SELECT id, hostname, num_cpus, memory_gb, num_gpus, num_nodes, scheduler_config_id, start_time, time_limit "
        "FROM compute_node WHERE workflow_id = ? AND is_active = 1 ORDER BY id",
        (workflow_id,),
    )
    return [Node(*row) for row in rows]


def requirements(tx: Tx, ids: Iterable[int]) -> dict[int, Any]:
    """Return CPUs, GPUs, nodes, bytes of memory and seconds of run time of resource requirements."""
    rows = tx.run(
        "SELECT r.id, r.num_cpus, r.num_gpus, r.num_nodes, r.memory_bytes, r.runtime_seconds "
        "FROM json_each(?) k JOIN resource_requirements r ON r.id = k.value",
        (json.dumps(sorted(set(ids))),),
    )
    return {row[0]: tuple(row[1:]) for row in rows}
