"""The client's side of a run's beginning: it looks at the workflow's files, the server decides."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from torc.client.client import Client
from torc.errors import InvalidInput


def file_states(client: Client, workflow_id: int, directory: Path | None = None) -> list[dict[str, Any]]:
    """Return modification times of the workflow's files as seen from ``directory`` (default: here)."""
    base = os.fspath(directory or Path.cwd())
    return [
        {"file_id": record["id"], "st_mtime": modification_time(os.path.join(base, record["path"]))}  # noqa: PTH118
        for record in client.pages("list_files", workflow_id=workflow_id)
    ]


def modification_time(path: str) -> float | None:
    """Return when the file was changed last, or null when it cannot be seen."""
    try:
        return os.stat(path).st_mtime  # noqa: PTH116 - one call for each of perhaps 100,000 files
    except (OSError, ValueError):
        return None


def begin_run(
    client: Client,
    workflow_id: int,
    *,
    again: bool = False,
    force: bool = False,
    dry_run: bool = False,
    retry_failed: bool = False,
    directory: Path | None = None,
) -> dict[str, Any]:
    """Initialize a workflow, or with ``again`` reinitialize it, and return what that did.

    Parameters
    ----------
    again
        Keep what is complete and unchanged.
    force
        Begin although input files or data are missing.
    dry_run
        Only tell what would happen.
    retry_failed
        With ``again``, also run what failed.
    directory
        Where relative paths of files begin; default is the workflow's submission directory, else here.
    """
    if directory is None:
        submitted_from = client.get_workflow(workflow_id).get("submission_directory")
        directory = Path(submitted_from) if submitted_from and Path(submitted_from).is_dir() else None
    request = {
        "files": file_states(client, workflow_id, directory),
        "force": force,
        "dry_run": dry_run,
        "retry_failed": retry_failed,
    }
    operation = "reinitialize_workflow" if again else "initialize_workflow"
    reply: dict[str, Any] = client.call(operation, workflow_id, body=request)
    return reply


def begin_if_needed(client: Client, status: dict[str, Any]) -> tuple[bool, dict[str, Any]] | None:
    """Begin a run when jobs wait for one and none is on its way.

    Returns whether it goes on after an earlier one and what beginning did, or null when there was nothing to begin.

    Raises
    ------
    InvalidInput
        When the workflow is archived.
    """
    number, counts = status["workflow_id"], status["jobs_by_status"]
    if status["is_archived"]:
        raise InvalidInput(
            f"workflow {number} is archived", field="id", hint=f"torc workflows archive false {number} takes it back"
        )
    # Without jobs there is nothing uninitialized, but before its first run a workflow is all the same.
    if status["run_id"] and (not counts["uninitialized"] or counts["pending"] or counts["running"]):
        return None
    again = counts["uninitialized"] < status["total_jobs"]
    return again, begin_run(client, number, again=again)
