"""``torc results``."""

from __future__ import annotations

from typing import Any

import click

from torc.cli.choose import workflow_of
from torc.cli.nouns import Noun, delete_command, get_command
from torc.cli.options import COUNT, ID, fetch, paging, sorting, with_session, workflow_argument
from torc.cli.output import Column, Listing, View
from torc.cli.session import Session
from torc.cli.tree import TorcGroup
from torc.units import format_bytes


@click.group("results", cls=TorcGroup)
def group() -> None:
    """List how jobs ended."""


def _minutes(result: dict[str, Any]) -> str:
    minutes = result.get("exec_time_minutes") or 0.0
    # Two decimals hide everything below a second.
    return f"{minutes:.2f}" if minutes >= 0.1 else f"{minutes:.5f}"


def _peak_memory(result: dict[str, Any]) -> str | None:
    size = result.get("peak_memory_bytes")
    return None if size is None else format_bytes(size)


def _peak_cpu(result: dict[str, Any]) -> str | None:
    percent = result.get("peak_cpu_percent")
    return None if percent is None else f"{percent:.1f}%"


_COLUMNS = (
    Column("ID", "id"),
    Column("Job ID", "job_id"),
    Column("WF ID", "workflow_id"),
    Column("Run ID", "run_id"),
    Column("Return Code", "return_code"),
    Column("Exec Time", _minutes, "min"),
    Column("Peak Mem", _peak_memory),
    Column("Peak CPU %", _peak_cpu),
    Column("Completion Time", "completion_time"),
    Column("Status", "status"),
)
_FIELDS = (
    *_COLUMNS[:2],
    Column("Job name", "job_name"),
    Column("Workflow ID", "workflow_id"),
    Column("Run ID", "run_id"),
    Column("Attempt", "attempt_id"),
    Column("Return code", "return_code"),
    Column("Status", "status"),
    Column("Reason", "reason"),
    Column("Execution time (minutes)", _minutes),
    Column("Completion time", "completion_time"),
    Column("Peak memory", _peak_memory),
    Column("Peak CPU", _peak_cpu),
    Column("CPU time (seconds)", "cpu_time_seconds"),
    Column("Compute node ID", "compute_node_id"),
)
_NOUN = Noun(group, "result", "results", _FIELDS[:4])


@group.command("list")
@workflow_argument
@click.option("-j", "--job-id", type=ID, help="Only this job.")
@click.option("-r", "--run-id", type=COUNT, help="Only this run.")
@click.option("--return-code", type=int, help="Only this return code.")
@click.option("--failed", is_flag=True, help="Only results with a return code other than 0.")
@click.option("-s", "--status", help="Only this status, for example terminated.")
@paging()
@sorting()
@click.option("--all-runs", is_flag=True, help="Also results of earlier runs and attempts.")
@with_session
def list_(
    session: Session, workflow_id: int | None, failed: bool, limit: int, offset: int, run_id: int | None, **filters: Any
) -> View:
    """List the results of a workflow's jobs, by default the current one of each job.

    \b
    Example:
      torc results list 5 --failed
    """
    number = workflow_of(session, workflow_id)
    if run_id is not None:
        filters = {**filters, "run_id": run_id, "all_runs": True}
    if failed:
        # The interface has no "not equal": everything is read, so that the window counts failed ones.
        results = fetch(session, "list_results", workflow_id=number, **filters)
        results = [result for result in results if result["return_code"] != 0][offset : offset + limit]
    else:
        results = fetch(session, "list_results", workflow_id=number, limit=limit, offset=offset, **filters)
    return Listing("results", results, _COLUMNS, f"Results for workflow ID {number}:")


get_command(_NOUN, _FIELDS)
delete_command(_NOUN)
