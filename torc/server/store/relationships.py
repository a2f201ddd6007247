"""Relations between jobs, files and user data, as lists of pairs with names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torc.server.store.records import Window
from torc.server.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class Relation:
    """A join: wire fields with their SQL, the tables, and the count that needs no join."""

    fields: Mapping[str, str]
    source: str
    count: str
    order: str


#: The view job_depends_on, of one workflow: SQLite would make the rows of all of them.
_PAIRS = (
    "(SELECT DISTINCT w.job_id, m.job_id AS depends_on_job_id FROM dependency_set s "
    "JOIN job_dependency_set w ON w.set_id = s.id JOIN dependency_set_member m ON m.set_id = s.id "
    "WHERE s.workflow_id = :workflow)"
)

JOBS = Relation(
    {
        "workflow_id": "j.workflow_id",
        "job_id": "j.id",
        "job_name": "j.name",
        "depends_on_job_id": "o.id",
        "depends_on_job_name": "o.name",
    },
    f"{_PAIRS} d JOIN job j ON j.id = d.job_id JOIN job o ON o.id = d.depends_on_job_id",
    f"SELECT count(*) FROM {_PAIRS}",
    "j.id, o.id",
)


def _artefact(noun: str, column: str, extra: dict[str, str]) -> Relation:
    joins = (
        f"{noun} r LEFT JOIN job_output_{noun} o ON o.{column} = r.id LEFT JOIN job p ON p.id = o.job_id "
        f"LEFT JOIN job_input_{noun} i ON i.{column} = r.id LEFT JOIN job c ON c.id = i.job_id "
        "WHERE r.workflow_id = :workflow"
    )
    fields = {
        "workflow_id": "r.workflow_id",
        column: "r.id",
        f"{noun}_name": "r.name",
        **extra,
        "producer_job_id": "p.id",
        "producer_job_name": "p.name",
        "consumer_job_id": "c.id",
        "consumer_job_name": "c.name",
    }
    return Relation(fields, joins, f"SELECT count(*) FROM {joins}", "r.id, p.id, c.id")


FILES = _artefact("file", "file_id", {"file_path": "r.path"})
USER_DATA = _artefact("user_data", "user_data_id", {})


def page(tx: Tx, relation: Relation, workflow_id: int, window: Window) -> tuple[list[str], int]:
    """Return the JSON of the pairs in the window, and how many there are. ``sort_by`` must be a field."""
    parts = ", ".join(f"'{name}', {sql}" for name, sql in relation.fields.items())
    direction = " DESC" if window.reverse else ""
    keys = [relation.fields[window.sort_by]] if window.sort_by else []
    order = ", ".join(f"{key}{direction}" for key in [*keys, *relation.order.split(", ")])
    items = tx.column(
        f"SELECT json_object({parts}) FROM {relation.source} ORDER BY {order} LIMIT :limit OFFSET :offset",
        {"workflow": workflow_id, "limit": window.limit, "offset": window.offset},
    )
    if window.offset == 0 and len(items) < window.limit:
        return items, len(items)
    return items, int(tx.scalar(relation.count, {"workflow": workflow_id}))
