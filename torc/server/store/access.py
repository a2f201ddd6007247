"""Who may see which workflow: owners, groups, and the filters that lists need."""

from __future__ import annotations

import sqlite3
from typing import Any

from torc.errors import Conflict, NotFound
from torc.server.auth.caller import Caller
from torc.server.store.nouns import (
    COMPUTE_NODE,
    EVENT,
    FAILURE_HANDLER,
    FILE,
    JOB,
    LOCAL_SCHEDULER,
    RESOURCE_REQUIREMENTS,
    RESULT,
    RO_CRATE_ENTITY,
    SCHEDULED_COMPUTE_NODE,
    SLURM_SCHEDULER,
    TASK,
    USER_DATA,
    WORKFLOW,
)
from torc.server.store.records import PLAIN, Noun, missing
from torc.server.store.transaction import Tx, timestamp

#: Members of the group of this name are administrators of the server.
ADMIN_GROUP = "admin"

GROUP = Noun("access group", "access_group", dict.fromkeys(("id", "name", "description", "created_at"), PLAIN))
MEMBER = Noun(
    "membership",
    "access_group_member",
    dict.fromkeys(("id", "user_name", "group_id", "role", "created_at"), PLAIN),
)

#: The records that a path may name, by its first part.
RECORDS: dict[str, Noun] = {
    "workflows": WORKFLOW,
    "jobs": JOB,
    "files": FILE,
    "user_data": USER_DATA,
    "resource_requirements": RESOURCE_REQUIREMENTS,
    "results": RESULT,
    "events": EVENT,
    "compute_nodes": COMPUTE_NODE,
    "local_schedulers": LOCAL_SCHEDULER,
    "slurm_schedulers": SLURM_SCHEDULER,
    "scheduled_compute_nodes": SCHEDULED_COMPUTE_NODE,
    "failure_handlers": FAILURE_HANDLER,
    "ro_crate_entities": RO_CRATE_ENTITY,
    "tasks": TASK,
}

_SHARED = (
    "SELECT 1 FROM workflow_access_group AS w JOIN access_group_member AS m ON m.group_id = w.group_id "
    "WHERE w.workflow_id = workflow.id AND m.user_name = :caller"
)
_VISIBLE = f"(workflow.user = :caller OR EXISTS ({_SHARED}))"


def is_admin(tx: Tx, caller: Caller) -> bool:
    """Return whether the caller administers the server."""
    return caller.is_admin or (caller.user is not None and _is_member(tx, ADMIN_GROUP, caller.user))


def _is_member(tx: Tx, group: str, user: str) -> bool:
    return bool(
        tx.scalar(
            "SELECT 1 FROM access_group_member AS m JOIN access_group AS g ON g.id = m.group_id "
            "WHERE g.name = ? AND m.user_name = ?",
            (group, user),
        )
    )


def may_use(tx: Tx, caller: Caller, workflow_id: int) -> bool:
    """Return whether the caller may see, change and run a workflow; false when there is none of that id."""
    if caller.workflow_id is not None and caller.workflow_id != workflow_id:
        return False
    if not caller.sees_all:
        sql = f"SELECT 1 FROM workflow WHERE id = :id AND {_VISIBLE}"
        if tx.scalar(sql, {"id": workflow_id, "caller": caller.user}):
            return True
        if not is_admin(tx, caller):
            return False
    return bool(tx.scalar("SELECT 1 FROM workflow WHERE id = ?", (workflow_id,)))


def owns(tx: Tx, caller: Caller, workflow_id: int) -> bool:
    """Return whether the caller may give a workflow away, share or delete it."""
    if caller.is_scoped:
        return False
    if caller.sees_all or is_admin(tx, caller):
        return True
    return bool(tx.scalar("SELECT 1 FROM workflow WHERE id = ? AND user = ?", (workflow_id, caller.user)))


def require(tx: Tx, caller: Caller, workflow_id: int) -> None:
    """Raise the error of a missing workflow when it is missing for this caller.

    Raises
    ------
    NotFound
    """
    if not may_use(tx, caller, workflow_id):
        raise missing(WORKFLOW, workflow_id)


def workflow_of(tx: Tx, noun: Noun, record_id: int) -> int | None:
    """Return the workflow that a record belongs to."""
    column = "id" if noun is WORKFLOW else "workflow_id"
    found: int | None = tx.scalar(f"SELECT {column} FROM {noun.table} WHERE id = ?", (record_id,))
    return found


def visible_workflows(tx: Tx, caller: Caller) -> list[tuple[str, dict[str, Any]]]:
    """Return the conditions under which the caller sees a row of the table ``workflow``."""
    conditions: list[tuple[str, dict[str, Any]]] = []
    if caller.workflow_id is not None:
        conditions.append(("workflow.id = :scope", {"scope": caller.workflow_id}))
    if not caller.sees_all and not is_admin(tx, caller):
        conditions.append((_VISIBLE, {"caller": caller.user}))
    return conditions


