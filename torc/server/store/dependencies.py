"""Shared dependency sets: who waits for whom, and what a job's end changes for the others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from torc.server.store.records import Window
from torc.server.store.transaction import Tx
from torc.states import SATISFIED, UNSUCCESSFUL, JobStatus, sql_list

_RELATIONS = (
    ("file", "job_input_file", "job_output_file", "file_id"),
    ("user_data", "job_input_user_data", "job_output_user_data", "user_data_id"),
)

_COUNT_SETS = (
    "UPDATE dependency_set SET unmet = (SELECT count(*) FROM dependency_set_member m JOIN job j ON j.id = m.job_id "
    f"WHERE m.set_id = dependency_set.id AND j.status NOT IN {sql_list(SATISFIED)})"
)
_COUNT_JOBS = (
    "UPDATE job SET unmet_sets = (SELECT count(*) FROM job_dependency_set w "
    "JOIN dependency_set s ON s.id = w.set_id WHERE w.job_id = job.id AND s.unmet > 0)"
)


def set_key(job_ids: Sequence[int]) -> str:
    """Return the key under which a set of these jobs is kept; equal sets have equal keys."""
    text = ",".join(map(str, sorted(job_ids)))
    return "jobs:" + hashlib.sha256(text.encode()).hexdigest()[:32]


def add_sets(tx: Tx, workflow_id: int, sets: Sequence[Sequence[int]]) -> list[int]:
    """Store sets of job ids and return the ids of the sets; a set that is there already is not stored again."""
    ids, new = [], []
    for members in sets:
        key = set_key(members)
        set_id = tx.scalar("SELECT id FROM dependency_set WHERE workflow_id = ? AND key = ?", (workflow_id, key))
        if set_id is None:
            set_id = tx.scalar(
                "INSERT INTO dependency_set (workflow_id, key, derived) VALUES (?, ?, 0) RETURNING id",
                (workflow_id, key),
            )
            tx.run(
                "INSERT INTO dependency_set_member (set_id, job_id) SELECT ?, value FROM json_each(?)",
                (set_id, json.dumps(list(members))),
            )
            new.append(set_id)
        ids.append(int(set_id))
    tx.run(f"{_COUNT_SETS} WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(new),))
    return ids


def link(tx: Tx, pairs: Iterable[tuple[int, int]]) -> None:
    """Let jobs wait for sets, given as (job id, set id)."""
    pairs = list(pairs)
    tx.run_many("INSERT OR IGNORE INTO job_dependency_set (job_id, set_id) VALUES (?, ?)", pairs)
    job_ids = json.dumps(sorted({job_id for job_id, _ in pairs}))
    tx.run(f"{_COUNT_JOBS} WHERE id IN (SELECT value FROM json_each(?))", (job_ids,))


def unlink(tx: Tx, job_id: int) -> None:
    """Let a job wait for nothing, and drop the sets that nobody else waits for."""
    left = tx.column("DELETE FROM job_dependency_set WHERE job_id = ? RETURNING set_id", (job_id,))
    tx.run(
        "DELETE FROM dependency_set WHERE id IN (SELECT value FROM json_each(?)) "
        "AND NOT EXISTS (SELECT 1 FROM job_dependency_set w WHERE w.set_id = dependency_set.id)",
        (json.dumps(left),),
    )
    tx.run("UPDATE job SET unmet_sets = 0 WHERE id = ?", (job_id,))


def rebuild_derived(tx: Tx, workflow_id: int) -> None:
    """Make the sets that follow from files and user data: one for each record with makers and readers."""
    tx.run("DELETE FROM dependency_set WHERE workflow_id = ? AND derived = 1", (workflow_id,))
    for noun, inputs, outputs, column in _RELATIONS:
        tx.run(
            f"INSERT INTO dependency_set (workflow_id, key, derived) SELECT ?, '{noun}:' || r.id, 1 FROM {noun} AS r "
            f"WHERE r.workflow_id = ? AND EXISTS (SELECT 1 FROM {outputs} o WHERE o.{column} = r.id) "
            f"AND EXISTS (SELECT 1 FROM {inputs} i WHERE i.{column} = r.id)",
            (workflow_id, workflow_id),
        )
        prefix = len(noun) + 2
        sets = (
            f"SELECT id, CAST(substr(key, {prefix}) AS INTEGER) AS record FROM dependency_set "
            f"WHERE workflow_id = ? AND derived = 1 AND key LIKE '{noun}:%'"
        )
        tx.run(
            f"INSERT INTO dependency_set_member (set_id, job_id) "
            f"SELECT s.id, o.job_id FROM ({sets}) AS s JOIN {outputs} AS o ON o.{column} = s.record",
            (workflow_id,),
        )
        tx.run(
            f"INSERT INTO job_dependency_set (job_id, set_id) "
            f"SELECT i.job_id, s.id FROM ({sets}) AS s JOIN {inputs} AS i ON i.{column} = s.record",
            (workflow_id,),
        )


def derive_for(tx: Tx, workflow_id: int, first: int, last: int) -> None:
    """Let new jobs, a range of ids, wait for the jobs that make the user data which they read."""
    made = (
        "(SELECT i.job_id, i.user_data_id FROM job_input_user_data i WHERE i.job_id BETWEEN :first AND :last "
        "AND EXISTS (SELECT 1 FROM job_output_user_data o WHERE o.user_data_id = i.user_data_id))"
    )
    place = {"workflow": workflow_id, "first": first, "last": last}
    if tx.scalar(f"SELECT 1 FROM {made} LIMIT 1", place) is None:
        return
    sets = "dependency_set s ON s.workflow_id = :workflow AND s.key = 'user_data:' || n.user_data_id"
    tx.run(
        "INSERT OR IGNORE INTO dependency_set (workflow_id, key, derived) "
        f"SELECT DISTINCT :workflow, 'user_data:' || n.user_data_id, 1 FROM {made} n",
        place,
    )
    tx.run(
        f"INSERT OR IGNORE INTO dependency_set_member (set_id, job_id) SELECT s.id, o.job_id FROM {made} n "
        f"JOIN {sets} JOIN job_output_user_data o ON o.user_data_id = n.user_data_id",
        place,
    )
    tx.run(
        f"INSERT OR IGNORE INTO job_dependency_set (job_id, set_id) SELECT n.job_id, s.id FROM {made} n JOIN {sets}",
        place,
    )
    waited = "(SELECT set_id FROM job_dependency_set WHERE job_id BETWEEN :first AND :last)"
    tx.run(f"{_COUNT_SETS} WHERE id IN {waited}", place)
    tx.run(f"{_COUNT_JOBS} WHERE id BETWEEN :first AND :last", place)


def declared_sets(tx: Tx, workflow_id: int, window: Window) -> tuple[list[str], int]:
    """Return the JSON of the sets that do not follow from files or user data, and how many there are."""
    where = "FROM dependency_set s WHERE s.workflow_id = ? AND s.derived = 0"
    items = tx.column(
        "SELECT json_object('id', s.id, "
        "'job_ids', (SELECT json_group_array(job_id) FROM job_dependency_set WHERE set_id = s.id), "
        "'depends_on_job_ids', (SELECT json_group_array(job_id) FROM dependency_set_member WHERE set_id = s.id)) "
        f"{where} ORDER BY s.id LIMIT ? OFFSET ?",
        (workflow_id, window.limit, window.offset),
    )
    return items, int(tx.scalar(f"SELECT count(*) {where}", (workflow_id,)))


@dataclass(slots=True)
class Structure:
    """A workflow's dependencies by position, as :mod:`torc.graph` takes them."""

    job_ids: list[int]
    sets: list[list[int]]
    waits: list[list[int]]


