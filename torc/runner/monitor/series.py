"""The file with every sample: a SQLite database of one runner, written in batches."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS job_resource_samples (
    id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL,
    timestamp REAL NOT NULL,
    cpu_percent REAL NOT NULL,
    memory_bytes INTEGER NOT NULL,
    num_processes INTEGER NOT NULL,
    attempt_id INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX IF NOT EXISTS job_resource_samples_job ON job_resource_samples (job_id, timestamp);
CREATE TABLE IF NOT EXISTS job_metadata (
    job_id INTEGER PRIMARY KEY,
    job_name TEXT NOT NULL,
    num_cpus INTEGER,
    memory_bytes INTEGER,
    num_gpus INTEGER
);
CREATE TABLE IF NOT EXISTS job_attempts (
    job_id INTEGER NOT NULL,
    attempt_id INTEGER NOT NULL,
    start_time REAL NOT NULL,
    end_time REAL,
    status TEXT NOT NULL,
    return_code INTEGER,
    peak_memory_bytes INTEGER,
    cpu_time_seconds REAL,
    PRIMARY KEY (job_id, attempt_id)
);
CREATE TABLE IF NOT EXISTS system_resource_samples (
    id INTEGER PRIMARY KEY,
    timestamp REAL NOT NULL,
    cpu_percent REAL NOT NULL,
    memory_bytes INTEGER NOT NULL,
    total_memory_bytes INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS run_metadata (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    workflow_id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    hostname TEXT NOT NULL,
    num_cpus INTEGER NOT NULL,
    memory_bytes INTEGER NOT NULL
);
"""
_INSERTS = {
    "job_resource_samples": "INSERT INTO job_resource_samples "
    "(job_id, timestamp, cpu_percent, memory_bytes, num_processes, attempt_id) VALUES (?, ?, ?, ?, ?, ?)",
    "job_metadata": "INSERT OR REPLACE INTO job_metadata VALUES (?, ?, ?, ?, ?)",
    "job_attempts": "INSERT OR REPLACE INTO job_attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    "system_resource_samples": "INSERT INTO system_resource_samples "
    "(timestamp, cpu_percent, memory_bytes, total_memory_bytes) VALUES (?, ?, ?, ?)",
    "run_metadata": "INSERT OR REPLACE INTO run_metadata VALUES (1, ?, ?, ?, ?, ?)",
}
#: So many rows are written before their time.
BATCH = 20_000
#: So many rows are kept for a disk that takes none; after that, samples are lost.
MOST_KEPT = 500_000
_LOCK_TIMEOUT = 10.0


class Series:
    """Rows that wait to be written, and the file that takes them.

    No connection stays open between batches, and the journal is one that network file systems can do.
    """

    def __init__(self, path: str, tell: Callable[[str], None]) -> None:
        self.path = path
        self._tell = tell
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _INSERTS}
        self._count = 0
        self._lock = threading.Lock()
        self._trouble: str | None = None

    def add(self, table: str, *row: Any) -> None:
        """Keep a row for the next batch; safe from any thread."""
        with self._lock:
            if self._count < MOST_KEPT:
                self._rows[table].append(row)
                self._count += 1

    @property
    def is_full(self) -> bool:
        """Whether a batch should be written before its time; a disk in trouble is not asked more often."""
        return self._count >= BATCH and self._trouble is None

    def flush(self) -> None:
        """Write what is kept in one transaction; on failure keep it and tell once."""
        with self._lock:
            rows, self._rows = self._rows, {table: [] for table in _INSERTS}
            count, self._count = self._count, 0
        if not count:
            return
        try:
            self._write(rows)
            self._trouble = None
        except (sqlite3.Error, OSError) as error:
            with self._lock:
                for table, kept in rows.items():
                    self._rows[table][:0] = kept
                self._count += count
            if self._trouble is None:
                self._trouble = str(error)
                self._tell(f"cannot write {self.path}: {error}; samples are kept in memory for now")

    def _write(self, rows: dict[str, list[tuple[Any, ...]]]) -> None:
        Path(self.path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(self.path, timeout=_LOCK_TIMEOUT)) as connection, connection:
            connection.executescript(_SCHEMA)
            for table, batch in rows.items():
                if batch:
                    connection.executemany(_INSERTS[table], batch)
