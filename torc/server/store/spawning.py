"""Jobs that jobs have added, and the records by which a lineage keeps its generations and their states.

The records are user data with reserved names: programs read them through the interface.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torc.server.store import records
from torc.server.store.nouns import USER_DATA
from torc.server.store.transaction import Tx
from torc.states import JobStatus

_PREFIX = "__torc_lineage__"


@dataclass(frozen=True, slots=True)
class Found:
    """A job that is there."""

    id: int
    status: JobStatus
    spawned: bool


def find(tx: Tx, workflow_id: int, names: Sequence[str]) -> dict[str, Found]:
    """Return the workflow's jobs with these names."""
    rows = tx.run(
        "SELECT j.name, j.id, j.status, j.origin IS 'spawn' FROM json_each(?) k "
        "JOIN job j ON j.workflow_id = ? AND j.name = k.value",
        (json.dumps(list(names)), workflow_id),
    )
    return {row[0]: Found(row[1], JobStatus(row[2]), bool(row[3])) for row in rows}


def generation(tx: Tx, workflow_id: int, lineage: str) -> int:
    """Return how often a lineage has spawned jobs."""
    prefix = f"{_PREFIX}{lineage}__g"
    names = _names(tx, workflow_id, prefix)
    return max((int(rest) for name in names if (rest := name[len(prefix) :]).isdecimal()), default=0)


def _names(tx: Tx, workflow_id: int, prefix: str) -> list[str]:
    return tx.column(
        "SELECT name FROM user_data WHERE workflow_id = ? AND name >= ? AND name < ?",
        (workflow_id, prefix, prefix + "\U0010ffff"),
    )


def add_generation(tx: Tx, workflow_id: int, lineage: str, number: int, data: dict[str, Any]) -> None:
    """Store the record of a lineage's next generation."""
    _insert(tx, workflow_id, f"{_PREFIX}{lineage}__g{number:06d}", data)


def put_final(tx: Tx, workflow_id: int, lineage: str, data: dict[str, Any]) -> None:
    """Store a lineage's last state, in the place of an earlier one."""
    name = f"{_PREFIX}{lineage}__final"
    tx.run("DELETE FROM user_data WHERE workflow_id = ? AND name = ?", (workflow_id, name))
    _insert(tx, workflow_id, name, data)


def _insert(tx: Tx, workflow_id: int, name: str, data: dict[str, Any]) -> None:
    values = {"workflow_id": workflow_id, "name": name, "data": data, "is_ephemeral": True}
    records.insert(tx, USER_DATA, values)


def mark(tx: Tx, job_ids: Sequence[int]) -> None:
    """Say where new jobs come from, and let them wait."""
    tx.run(
        f"UPDATE job SET origin = 'spawn', status = {int(JobStatus.blocked)} "
        "WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(job_ids)),),
    )


def dynamic_jobs(tx: Tx, workflow_id: int) -> dict[str, Any] | None:
    """Return the workflow's limits of dynamic jobs."""
    text = tx.scalar("SELECT dynamic_jobs FROM workflow WHERE id = ?", (workflow_id,))
    return json.loads(text) if text else None


def spawned_jobs(tx: Tx, workflow_id: int) -> list[int]:
    """Return the jobs that jobs have added."""
    return tx.column("SELECT id FROM job WHERE workflow_id = ? AND origin = 'spawn'", (workflow_id,))


def delete_jobs(tx: Tx, job_ids: Sequence[int]) -> None:
    """Delete jobs with everything that refers to them."""
    tx.run("DELETE FROM job WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(job_ids)),))


def delete_lineages(tx: Tx, workflow_id: int) -> None:
    """Delete the records of all lineages."""
    names = json.dumps(_names(tx, workflow_id, _PREFIX))
    tx.run(
        "DELETE FROM user_data WHERE workflow_id = ? AND name IN (SELECT value FROM json_each(?))", (workflow_id, names)
    )
