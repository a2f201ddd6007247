"""The environment of jobs and actions."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: What a runner knows of itself and jobs must not; a job's own token is added anew.
_SECRET = re.compile(r"TORC_.*(PASSWORD|TOKEN|SECRET|USERNAME)")
_OURS = ("TORC_WORKFLOW_ID", "TORC_JOB_ID", "TORC_JOB_NAME", "TORC_RUN_ID", "TORC_ATTEMPT_ID", "TORC_TEST_CRASH")


def shared_environment(
    inherited: Mapping[str, str],
    workflow: dict[str, Any],
    *,
    run_id: int,
    output_dir: str,
    api_url: str,
    api_token: str | None,
) -> dict[str, str]:
    """Return what all jobs of a runner have in common: its own environment without credentials, and the workflow's.

    Parameters
    ----------
    api_token
        The jobs' own token, which opens this workflow only.
    """
    env = {name: value for name, value in inherited.items() if name not in _OURS and not _SECRET.match(name)}
    env["TORC_WORKFLOW_ID"] = str(workflow["id"])
    env["TORC_RUN_ID"] = str(run_id)
    env["TORC_OUTPUT_DIR"] = output_dir
    # Jobs call torc by name, also when the runner's own was started by its path.
    programs = os.path.dirname(sys.executable)  # noqa: PTH120 - the interpreter may be reached through links
    env["PATH"] = os.pathsep.join([env.get("PATH", os.defpath), programs])
    if api_url:
        env["TORC_API_URL"] = api_url
    if api_token:
        env["TORC_API_TOKEN"] = api_token
    if workflow.get("submission_directory"):
        env["TORC_WORKFLOW_SUBMISSION_DIR"] = workflow["submission_directory"]
    return env


def home_of(workflow: Mapping[str, Any]) -> str | None:
    """Return where a workflow was created, if we may go there: its relative paths count from that directory."""
    home: str | None = workflow.get("submission_directory")
    return home if home and os.access(home, os.X_OK) and Path(home).is_dir() else None


def job_environment(job: dict[str, Any], run_id: int) -> dict[str, str]:
    """Return what a job has beside the shared environment."""
    env = dict(job.get("env") or ())
    env["TORC_JOB_ID"] = str(job["id"])
    env["TORC_JOB_NAME"] = job["name"]
    env["TORC_ATTEMPT_ID"] = str(job["attempt_id"])
    if job["run_id"] != run_id:
        env["TORC_RUN_ID"] = str(job["run_id"])
    return env
