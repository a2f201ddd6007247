"""Requests without a server: its services run on the database in this process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torc.client.replies import error_from
from torc.contract import Route


class InProcessTransport:
    """Opens the database for as long as this lives; nobody else can host it meanwhile."""

    patience = 0.0

    def __init__(self, database: Path) -> None:
        from torc.server.inprocess import InProcess

        self.database = database
        self._server = InProcess(database)

    def send(
        self,
        route: Route,
        path_args: Mapping[str, Any],
        query: Mapping[str, Any],
        body: Any = None,
        *,
        timeout: float | None = None,
    ) -> Any:
        """Carry out one operation and return the reply's JSON."""
        given = {name: value for name, value in query.items() if value is not None}
        status, reply = self._server.request(route, dict(path_args), given, body)
        if status >= 400:
            raise error_from(status, reply, origin=str(self.database))
        return reply

    def close(self) -> None:
        """Close the database."""
        self._server.close()
