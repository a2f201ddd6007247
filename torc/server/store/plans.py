"""Writing a whole workflow at once: positions in the plan become ids."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from torc.server.store.nouns import (
    FAILURE_HANDLER,
    FILE,
    LOCAL_SCHEDULER,
    RESOURCE_REQUIREMENTS,
    SLURM_SCHEDULER,
    USER_DATA,
)
from torc.server.store.records import JSON, Noun, unique_names_of
from torc.server.store.transaction import Tx

_USER_DATA = re.compile(r"\$\{user_data\.(?:input|output)\.([^}]+)\}")

_JOB_COLUMNS = (
    "id", "workflow_id", "name", "command", "invocation_script", "priority", "env", "cancel_on_blocking_job_failure",
    "supports_termination", "resource_requirements_id", "scheduler_id", "failure_handler_id",
)  # fmt: skip


def next_id(tx: Tx, table: str) -> int:
    """Return the id that the table's next row gets; ids of deleted rows are not used again."""
    return (tx.scalar("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)) or 0) + 1


def insert_many(tx: Tx, noun: Noun, workflow_id: int, rows: Sequence[dict[str, Any]], *extra: str) -> list[int]:
    """Insert records and return their ids in order; ``extra`` names columns that are not on the wire."""
    if not rows:
        return []
    first = next_id(tx, noun.table)
    names = [name for name in rows[0] if name in noun.fields or name in extra]
    kinds = [noun.fields.get(name) for name in names]
    sql = f"INSERT INTO {noun.table} (id, workflow_id, {', '.join(names)}) VALUES (?, ?{', ?' * len(names)})"

    def values() -> Iterator[list[Any]]:
        for number, row in enumerate(rows):
            stored = (
                row[name] if row[name] is None or kind is None else kind.write(row[name])
                for name, kind in zip(names, kinds, strict=True)
            )
            yield [first + number, workflow_id, *stored]

    with unique_names_of(tx, noun, workflow_id, first, [row["name"] for row in rows]):
        tx.run_many(sql, values())
    return list(range(first, first + len(rows)))


def insert_files(tx: Tx, workflow_id: int, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert files."""
    return insert_many(tx, FILE, workflow_id, rows)


def insert_user_data(tx: Tx, workflow_id: int, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert user data."""
    return insert_many(tx, USER_DATA, workflow_id, rows)


def insert_requirements(tx: Tx, workflow_id: int, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert resource requirements with their parsed sizes."""
    return insert_many(tx, RESOURCE_REQUIREMENTS, workflow_id, rows, "memory_bytes", "runtime_seconds")


def insert_schedulers(tx: Tx, workflow_id: int, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert Slurm schedulers."""
    return insert_many(tx, SLURM_SCHEDULER, workflow_id, rows)


def insert_local_schedulers(tx: Tx, workflow_id: int, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert local schedulers."""
    return insert_many(tx, LOCAL_SCHEDULER, workflow_id, rows)


def insert_failure_handlers(tx: Tx, workflow_id: int, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert failure handlers."""
    return insert_many(tx, FAILURE_HANDLER, workflow_id, rows)


def insert_jobs(tx: Tx, rows: Iterable[Sequence[Any]]) -> None:
    """Insert jobs, given as the columns id, workflow, name, command, invocation script, priority, env,
    cancel flag, termination flag, requirements, scheduler, failure handler."""
    sql = f"INSERT INTO job ({', '.join(_JOB_COLUMNS)}) VALUES ({', '.join('?' * len(_JOB_COLUMNS))})"
    tx.run_many(sql, rows)


def insert_templates(tx: Tx, rows: Iterable[tuple[int, str]]) -> None:
    """Keep commands as they were written, given as job id and text."""
    tx.run_many("INSERT INTO job_command_template (job_id, template) VALUES (?, ?)", rows)


def insert_relation(tx: Tx, table: str, column: str, pairs: Iterable[tuple[int, int]]) -> None:
    """Insert (job id, record id) pairs of one of the four job relations."""
    tx.run_many(f"INSERT OR IGNORE INTO {table} (job_id, {column}) VALUES (?, ?)", pairs)


def insert_sets(
    tx: Tx, workflow_id: int, keyed: Iterable[tuple[str, Sequence[int]]], waits: Iterable[tuple[int, int]]
) -> None:
    """Insert dependency sets, given as (key, member ids), and waits, given as (job id, position of the set)."""
    first = next_id(tx, "dependency_set")
    members: list[tuple[int, str]] = []
    rows: list[tuple[int, int, str]] = []
    ids: dict[str, int] = {}
    set_ids = []
    for key, job_ids in keyed:
        set_id = ids.setdefault(key, first + len(ids))
        set_ids.append(set_id)
        if set_id == first + len(rows):
            rows.append((set_id, workflow_id, key))
            members.append((set_id, json.dumps(list(job_ids))))
    tx.run_many("INSERT INTO dependency_set (id, workflow_id, key, derived) VALUES (?, ?, ?, 0)", rows)
    tx.run_many(
        "INSERT OR IGNORE INTO dependency_set_member (set_id, job_id) SELECT ?, value FROM json_each(?)",
        [(set_id, text) for set_id, text in members],
    )
    tx.run_many(
        "INSERT OR IGNORE INTO job_dependency_set (job_id, set_id) VALUES (?, ?)",
        ((job_id, set_ids[position]) for job_id, position in waits),
    )


def with_user_data_ids(command: str, ids: dict[str, int]) -> str:
    """Put record ids in the place of ``${user_data.input.NAME}`` and ``${user_data.output.NAME}``."""
    return _USER_DATA.sub(lambda match: str(ids.get(match[1], match[0])), command)


def env_text(env: dict[str, str] | None) -> str | None:
    """Return a job's variables as they are stored."""
    return JSON.write(env) if env else None


def find_request(tx: Tx, request_id: str) -> tuple[int, str | None] | None:
    """Return the workflow that an earlier request with this id created, and the digest of that request."""
    row = tx.run("SELECT id, request_digest FROM workflow WHERE request_id = ?", (request_id,)).fetchone()
    return None if row is None else (row[0], row[1])
