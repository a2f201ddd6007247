"""The audit trail: who did what from where, one line each, without secrets.

Lines go to the logger ``torc.server.auth``. Names from outside are quoted, so that none can forge a line.
"""

from __future__ import annotations

import logging

from torc.server.auth.caller import Caller

logger = logging.getLogger("torc.server.auth")


def loaded(path: object, users: int) -> None:
    """A password file was read."""
    _write(logging.INFO, f"Loaded {users} users from htpasswd file", file=path)


def logged_in(user: str, address: str) -> None:
    """A password was found right."""
    _write(logging.DEBUG, f"User {_name(user)} authenticated successfully", address=address)


def refused_login(user: str, address: str, reason: str) -> None:
    """A password was wrong or came too soon. The line ends with the name, which makes it easy to count."""
    name = _name(user)
    _write(logging.WARNING, f"Authentication failed for user {name}", address=address, reason=reason, user=name)


def refused_token(address: str) -> None:
    """A bearer token opens nothing."""
    _write(logging.WARNING, "Authentication failed: unknown, revoked or expired token", address=address)


def unreadable(address: str, reason: str) -> None:
    """What should be credentials is none."""
    _write(logging.WARNING, f"Authentication failed: {reason}", address=address)


def no_credentials(address: str) -> None:
    """Credentials are required and none came."""
    _write(logging.WARNING, "Authentication required but no credentials provided", address=address)


def cross_site(address: str, reason: str) -> None:
    """A browser was led here by another site."""
    _write(logging.WARNING, f"Request refused: {reason}", address=address)


def refused_right(caller: Caller, address: str, operation: str, path: str, status: int) -> None:
    """A caller asked for what is not theirs."""
    where = {"address": address, "operation": operation, "path": path, "status": status}
    _write(logging.WARNING, "Access refused", **_who(caller), **where)


def done(caller: Caller, address: str, operation: str, path: str, status: int) -> None:
    """A caller has changed something, or tried to."""
    where = {"address": address, "operation": operation, "path": path, "status": status}
    _write(logging.INFO, "Change", **_who(caller), **where)


def _write(level: int, message: str, **pairs: object) -> None:
    if logger.isEnabledFor(level):
        text = "".join(f" {name}={value}" for name, value in pairs.items())
        logger.log(level, "%s%s", message, text, extra={"pairs": pairs})


def _who(caller: Caller) -> dict[str, object]:
    who: dict[str, object] = {"user": None if caller.user is None else _name(caller.user)}
    if caller.is_admin:
        who["administrator"] = True
    if caller.workflow_id is not None:
        who["token_workflow"] = caller.workflow_id
    return who


def _name(user: str) -> str:
    return repr(user[:255])
