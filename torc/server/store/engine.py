"""One SQLite file: one writer thread, reading connections, transactions with after-commit effects.

Every change runs as a function on the writer thread inside ``BEGIN IMMEDIATE``. Changes that wait
in the queue share a commit, each in a savepoint of its own, so one that fails takes nothing else
with it. Readers use their own connections and never wait for the writer under WAL.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import create_engine, exc
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool

from torc.crash import crash_point
from torc.errors import DatabaseUnusable, StorageBusy, StorageFull, TorcError
from torc.server.store import locking
from torc.server.store.migrations import check, migrate
from torc.server.store.space import is_full, no_space
from torc.server.store.transaction import Effects, Tx

T = TypeVar("T")

#: Writes that may share one commit.
MAX_GROUP = 64
BUSY_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Commit:
    """What one transaction of the writer took, in seconds: its first change in the queue, all changes, the commit."""

    names: list[str]
    queued: float
    ran: float
    committed: float


class Database:
    """An open torc database, held by this process alone.

    Parameters
    ----------
    path
        The file; created with mode 0600 when it does not exist. ``:memory:`` is not supported.
    on_commit
        Called on the writer thread with the effects of each committed transaction.
    observe
        Called on the writer thread with what each transaction took.

    Raises
    ------
    DatabaseUnusable
        When the file cannot be used or another server holds it.
    """

    def __init__(
        self,
        path: str | Path,
        on_commit: Callable[[Effects], None] | None = None,
        *,
        readers: int = 4,
        observe: Callable[[Commit], None] | None = None,
    ) -> None:
        # Resolved, so that a link to the file finds the lock of the file.
        self.path = _resolved(Path(path))
        self.on_commit = on_commit
        self.observe = observe
        self._closed = False
        self._gate = threading.Lock()
        _create_private(self.path)
        self._lock = locking.acquire(self.path)
        try:
            self.journal_mode = locking.journal_mode(self.path)
            with _raw_connection(self.path) as connection:
                check(connection, str(self.path))
                _set_journal(connection, self.journal_mode, self.path)
                migrate(connection, str(self.path))
        except BaseException:
            self._lock.release()
            raise
        self._engine = self._make_engine()
        self._local = threading.local()
        self._read_connections: list[Connection] = []
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="torc-read")
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_loop, name="torc-write", daemon=True)
        self._writer.start()

    def write(self, name: str, function: Callable[..., T], *args: Any) -> Future[T]:
        """Queue ``function(tx, *args)`` for the writer; the future resolves after the commit."""
        job = _Write(name, function, args)
        with self._gate:  # nothing may join the queue behind the sign to stop
            if not self._closed:
                self._queue.put(job)
                return job.future
        job.future.set_exception(TorcError("the database is closed"))
        return job.future

    def read(self, function: Callable[..., T], *args: Any) -> Future[T]:
        """Run ``function(tx, *args)`` on a reading connection in a thread."""
        return self._readers.submit(self.read_here, function, *args)

    def read_here(self, function: Callable[..., T], *args: Any) -> T:
        """Run ``function(tx, *args)`` on this thread's reading connection: one snapshot, no changes."""
        tx: Tx | None = getattr(self._local, "tx", None)
        if tx is None:
            connection = self._engine.connect()
            connection.exec_driver_sql("PRAGMA query_only = ON")
            self._read_connections.append(connection)
            tx = self._local.tx = Tx(connection)  # nobody looks at what a query effects, so one serves them all
        tx.now_ms = int(time.time() * 1000)
        with _translated_errors(self.path):
            tx.run("BEGIN")
            try:
                return function(tx, *args)
            finally:
                tx.run("ROLLBACK")

    @property
    def queued(self) -> int:
        """How many changes wait for the writer."""
        return self._queue.qsize()

    def close(self) -> None:
        """Finish the queued writes and let go of the file. Safe to call twice."""
        with self._gate:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._writer.join()
        self._readers.shutdown()
        for connection in self._read_connections:
            connection.close()
        self._engine.dispose()
        self._lock.release()

    def _make_engine(self) -> Engine:
        def connect() -> sqlite3.Connection:
            connection = sqlite3.connect(
                self.path, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS, cached_statements=512
            )
            connection.execute("PRAGMA foreign_keys = ON")
            synchronous = "NORMAL" if self.journal_mode == "wal" else "FULL"
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            connection.execute("PRAGMA cache_size = -65536")
            connection.execute("PRAGMA temp_store = MEMORY")
            return connection

        # Transactions are begun and ended by hand: SQLite's deferred default would make a
        # transaction that reads before it writes fail at once when another write came between.
        return create_engine("sqlite://", creator=connect, poolclass=NullPool, isolation_level="AUTOCOMMIT")

    def _write_loop(self) -> None:
        connection = self._engine.connect()
        while (first := self._queue.get()) is not None:
            group = [first]
            more: _Write | None = first
            while len(group) < MAX_GROUP and more is not None and not self._queue.empty():
                more = self._queue.get()
                if more is not None:
                    group.append(more)
            commit = _run_group(connection, group, self.path, self.on_commit)
            if commit and self.observe:
                self.observe(commit)
            if more is None:
                break
        connection.close()


