"""``torc compute-nodes``."""

from __future__ import annotations

from typing import Any

import click

from torc.cli.choose import workflow_of
from torc.cli.options import fetch, paging, record_id, sorting, with_session, workflow_argument
from torc.cli.output import Column, Details, Listing, View
from torc.cli.session import Session
from torc.cli.tree import TorcGroup


def _memory(node: dict[str, Any]) -> str:
    return f"{node.get('memory_gb') or 0:.1f}"


_COLUMNS = (
    Column("ID", "id"),
    Column("Hostname", "hostname"),
    Column("PID", "pid"),
    Column("CPUs", "num_cpus"),
    Column("Memory GB", _memory),
    Column("GPUs", "num_gpus"),
    Column("Type", "compute_node_type"),
    Column("Active", "is_active"),
    Column("Start Time", "start_time"),
)


@click.group(cls=TorcGroup)
def group() -> None:
    """List the machines that ran jobs."""


@group.command
@record_id
@with_session
def get(session: Session, record_id: int) -> View:
    """Show one compute node.

    \b
    Example:
      torc compute-nodes get 1
    """
    more = (
        Column("Workflow ID", "workflow_id"),
        Column("Duration (seconds)", "duration_seconds"),
        Column("Output directory", "output_dir"),
    )
    return Details(session.client.get_compute_node(record_id), (*_COLUMNS, *more))


@group.command("list")
@workflow_argument
@paging(short="lo")
@sorting(short="sr")
@with_session
def list_(session: Session, workflow_id: int | None, **filters: Any) -> View:
    """List the compute nodes of a workflow.

    \b
    Example:
      torc compute-nodes list 5
    """
    number = workflow_of(session, workflow_id)
    nodes = fetch(session, "list_compute_nodes", workflow_id=number, **filters)
    return Listing("compute_nodes", nodes, _COLUMNS, f"Compute nodes for workflow ID {number}:")
