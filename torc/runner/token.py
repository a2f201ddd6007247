"""The token with which jobs call back: for their workflow alone, and for no longer than their runner's node is there.

The runner's own credentials, a person's password or the server's token, never reach a job.
"""

from __future__ import annotations

from typing import Any

from torc.errors import Conflict, NotFound, TorcError
from torc.runner.server import Server


class JobToken:
    """What the jobs of one runner have in the place of its credentials."""

    def __init__(self, server: Server, workflow_id: int) -> None:
        self._server = server
        self._workflow_id = workflow_id
        self.secret: str | None = None
        self.problem: str | None = None

    def ask(self, compute_node_id: int, *, has_credentials: bool) -> None:
        """Get a token for a node; ``problem`` says why there is none although there should be.

        Jobs of a runner that needs no credentials itself need none either.
        """
        self.secret = self.problem = None
        if not has_credentials:
            return
        body: dict[str, Any] = {
            "name": f"jobs of compute node {compute_node_id}",
            "workflow_id": self._workflow_id,
            "compute_node_id": compute_node_id,
        }
        try:
            self.secret = self._server.call("create_token", body=body)["token"]
        except (Conflict, NotFound):
            return  # the server lets everybody in, or is too old to make tokens
        except TorcError as error:
            self.problem = f"jobs get no token to call the server with: {error.message}"
