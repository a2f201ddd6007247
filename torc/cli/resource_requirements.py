"""``torc resource-requirements``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from torc.amounts import DEFAULT_MEMORY, DEFAULT_RUNTIME
from torc.cli.choose import workflow_of
from torc.cli.nouns import Noun, delete_command, get_command, list_command
from torc.cli.options import COUNT, ID, changes, record_id, with_session, workflow_argument
from torc.cli.output import Column, Details, View
from torc.cli.session import Session
from torc.cli.tree import TorcGroup


@click.group("resource-requirements", cls=TorcGroup)
def group() -> None:
    """Create, list and change what jobs need to run."""


_FIELDS = (
    Column("ID", "id"),
    Column("Workflow ID", "workflow_id"),
    Column("Name", "name"),
    Column("CPUs", "num_cpus"),
    Column("GPUs", "num_gpus"),
    Column("Nodes", "num_nodes"),
    Column("Memory", "memory"),
    Column("Runtime", "runtime"),
)
_NOUN = Noun(group, "resource_requirements", "resource_requirements", _FIELDS)


def _amounts(*, defaults: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the options of the amounts, with defaults when the record is new."""

    def option(
        *names: str, default: Any, help: str, type: Any = None
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        shown = {"default": default, "show_default": True} if defaults else {}
        return click.option(*names, type=type, help=help, **shown)

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        about = "Longest run time, for example PT30M."
        command = option("-r", "--runtime", default=DEFAULT_RUNTIME, help=about)(command)
        command = option("-m", "--memory", default=DEFAULT_MEMORY, help="Memory, for example 20g.")(command)
        command = option("--num-nodes", default=1, type=ID, help="Number of nodes.")(command)
        command = option("--num-gpus", default=0, type=COUNT, help="Number of GPUs.")(command)
        command = option("--num-cpus", default=1, type=COUNT, help="Number of CPUs.")(command)
        return command

    return decorate


@group.command
@workflow_argument
@click.option("-n", "--name", required=True, help="Name of the requirements.")
@_amounts(defaults=True)
@with_session
def create(session: Session, workflow_id: int | None, **fields: Any) -> View:
    """Create resource requirements.

    \b
    Example:
      torc resource-requirements create 5 --name small --num-cpus 1 --memory 1g --runtime PT10M
    """
    body = {"workflow_id": workflow_of(session, workflow_id), **fields}
    record = session.client.create_resource_requirements(body=body)
    return Details(record, _FIELDS[:3], "Successfully created resource requirements:")


list_command(_NOUN)
get_command(_NOUN, text="Show resource requirements.")


@group.command
@record_id
@click.option("-n", "--name", help="New name.")
@_amounts(defaults=False)
@with_session
def update(session: Session, record_id: int, **fields: Any) -> View:
    """Change resource requirements.

    \b
    Example:
      torc resource-requirements update 2 --memory 8g
    """
    return _NOUN.updated(session.client.update_resource_requirements(record_id, body=changes(**fields)))


delete_command(_NOUN, operation="delete_resource_requirement", text="Delete resource requirements.")
