"""The database file: damaged, foreign, newer, locked, full; and writes that share a commit."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import socket
import sqlite3
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import exc

from torc.errors import DatabaseUnusable, InvalidInput, StorageBusy, StorageFull, TorcError
from torc.server.pidfile import PidFile
from torc.server.store import engine, locking
from torc.server.store.engine import Database
from torc.server.store.migrations import LATEST, migrate
from torc.server.store.transaction import Tx

from .inside import Torc, Workflow
from .outside import DEADLINE, Server

INSERT = "INSERT INTO workflow (name, user, timestamp) VALUES (?, 'u', 't')"


def fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def empty(path: Path) -> Path:
    Database(path).close()
    return path


def foreign(path: Path) -> Path:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    return path


def newer(path: Path) -> Path:
    with sqlite3.connect(empty(path)) as connection:
        connection.execute(f"PRAGMA user_version = {LATEST + 1}")
    connection.close()
    return path


def text(path: Path) -> Path:
    path.write_text("this is no database " * 100)
    return path


def truncated(path: Path) -> Path:
    path.write_bytes(empty(path).read_bytes()[:700])
    return path


@pytest.mark.parametrize(
    ("make", "says"),
    [(text, "cannot be read as a SQLite database"), (foreign, "database of another program"),
     (newer, f"schema version {LATEST + 1}, made by a newer torc"), (truncated, "t.db")],
)  # fmt: skip
def test_an_unusable_file_is_refused_by_name_and_left_as_it_is(tmp_path: Path, make: Any, says: str) -> None:
    path = make(tmp_path / "t.db")
    before = fingerprint(path)
    server = Server(path)
    assert server.wait() == 2
    assert server.errors.startswith("error: ")
    assert says in server.errors
    assert server.errors.count("\n") == 1
    assert fingerprint(path) == before


def test_a_folder_that_cannot_hold_a_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnusable, match=r"t\.db"):
        Database(tmp_path / "file" / "t.db")
    with pytest.raises(DatabaseUnusable):
        Database(tmp_path)


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    (tmp_path / "t.db").touch()
    empty(tmp_path / "t.db")


def test_a_second_server_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    first = Server(tmp_path / "t.db")
    (tmp_path / "link.db").symlink_to(tmp_path / "t.db")
    for name in ("t.db", "link.db"):
        second = Server(tmp_path / name)
        assert second.wait() == 2
        assert f"process {first.process.pid} on host {socket.gethostname()}" in second.errors
    assert first.stop() == 0


def test_the_lock_of_a_killed_server_holds_nobody_back(tmp_path: Path) -> None:
    first = Server(tmp_path / "t.db")
    first.process.kill()
    first.wait()
    assert Server(tmp_path / "t.db").stop() == 0


def test_a_port_in_use_is_refused_by_number(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = Server(tmp_path / "t.db", port=port)
        assert server.wait() == 2
        assert f"cannot listen on 127.0.0.1:{port}" in server.errors


def test_an_open_address_without_a_token_must_be_asked_for(tmp_path: Path) -> None:
    server = Server(tmp_path / "t.db", "--host", "0.0.0.0")
    assert server.wait() == 2
    assert "--token" in server.errors


def test_a_write_waits_for_another_program_that_holds_the_file(tmp_path: Path) -> None:
    torc = Torc(tmp_path / "t.db")
    other = sqlite3.connect(tmp_path / "t.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    write = torc.database.write("w", lambda tx: tx.run(INSERT, ("x",)).rowcount)
    assert torc("list_workflows")["count"] == 0
    assert not write.done()
    other.execute("ROLLBACK")
    assert write.result(DEADLINE) == 1
    other.close()
    torc.close()


def test_a_file_that_stays_locked_is_busy_and_works_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.05)
    torc = Torc(tmp_path / "t.db")
    other = sqlite3.connect(tmp_path / "t.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageBusy, match="locked by another process"):
        torc("create_workflow", body={"name": "x", "user": "u"})
    other.execute("ROLLBACK")
    assert torc("create_workflow", body={"name": "x", "user": "u"})["name"] == "x"
    other.close()
    torc.close()


def together(database: Database, *functions: Any) -> list[Future[Any]]:
    """Queue writes behind one that holds the writer, so that they share a commit."""
    started, release = threading.Event(), threading.Event()
    database.write("hold", lambda tx: (started.set(), release.wait(DEADLINE)))
    assert started.wait(DEADLINE)
    futures = [database.write("one", function) for function in functions]
    release.set()
    return futures


def add(name: str) -> Any:
    return lambda tx: tx.run(INSERT, (name,)).rowcount


def stored(torc: Torc) -> list[str]:
    return [row[0] for row in torc.sql("SELECT name FROM workflow ORDER BY id")]


def add_then(error: Exception) -> Any:
    def write(tx: Tx) -> None:
        tx.run(INSERT, ("half",))
        raise error

    return write


@pytest.mark.parametrize("error", [InvalidInput("no"), KeyError("bug"), ValueError("bug")])
def test_a_failing_write_takes_no_neighbour_of_its_commit_with_it(torc: Torc, error: Exception) -> None:
    first, bad, last = together(torc.database, add("a"), add_then(error), add("b"))
    assert (first.result(DEADLINE), last.result(DEADLINE)) == (1, 1)
    assert bad.exception(DEADLINE) is error
    assert stored(torc) == ["a", "b"]


def test_a_write_that_nobody_waits_for_any_more_does_not_stop_the_writer(torc: Torc) -> None:
    first, second, third = together(torc.database, add("a"), add("b"), add("c"))
    second.cancel()
    assert (first.result(DEADLINE), third.result(DEADLINE)) == (1, 1)
    assert torc.database.write("w", add("d")).result(DEADLINE) == 1
    assert ("b" in stored(torc)) is not second.cancelled()


def test_a_full_disk_fails_the_whole_commit_and_recovers_when_there_is_space(torc: Torc) -> None:
    connection = sqlite3.connect(torc.path)
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.close()

    def limit(tx: Tx, count: int) -> None:
        tx.run(f"PRAGMA max_page_count = {count}")

    torc.database.write("limit", limit, pages).result(DEADLINE)
    writes = together(torc.database, add("a"), add("x" * 300_000), add("b"))
    for write in writes:
        assert isinstance(write.exception(DEADLINE), StorageFull)
    assert stored(torc) == []
    torc.database.write("limit", limit, pages + 1000).result(DEADLINE)
    assert torc.database.write("w", add("c")).result(DEADLINE) == 1
    assert torc.sql("PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize(
    ("number", "kind", "message"),
    [
        (errno.ENOSPC, StorageFull, r"no space left for .*t\.db\.(lock|pid) \(free space"),
        (errno.EIO, TorcError, r"t\.db\.(lock cannot be written|pid): Input/output error"),
    ],
    ids=["full", "broken"],
)
@pytest.mark.parametrize("begin", [Database, lambda path: PidFile(Path(f"{path}.pid"))], ids=["lock", "pid"])
def test_a_file_beside_the_database_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begin: Any, number: int, kind: type[TorcError], message: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "pwrite", fail)
    with pytest.raises(kind, match=message):
        begin(tmp_path / "t.db")


def test_a_database_without_room_for_its_tables_is_told_as_a_full_disk(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "t.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA max_page_count = 2")
        with pytest.raises(StorageFull, match=r"no space left for t\.db \(free space"):
            migrate(connection, "t.db")
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def test_a_file_that_became_read_only_says_so(torc: Torc) -> None:
    def forbid(tx: Tx) -> None:
        tx.run("PRAGMA query_only = ON")

    torc.database.write("forbid", forbid).result(DEADLINE)
    with pytest.raises(StorageFull, match="is read-only"):
        torc("create_workflow", body={"name": "x", "user": "u"})


def test_a_reader_cannot_write(torc: Torc) -> None:
    with pytest.raises((StorageFull, exc.DBAPIError)):
        torc.database.read_here(lambda tx: tx.run(INSERT, ("x",)))


def test_a_closed_database_refuses_at_once_and_has_kept_what_was_queued(tmp_path: Path) -> None:
    database = Database(tmp_path / "t.db")
    futures = [database.write("w", add(str(number))) for number in range(200)]
    database.close()
    database.close()
    assert [future.result(0) for future in futures] == [1] * 200
    with pytest.raises(TorcError, match="closed"):
        database.write("w", add("late")).result(0)


def test_effects_are_published_after_the_commit_only(tmp_path: Path) -> None:
    seen: list[int] = []

    def committed(effects: Any) -> None:
        reader = sqlite3.connect(tmp_path / "t.db")
        seen.append(reader.execute("SELECT count(*) FROM workflow").fetchone()[0])
        reader.close()

    database = Database(tmp_path / "t.db", committed)
    database.write("w", add("a")).result(DEADLINE)
    with pytest.raises(KeyError):
        database.write("w", add_then(KeyError("x"))).result(DEADLINE)
    database.close()
    assert seen == [1]


def test_the_journal_suits_the_file_system(tmp_path: Path) -> None:
    mounts = "1 0 0:1 / / rw - ext4 /dev/sda rw\n2 1 0:2 / /home/my\\040self rw - nfs4 host:/x rw\n"
    assert locking.journal_mode(Path("/home/my self/t.db"), mounts) == "delete"
    assert locking.journal_mode(Path("/home/other/t.db"), mounts) == "wal"
    assert locking.journal_mode(Path("/home/my selfish/t.db"), mounts) == "wal"


def test_a_database_works_with_a_rollback_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "journal_mode", lambda path: "delete")
    torc = Torc(tmp_path / "t.db")
    assert torc.sql("PRAGMA journal_mode") == [("delete",)]
    workflow = Workflow(torc, {"a": [], "b": ["a"]})
    workflow.initialize()
    assert workflow.run_all() == ["a", "b"]
    torc.close()


def test_new_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        torc = Torc(tmp_path / "deep" / "t.db")
        torc("create_workflow", body={"name": "x", "user": "u"})
        assert {path.stat().st_mode & 0o777 for path in (tmp_path / "deep").iterdir()} == {0o600}
        torc.close()
    finally:
        os.umask(before)
