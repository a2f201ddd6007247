"""Where the runner writes: every file below the output directory gets its name here and nowhere else."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

JOB_STDIO = "job_stdio"
PRIVATE = ".torc"
VALUES = "call_values"
RESOURCES = "resource_utilization"

_WORKFLOW = r"wf(?P<workflow>\d+)"
_JOB = rf"{JOB_STDIO}/job_{_WORKFLOW}_j(?P<job>\d+)_r(?P<run>\d+)_a(?P<attempt>\d+)"
_LOGS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("job_stdout", rf"{_JOB}\.o"),
        ("job_stderr", rf"{_JOB}\.e"),
        ("job_runner_log", rf"job_runner_.+_{_WORKFLOW}_r(?P<run>\d+)\.log"),
        ("job_runner_log", rf"job_runner_slurm_{_WORKFLOW}_sl.+\.log"),
        ("slurm_stdout", rf"slurm_output_{_WORKFLOW}_sl.+\.o"),
        ("slurm_stderr", rf"slurm_output_{_WORKFLOW}_sl.+\.e"),
        ("slurm_env_log", rf"slurm_env_{_WORKFLOW}_sl.+\.log"),
        ("dmesg_log", rf"dmesg_slurm_{_WORKFLOW}_sl.+\.log"),
    )
)


class LogName(NamedTuple):
    """A log file below an output directory, and what its name tells."""

    name: str
    kind: str
    run_id: int | None = None
    job_id: int | None = None
    attempt_id: int | None = None


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


def value_path(output_dir: str, workflow_id: int, job_id: int, run_id: int, attempt_id: int) -> str:
    """Return the file for what a call returns, when that is large."""
    return f"{output_dir}/{VALUES}/job_wf{workflow_id}_j{job_id}_r{run_id}_a{attempt_id}.pickle"


def arguments_path(output_dir: str, name: str) -> str:
    """Return the file for what a call is given, when that is large; ``name`` is safe and unique."""
    return f"{output_dir}/{VALUES}/{name}.pickle"


def runner_log_path(output_dir: str, workflow_id: int, run_id: int, host: str | None = None) -> str:
    """Return the log file of a runner."""
    return f"{output_dir}/job_runner_{host or host_name()}_wf{workflow_id}_r{run_id}.log"


def launch_log_path(output_dir: str, workflow_id: int) -> str:
    """Return the file for what runners print that were started in the background, which is mostly nothing."""
    return f"{output_dir}/{PRIVATE}/launch_wf{workflow_id}.log"


def runner_output_path(output_dir: str, workflow_id: int) -> str:
    """Return the file for what a runner in the background prints."""
    return f"{output_dir}/{PRIVATE}/runner_wf{workflow_id}.out"


def slurm_paths(output_dir: str, workflow_id: int, slurm_job_id: object, node: object, task: object) -> dict[str, str]:
    """Return the files of a runner in a Slurm allocation: its own log, and what it and Slurm write beside it."""
    place = f"wf{workflow_id}_sl{slurm_job_id}"
    task_place = f"{place}_n{node}_pid{task}"
    return {
        "job_runner_log": f"{output_dir}/job_runner_slurm_{task_place}.log",
        "slurm_stdout": f"{output_dir}/slurm_output_{place}.o",
        "slurm_stderr": f"{output_dir}/slurm_output_{place}.e",
        "slurm_env_log": f"{output_dir}/slurm_env_{task_place}.log",
        "dmesg_log": f"{output_dir}/dmesg_slurm_{task_place}.log",
    }


def logs_of_workflow(output_dir: str, workflow_id: int) -> Iterator[LogName]:
    """Yield the names of a workflow's log files that are in an output directory, in order.

    Only names are looked at: what they stand for may be anything.
    """
    for below in ("", f"{JOB_STDIO}/"):
        try:
            names = sorted(os.listdir(f"{output_dir}/{below}"))  # noqa: PTH208  (a plain list of 100,000 names)
        except OSError:
            continue
        for name in names:
            log = _log_name(below + name, workflow_id)
            if log is not None:
                yield log


def _log_name(name: str, workflow_id: int) -> LogName | None:
    for kind, pattern in _LOGS:
        match = pattern.fullmatch(name)
        if match is not None:
            found = {key: int(value) for key, value in match.groupdict().items()}
            if found["workflow"] != workflow_id:
                return None
            return LogName(name, kind, found.get("run"), found.get("job"), found.get("attempt"))
    return None


def metrics_path(output_dir: str, workflow_id: int, run_id: int, host: str | None = None) -> str:
    """Return the database with the samples of what a runner's jobs used."""
    return f"{output_dir}/{RESOURCES}/resource_metrics_{host or host_name()}_{workflow_id}_{run_id}.db"


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
