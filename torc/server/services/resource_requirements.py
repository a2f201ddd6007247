"""Resource requirements."""

from __future__ import annotations

from typing import Any

from torc.amounts import DEFAULT_MEMORY, DEFAULT_RUNTIME
from torc.errors import InvalidInput
from torc.server.services import crud
from torc.server.services.call import Call
from torc.server.store import records, workflows
from torc.server.store.nouns import RESOURCE_REQUIREMENTS
from torc.server.store.transaction import Tx
from torc.server.wire import Json
from torc.units import parse_duration, parse_memory

#: The record that every workflow has, for jobs that name none.
DEFAULT = {
    "name": "default",
    "num_cpus": 1,
    "num_gpus": 0,
    "num_nodes": 1,
    "memory": DEFAULT_MEMORY,
    "runtime": DEFAULT_RUNTIME,
}


def parsed(values: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers that stand beside the texts of memory and run time."""
    extra: dict[str, Any] = {}
    if values.get("memory") is not None:
        extra["memory_bytes"] = parse_memory(values["memory"])
    if values.get("runtime") is not None:
        extra["runtime_seconds"] = parse_duration(values["runtime"])
    return extra


def create_resource_requirements(tx: Tx, call: Call) -> Json:
    """Create a record."""
    extra = parsed({"memory": call.body.memory, "runtime": call.body.runtime})
    return records.get(tx, RESOURCE_REQUIREMENTS, crud.create(tx, RESOURCE_REQUIREMENTS, call.body, extra))


def list_resource_requirements(tx: Tx, call: Call) -> dict[str, Any]:
    """List records."""
    query = call.query
    names = ("name", "memory", "num_cpus", "num_gpus", "num_nodes")
    conditions: list[tuple[str, dict[str, Any]]] = []
    if query.runtime is not None:
        conditions.append(("runtime_seconds = :runtime", {"runtime": query.runtime}))
    if query.job_id is not None:
        sql = "id = (SELECT resource_requirements_id FROM job WHERE job.id = :job)"
        conditions.append((sql, {"job": query.job_id}))
    equals = {name: getattr(query, name) for name in names}
    return crud.listing(tx, RESOURCE_REQUIREMENTS, query, "resource_requirements", equals, conditions)


def get_resource_requirements(tx: Tx, call: Call) -> Json:
    """Return one record."""
    return records.get(tx, RESOURCE_REQUIREMENTS, call.id)


def update_resource_requirements(tx: Tx, call: Call) -> Json:
    """Change a record."""
    return crud.update(tx, RESOURCE_REQUIREMENTS, call, parsed(call.body.given()))


def delete_resource_requirement(tx: Tx, call: Call) -> Json:
    """Delete a record that no job uses."""
    users = records.jobs_using(tx, call.id)
    if users:
        raise InvalidInput(
            f"resource requirements {call.id} are used by {users} jobs", field="id", value=call.id,
            hint="give those jobs other requirements first",
        )  # fmt: skip
    return records.delete(tx, RESOURCE_REQUIREMENTS, call.id)


def delete_resource_requirements(tx: Tx, call: Call) -> dict[str, int]:
    """Delete the records of a workflow that no job uses; the default stays."""
    workflows.head(tx, call.query.workflow_id)
    return {"count": records.delete_unused_requirements(tx, call.query.workflow_id)}
