"""Bearer tokens for programs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from torc.models.base import Id, Name, Record

_YEAR = 366 * 24 * 3600


class Caller(Record):
    """Who the server takes the caller for.

    ``user_name`` is null for anonymous callers and for the server's own token; ``workflow_id`` and
    ``compute_node_id`` are what the caller's token is limited to.
    """

    user_name: str | None
    is_authenticated: bool
    is_admin: bool
    groups: list[str]
    workflow_id: int | None
    compute_node_id: int | None


class TokenRequest(Record):
    """A token to make.

    Without ``workflow_id`` it may do whatever its user may. With ``compute_node_id`` it ends with that node.
    Administrators may name another ``user_name``.
    """

    name: Name
    expires_in_seconds: Annotated[int, Field(ge=1, le=10 * _YEAR)] | None = None
    workflow_id: Id | None = None
    compute_node_id: Id | None = None
    user_name: Name | None = None


class TokenModel(Record):
    """A token without its secret; ``last_used_at`` is exact to the hour."""

    id: int
    name: str
    user_name: str | None
    workflow_id: int | None
    compute_node_id: int | None
    created_at: str
    expires_at: str | None
    last_used_at: str | None


class TokenCreated(TokenModel):
    """A new token; its secret is told this once."""

    token: str
