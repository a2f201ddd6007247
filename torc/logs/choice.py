"""Which logs of a job are meant."""

from __future__ import annotations

from typing import Any

from torc.errors import NotFound
from torc.logs.files import Attempt, directory_of, log_files

_KINDS = {"stdout": "job_stdout", "stderr": "job_stderr", "runner": "job_runner_log"}


class Choice:
    """The logs of one attempt that are asked for: by default what the job itself wrote."""

    def __init__(
        self,
        job: dict[str, Any],
        attempt: Attempt,
        *,
        stdout: bool = False,
        stderr: bool = False,
        runner: bool = False,
        output_dir: str | None = None,
    ) -> None:
        asked = {"stdout": stdout, "stderr": stderr, "runner": runner}
        wanted = [kind for name, kind in _KINDS.items() if asked[name]] or ["job_stdout", "job_stderr"]
        known = log_files(job["workflow_id"], attempt, output_dir)
        self.job = job
        self.attempt = attempt
        self.directory = output_dir or directory_of(attempt.node)
        self.files = {kind: known[kind] for kind in wanted}

    def nothing_there(self) -> NotFound:
        """Return the error for logs of which none exists, with the reason if it is known."""
        node = self.attempt.node
        missing = ", ".join(self.files.values())
        host = node.get("hostname")
        where = f" (it ran on host {host}, with output directory {node.get('output_dir')})" if host else ""
        return NotFound(
            f"no log of job {self.job['id']} ({self.job['name']}) is on this machine: {missing}{where}",
            field="JOB_ID",
            value=self.job["id"],
            hint="if the files are elsewhere, give their directory with --output-dir",
        )
