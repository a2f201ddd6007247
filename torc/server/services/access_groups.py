"""Access groups: who is in them, and which workflows their members share."""

from __future__ import annotations

from typing import Any

from torc.errors import Forbidden, InvalidInput, Unauthorized
from torc.server.services import crud
from torc.server.services.call import Call
from torc.server.store import access, records, workflows
from torc.server.store.access import ADMIN_GROUP, GROUP, MEMBER
from torc.server.store.transaction import Tx
from torc.server.wire import Json


def create_access_group(tx: Tx, call: Call) -> Json:
    """Create a group; who creates it becomes its administrator."""
    _may_manage(tx, call)
    if call.body.name == ADMIN_GROUP and not access.is_admin(tx, call.caller):
        raise _not_for_you(f"members of '{ADMIN_GROUP}' administer the server: only they may create it")
    group_id = access.add_group(tx, call.body.name, call.body.description)
    if call.caller.user is not None:
        access.add_member(tx, group_id, call.caller.user, "admin")
    return records.get(tx, GROUP, group_id)


def list_access_groups(tx: Tx, call: Call) -> dict[str, Any]:
    """List the groups that the caller is in; administrators see all."""
    return _groups(tx, call, [])


def list_user_groups(tx: Tx, call: Call) -> dict[str, Any]:
    """List a user's groups, as far as the caller sees them."""
    return _groups(tx, call, [access.member_of_group(call.path["user_name"], "other")])


def list_workflow_groups(tx: Tx, call: Call) -> dict[str, Any]:
    """List the groups that share a workflow."""
    workflows.head(tx, call.id)
    return _page(tx, call, [access.shared_with(call.id)])


def get_access_group(tx: Tx, call: Call) -> Json:
    """Return one group."""
    _visible(tx, call)
    return records.get(tx, GROUP, call.id)


def delete_access_group(tx: Tx, call: Call) -> Json:
    """Delete a group; its workflows stay with their owners."""
    _administer(tx, call)
    return records.delete(tx, GROUP, call.id)


def list_group_members(tx: Tx, call: Call) -> dict[str, Any]:
    """List who is in a group."""
    _visible(tx, call)
    items, total = records.list_page(tx, MEMBER, crud.window(call.query), {"group_id": call.id})
    return crud.page(items, total, call.query, "members") | {"limit": call.query.limit}


def add_user_to_group(tx: Tx, call: Call) -> Json:
    """Put a user into a group, or change the role of one who is in it."""
    given = call.body.group_id
    if given is not None and given != call.id:
        raise InvalidInput(f"the body names group {given}, the path group {call.id}", field="group_id", value=given)
    _administer(tx, call)
    return records.get(tx, MEMBER, access.add_member(tx, call.id, call.body.user_name, call.body.role))


def remove_user_from_group(tx: Tx, call: Call) -> Json:
    """Take a user out of a group; everybody may leave."""
    user = call.path["user_name"]
    _visible(tx, call)
    if call.caller.user != user:
        _administer(tx, call)
    return records.delete(tx, MEMBER, access.member_id(tx, call.id, user))


def add_workflow_to_group(tx: Tx, call: Call) -> dict[str, Any]:
    """Share a workflow with the members of a group."""
    group_id = call.path.get("group_id")
    if group_id is None:
        group_id = call.body.group_id
    _own(tx, call)
    _visible(tx, call, group_id)
    return access.share(tx, call.id, group_id)


def remove_workflow_from_group(tx: Tx, call: Call) -> dict[str, Any]:
    """Take a workflow from a group."""
    _own(tx, call)
    return access.unshare(tx, call.id, call.path["group_id"])


def check_workflow_access(tx: Tx, call: Call) -> dict[str, Any]:
    """Tell whether a user may use a workflow, to those who may use it themselves."""
    workflow_id, user = call.path["workflow_id"], call.path["user_name"]
    access.require(tx, call.caller, workflow_id)
    reason = access.why(tx, user, workflow_id, is_admin_by_setting=call.caller.is_admin and call.caller.user == user)
    return {
        "has_access": reason is not None,
        "reason": reason or "neither owner nor in a group of the workflow",
        "user_name": user,
        "workflow_id": workflow_id,
    }


def share_with(tx: Tx, call: Call, workflow_id: int, names: list[str]) -> None:
    """Give a workflow exactly these groups.

    Raises
    ------
    InvalidInput
        When the caller knows no group of that name.
    """
    groups = [_group_to_share_with(tx, call, name) for name in dict.fromkeys(names)]
    access.unshare_all(tx, workflow_id)
    for group_id in groups:
        access.share(tx, workflow_id, group_id)


def _group_to_share_with(tx: Tx, call: Call, name: str) -> int:
    group_id = access.group_named(tx, name)
    if group_id is not None and _sees(tx, call, group_id):
        return group_id
    if group_id is None and name and name != ADMIN_GROUP and (call.caller.is_open or call.caller.is_admin):
        # Specifications name the groups of a shared server; whoever runs them alone need not set them up.
        return access.add_group(tx, name, None)
    raise InvalidInput(f"there is no access group '{name}'", field="access_groups", value=name, hint="create it first")


def _groups(tx: Tx, call: Call, conditions: list[Any]) -> dict[str, Any]:
    caller = call.caller
    if not _unlimited(tx, call):
        conditions = [*conditions, access.member_of_group(caller.user or "")]
    return _page(tx, call, conditions)


def _page(tx: Tx, call: Call, conditions: list[Any]) -> dict[str, Any]:
    items, total = records.list_page(tx, GROUP, crud.window(call.query), {}, conditions)
    return crud.page(items, total, call.query, "access_groups") | {"limit": call.query.limit}


def _unlimited(tx: Tx, call: Call) -> bool:
    return call.caller.sees_all or access.is_admin(tx, call.caller)


def _sees(tx: Tx, call: Call, group_id: int) -> bool:
    return _unlimited(tx, call) or access.role(tx, group_id, call.caller.user) is not None


def _visible(tx: Tx, call: Call, group_id: int | None = None) -> None:
    """Raise the error of a missing group when it is missing for this caller."""
    wanted = call.id if group_id is None else group_id
    if access.name_of(tx, wanted) is None or not _sees(tx, call, wanted):
        raise records.missing(GROUP, wanted)


def _may_manage(tx: Tx, call: Call) -> None:
    # Memberships count from the day on which access is enforced: nobody without a name may prepare them.
    if not call.caller.is_open and not call.caller.is_known:
        raise Unauthorized("groups belong to users: show who you are", field="Authorization")


def _administer(tx: Tx, call: Call) -> None:
    """Raise unless the caller decides about the group in the path."""
    _visible(tx, call)
    _may_manage(tx, call)
    if access.is_admin(tx, call.caller):
        return
    if access.name_of(tx, call.id) == ADMIN_GROUP:
        raise _not_for_you(f"only administrators of the server decide who is in '{ADMIN_GROUP}'")
    if not call.caller.is_open and access.role(tx, call.id, call.caller.user) != "admin":
        raise _not_for_you(f"only administrators of group {call.id} may change it")


def _own(tx: Tx, call: Call) -> None:
    workflows.head(tx, call.id)
    if not access.owns(tx, call.caller, call.id):
        raise _not_for_you(f"only the owner of workflow {call.id} decides who shares it")


def _not_for_you(message: str) -> Forbidden:
    return Forbidden(message, hint="ask one of them")
