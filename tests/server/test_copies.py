"""Backups of a database that is in use, and their way back."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from pathlib import Path

import pytest

from torc.errors import Conflict, DatabaseUnusable, StorageFull
from torc.server.store import copies
from torc.server.store.locking import DatabaseLocked
from torc.server.store.migrations import APPLICATION_ID, LATEST

from .full_disk import files_end_at
from .inside import Torc, Workflow, check_counters
from .outside import Http, Server, until
from .test_daemon import torc_server


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def names(path: Path) -> list[str]:
    return [str(row[0]) for row in rows(path, "SELECT name FROM workflow ORDER BY id")]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with one workflow, which nobody uses."""
    torc = Torc(tmp_path / "t.db")
    Workflow(torc, {"a": [], "b": ["a"]}, workflow={"name": "kept"})
    torc.close()
    return tmp_path / "t.db"


def test_a_backup_is_one_private_file_that_is_a_database(database: Path, tmp_path: Path) -> None:
    made = copies.back_up(database, tmp_path / "copy.db")
    assert (made.schema, made.size) == (LATEST, (tmp_path / "copy.db").stat().st_size)
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    assert names(tmp_path / "copy.db") == ["kept"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith((".", "copy"))] == ["copy.db"]


def test_a_backup_under_load_is_a_consistent_moment(tmp_path: Path) -> None:
    server = Server(tmp_path / "t.db")
    http = Http(server.url)
    workflow = Workflow(http, {f"job {number}": [] for number in range(3000)})
    workflow.initialize()
    stop = threading.Event()

    def work() -> None:
        mine = Http(server.url)
        while not stop.is_set():
            jobs = mine("claim_next_jobs", workflow.id, limit=5)["jobs"]
            entries = [
                {"job_id": job["id"], "run_id": 1, "status": "completed", "result": {"return_code": 0}} for job in jobs
            ]
            mine("batch_complete_jobs", workflow.id, body={"completions": entries})
        mine.close()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        counts = []
        for number in range(3):
            target = tmp_path / f"copy{number}.db"
            done = torc_server("backup", "--database", tmp_path / "t.db", target)
            assert done.returncode == 0, done.stderr
            ended = rows(target, "SELECT count(*) FROM job WHERE status = 5")[0][0]
            assert rows(target, "SELECT count(*) FROM result") == [(ended,)]
            counts.append(ended)
    finally:
        stop.set()
        worker.join()
    assert counts == sorted(counts)
    assert server.stop() == 0
    copy = Torc(tmp_path / "copy2.db")
    check_counters(copy)
    copy.close()


def test_a_file_that_is_there_is_not_overwritten_unasked(database: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("precious")
    with pytest.raises(Conflict, match="exists already"):
        copies.back_up(database, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "precious"
    copies.back_up(database, tmp_path / "copy.db", overwrite=True)
    assert names(tmp_path / "copy.db") == ["kept"]


def test_a_directory_gets_a_file_with_the_date_in_its_name(database: Path, tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    done = torc_server("backup", "--database", database, tmp_path / "backups")
    assert done.returncode == 0, done.stderr
    (made,) = (tmp_path / "backups").iterdir()
    assert made.name.startswith("t-20")
    assert str(made) in done.stdout


def test_what_cannot_be_copied_leaves_nothing(database: Path, tmp_path: Path) -> None:
    for target in (tmp_path / "missing" / "copy.db", Path("/proc/copy.db")):
        with pytest.raises(DatabaseUnusable):
            copies.back_up(database, target)
    with files_end_at(65536), pytest.raises((StorageFull, DatabaseUnusable)):
        copies.back_up(database, tmp_path / "copy.db")
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == []
    for source in (tmp_path / "nothing.db", tmp_path):
        with pytest.raises(DatabaseUnusable, match="there is no database"):
            copies.back_up(source, tmp_path / "copy.db")


def test_a_damaged_database_makes_no_backup(database: Path, tmp_path: Path) -> None:
    with database.open("r+b") as file:
        file.seek(file.seek(0, os.SEEK_END) * 3 // 4)
        file.write(os.urandom(65536))
    with pytest.raises(DatabaseUnusable):
        copies.back_up(database, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists()


def test_restore_puts_a_backup_in_place_and_keeps_what_was_there(database: Path, tmp_path: Path) -> None:
    copies.back_up(database, tmp_path / "copy.db")
    torc = Torc(database)
    Workflow(torc, {"a": []}, workflow={"name": "later"})
    torc.close()
    made = copies.restore(tmp_path / "copy.db", database)
    assert names(database) == ["kept"]
    assert made.replaced is not None
    assert names(made.replaced) == ["kept", "later"]
    assert database.stat().st_mode & 0o777 == 0o600
    again = copies.restore(tmp_path / "copy.db", database)
    assert again.replaced not in (None, made.replaced)
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_restore_makes_a_database_where_there_was_none(database: Path, tmp_path: Path) -> None:
    done = torc_server("restore", "--yes", "--database", tmp_path / "new" / "t.db", database)
    assert done.returncode == 0, done.stderr
    assert names(tmp_path / "new" / "t.db") == ["kept"]
    assert "The database that was there" not in done.stdout


def test_restore_is_refused_while_a_server_holds_the_database(database: Path, tmp_path: Path) -> None:
    copies.back_up(database, tmp_path / "copy.db")
    server = Server(database)
    refused = torc_server("restore", "--yes", "--database", database, tmp_path / "copy.db")
    assert refused.returncode == 2
    assert f"in use by a torc server, process {server.process.pid}" in refused.stderr
    with pytest.raises(DatabaseLocked):
        copies.restore(tmp_path / "copy.db", database)
    assert server.stop() == 0


def test_restore_asks_before_it_does_anything(database: Path, tmp_path: Path) -> None:
    copies.back_up(database, tmp_path / "copy.db")
    before = database.read_bytes()
    refused = torc_server("restore", "--database", database, tmp_path / "copy.db")
    assert refused.returncode == 1
    assert database.read_bytes() == before


@pytest.mark.parametrize("kind", ["text", "other program", "newer", "missing"])
def test_restore_refuses_what_is_no_backup(database: Path, tmp_path: Path, kind: str) -> None:
    source, before = tmp_path / "source", database.read_bytes()
    if kind == "text":
        source.write_text("chapter one" * 1000)
    elif kind != "missing":
        with contextlib.closing(sqlite3.connect(source)) as connection:
            connection.execute("CREATE TABLE x (y)")
            if kind == "newer":
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {LATEST + 1}")
            connection.commit()
    with pytest.raises(DatabaseUnusable):
        copies.restore(source, database)
    assert database.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if "replaced" in path.name] == []


def test_the_journal_of_a_database_that_died_goes_with_it(database: Path, tmp_path: Path) -> None:
    copies.back_up(database, tmp_path / "copy.db")
    server = Server(database)
    Workflow(Http(server.url), {"a": []}, workflow={"name": "in the journal"})
    server.process.kill()
    server.wait()
    until(lambda: database.with_name("t.db-wal").exists())
    made = copies.restore(tmp_path / "copy.db", database)
    assert names(database) == ["kept"]
    assert made.replaced is not None
    assert names(made.replaced) == ["kept", "in the journal"]
