"""What a run starts from: which inputs are there, what has changed, what is to be done again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

from torc.server.store.transaction import Tx
from torc.states import ENDED, JobStatus, sql_list

#: Modification times that differ by less are the same (coarse clocks of file servers).
MTIME_TOLERANCE = 0.01

#: Everything that a job's result may depend on, except the contents of files.
_INPUTS = (
    "SELECT json_array(j.command, j.invocation_script, json(j.env), "
    "(SELECT json_group_array(k) FROM (SELECT s.key AS k FROM job_dependency_set w JOIN dependency_set s "
    "ON s.id = w.set_id WHERE w.job_id = j.id AND s.derived = 0 ORDER BY s.key)), "
    "(SELECT json_group_array(file_id) FROM job_input_file WHERE job_id = j.id), "
    "(SELECT json_group_array(file_id) FROM job_output_file WHERE job_id = j.id), "
    "(SELECT json_group_array(user_data_id) FROM job_output_user_data WHERE job_id = j.id), "
    "(SELECT json_group_array(json_array(u.id, json(u.data))) FROM job_input_user_data i "
    "JOIN user_data u ON u.id = i.user_data_id WHERE i.job_id = j.id)) FROM job j "
)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def store_hashes(tx: Tx, job_ids: Sequence[int]) -> None:
    """Remember what the inputs of these jobs are now."""
    rows = tx.run(
        _INPUTS.replace(" FROM job j ", ", j.id FROM json_each(?) k JOIN job j ON j.id = k.value "),
        (json.dumps(list(job_ids)),),
    )
    hashes = [(_hash(text), job_id) for text, job_id in rows.fetchall()]
    tx.run_many("UPDATE job SET input_hash = ? WHERE id = ?", hashes)


def jobs_with_changed_inputs(tx: Tx, workflow_id: int) -> list[int]:
    """Return ended jobs whose inputs are not what they were when they ran."""
    rows = tx.run(
        _INPUTS.replace(" FROM job j ", ", j.input_hash, j.id FROM job j ")
        + f"WHERE j.workflow_id = ? AND j.status IN {sql_list(ENDED)} AND j.input_hash IS NOT NULL",
        (workflow_id,),
    )
    return [job_id for text, known, job_id in rows if _hash(text) != known]


def without_hash(tx: Tx, workflow_id: int) -> list[int]:
    """Return the jobs that are about to run and whose inputs are to be remembered."""
    return tx.column(
        f"SELECT id FROM job WHERE workflow_id = ? AND status IN ({int(JobStatus.ready)}, {int(JobStatus.blocked)})",
        (workflow_id,),
    )


def changed_files(tx: Tx, workflow_id: int, seen: dict[int, float | None]) -> list[int]:
    """Return the files among ``seen`` (id to modification time, None when missing) that are not as last recorded."""
    rows = tx.run("SELECT id, st_mtime FROM file WHERE workflow_id = ?", (workflow_id,))
    return [file_id for file_id, known in rows if file_id in seen and _differs(known, seen[file_id])]


def _differs(known: float | None, now: float | None) -> bool:
    if known is None or now is None:
        return known is not now
    return abs(known - now) > MTIME_TOLERANCE


def record_files(tx: Tx, workflow_id: int, seen: Iterable[tuple[int, float | None]]) -> None:
    """Store modification times of a workflow's files, given as (file id, seconds since the epoch or None)."""
    rows = ((mtime, file_id, workflow_id) for file_id, mtime in seen)
    tx.run_many("UPDATE file SET st_mtime = ? WHERE id = ? AND workflow_id = ?", rows)


def is_only_reset(tx: Tx, workflow_id: int) -> bool:
    """Say whether the last thing that happened was a reset: the run that it numbered has not begun.

    Runners of the run before may end later than its last job.
    """
    last = tx.scalar(
        "SELECT event_type FROM event WHERE workflow_id = ? AND event_type != 'jobs_reset' "
        "AND event_type NOT GLOB 'compute_node_*' ORDER BY id DESC LIMIT 1",
        (workflow_id,),
    )
    return bool(last == "workflow_status_reset")


