"""Reads a workflow's jobs and who waits for whom, without expanding what they share."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain

from torc.server.store.transaction import Tx

_MEMBERS = (
    "SELECT 's' || m.set_id, m.job_id FROM dependency_set s JOIN dependency_set_member m ON m.set_id = s.id "
    "WHERE s.workflow_id = ? AND s.derived = 0",
    "SELECT 'f' || r.id, o.job_id FROM file r JOIN job_output_file o ON o.file_id = r.id WHERE r.workflow_id = ?",
    "SELECT 'd' || r.id, o.job_id FROM user_data r JOIN job_output_user_data o ON o.user_data_id = r.id "
    "WHERE r.workflow_id = ?",
)
_WAITERS = (
    "SELECT 's' || w.set_id, w.job_id FROM dependency_set s JOIN job_dependency_set w ON w.set_id = s.id "
    "WHERE s.workflow_id = ? AND s.derived = 0",
    "SELECT 'f' || r.id, i.job_id FROM file r JOIN job_input_file i ON i.file_id = r.id WHERE r.workflow_id = ?",
    "SELECT 'd' || r.id, i.job_id FROM user_data r JOIN job_input_user_data i ON i.user_data_id = r.id "
    "WHERE r.workflow_id = ?",
)


@dataclass(slots=True)
class NamedStructure:
    """A workflow's jobs and dependencies by position, as :mod:`torc.graph` takes them."""

    job_ids: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    sets: list[list[int]] = field(default_factory=list)
    waits: list[list[int]] = field(default_factory=list)


def named_structure(tx: Tx, workflow_id: int) -> NamedStructure:
    """Read a workflow's graph; what follows from files and data is in it before the workflow is initialized, too."""
    found = NamedStructure()
    for job_id, name in tx.run("SELECT id, name FROM job WHERE workflow_id = ? ORDER BY id", (workflow_id,)):
        found.job_ids.append(job_id)
        found.names.append(name)
    position = {job_id: number for number, job_id in enumerate(found.job_ids)}
    found.waits = [[] for _ in found.job_ids]
    members: dict[str, list[int]] = {}
    for key, job_id in chain.from_iterable(tx.run(sql, (workflow_id,)) for sql in _MEMBERS):
        members.setdefault(key, []).append(position[job_id])
    number_of = {key: number for number, key in enumerate(members)}
    found.sets = list(members.values())
    for key, job_id in chain.from_iterable(tx.run(sql, (workflow_id,)) for sql in _WAITERS):
        if key in number_of:
            found.waits[position[job_id]].append(number_of[key])
    return found
