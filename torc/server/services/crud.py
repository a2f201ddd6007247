"""What the services of most nouns do alike: create, list, get, update, delete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from torc.errors import InvalidInput
from torc.models.base import Record
from torc.models.page import MAX_LIMIT
from torc.server.services.call import Call
from torc.server.store import plans, records, workflows
from torc.server.store.records import Noun, Window
from torc.server.store.transaction import Tx
from torc.server.wire import Json, array


def window(query: Any) -> Window:
    """Return the part of a list that a query asks for."""
    return Window(query.offset, query.limit, getattr(query, "sort_by", None), getattr(query, "reverse_sort", False))


def page(items: list[str], total: int, query: Any, name: str) -> dict[str, Any]:
    """Return a list reply; unless the caller can do without, the items also stand under the name of the resource."""
    rows = array(items)
    return {
        "items": rows,
        **({name: rows} if query.named else {}),
        "offset": query.offset,
        "max_limit": MAX_LIMIT,
        "count": len(items),
        "total_count": total,
        "has_more": query.offset + len(items) < total,
    }


def listing(
    tx: Tx,
    noun: Noun,
    query: Any,
    name: str,
    equals: Mapping[str, Any],
    conditions: Iterable[tuple[str, Mapping[str, Any]]] = (),
    *,
    relations: bool = False,
) -> dict[str, Any]:
    """Return one page of a noun's records.

    Raises
    ------
    NotFound
        When the query names a workflow that does not exist.
    """
    workflow_id = getattr(query, "workflow_id", None)
    if workflow_id is not None:
        workflows.head(tx, workflow_id)
        equals = {"workflow_id": workflow_id, **equals}
    items, total = records.list_page(tx, noun, window(query), equals, conditions, relations=relations)
    return page(items, total, query, name)


def matching(body: Record, noun: Noun) -> dict[str, Any]:
    """Return the stored fields of a whole record: what was given, and the model's defaults for the rest."""
    values = body.model_dump(exclude={"id"})
    return {name: value for name, value in values.items() if name in noun.fields and value is not None}


def create(tx: Tx, noun: Noun, body: Any, extra: Mapping[str, Any] | None = None) -> int:
    """Store a new record of a workflow and return its id.

    Raises
    ------
    NotFound
        When the workflow does not exist.
    """
    workflows.head(tx, body.workflow_id)
    return records.insert(tx, noun, matching(body, noun), extra)


def create_named(tx: Tx, noun: Noun, body: Any) -> int:
    """Store a new record of a workflow, under a name of the server's making if it comes without one."""
    if body.name is None:
        body.name = f"{noun.table}_{plans.next_id(tx, noun.table)}"
    return create(tx, noun, body)


def update(tx: Tx, noun: Noun, call: Call, extra: Mapping[str, Any] | None = None) -> Json:
    """Change the fields that the request gives, and return the record."""
    values = call.body.given(exclude={"id", "workflow_id"})
    records.update(tx, noun, call.id, values, extra)
    return records.get(tx, noun, call.id)


def delete_all(tx: Tx, noun: Noun, call: Call) -> dict[str, int]:
    """Delete all records of the workflow that the query names.

    Raises
    ------
    NotFound
        When there is no such workflow.
    """
    workflows.head(tx, call.query.workflow_id)
    return records.delete_all(tx, noun, call.query.workflow_id)


def same_workflow(bodies: list[Any], what: str) -> int:
    """Return the one workflow that all records of a bulk request belong to."""
    ids = {body.workflow_id for body in bodies}
    if len(ids) != 1:
        raise InvalidInput(
            f"all {what} of one request must belong to one workflow, found {len(ids)}", field="workflow_id"
        )
    return int(ids.pop())
