"""Who may do what: access groups, tokens, and the server's own accounts."""

from __future__ import annotations

from torc.contract.route import WORKFLOW, Route

_GROUP = "/access_groups/{id}"

ROUTES: tuple[Route, ...] = (
    Route(
        "create_access_group", "POST", "/access_groups", "access_groups", "write", "login", None,
        "access.AccessGroupModel", "access.AccessGroupModel",
    ),
    Route(
        "list_access_groups", "GET", "/access_groups", "access_groups", "read", "login", "page.PageQuery", None,
        "access.AccessGroupModel", items="access_groups",
    ),
    Route("get_access_group", "GET", _GROUP, "access_groups", "read", "login", reply="access.AccessGroupModel"),
    Route("delete_access_group", "DELETE", _GROUP, "access_groups", "write", "login", reply="access.AccessGroupModel"),
    Route(
        "add_user_to_group", "POST", f"{_GROUP}/members", "access_groups", "write", "login", None,
        "access.UserGroupMembershipModel", "access.UserGroupMembershipModel",
    ),
    Route(
        "list_group_members", "GET", f"{_GROUP}/members", "access_groups", "read", "login", "page.PageQuery", None,
        "access.UserGroupMembershipModel", items="members",
    ),
    Route(
        "remove_user_from_group", "DELETE", f"{_GROUP}/members/{{user_name:str}}", "access_groups", "write", "login",
        reply="access.UserGroupMembershipModel",
    ),
    Route(
        "list_user_groups", "GET", "/users/{user_name:str}/groups", "access_groups", "read", "login",
        "page.PageQuery", None, "access.AccessGroupModel", items="access_groups",
    ),
    Route(
        "list_workflow_groups", "GET", f"{WORKFLOW}/access_groups", "access_groups", "read", "read",
        "page.PageQuery", None, "access.AccessGroupModel", items="access_groups",
    ),
    Route(
        "add_workflow_to_group", "POST", f"{WORKFLOW}/access_groups/{{group_id}}", "access_groups", "write", "write",
        reply="access.WorkflowAccessGroupModel",
    ),
    Route(
        "add_workflow_to_group", "POST", f"{WORKFLOW}/access_groups", "access_groups", "write", "write", None,
        "access.GroupBody", "access.WorkflowAccessGroupModel", alias=True,
    ),
    Route(
        "remove_workflow_from_group", "DELETE", f"{WORKFLOW}/access_groups/{{group_id}}", "access_groups", "write",
        "write", reply="access.WorkflowAccessGroupModel",
    ),
    Route(
        "check_workflow_access", "GET", "/access_check/{workflow_id}/{user_name:str}", "access_groups", "read",
        "login", reply="access.AccessCheck",
    ),
    Route("reload_auth", "POST", "/admin/reload-auth", "tokens", "live", "admin", reply="access.ReloadAuth"),
    Route("get_caller", "GET", "/caller", "tokens", "read", "login", reply="token.Caller"),
    Route(
        "create_token", "POST", "/tokens", "tokens", "write", "login", None, "token.TokenRequest", "token.TokenCreated"
    ),
    Route(
        "list_tokens", "GET", "/tokens", "tokens", "read", "login", "page.PageQuery", None, "token.TokenModel",
        items="tokens",
    ),
    Route("revoke_token", "DELETE", "/tokens/{id}", "tokens", "write", "login", reply="token.TokenModel"),
)  # fmt: skip
