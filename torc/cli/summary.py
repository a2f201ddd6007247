"""What ``torc run`` says at the end: counts, the first failed jobs with their logs, and what to do next."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from torc.cli.output import Ended, Message
from torc.client.client import Client
from torc.errors import TorcError
from torc.units import format_duration

if TYPE_CHECKING:
    from torc.runner.options import Outcome

SHOWN = 5
_UNSUCCESSFUL = ("failed", "terminated", "pending_failed")


def summarize(client: Client, workflow_id: int, outcome: Outcome, output_dir: str, seconds: float) -> Message:
    """Return the end of a run for people and for programs."""
    document = _document(client, workflow_id, outcome, output_dir, seconds)
    return Message([_headline(document, outcome.jobs_by_status), *_lines(document)], document)


def already_complete(client: Client, status: dict[str, Any], output_dir: str) -> Ended:
    """Return what is said of a workflow that has nothing left to run, with the exit code of its last run."""
    from torc.runner.options import Outcome

    number, counts = status["workflow_id"], status["jobs_by_status"]
    failed = any(count for name, count in counts.items() if name not in ("completed", "disabled"))
    message = "nothing to do: the workflow is complete"
    outcome = Outcome("complete", int(failed), message, status["run_id"], jobs_by_status=counts)
    document = _document(client, number, outcome, output_dir, 0.0)
    lines = [
        f"Workflow {number} (run {status['run_id']}) is complete, there is nothing to do: {_counted(document)}",
        *_lines(document),
        f"To run what has changed: torc workflows reinitialize {number} && torc run {number}",
        f"To run everything again: torc workflows initialize {number} && torc run {number}",
    ]
    return Ended(Message(lines, document), outcome.exit_code)


def _document(client: Client, workflow_id: int, outcome: Outcome, output_dir: str, seconds: float) -> dict[str, Any]:
    counts = {name: count for name, count in (outcome.jobs_by_status or {}).items() if count}
    return {
        "workflow_id": workflow_id,
        "run_id": outcome.run_id,
        "reason": outcome.reason,
        "message": outcome.message,
        "exit_code": outcome.exit_code,
        "total_jobs": sum(counts.values()),
        "jobs_by_status": counts,
        "failed_jobs": _failed_results(client, workflow_id, outcome.run_id, output_dir, counts),
        "wall_time_seconds": round(seconds, 3),
        "output_dir": os.path.abspath(output_dir),  # noqa: PTH100 - links stay as the user wrote them
        "log_path": outcome.log_path,
    }


def _headline(document: dict[str, Any], asked: dict[str, int]) -> str:
    took = format_duration(document["wall_time_seconds"])
    run = f"Workflow {document['workflow_id']} (run {document['run_id']})"
    if not asked:
        return f"{run}: left after {took}; the server did not tell how far the workflow is"
    return f"{run}: {_counted(document)} in {took}"


def _counted(document: dict[str, Any]) -> str:
    return ", ".join(f"{count} {name}" for name, count in document["jobs_by_status"].items()) or "no jobs"


def _failed_results(
    client: Client, workflow_id: int, run_id: int, output_dir: str, counts: dict[str, int]
) -> list[dict[str, Any]]:
    from torc.runner.paths import stderr_path

    found: list[dict[str, Any]] = []
    try:
        for status in _UNSUCCESSFUL:
            if counts.get(status) and len(found) < SHOWN:
                wanted = SHOWN - len(found)
                page = client.list_results(workflow_id=workflow_id, run_id=run_id, status=status, limit=wanted)
                found += page["items"]
    except TorcError:
        # The run has ended either way; its counts say enough.
        return []
    return [
        {
            "job_id": result["job_id"],
            "job_name": result.get("job_name"),
            "status": result["status"],
            "return_code": result["return_code"],
            "reason": result.get("reason"),
            "stderr": stderr_path(
                output_dir, workflow_id, result["job_id"], result["run_id"], result.get("attempt_id") or 1
            ),
        }
        for result in found
    ]


def _lines(document: dict[str, Any]) -> list[str]:
    number, counts, failed = document["workflow_id"], document["jobs_by_status"], document["failed_jobs"]
    lines = []
    if document["message"] and document["reason"] != "complete":
        lines.append(document["message"])
    for job in failed:
        reason = f", {job['reason']}" if job["reason"] else ""
        lines.append(f"  {job['job_name']}: {job['status']}, return code {job['return_code']}{reason}")
        lines.append(f"    {job['stderr']}")
    unlucky = sum(counts.get(status, 0) for status in _UNSUCCESSFUL)
    if unlucky > len(failed):
        lines.append(f"  and {unlucky - len(failed)} more: torc results list {number} --failed")
    return lines + _next_steps(number, document, counts)


def _next_steps(number: int, document: dict[str, Any], counts: dict[str, int]) -> list[str]:
    if document["exit_code"] == 0:
        return [f"Results: torc results list {number}"]
    if counts.get("failed") or counts.get("pending_failed"):
        again = f"torc workflows reset-status {number} --failed-only --restart --no-prompts"
        return [f"To run failed jobs again: {again} && torc run {number}"]
    if document["reason"] in ("signal", "time_limit", "canceled") or counts.get("terminated"):
        return [f"To go on: torc workflows reinitialize {number} && torc run {number}"]
    return []
