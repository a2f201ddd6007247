"""What ``torc run`` says at the end: counts, the first failed jobs with their logs, and what to do next."""

from __future__ import annotations

import os
from typing import Any

from torc.cli.output import Message
from torc.client.client import Client
from torc.errors import TorcError
from torc.units import format_duration

SHOWN = 5
_UNSUCCESSFUL = ("failed", "terminated", "pending_failed")


def summarize(client: Client, workflow_id: int, outcome: Any, output_dir: str, seconds: float) -> Message:
    """Return the end of a run for people and for programs."""
    counts = {name: count for name, count in (outcome.jobs_by_status or {}).items() if count}
    failed = _failed_results(client, workflow_id, outcome.run_id, output_dir, counts)
    document = {
        "workflow_id": workflow_id,
        "run_id": outcome.run_id,
        "reason": outcome.reason,
        "message": outcome.message,
        "exit_code": outcome.exit_code,
        "total_jobs": sum(counts.values()),
        "jobs_by_status": counts,
        "failed_jobs": failed,
        "wall_time_seconds": round(seconds, 3),
        "output_dir": os.path.abspath(output_dir),  # noqa: PTH100 - links stay as the user wrote them
        "log_path": outcome.log_path,
    }
    return Message([_headline(document, outcome.jobs_by_status), *_lines(document, counts, failed)], document)


def _headline(document: dict[str, Any], asked: dict[str, int]) -> str:
    took = format_duration(document["wall_time_seconds"])
    run = f"Workflow {document['workflow_id']} (run {document['run_id']})"
    if not asked:
        return f"{run}: left after {took}; the server did not tell how far the workflow is"
    shown = ", ".join(f"{count} {name}" for name, count in document["jobs_by_status"].items()) or "no jobs"
    return f"{run}: {shown} in {took}"


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


def _lines(document: dict[str, Any], counts: dict[str, int], failed: list[dict[str, Any]]) -> list[str]:
    number = document["workflow_id"]
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
