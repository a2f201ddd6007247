"""Slurm schedulers."""

from __future__ import annotations

from typing import Any

from torc.server.services import crud
from torc.server.services.call import Call
from torc.server.store import records
from torc.server.store.nouns import SLURM_SCHEDULER
from torc.server.store.transaction import Tx
from torc.server.wire import Json


def create_slurm_scheduler(tx: Tx, call: Call) -> Json:
    """Create a Slurm scheduler."""
    return records.get(tx, SLURM_SCHEDULER, crud.create_named(tx, SLURM_SCHEDULER, call.body))


def list_slurm_schedulers(tx: Tx, call: Call) -> dict[str, Any]:
    """List Slurm schedulers."""
    return crud.listing(tx, SLURM_SCHEDULER, call.query, "slurm_schedulers", {})


def get_slurm_scheduler(tx: Tx, call: Call) -> Json:
    """Return one Slurm scheduler."""
    return records.get(tx, SLURM_SCHEDULER, call.id)


def update_slurm_scheduler(tx: Tx, call: Call) -> Json:
    """Change a Slurm scheduler."""
    return crud.update(tx, SLURM_SCHEDULER, call)


def delete_slurm_scheduler(tx: Tx, call: Call) -> Json:
    """Delete a Slurm scheduler."""
    return records.delete(tx, SLURM_SCHEDULER, call.id)


def delete_slurm_schedulers(tx: Tx, call: Call) -> dict[str, int]:
    """Delete all Slurm schedulers of a workflow."""
    return crud.delete_all(tx, SLURM_SCHEDULER, call)
