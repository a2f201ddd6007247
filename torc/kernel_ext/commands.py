"""Commands that only ``%torc`` has: the current workflow and its run."""

from __future__ import annotations

from typing import Any

import click

from torc.cli import workflows as cli_workflows
from torc.cli.create import create as cli_create
from torc.cli.options import ID, number_in, with_session
from torc.cli.output import Details, Message
from torc.cli.run import run as cli_run
from torc.cli.tree import TorcCommand
from torc.kernel_ext.altered import altered
from torc.kernel_ext.notebook import MagicSession
from torc.workflow.plan import Plan
from torc.workflow.stored import StoredWorkflow
from torc.workflow.workflow import Workflow, attach

_RUN_OPTIONS = ("max_parallel_jobs", "num_cpus", "memory_gb", "num_gpus", "output_dir", "time_limit")


def pairs(texts: tuple[str, ...], option: str) -> dict[str, str]:
    """Return ``NAME=VALUE`` texts as a dictionary.

    Raises
    ------
    click.BadParameter
    """
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"'{text}' is not NAME=VALUE", param_hint=option)
        found[name.strip()] = value.strip()
    return found


def _chosen(session: MagicSession, text: str | None) -> StoredWorkflow:
    if text is None:
        return session.notebook.current
    if text.startswith("$"):
        return session.notebook.held_by(text)
    number = number_in(text)
    return Workflow.from_file(text) if number is None else attach(number)


@click.command(cls=TorcCommand)
@click.argument("name")
@click.option("-d", "--description", help="What it is for.")
@click.option("--project", help="What it belongs to.")
@click.option("--params", multiple=True, metavar="NAME=VALUES", help='Values that jobs can use, as "lr=[0.1,0.01]".')
@click.option("--env", multiple=True, metavar="NAME=VALUE", help="Environment of all jobs.")
@click.option(
    "--sample-interval",
    type=ID,
    metavar="SECONDS",
    help="Keep a sample of what each job uses every so many seconds, for plots (default: peaks and averages alone).",
)
@with_session
def workflow(
    session: MagicSession,
    name: str,
    params: tuple[str, ...],
    env: tuple[str, ...],
    sample_interval: int | None,
    **given: Any,
) -> StoredWorkflow:
    """Begin a workflow, which is from now on the current one; $wf makes that the one in the variable wf.

    \b
    Examples:
      %torc workflow sweep --params "lr=[0.1,0.01]"
      %torc workflow $wf
    """
    if name.startswith("$"):
        session.notebook.workflow = session.notebook.held_by(name)
        return session.notebook.workflow
    if sample_interval is not None:
        given["resource_monitor"] = {"granularity": "time_series", "sample_interval_seconds": sample_interval}
    begun = Workflow(name, params=pairs(params, "--params") or None, env=pairs(env, "--env") or None, **given)
    session.notebook.workflow = begun
    return begun


@click.command(cls=TorcCommand)
@click.argument("workflow_id", type=ID, required=False)
@with_session
def show(session: MagicSession, workflow_id: int | None) -> StoredWorkflow | Plan:
    """Show a workflow, or the plan of one that is not created yet.

    \b
    Examples:
      %torc show
      %torc show 5
    """
    found = session.notebook.current if workflow_id is None else attach(workflow_id)
    is_described = isinstance(found, Workflow) and found.id is None and found.spec.jobs
    return found.plan() if is_described else found


@click.command(cls=TorcCommand, section="client.run")
@click.argument("spec_or_id", required=False, metavar="[SPEC_OR_ID]")
@click.option("--wait", is_flag=True, help="Return when the workflow is complete; an interrupt ends only the waiting.")
@with_session
def run(session: MagicSession, spec_or_id: str | None, wait: bool, **options: Any) -> StoredWorkflow:
    """Run a workflow, in a process of its own that outlives the kernel.

    That is the current workflow, one of a specification file, or one by id.

    \b
    Examples:
      %torc run --wait
      %torc run workflow.yaml --num-cpus 4
    """
    session.notebook.workflow = chosen = _chosen(session, spec_or_id)
    memory = options["memory_gb"]
    return chosen.run(
        wait=wait,
        cpus=options["num_cpus"],
        memory=None if memory is None else str(int(memory * 2**30)),
        gpus=options["num_gpus"],
        max_parallel_jobs=options["max_parallel_jobs"],
        time_limit=options["time_limit"],
        output_dir=options["output_dir"],
    )


def _workflow_of(session: MagicSession, view: Any, _given: dict[str, Any]) -> Any:
    """Return the workflow that a command tells about."""
    record = view.record if isinstance(view, Details) else view.document if isinstance(view, Message) else {}
    return (session.attached(record) if "id" in record else None) or view


def _begun(session: MagicSession, view: Any, given: dict[str, Any]) -> Any:
    """Return the workflow that a command has made, which is from now on the current one."""
    found = _workflow_of(session, view, given)
    if isinstance(found, StoredWorkflow):
        session.notebook.workflow = found
    return found


create = altered(cli_create, _begun)
new = altered(cli_workflows.new, _begun)
get = altered(cli_workflows.get, _workflow_of)


run.params[1:1] = [option for option in cli_run.params if option.name in _RUN_OPTIONS]