def structure(tx: Tx, workflow_id: int) -> Structure:
    """Read all dependencies of a workflow."""
    job_ids = tx.column("SELECT id FROM job WHERE workflow_id = ? ORDER BY id", (workflow_id,))
    position = {job_id: index for index, job_id in enumerate(job_ids)}
    set_ids = tx.column("SELECT id FROM dependency_set WHERE workflow_id = ?", (workflow_id,))
    set_position = {set_id: index for index, set_id in enumerate(set_ids)}
    sets: list[list[int]] = [[] for _ in set_ids]
    waits: list[list[int]] = [[] for _ in job_ids]
    rows = tx.run(
        "SELECT m.set_id, m.job_id FROM dependency_set s JOIN dependency_set_member m ON m.set_id = s.id "
        "WHERE s.workflow_id = ?",
        (workflow_id,),
    )
    for set_id, job_id in rows:
        sets[set_position[set_id]].append(position[job_id])
    rows = tx.run(
        "SELECT w.job_id, w.set_id FROM dependency_set s JOIN job_dependency_set w ON w.set_id = s.id "
        "WHERE s.workflow_id = ?",
        (workflow_id,),
    )
    for job_id, set_id in rows:
        waits[position[job_id]].append(set_position[set_id])
    return Structure(job_ids, sets, waits)


def downstream(tx: Tx, job_ids: Iterable[int]) -> list[int]:
    """Return the given jobs and all that wait for them, directly or not.

    Walks from jobs to sets (as negative numbers) to jobs, so a set's cost is its size, not its square.
    """
    return tx.column(
        "WITH RECURSIVE reached (node) AS (SELECT value FROM json_each(?) "
        "UNION SELECT -m.set_id FROM reached JOIN dependency_set_member m ON m.job_id = node WHERE node > 0 "
        "UNION SELECT w.job_id FROM reached JOIN job_dependency_set w ON w.set_id = -node WHERE node < 0) "
        "SELECT node FROM reached WHERE node > 0",
        (json.dumps(list(job_ids)),),
    )


