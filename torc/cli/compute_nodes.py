"""``torc compute-nodes``."""

from __future__ import annotations

from typing import Any

import click

from torc.cli.nouns import Noun, get_command, list_command
from torc.cli.options import paging, sorting
from torc.cli.output import Column
from torc.cli.tree import TorcGroup


@click.group("compute-nodes", cls=TorcGroup)
def group() -> None:
    """List the machines that ran jobs."""


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
_MORE = (
    Column("Workflow ID", "workflow_id"),
    Column("Duration (seconds)", "duration_seconds"),
    Column("Output directory", "output_dir"),
)
_NOUN = Noun(group, "compute_node", "compute_nodes", _COLUMNS)

get_command(_NOUN, (*_COLUMNS, *_MORE))
list_command(_NOUN, page=paging(short="lo"), sort=sorting(short="sr"))
