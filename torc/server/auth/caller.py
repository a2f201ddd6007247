"""Who asks, as services and rights see it."""

from __future__ import annotations

from dataclasses import dataclass

from torc.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone who asks.

    Parameters
    ----------
    user
        The user's name; none for anonymous callers and for the server's own token.
    is_admin
        May do everything, within the token's scope.
    workflow_id, compute_node_id
        What the caller's token is limited to.
    token_id
        The token, unless the caller has shown a password or the server's own token.
    is_open
        The server asks nobody for credentials, so nobody can be told from anybody else.
    sees_all
        Workflows are not kept apart by owner and group.
    """

    user: str | None = None
    is_admin: bool = False
    workflow_id: int | None = None
    compute_node_id: int | None = None
    token_id: int | None = None
    is_open: bool = False
    sees_all: bool = False

    @property
    def is_known(self) -> bool:
        """Whether the caller has shown credentials."""
        return self.user is not None or self.is_admin

    @property
    def is_scoped(self) -> bool:
        """Whether the caller's token is limited to one workflow."""
        return self.workflow_id is not None


#: Everybody who reaches a server without authentication.
OPEN = Caller(is_open=True, sees_all=True)
#: Whoever may open the database file needs no server's leave.
FILE_OWNER = Caller(is_admin=True, sees_all=True)


def out_of_scope(caller: Caller) -> Forbidden:
    """Return the error of a token for one workflow that asks for something else."""
    return Forbidden(
        f"this token is for workflow {caller.workflow_id} only",
        hint="use a token or password of your own for everything else",
    )
