"""What went wrong: each failed job with its last lines, those that look alike together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from torc.errors import TorcError
from torc.logs.files import Attempt, directory_of, log_files, nodes_of
from torc.logs.reading import open_log, seek_last_lines
from torc.views.display import Displayed
from torc.views.failures import failures_html, failures_text
from torc.views.words import counted
from torc.workflow.frames import frame

if TYPE_CHECKING:
    from torc.workflow.stored import StoredWorkflow

STATUSES = ("failed", "terminated", "pending_failed")
#: Jobs whose logs are read; the rest is grouped by what the server knows.
READ = 200
LINES = 5
_TAIL_BYTES = 16 * 1024
_KNOWN = ("job_id", "job_name", "status", "return_code", "reason")
_VARYING = re.compile(r"0x[0-9a-fA-F]+|\d+(?:\.\d+)?|'[^']*'|\"[^\"]*\"|/[^\s:,]+")


class Failures(Displayed, Sequence[dict[str, Any]]):
    """The failed jobs of a workflow's present run.

    Each is a dictionary with ``job_id``, ``job_name``, ``status``, ``return_code``, ``reason`` and ``last_lines``;
    ``groups`` are those that look alike, the most frequent first.
    """

    def __init__(self, workflow_id: int, found: list[dict[str, Any]]) -> None:
        self.workflow_id = workflow_id
        self._found = found
        self.groups = grouped(found)

    @property
    def jobs(self) -> list[str]:
        """Names of the failed jobs."""
        return [failure["job_name"] for failure in self._found]

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row for each failed job."""
        return frame(self._found, "job_id", (*_KNOWN, "last_lines"))

    def __len__(self) -> int:
        return len(self._found)

    def __getitem__(self, index: Any) -> Any:
        return self._found[index]

    def __repr__(self) -> str:
        kinds = f", {len(self.groups)} kinds" if len(self.groups) > 1 else ""
        return f"<Failures of workflow {self.workflow_id}: {counted(len(self), 'job')}{kinds}>"

    def __str__(self) -> str:
        return failures_text(self.groups, len(self))

    def _text(self) -> str:
        return str(self)

    def _html(self) -> str:
        return failures_html(self.groups, len(self))


def failures_of(workflow: StoredWorkflow) -> Failures:
    """Return the failures of a workflow; their logs are read as far as they are on this machine."""
    nodes = nodes_of(workflow.connection.client, workflow.number)
    results = _results(workflow)
    found = [_failure(result, _last_lines(workflow.number, result, nodes)) for result in results[:READ]]
    found += [_failure(result, []) for result in results[READ:]]
    return Failures(workflow.number, found)


def _results(workflow: StoredWorkflow) -> list[dict[str, Any]]:
    found = (result for status in STATUSES for result in workflow.results.filter(status=status).records())
    return sorted(found, key=lambda result: int(result["job_id"]))


def _failure(result: Mapping[str, Any], last_lines: list[str]) -> dict[str, Any]:
    return {
        **{name: result.get(name) for name in _KNOWN},
        "last_lines": last_lines,
    }


def _last_lines(workflow_id: int, result: Mapping[str, Any], nodes: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """Return the end of what a job wrote to standard error, else to standard output."""
    attempt = Attempt.of_result(result, nodes)
    files = log_files(workflow_id, attempt)
    for kind in ("job_stderr", "job_stdout"):
        try:
            with open_log(files[kind], directory_of(attempt.node)) as file:
                seek_last_lines(file, LINES)
                text = file.read(_TAIL_BYTES).decode("utf-8", "replace")
        except TorcError:
            continue
        lines = [line.rstrip() for line in text.splitlines() if line.strip()]
        if lines:
            return lines[-LINES:]
    return []


def grouped(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return failures that end alike together: same status and code, and a last line that differs in figures only."""
    groups: dict[tuple[Any, ...], dict[str, Any]] = {}
    for failure in found:
        lines = failure["last_lines"]
        likeness = _alike(lines[-1], failure["job_name"]) if lines else ""
        reason = _alike(failure["reason"] or "", failure["job_name"])
        key = (failure["status"], failure["return_code"], reason, likeness)
        group = groups.setdefault(
            key, {**{name: failure[name] for name in ("status", "return_code", "reason", "last_lines")}, "jobs": []}
        )
        group["jobs"].append(failure["job_name"])
    return sorted(groups.values(), key=lambda group: -len(group["jobs"]))


def _alike(text: str, job_name: str | None) -> str:
    if job_name:
        text = re.sub(rf"(?<!\w){re.escape(job_name)}(?!\w)", "#", text)
    return _VARYING.sub("#", text)
