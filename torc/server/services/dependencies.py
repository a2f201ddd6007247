"""Lists of who waits for whom, and through which files and data."""

from __future__ import annotations

from typing import Any

from torc.errors import InvalidInput
from torc.server.services import crud
from torc.server.services.call import Call
from torc.server.store import dependencies, relationships, workflows
from torc.server.store.transaction import Tx


def list_job_dependencies(tx: Tx, call: Call) -> dict[str, Any]:
    """List which job waits for which."""
    return _list(tx, call, relationships.JOBS, "job_dependencies")


def list_job_file_relationships(tx: Tx, call: Call) -> dict[str, Any]:
    """List files with the jobs that write and read them."""
    return _list(tx, call, relationships.FILES, "job_file_relationships")


def list_job_user_data_relationships(tx: Tx, call: Call) -> dict[str, Any]:
    """List user data with the jobs that write and read them."""
    return _list(tx, call, relationships.USER_DATA, "job_user_data_relationships")


def list_dependency_sets(tx: Tx, call: Call) -> dict[str, Any]:
    """List the declared dependencies without repeating what jobs share."""
    workflows.head(tx, call.id)
    items, total = dependencies.declared_sets(tx, call.id, crud.window(call.query))
    return crud.page(items, total, call.query, "dependency_sets")


def _list(tx: Tx, call: Call, relation: relationships.Relation, name: str) -> dict[str, Any]:
    workflows.head(tx, call.id)
    query = call.query
    if query.sort_by is not None and query.sort_by not in relation.fields:
        raise InvalidInput(
            f"'{query.sort_by}' is not a field to sort by",
            field="sort_by",
            value=query.sort_by,
            hint="one of " + ", ".join(relation.fields),
        )
    items, total = relationships.page(tx, relation, call.id, crud.window(query))
    return crud.page(items, total, query, name)
