"""A transaction as the services see it, and what is to happen once it is committed."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.engine import Connection, CursorResult

#: Rows that one multi-row INSERT carries.
CHUNK = 5_000


def timestamp(seconds: float | None = None) -> str:
    """Return a time (default now) as RFC 3339 in UTC with milliseconds: ``2025-01-31T12:00:00.000Z``."""
    moment = datetime.now(UTC) if seconds is None else datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Effects:
    """What changed, for those who wait: published after the commit, never before."""

    #: Workflows with new event rows.
    events: set[int] = field(default_factory=set)
    #: Workflows in which jobs became ready, and how many.
    ready: Counter[int] = field(default_factory=Counter)
    #: Workflows that ended, were canceled or have actions due: everybody who waits must look.
    wake_all: set[int] = field(default_factory=set)
    #: Compute nodes that must be told something (a job to cancel).
    nodes: set[int] = field(default_factory=set)
    #: Compute nodes whose lease begins or ends.
    leases: dict[int, float | None] = field(default_factory=dict)
    #: Workflows that are gone.
    deleted: set[int] = field(default_factory=set)
    #: A token has ended, by itself or with its compute node.
    credentials: bool = False
    #: Tasks to carry out.
    tasks: list[int] = field(default_factory=list)


class Tx:
    """One transaction: runs SQL and collects effects."""

    __slots__ = ("_driver", "connection", "effects", "now_ms")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        # Statements that are text already go past SQLAlchemy: its price is several times SQLite's own for them.
        self._driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        self.effects = Effects()
        self.now_ms = int(time.time() * 1000)

    def run(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> sqlite3.Cursor:
        """Run one statement with ``?`` or ``:name`` parameters."""
        return self._driver.execute(sql, parameters)

    def execute(self, statement: Any) -> CursorResult[*tuple[Any, ...]]:
        """Run a SQLAlchemy Core statement."""
        return self.connection.execute(statement)

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each row."""
        chunk: list[tuple[Any, ...]] = []
        for row in rows:
            chunk.append(tuple(row))
            if len(chunk) == CHUNK:
                self._driver.executemany(sql, chunk)
                chunk = []
        if chunk:
            self._driver.executemany(sql, chunk)

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Undo everything that the block changes when it ends, its effects included."""
        self._driver.execute("SAVEPOINT rehearsal")
        effects, self.effects = self.effects, Effects()
        try:
            yield
        finally:
            self.effects = effects
            self._driver.execute("ROLLBACK TO rehearsal")
            self._driver.execute("RELEASE rehearsal")

    def column(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[Any]:
        """Return the first column of all rows."""
        return [row[0] for row in self.run(sql, parameters).fetchall()]

    def scalar(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> Any:
        """Return the first column of the first row, or None."""
        row = self.run(sql, parameters).fetchone()
        return None if row is None else row[0]