def why(tx: Tx, user: str, workflow_id: int, *, is_admin_by_setting: bool) -> str | None:
    """Return why a user may use a workflow, or None when that is not so."""
    if tx.scalar("SELECT 1 FROM workflow WHERE id = ? AND user = ?", (workflow_id, user)):
        return "owner of the workflow"
    if is_admin_by_setting or _is_member(tx, ADMIN_GROUP, user):
        return "administrator of the server"
    group = tx.scalar(
        "SELECT g.name FROM workflow_access_group AS w JOIN access_group AS g ON g.id = w.group_id "
        "JOIN access_group_member AS m ON m.group_id = g.id WHERE w.workflow_id = ? AND m.user_name = ? "
        "ORDER BY g.name LIMIT 1",
        (workflow_id, user),
    )
    return None if group is None else f"member of the group '{group}'"


def group_names(tx: Tx, user: str) -> list[str]:
    """Return the groups that a user is in."""
    return tx.column(
        "SELECT g.name FROM access_group_member AS m JOIN access_group AS g ON g.id = m.group_id "
        "WHERE m.user_name = ? ORDER BY g.name",
        (user,),
    )


def role(tx: Tx, group_id: int, user: str | None) -> str | None:
    """Return a user's role in a group."""
    found: str | None = tx.scalar(
        "SELECT role FROM access_group_member WHERE group_id = ? AND user_name = ?", (group_id, user)
    )
    return found


def group_named(tx: Tx, name: str) -> int | None:
    """Return the id of a group."""
    found: int | None = tx.scalar("SELECT id FROM access_group WHERE name = ?", (name,))
    return found


def name_of(tx: Tx, group_id: int) -> str | None:
    """Return the name of a group."""
    found: str | None = tx.scalar("SELECT name FROM access_group WHERE id = ?", (group_id,))
    return found


def member_of_group(user: str, name: str = "user") -> tuple[str, dict[str, Any]]:
    """Return the condition under which a row of ``access_group`` is a group that a user is in."""
    sql = (
        f"EXISTS (SELECT 1 FROM access_group_member AS m WHERE m.group_id = access_group.id AND m.user_name = :{name})"
    )
    return sql, {name: user}


def shared_with(workflow_id: int) -> tuple[str, dict[str, Any]]:
    """Return the condition under which a row of ``access_group`` has a workflow."""
    sql = "access_group.id IN (SELECT w.group_id FROM workflow_access_group AS w WHERE w.workflow_id = :shared)"
    return sql, {"shared": workflow_id}


def add_group(tx: Tx, name: str, description: str | None) -> int:
    """Create a group.

    Raises
    ------
    Conflict
        When there is one of that name.
    """
    try:
        created = tx.scalar(
            "INSERT INTO access_group (name, description, created_at) VALUES (?, ?, ?) RETURNING id",
            (name, description, timestamp()),
        )
    except sqlite3.IntegrityError:
        raise Conflict(f"there is a group named '{name}' already", field="name", value=name) from None
    return int(created)


def add_member(tx: Tx, group_id: int, user: str, role_name: str) -> int:
    """Put a user into a group, or change the role of one who is there."""
    return int(
        tx.scalar(
            "INSERT INTO access_group_member (group_id, user_name, role, created_at) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (user_name, group_id) DO UPDATE SET role = excluded.role RETURNING id",
            (group_id, user, role_name, timestamp()),
        )
    )


def member_id(tx: Tx, group_id: int, user: str) -> int:
    """Return the id of a membership.

    Raises
    ------
    NotFound
    """
    found = tx.scalar("SELECT id FROM access_group_member WHERE group_id = ? AND user_name = ?", (group_id, user))
    if found is None:
        raise NotFound(f"group {group_id} has no member '{user}'", field="user_name", value=user)
    return int(found)


def share(tx: Tx, workflow_id: int, group_id: int) -> dict[str, Any]:
    """Let a group use a workflow; doing so again changes nothing."""
    tx.run(
        "INSERT INTO workflow_access_group (workflow_id, group_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (workflow_id, group_id, timestamp()),
    )
    return _shared(tx, workflow_id, group_id)


def unshare(tx: Tx, workflow_id: int, group_id: int) -> dict[str, Any]:
    """Take a workflow from a group and return what was.

    Raises
    ------
    NotFound
    """
    link = _shared(tx, workflow_id, group_id)
    tx.run("DELETE FROM workflow_access_group WHERE workflow_id = ? AND group_id = ?", (workflow_id, group_id))
    return link


def unshare_all(tx: Tx, workflow_id: int) -> None:
    """Take a workflow from all its groups."""
    tx.run("DELETE FROM workflow_access_group WHERE workflow_id = ?", (workflow_id,))


def _shared(tx: Tx, workflow_id: int, group_id: int) -> dict[str, Any]:
    created = tx.scalar(
        "SELECT created_at FROM workflow_access_group WHERE workflow_id = ? AND group_id = ?", (workflow_id, group_id)
    )
    if created is None:
        raise NotFound(f"workflow {workflow_id} is not shared with group {group_id}", field="group_id", value=group_id)
    return {"workflow_id": workflow_id, "group_id": group_id, "created_at": created}