class _Write:
    """A queued change."""

    __slots__ = ("args", "effects", "error", "function", "future", "name", "result", "since")

    def __init__(self, name: str, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.name = name
        self.function = function
        self.args = args
        self.since = time.perf_counter()
        self.future: Future[Any] = Future()
        self.effects: Effects | None = None
        self.result: Any = None
        self.error: BaseException | None = None


def _run_group(
    connection: Connection, group: list[_Write], path: Path, on_commit: Callable[[Effects], None] | None
) -> Commit | None:
    """Run writes in one transaction and resolve their futures once it is committed."""
    began, commit = time.perf_counter(), None
    control = Tx(connection)
    group = [write for write in group if write.future.set_running_or_notify_cancel()]
    try:
        with _translated_errors(path):
            control.run("BEGIN IMMEDIATE")
            for write in group:
                _run_in_savepoint(connection, write, path)
            for write in group:
                crash_point(f"{write.name}:before_commit")
            ran = time.perf_counter()
            control.run("COMMIT")
        names = [write.name for write in group]
        since = group[0].since if group else began
        commit = Commit(names, began - since, ran - began, time.perf_counter() - ran)
    except BaseException as error:  # whatever went wrong, nobody may wait for ever
        _rollback(control)
        for write in group:
            write.error = write.error or error
    for write in group:
        if write.error is not None:
            write.future.set_exception(write.error)
            continue
        crash_point(f"{write.name}:after_commit")
        if on_commit and write.effects:
            on_commit(write.effects)
        write.future.set_result(write.result)
    return commit


def _run_in_savepoint(connection: Connection, write: _Write, path: Path) -> None:
    tx = Tx(connection)
    tx.run("SAVEPOINT one")
    try:
        with _translated_errors(path):
            write.result = write.function(tx, *write.args)
        write.effects = tx.effects
        tx.run("RELEASE one")
    except StorageFull:
        raise  # SQLite has rolled the whole transaction back
    except Exception as error:
        write.error = error
        tx.run("ROLLBACK TO one")
        tx.run("RELEASE one")


def _rollback(control: Tx) -> None:
    with contextlib.suppress(sqlite3.Error):  # there may be no transaction to end
        control.run("ROLLBACK")


class _translated_errors:  # noqa: N801 - reads as a statement
    """Turns SQLite's complaints about the file into errors that say what to do."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if not isinstance(error, exc.DBAPIError | sqlite3.Error):
            return
        text = str(getattr(error, "orig", error))
        if "locked" in text or "busy" in text:
            raise StorageBusy(
                f"{self.path} is locked by another process", hint="close the program that holds it and try again"
            ) from error
        if "full" in text:
            raise no_space(self.path) from error
        if "readonly" in text:
            raise StorageFull(f"{self.path} is read-only", hint="make it writable for this user") from error
        if "malformed" in text or "not a database" in text:
            raise DatabaseUnusable(
                f"{self.path} is damaged: {text}", hint="stop the server and restore the file from a backup"
            ) from error


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError) as error:  # the latter for links in a circle
        reason = error.strerror if isinstance(error, OSError) else "its links go in a circle"
        raise DatabaseUnusable(f"{path}: {reason}", hint="give another file with --database") from None


def _create_private(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    except PermissionError:
        # Path.exists raises when a directory on the way must not be entered.
        reason = "is read-only for this user" if os.path.exists(path) else "cannot be created here"  # noqa: PTH110
        raise DatabaseUnusable(f"{path} {reason}", hint="give another file with --database") from None
    except OSError as error:
        if is_full(error):
            raise no_space(path) from None
        raise DatabaseUnusable(f"{path}: {error.strerror}", hint="give another file with --database") from None


def _raw_connection(path: Path) -> Any:
    return contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS))


def _set_journal(connection: sqlite3.Connection, mode: str, path: Path) -> None:
    try:
        connection.execute(f"PRAGMA journal_mode = {mode}")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise DatabaseUnusable(
                f"{path} is locked by another process", hint="close the program that holds it"
            ) from None
        if "readonly" in str(error):
            raise DatabaseUnusable(f"{path} is read-only", hint="make it and its directory writable") from None
        if is_full(error):
            raise no_space(path) from None
        raise DatabaseUnusable(f"{path}: {error}") from None
