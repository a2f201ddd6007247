"""Bearer tokens for programs, and what the server knows about its caller."""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import TYPE_CHECKING, Any

from torc.errors import Conflict, Forbidden, InvalidInput, Unauthorized
from torc.models.token import TokenRequest
from torc.server.auth.caller import Caller, out_of_scope
from torc.server.services import crud
from torc.server.services.call import Call
from torc.server.store import access, nodes, records, tokens
from torc.server.store.tokens import TOKEN
from torc.server.store.transaction import Tx
from torc.server.wire import Json

if TYPE_CHECKING:
    from torc.server.service import Service

#: Tells people and scanners what they have found.
MARK = "torc_"
_DAY = 24 * 3600.0
#: Ends of tokens for which neither a request nor a compute node sets one.
SCOPED_DAYS, USER_DAYS = 90, 365


def digest(secret: str) -> bytes:
    """Return what is stored of a token: it has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def create_token(tx: Tx, call: Call) -> dict[str, Any]:
    """Make a token; its secret is told in this reply only. One that is made with a token ends with it."""
    body: TokenRequest = call.body
    user = _user_of(tx, call)
    _check_scope(tx, call)
    secret = MARK + secrets.token_urlsafe(32)
    values = {
        "name": body.name,
        "user_name": user,
        "workflow_id": body.workflow_id,
        "compute_node_id": body.compute_node_id,
        "expires_at": _end(tx, call),
        "parent_id": call.caller.token_id,
    }
    token_id = tokens.insert(tx, digest(secret), values)
    return {**_known(tx, token_id), "token": secret}


def list_tokens(tx: Tx, call: Call) -> dict[str, Any]:
    """List the caller's tokens; administrators see all."""
    conditions = []
    if not access.is_admin(tx, call.caller):
        conditions.append(("token.user_name = :caller", {"caller": call.caller.user}))
    items, total = records.list_page(tx, TOKEN, crud.window(call.query), {}, conditions)
    return crud.page(items, total, call.query, "tokens")


def revoke_token(tx: Tx, call: Call) -> Json:
    """End a token."""
    found = tokens.owner(tx, call.id)
    mine = found is not None and call.caller.user is not None and found[0] == call.caller.user
    if not mine and not access.is_admin(tx, call.caller):
        raise records.missing(TOKEN, call.id)
    tx.effects.credentials = True
    return records.delete(tx, TOKEN, call.id)


def get_caller(tx: Tx, call: Call) -> dict[str, Any]:
    """Tell the caller who the server takes it for."""
    caller = call.caller
    return {
        "user_name": caller.user,
        "is_authenticated": caller.is_known,
        "is_admin": not caller.is_scoped and access.is_admin(tx, caller),
        "groups": access.group_names(tx, caller.user) if caller.user else [],
        "workflow_id": caller.workflow_id,
        "compute_node_id": caller.compute_node_id,
    }


async def reload_auth(service: Service, _call: Call) -> dict[str, Any]:
    """Read the password file again."""
    count = service.reload()
    return {"message": "read the password file again", "user_count": count}


def _user_of(tx: Tx, call: Call) -> str | None:
    caller: Caller = call.caller
    wanted: str | None = call.body.user_name
    if caller.is_open:
        raise Conflict("this server asks nobody for credentials, so a token would open nothing")
    if not caller.is_known:
        raise Unauthorized("a token acts for its user: show who you are", field="Authorization")
    if wanted is None or wanted == caller.user:
        return caller.user
    if caller.is_scoped or not access.is_admin(tx, caller):
        raise Forbidden(f"only administrators make tokens for others, such as '{wanted}'", field="user_name")
    return wanted


def _check_scope(tx: Tx, call: Call) -> None:
    """Refuse a token that could do more than its maker."""
    body, caller = call.body, call.caller
    if body.compute_node_id is not None and body.workflow_id is None:
        raise InvalidInput("a token for a compute node needs the node's workflow_id", field="workflow_id")
    if caller.is_scoped and body.workflow_id is None:
        raise out_of_scope(caller)
    if body.workflow_id is not None:
        access.require(tx, caller, body.workflow_id)
    if caller.compute_node_id is not None and body.compute_node_id != caller.compute_node_id:
        raise out_of_scope(caller)
    if body.compute_node_id is not None and not nodes.is_active(tx, body.workflow_id, body.compute_node_id):
        raise InvalidInput(
            f"workflow {body.workflow_id} has no active compute node {body.compute_node_id}",
            field="compute_node_id",
            value=body.compute_node_id,
        )


def _end(tx: Tx, call: Call) -> float | None:
    """Return when a token ends: not later than the one that it is made with."""
    ends = (_wanted_end(tx, call.body), tokens.end_of(tx, call.caller.token_id))
    return min((end for end in ends if end is not None), default=None)


def _wanted_end(tx: Tx, body: TokenRequest) -> float | None:
    """Return when a token is to end; one that ends with its node's lease needs no other end."""
    if body.expires_in_seconds is not None:
        return time.time() + body.expires_in_seconds
    if body.compute_node_id is not None and nodes.has_lease(tx, body.compute_node_id):
        return None
    return time.time() + (USER_DAYS if body.workflow_id is None else SCOPED_DAYS) * _DAY


def _known(tx: Tx, token_id: int) -> dict[str, Any]:
    import json

    known: dict[str, Any] = json.loads(records.get(tx, TOKEN, token_id))
    return known
