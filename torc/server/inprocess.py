"""Operations without a server, and so without HTTP: what a command does when nobody serves its database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torc.contract import Route
from torc.errors import InvalidInput, TorcError
from torc.server import background
from torc.server.auth.caller import FILE_OWNER
from torc.server.operations import checked_call, operation
from torc.server.store.engine import Database
from torc.server.wire import Accepted, encode


class InProcess:
    """Operations carried out here, on an open database, without a server."""

    def __init__(self, database: Path) -> None:
        self._tasks: list[int] = []
        self._database = Database(database, lambda effects: self._tasks.extend(effects.tasks))
        background.give_up_unfinished(self._database)

    def request(
        self, route: Route, path: Mapping[str, Any], query: Mapping[str, Any], body: Any = None
    ) -> tuple[int, Any]:
        """Carry out one operation; returns status and parsed reply, as a server would."""
        try:
            reply = self._perform(route, path, query, body)
            return 202 if isinstance(reply, Accepted) else 200, json.loads(encode(reply))
        except TorcError as error:
            return error.http_status, error.to_dict()

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def _perform(self, route: Route, path: Mapping[str, Any], query: Mapping[str, Any], body: Any) -> Any:
        if route.access == "live":
            raise InvalidInput(f"{route.name} needs a server", field="url", hint="start one with torc-server run")
        found = operation(route)
        texts = {name: [_text(item) for item in _items(value)] for name, value in query.items()}
        call = checked_call(found, {name: str(value) for name, value in path.items()}, texts, body, FILE_OWNER)
        if route.access == "write":
            reply = self._database.write(route.name, found.function, call).result()
            while self._tasks:
                background.carry_out(self._database, self._tasks.pop())
            return reply
        return self._database.read_here(found.function, call)


def _items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
