"""Where the runner writes: every file below the output directory gets its name here and nowhere else."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path

JOB_STDIO = "job_stdio"
PRIVATE = ".torc"


def host_name() -> str:
    """Return this host's name in a form that is safe as part of a file name."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", socket.gethostname()) or "localhost"


def stdout_path(output_dir: str, workflow_id: int, job_id: int, run_id: int, attempt_id: int) -> str:
    """Return the file that holds a job's standard output."""
    return f"{output_dir}/{JOB_STDIO}/job_wf{workflow_id}_j{job_id}_r{run_id}_a{attempt_id}.o"


def stderr_path(output_dir: str, workflow_id: int, job_id: int, run_id: int, attempt_id: int) -> str:
    """Return the file that holds a job's standard error."""
    return f"{output_dir}/{JOB_STDIO}/job_wf{workflow_id}_j{job_id}_r{run_id}_a{attempt_id}.e"


def script_path(output_dir: str, workflow_id: int, job_id: int, run_id: int, attempt_id: int) -> str:
    """Return the file for a command that is too long for a command line."""
    return f"{output_dir}/{PRIVATE}/job_wf{workflow_id}_j{job_id}_r{run_id}_a{attempt_id}.sh"


def runner_log_path(output_dir: str, workflow_id: int, run_id: int, host: str | None = None) -> str:
    """Return the log file of a runner."""
    return f"{output_dir}/job_runner_{host or host_name()}_wf{workflow_id}_r{run_id}.log"


def exit_file_path(output_dir: str, workflow_id: int, host: str, pid: int) -> str:
    """Return the file in which the guardian of runner ``pid`` leaves exits that nobody confirmed."""
    return f"{output_dir}/{PRIVATE}/exits_wf{workflow_id}_{host}_{pid}.jsonl"


def outbox_path(output_dir: str, workflow_id: int, host: str, pid: int) -> str:
    """Return the file in which runner ``pid`` leaves completions that the server has not accepted."""
    return f"{output_dir}/{PRIVATE}/outbox_wf{workflow_id}_{host}_{pid}.jsonl"


def left_behind(output_dir: str, workflow_id: int, host: str) -> list[str]:
    """Return the exit files and outboxes that runners of this workflow have left on this host."""
    private = Path(output_dir) / PRIVATE
    return sorted(str(path) for path in private.glob(f"*_wf{workflow_id}_{host}_*.jsonl"))


def prepare(output_dir: str) -> str:
    """Create the output directory and what belongs below it; return its absolute path.

    What is created is for the owner alone; what exists is left as it is.
    """
    absolute = os.path.abspath(output_dir)  # noqa: PTH100  (the directory may be reached through links on purpose)
    for directory in (absolute, f"{absolute}/{JOB_STDIO}", f"{absolute}/{PRIVATE}"):
        Path(directory).mkdir(mode=0o700, parents=True, exist_ok=True)
    return absolute
