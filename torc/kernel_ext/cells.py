"""The cell magics: a cell that is a specification, and a cell whose code is a job."""

from __future__ import annotations

from typing import Any

import click

from torc.cli.options import COUNT, ID, with_session
from torc.cli.tree import TorcCommand
from torc.errors import InvalidInput
from torc.kernel_ext.cell_job import CellJob
from torc.kernel_ext.code import bash_command, python_command
from torc.kernel_ext.commands import pairs
from torc.kernel_ext.notebook import MagicSession
from torc.kernel_ext.variables import Parameters, declared, paths
from torc.spec.load import Format
from torc.workflow.workflow import Workflow


# --format is the cell's own here: there is no output whose format could be chosen.
@click.command(cls=TorcCommand)
@click.option(
    "--format", "form", type=click.Choice(["yaml", "json", "json5", "kdl"]), help="Default: told by the text."
)
@click.option("--dry-run", is_flag=True, help="Only check.")
@click.option("--run", is_flag=True, help="Also run it, in a process of its own.")
@click.option("--wait", is_flag=True, help="With --run: return when it is complete.")
@click.option("--name", help="Name of the workflow, in place of that in the cell.")
@click.option("--output-dir", default="output", show_default=True, help="With --run: directory for logs and output.")
@with_session
def spec(
    session: MagicSession, form: Format | None, dry_run: bool, run: bool, wait: bool, name: str | None, output_dir: str
) -> Workflow:
    """Create the workflow that the cell describes, in YAML, JSON, JSON5 or KDL.

    Nothing is created when anything is wrong in it.

    \b
    Example:
      %%torc --run
      name: hello
      jobs:
        - name: greet
          command: echo hello
    """
    if dry_run and run:
        raise click.UsageError("--dry-run and --run exclude each other")
    if wait and not run:
        raise click.UsageError("--wait needs --run")
    # Lines count from the magic, as editors count them.
    workflow = Workflow.from_text("\n" + session.cell, form, source="cell", name=name)
    for warning in workflow.check():
        click.echo(f"warning: {warning}", err=True)
    try:
        if run:
            workflow.run(wait=wait, output_dir=output_dir)
        elif not dry_run:
            workflow.create()
    finally:
        if dry_run or workflow.id is not None:
            session.notebook.workflow = workflow
    return workflow


@click.command(cls=TorcCommand)
@click.argument("name")
@click.option("--cpus", type=ID, help="CPUs that the job needs.")
@click.option("--memory", metavar="SIZE", help="Memory that it needs, as 8g.")
@click.option("--gpus", type=COUNT, help="GPUs that it needs.")
@click.option("--nodes", type=ID, help="Nodes that it needs.")
@click.option("--runtime", metavar="DURATION", help="How long it may take, as 10m.")
@click.option("--resources", metavar="NAME", help="Amounts by name, in place of single ones.")
@click.option("--needs", multiple=True, metavar="JOB,...", help="Jobs that must have completed before.")
@click.option("--needs-matching", multiple=True, metavar="REGEX", help="The same for all jobs whose names match.")
@click.option("--in", "inputs", multiple=True, metavar="NAME[=PATH]", help="Files and data that it reads.")
@click.option("--out", "outputs", multiple=True, metavar="NAME[=PATH]", help="Files and data that it writes.")
@click.option(
    "--params",
    multiple=True,
    metavar="NAME[=VALUES]",
    help='Values to make many jobs of, as "lr=[0.1,0.01]"; the name alone takes those of the workflow.',
)
@click.option("--zip", "side_by_side", is_flag=True, help="Go through several parameters side by side.")
@click.option("--env", multiple=True, metavar="NAME=VALUE", help="Environment.")
@click.option(
    "--workflow", "variable", metavar="VARIABLE", help="Variable that holds the workflow, if not the current."
)
@click.option("--priority", type=COUNT, help="Jobs of higher priority run first.")
@click.option("--scheduler", metavar="NAME", help="Slurm scheduler.")
@click.option("--failure-handler", metavar="NAME", help="Rules for failures.")
@click.option("--python/--bash", "is_python", default=True, help="Language of the cell (default: Python).")
@with_session
def job(
    session: MagicSession,
    name: str,
    needs: tuple[str, ...],
    needs_matching: tuple[str, ...],
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    params: tuple[str, ...],
    side_by_side: bool,
    env: tuple[str, ...],
    variable: str | None,
    is_python: bool,
    **given: Any,
) -> CellJob:
    """Make the cell's code a job of the current workflow.

    Parameters are variables in the code, and so are the files of --in and --out, whose values are the paths. A cell
    that runs again describes its job anew.

    \b
    Example:
      %%torc job train_{lr} --cpus 4 --in raw=raw.csv --out model_{lr}=model_{lr}.bin --params "lr=[0.1,0.01]"
    """
    if not session.cell.strip():
        raise InvalidInput(f"job '{name}': the cell has no code", field="cell", hint="write it below the magic")
    if variable is not None:
        session.notebook.workflow = session.notebook.held_by(variable)
    workflow = session.notebook.described
    parameters = Parameters.of(params, workflow)
    sides = {"input": _listed(inputs), "output": _listed(outputs)}
    places = {side: [declared(workflow, text, parameters) for text in texts] for side, texts in sides.items()}
    if needs_matching:
        given["depends_on_regexes"] = list(needs_matching)
    if side_by_side:
        given["parameter_mode"] = "zip"
    if parameters.used:
        given["use_parameters"] = parameters.used
    variables = paths(workflow, places, parameters)
    workflow.replace_job(
        name,
        _command(name, session.cell, variables, parameters, is_python),
        needs=_listed(needs),
        inputs=places["input"],
        outputs=places["output"],
        params=parameters.own or None,
        env=pairs(env, "--env") or None,
        **given,
    )
    made = CellJob(workflow, name, session.cell, is_python, {**dict.fromkeys(parameters.values, ""), **variables})
    for warning in made.warnings:
        click.echo(f"warning: {warning}", err=True)
    return made


def _listed(texts: tuple[str, ...]) -> list[str]:
    """Return names that are given one by one or with commas."""
    words = [word for text in texts for word in ([text] if "=" in text else text.split(","))]
    return [word.strip() for word in words if word.strip()]


def _command(name: str, source: str, texts: dict[str, str], parameters: Parameters, is_python: bool) -> str:
    filled = {parameter: f"{{{parameter}}}" for parameter in parameters.values}
    if not is_python:
        return bash_command(name, source, texts | filled, parameters.first)
    numbers = {parameter: filled.pop(parameter) for parameter in parameters.numbers}
    return python_command(name, source, texts | filled, numbers)
