"""Triggers of actions: counted with the transitions that they wait for."""

from __future__ import annotations

import json
from collections.abc import Sequence

from torc.server.store.nouns import ACTION
from torc.server.store.transaction import Tx, timestamp
from torc.states import ENDED, SATISFIED, JobStatus, sql_list

#: Jobs that have become ready at some time of this run.
_BEEN_READY = ENDED | {JobStatus.ready, JobStatus.pending, JobStatus.running, JobStatus.pending_failed}
_JOBS = (
    "SELECT count(*) FROM workflow_action_job a JOIN job j ON j.id = a.job_id WHERE a.action_id = workflow_action.id"
)
#: How far the trigger of an action has come, from the statuses of its jobs.
_COUNTED = (
    f"CASE trigger_type WHEN 'on_jobs_ready' THEN ({_JOBS} AND j.status IN {sql_list(_BEEN_READY)}) "
    f"WHEN 'on_jobs_complete' THEN ({_JOBS} AND j.status IN {sql_list(SATISFIED)}) ELSE 0 END"
)
_DUE = "trigger_count >= required_triggers AND executed = 0"


def count(tx: Tx, workflow_id: int, trigger: str, job_ids: Sequence[int]) -> None:
    """Count jobs towards the actions of this trigger that name them."""
    if not job_ids or not _has(tx, workflow_id, trigger):
        return
    counted = tx.run(
        "UPDATE workflow_action SET trigger_count = trigger_count + d.n FROM (SELECT a.action_id, count(*) AS n "
        "FROM json_each(?) k JOIN workflow_action_job a ON a.job_id = k.value GROUP BY a.action_id) AS d "
        "WHERE workflow_action.id = d.action_id AND trigger_type = ?",
        (json.dumps(list(job_ids)), trigger),
    ).rowcount
    if counted:
        tx.effects.wake_all.add(workflow_id)


def _has(tx: Tx, workflow_id: int, trigger: str) -> bool:
    return tx.scalar(
        "SELECT 1 FROM workflow_action WHERE workflow_id = ? AND trigger_type = ? LIMIT 1", (workflow_id, trigger)
    ) is not None  # fmt: skip


def fire(tx: Tx, workflow_id: int, triggers: Sequence[str]) -> None:
    """Fire triggers that do not count jobs."""
    marks = ", ".join("?" * len(triggers))
    fired = tx.run(
        f"UPDATE workflow_action SET trigger_count = required_triggers WHERE workflow_id = ? "
        f"AND trigger_type IN ({marks})",
        (workflow_id, *triggers),
    ).rowcount
    if fired:
        tx.effects.wake_all.add(workflow_id)


def reset(tx: Tx, workflow_id: int) -> None:
    """Let all actions trigger anew; those that wait for jobs count the jobs as they stand now."""
    tx.run("DELETE FROM workflow_action WHERE workflow_id = ? AND is_recovery = 1", (workflow_id,))
    for table in ("workflow_action_claim", "workflow_action_report"):
        tx.run(
            f"DELETE FROM {table} WHERE action_id IN (SELECT id FROM workflow_action WHERE workflow_id = ?)",
            (workflow_id,),
        )
    tx.run(
        "UPDATE workflow_action SET executed = 0, executed_at = NULL, executed_by = NULL, "
        f"trigger_count = {_COUNTED} WHERE workflow_id = ?",
        (workflow_id,),
    )


def recount_for(tx: Tx, job_ids: Sequence[int]) -> None:
    """Count anew for the actions that name jobs which went back to an earlier status."""
    tx.run(
        f"UPDATE workflow_action SET trigger_count = {_COUNTED} WHERE executed = 0 "
        "AND id IN (SELECT a.action_id FROM json_each(?) k JOIN workflow_action_job a ON a.job_id = k.value)",
        (json.dumps(list(job_ids)),),
    )


def naming(tx: Tx, job_ids: Sequence[int]) -> list[int]:
    """Return the actions that wait for any of these jobs."""
    return tx.column(
        "SELECT DISTINCT a.action_id FROM json_each(?) k JOIN workflow_action_job a ON a.job_id = k.value",
        (json.dumps(list(job_ids)),),
    )


def recount_required(tx: Tx, workflow_id: int, action_ids: Sequence[int]) -> None:
    """Some jobs of these actions are gone: wait for those that are left. With none left an action never fires."""
    if not action_ids:
        return
    tx.run(
        f"UPDATE workflow_action SET required_triggers = max(1, ({_JOBS})), trigger_count = {_COUNTED} "
        "WHERE id IN (SELECT value FROM json_each(?)) AND trigger_type IN ('on_jobs_ready', 'on_jobs_complete')",
        (json.dumps(list(action_ids)),),
    )
    tx.effects.wake_all.add(workflow_id)


def listed(tx: Tx, workflow_id: int) -> list[str]:
    """Return the JSON of all actions of a workflow."""
    return tx.column(
        f"SELECT {ACTION.json_sql()} FROM workflow_action WHERE workflow_id = ? ORDER BY id", (workflow_id,)
    )


def due(tx: Tx, workflow_id: int, triggers: Sequence[str] | None, compute_node_id: int | None) -> list[str]:
    """Return the JSON of the actions that this node may claim now."""
    rows = tx.run(
        f"SELECT {ACTION.json_sql()}, trigger_type FROM workflow_action WHERE workflow_id = ? AND {_DUE} "
        "AND NOT (persistent = 1 AND EXISTS (SELECT 1 FROM workflow_action_claim c "
        "WHERE c.action_id = workflow_action.id AND c.compute_node_id = ?)) ORDER BY id",
        (workflow_id, compute_node_id),
    )
    return [row[0] for row in rows if not triggers or row[1] in triggers]


def count_due(tx: Tx, workflow_id: int) -> int:
    """Return how many actions wait for any runner to carry them out, those of single workers left out."""
    return int(
        tx.scalar(
            f"SELECT count(*) FROM workflow_action WHERE workflow_id = ? AND {_DUE} AND persistent = 0 "
            "AND action_type = 'run_commands' AND trigger_type NOT IN ('on_worker_start', 'on_worker_complete')",
            (workflow_id,),
        )
    )


def mark_executed(tx: Tx, action_id: int, compute_node_id: int | None) -> bool:
    """Claim an action for good; False when somebody else has."""
    return (
        tx.run(
            "UPDATE workflow_action SET executed = 1, executed_at = ?, executed_by = ? WHERE id = ? AND executed = 0",
            (timestamp(), compute_node_id, action_id),
        ).rowcount
        == 1
    )


def mark_claimed(tx: Tx, action_id: int, compute_node_id: int) -> None:
    """Note that a worker has claimed a persistent action."""
    tx.run(
        "INSERT OR IGNORE INTO workflow_action_claim (action_id, compute_node_id) VALUES (?, ?)",
        (action_id, compute_node_id),
    )


def add_report(tx: Tx, action_id: int, compute_node_id: int | None) -> bool:
    """Note that a runner has told how an action ended; False when it has done so before in this run."""
    sql = "INSERT OR IGNORE INTO workflow_action_report (action_id, compute_node_id) VALUES (?, ?)"
    return tx.run(sql, (action_id, compute_node_id or 0)).rowcount == 1


def add_jobs(tx: Tx, pairs: Sequence[tuple[int, int]]) -> None:
    """Let actions wait for jobs, given as (action id, job id)."""
    tx.run_many("INSERT OR IGNORE INTO workflow_action_job (action_id, job_id) VALUES (?, ?)", pairs)
