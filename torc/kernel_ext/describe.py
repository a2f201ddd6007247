"""Commands that describe parts of a workflow: a form for all of it, and its Slurm schedulers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from torc.cli.options import ID, with_session
from torc.cli.tree import TorcCommand
from torc.kernel_ext.notebook import MagicSession
from torc.workflow.parts import Scheduler
from torc.workflow.stored import StoredWorkflow
from torc.workflow.workflow import Workflow

if TYPE_CHECKING:
    from torc.kernel_ext.forms import WorkflowForm


@click.command(cls=TorcCommand)
@click.argument("name", required=False)
@with_session
def form(session: MagicSession, name: str | None) -> WorkflowForm:
    """Show a form that builds a workflow, creates it and runs it.

    Without a name it begins with the current workflow, as long as that is not created. What the form creates is
    from then on the current workflow.

    \b
    Examples:
      %torc form sweep
      form = %torc form
    """
    from torc.kernel_ext.forms import WorkflowForm  # with the widgets, which no other command needs

    notebook = session.notebook
    described = notebook.workflow

    def take(created: StoredWorkflow) -> None:
        notebook.workflow = created

    if name is None and isinstance(described, Workflow) and described.id is None:
        return WorkflowForm(described, on_created=take)
    return WorkflowForm(name or "", on_created=take)


@click.command(cls=TorcCommand)
@click.argument("name")
@click.option("--account", help="Account that is charged.")
@click.option("--partition", help="Partition.")
@click.option("--nodes", type=ID, help="Nodes of one allocation.")
@click.option("--walltime", metavar="TIME", help="How long an allocation may last, as 04:00:00.")
@click.option("--mem", metavar="SIZE", help="Memory of each node.")
@click.option("--gres", help="Generic resources, as gpu:2.")
@click.option("--qos", help="Quality of service.")
@click.option("--ntasks-per-node", type=ID, help="Tasks on each node.")
@click.option("--tmp", metavar="SIZE", help="Local disk of each node.")
@click.option("--extra", metavar="OPTIONS", help="Further options of sbatch.")
@with_session
def scheduler(session: MagicSession, name: str, **given: Any) -> Scheduler:
    """Describe a kind of Slurm allocation of the current workflow.

    \b
    Example:
      %torc scheduler short --account my_account --walltime 00:30:00
    """
    return session.notebook.described.scheduler(name, **{key: value for key, value in given.items() if value})