def cancel_waiting(tx: Tx, unsuccessful: Sequence[int], waiting: JobStatus) -> list[int]:
    """Cancel the jobs that must not run after these did not succeed, and those behind them; return their ids."""
    canceled: list[int] = []
    frontier: Sequence[int] = unsuccessful
    while frontier:
        frontier = tx.column(
            f"UPDATE job SET status = {int(JobStatus.canceled)} WHERE id IN (SELECT w.job_id FROM "
            "(SELECT DISTINCT m.set_id FROM json_each(?) k JOIN dependency_set_member m ON m.job_id = k.value) s "
            "JOIN job_dependency_set w ON w.set_id = s.set_id) "
            "AND status = ? AND cancel_on_blocking_job_failure = 1 RETURNING id",
            (json.dumps(list(frontier)), int(waiting)),
        )
        canceled.extend(frontier)
    return canceled


def release(tx: Tx, ended: Sequence[int]) -> list[int]:
    """Count ended jobs off their sets and return the blocked jobs that nothing holds any more, made ready."""
    met = [
        set_id
        for set_id, unmet in tx.run(
            "UPDATE dependency_set SET unmet = unmet - d.n FROM (SELECT m.set_id, count(*) AS n FROM json_each(?) k "
            "JOIN dependency_set_member m ON m.job_id = k.value GROUP BY m.set_id) AS d "
            "WHERE dependency_set.id = d.set_id RETURNING id, unmet",
            (json.dumps(list(ended)),),
        ).fetchall()
        if unmet == 0
    ]
    if not met:
        return []
    free = [
        job_id
        for job_id, unmet_sets, status in tx.run(
            "UPDATE job SET unmet_sets = unmet_sets - d.n FROM (SELECT w.job_id, count(*) AS n FROM json_each(?) k "
            "JOIN job_dependency_set w ON w.set_id = k.value GROUP BY w.job_id) AS d "
            "WHERE job.id = d.job_id RETURNING id, unmet_sets, status",
            (json.dumps(met),),
        ).fetchall()
        if unmet_sets == 0 and status == JobStatus.blocked
    ]
    if free:
        tx.run(
            f"UPDATE job SET status = {int(JobStatus.ready)} WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(free),),
        )
    return free


def hold_again(tx: Tx, job_id: int) -> list[int]:
    """A job that had ended runs again: those that wait for it wait once more. Returns the ready ones among them."""
    unmet = [
        set_id
        for set_id, members in tx.run(
            "UPDATE dependency_set SET unmet = unmet + 1 WHERE id IN "
            "(SELECT set_id FROM dependency_set_member WHERE job_id = ?) RETURNING id, unmet",
            (job_id,),
        ).fetchall()
        if members == 1
    ]
    waiting = (
        "(SELECT w.job_id, count(*) AS n FROM json_each(?) k JOIN job_dependency_set w ON w.set_id = k.value "
        "GROUP BY w.job_id) AS d WHERE job.id = d.job_id"
    )
    tx.run(f"UPDATE job SET unmet_sets = unmet_sets + d.n FROM {waiting}", (json.dumps(unmet),))
    return tx.column(
        f"UPDATE job SET status = {int(JobStatus.blocked)} FROM {waiting} "
        f"AND status = {int(JobStatus.ready)} RETURNING id",
        (json.dumps(unmet),),
    )


@dataclass(slots=True)
class Settled:
    """What became of the uninitialized jobs."""

    ready: list[int] = field(default_factory=list)
    blocked: int = 0
    canceled: list[int] = field(default_factory=list)


def settle(tx: Tx, workflow_id: int) -> Settled:
    """Make every uninitialized job ready, blocked or (behind a job that did not succeed) canceled."""
    unsuccessful = tx.column(
        f"SELECT id FROM job WHERE workflow_id = ? AND status IN {sql_list(UNSUCCESSFUL)}", (workflow_id,)
    )
    canceled = cancel_waiting(tx, unsuccessful, JobStatus.uninitialized)
    recount(tx, workflow_id)
    fresh = f"workflow_id = ? AND status = {int(JobStatus.uninitialized)}"
    blocked = tx.run(
        f"UPDATE job SET status = {int(JobStatus.blocked)} WHERE {fresh} AND unmet_sets > 0", (workflow_id,)
    ).rowcount
    ready = tx.column(f"UPDATE job SET status = {int(JobStatus.ready)} WHERE {fresh} RETURNING id", (workflow_id,))
    return Settled(ready, blocked, canceled)


def recount(tx: Tx, workflow_id: int) -> None:
    """Compute the counters of all sets and jobs of a workflow from the statuses."""
    tx.run(f"{_COUNT_SETS} WHERE workflow_id = ?", (workflow_id,))
    tx.run(f"{_COUNT_JOBS} WHERE workflow_id = ?", (workflow_id,))