def readers(tx: Tx, file_ids: Sequence[int]) -> list[int]:
    """Return the jobs that read any of these files."""
    return tx.column(
        "SELECT DISTINCT i.job_id FROM json_each(?) k JOIN job_input_file i ON i.file_id = k.value",
        (json.dumps(list(file_ids)),),
    )


def makers(tx: Tx, file_ids: Sequence[int]) -> list[int]:
    """Return the jobs that write any of these files."""
    return tx.column(
        "SELECT DISTINCT o.job_id FROM json_each(?) k JOIN job_output_file o ON o.file_id = k.value",
        (json.dumps(list(file_ids)),),
    )


def required_files(tx: Tx, workflow_id: int) -> list[int]:
    """Return the files that jobs read and no job writes."""
    return tx.column(
        "SELECT f.id FROM file f WHERE f.workflow_id = ? "
        "AND EXISTS (SELECT 1 FROM job_input_file i WHERE i.file_id = f.id) "
        "AND NOT EXISTS (SELECT 1 FROM job_output_file o WHERE o.file_id = f.id) ORDER BY f.id",
        (workflow_id,),
    )


def output_files(tx: Tx, workflow_id: int) -> list[int]:
    """Return the files that jobs write."""
    return tx.column(
        "SELECT f.id FROM file f WHERE f.workflow_id = ? "
        "AND EXISTS (SELECT 1 FROM job_output_file o WHERE o.file_id = f.id) ORDER BY f.id",
        (workflow_id,),
    )


def missing_user_data(tx: Tx, workflow_id: int) -> list[int]:
    """Return the records without data that jobs read and no job writes."""
    return tx.column(
        "SELECT u.id FROM user_data u WHERE u.workflow_id = ? AND (u.data IS NULL OR u.data = 'null') "
        "AND EXISTS (SELECT 1 FROM job_input_user_data i WHERE i.user_data_id = u.id) "
        "AND NOT EXISTS (SELECT 1 FROM job_output_user_data o WHERE o.user_data_id = u.id) ORDER BY u.id",
        (workflow_id,),
    )


def clear_ephemeral(tx: Tx, workflow_id: int) -> None:
    """Forget the data of ephemeral records."""
    tx.run("UPDATE user_data SET data = NULL WHERE workflow_id = ? AND is_ephemeral = 1", (workflow_id,))


def paths(tx: Tx, file_ids: Sequence[int]) -> list[str]:
    """Return the paths of files."""
    return tx.column(
        "SELECT f.path FROM json_each(?) k JOIN file f ON f.id = k.value ORDER BY f.id", (json.dumps(list(file_ids)),)
    )


def user_data_names(tx: Tx, ids: Sequence[int]) -> list[str]:
    """Return the names of user-data records."""
    return tx.column(
        "SELECT u.name FROM json_each(?) k JOIN user_data u ON u.id = k.value ORDER BY u.id", (json.dumps(list(ids)),)
    )


def jobs_in(tx: Tx, workflow_id: int, statuses: frozenset[JobStatus]) -> list[int]:
    """Return the jobs with one of these statuses."""
    return tx.column(f"SELECT id FROM job WHERE workflow_id = ? AND status IN {sql_list(statuses)}", (workflow_id,))


def among(tx: Tx, job_ids: Sequence[int], statuses: frozenset[JobStatus]) -> list[int]:
    """Return those of the jobs that have one of these statuses."""
    return tx.column(
        "SELECT j.id FROM json_each(?) k JOIN job j ON j.id = k.value "
        f"WHERE j.status IN {sql_list(statuses)} ORDER BY j.id",
        (json.dumps(list(job_ids)),),
    )
