"""Slurm's accounting of jobs."""

from __future__ import annotations

from typing import Any

from torc.errors import InvalidInput
from torc.server.services import crud
from torc.server.services.call import Call
from torc.server.store import records, slurm_stats, workflows
from torc.server.store.nouns import SLURM_STATS
from torc.server.store.transaction import Tx
from torc.server.wire import Json


def create_slurm_stats(tx: Tx, call: Call) -> Json:
    """Store the accounting of one attempt of a job, in the place of what was known of it."""
    body = call.body
    workflows.head(tx, body.workflow_id)
    if not workflows.exists(tx, "job", body.workflow_id, body.job_id):
        raise InvalidInput(
            f"no job with id {body.job_id} in workflow {body.workflow_id}", field="job_id", value=body.job_id
        )
    known = slurm_stats.find(tx, body.job_id, body.run_id, body.attempt_id)
    values = crud.matching(body, SLURM_STATS)
    if known is None:
        known = records.insert(tx, SLURM_STATS, values)
    else:
        records.update(tx, SLURM_STATS, known, values)
    return records.get(tx, SLURM_STATS, known)


def list_slurm_stats(tx: Tx, call: Call) -> dict[str, Any]:
    """List what is known, of all runs and attempts."""
    query = call.query
    equals = {name: getattr(query, name) for name in ("job_id", "run_id", "attempt_id")}
    return crud.listing(tx, SLURM_STATS, query, "slurm_stats", equals)


def get_slurm_job_correlations(tx: Tx, call: Call) -> dict[str, Any]:
    """List which jobs ran in which Slurm jobs."""
    workflows.head(tx, call.id)
    items, total = slurm_stats.correlations(tx, call.id, call.query.offset, call.query.limit)
    return crud.page(items, total, call.query, "slurm_job_correlations")
