"""Jobs that come while a workflow runs, and the news about jobs for those who wait for them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from torc.server.store.records import STATUS
from torc.server.store.transaction import Tx
from torc.states import UNSUCCESSFUL, JobStatus, sql_list

_ENDS = "('job_completed', 'job_failed', 'job_canceled', 'job_terminated', 'job_pending_failed')"
#: Events that one reply looks at, at most.
PAGE = 1000
_NEWS = "FROM event WHERE workflow_id = :workflow AND id > :after"

#: A start is told while the job runs; later its end says more.
_TOLD = (
    f"SELECT DISTINCT job_id FROM (SELECT json_extract(data, '$.job_id') AS job_id {_NEWS} AND id <= :last "
    f"AND (event_type IN {_ENDS} OR (event_type = 'job_started' AND (SELECT status FROM job "
    f"WHERE id = json_extract(event.data, '$.job_id')) = {int(JobStatus.running)})) "
    "UNION ALL SELECT k.value FROM event e, json_each(e.data, '$.job_ids') k WHERE e.workflow_id = :workflow "
    "AND e.id > :after AND e.id <= :last AND e.event_type = 'jobs_canceled')"
)
_OUTCOMES = (
    f"SELECT json_object('job_id', j.id, 'status', {STATUS.read('j.status')}, "
    "'attempt_id', j.attempt_id, 'return_code', r.return_code, 'reason', r.reason, 'outputs', "
    "(SELECT json_group_array(json_object('id', u.id, 'name', u.name, 'data', json(u.data))) "
    "FROM job_output_user_data o JOIN user_data u ON u.id = o.user_data_id WHERE o.job_id = j.id)) "
    f"FROM ({_TOLD}) t JOIN job j ON j.id = t.job_id LEFT JOIN result r ON r.job_id = j.id AND r.is_current = 1"
)


def find_request(tx: Tx, request_id: str, workflow_id: int) -> tuple[list[int], str | None] | None:
    """Return the jobs that an earlier request with this id has added to the workflow, and its digest."""
    row = tx.run(
        "SELECT jobs, digest FROM claim_request WHERE request_id = ? AND workflow_id = ?", (request_id, workflow_id)
    ).fetchone()
    return None if row is None else ([pair[0] for pair in json.loads(row[0])], row[1])


def data_ids(tx: Tx, workflow_id: int, names: Sequence[str]) -> dict[str, int]:
    """Return the ids of the user data with these names."""
    rows = tx.run(
        "SELECT u.name, u.id FROM json_each(?) k JOIN user_data u ON u.workflow_id = ? AND u.name = k.value",
        (json.dumps(list(names)), workflow_id),
    )
    return dict(rows.fetchall())


def settle(tx: Tx, first: int, last: int) -> list[int]:
    """Make the new jobs of this range ready or blocked; return those that wait for one which did not succeed."""
    new = f"id BETWEEN ? AND ? AND status = {int(JobStatus.uninitialized)}"
    tx.run(
        f"UPDATE job SET status = CASE WHEN unmet_sets > 0 THEN {int(JobStatus.blocked)} "
        f"ELSE {int(JobStatus.ready)} END WHERE {new}",
        (first, last),
    )
    return tx.column(
        "SELECT DISTINCT w.job_id FROM job_dependency_set w JOIN dependency_set_member m ON m.set_id = w.set_id "
        f"JOIN job j ON j.id = m.job_id WHERE w.job_id BETWEEN ? AND ? AND j.status IN {sql_list(UNSUCCESSFUL)}",
        (first, last),
    )


def cancel(tx: Tx, job_ids: Sequence[int]) -> None:
    """Cancel new jobs that can never run."""
    tx.run(
        f"UPDATE job SET status = {int(JobStatus.canceled)} WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(job_ids)),),
    )


def ready(tx: Tx, first: int, last: int) -> list[int]:
    """Return the ready jobs of a range."""
    return tx.column(f"SELECT id FROM job WHERE id BETWEEN ? AND ? AND status = {int(JobStatus.ready)}", (first, last))


def news(tx: Tx, workflow_id: int, after: int) -> tuple[list[str], int]:
    """Return the JSON of jobs that something has happened to since an event, and the last event looked at."""
    place = {"workflow": workflow_id, "after": after}
    last = tx.scalar(f"SELECT max(id) FROM (SELECT id {_NEWS} ORDER BY id LIMIT {PAGE})", place)
    if last is None:
        return [], after
    return tx.column(_OUTCOMES, {**place, "last": last}), last
