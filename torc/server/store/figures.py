"""Figures about a whole database, for those who watch a server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torc.server.store.transaction import Tx
from torc.states import JobStatus


@dataclass(frozen=True, slots=True)
class Figures:
    """How much of what there is."""

    jobs: dict[str, int]
    workflows: int
    active_nodes: int


def of_database(tx: Tx) -> Figures:
    """Count; takes about 0.1 s for a million jobs."""
    counts = dict(tx.run("SELECT status, count(*) FROM job GROUP BY status").fetchall())
    return Figures(
        {status.name: counts.get(int(status), 0) for status in JobStatus},
        tx.scalar("SELECT count(*) FROM workflow"),
        tx.scalar("SELECT count(*) FROM compute_node WHERE is_active = 1"),
    )


def file_sizes(path: Path) -> dict[str, int]:
    """Return the bytes of a database file and of its journal."""
    sizes = {}
    for name, file in (("database", path), ("wal", path.with_name(path.name + "-wal"))):
        try:
            sizes[name] = file.stat().st_size
        except OSError:
            sizes[name] = 0
    return sizes
