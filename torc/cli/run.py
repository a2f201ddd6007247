"""``torc run``: from a specification or an id to finished jobs, on this machine."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from torc.cli import output
from torc.cli.choose import workflow_of
from torc.cli.options import GPUS, ID, Amount, number_in, with_session, workflow_argument
from torc.cli.output import Ended
from torc.cli.session import Session
from torc.cli.summary import already_complete, summarize
from torc.cli.tree import TorcCommand
from torc.client.initialize import begin_if_needed, begin_run
from torc.errors import InvalidInput
from torc.runner.environment import home_of
from torc.units import parse_duration

if TYPE_CHECKING:
    from torc.client.transport import HttpTransport


def _runner_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that become :class:`torc.runner.options.RunnerOptions`."""
    options = (
        click.option("--max-parallel-jobs", type=ID, help="Run at most N jobs at once, whatever they need."),
        click.option("--num-cpus", type=ID, help="CPUs to use (default: all that this process may use)."),
        click.option("--memory-gb", type=Amount(min=0, min_open=True), metavar="GB", help="Memory to use, in GiB."),
        click.option("--num-gpus", type=GPUS, help="GPUs to use (default: those that are visible)."),
        click.option(
            "-p",
            "--poll-interval",
            type=Amount(min=0, min_open=True),
            default=5.0,
            show_default=True,
            metavar="SECONDS",
            help="Longest wait before a look at the server; jobs are started and reported at once.",
        ),
        click.option(
            "-o",
            "--output-dir",
            type=click.Path(file_okay=False),
            default="output",
            show_default=True,
            help="Directory for logs and the jobs' output.",
        ),
        click.option("--time-limit", metavar="DURATION", help="Stop after this time, for example PT4H or 30m."),
        click.option("--scheduler-config-id", type=ID, help="Also take jobs bound to this scheduler."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command(cls=TorcCommand, section="client.run")
@click.argument("spec_or_id", metavar="SPEC_OR_ID")
@click.argument("directory", required=False, metavar="[OUTPUT_DIR]")
@_runner_options
@with_session
def run(session: Session, spec_or_id: str, directory: str | None, **options: Any) -> Ended:
    """Run a workflow on this machine, from a specification file or by id.

    Without a server this command hosts one in its own process; the workflow and its results stay
    in the database and other commands find them there.

    Exit codes: 0 all jobs completed, 1 some failed or were canceled, 2 bad input, 4 server out of
    reach, 130 or 143 ended by SIGINT or SIGTERM.

    \b
    Examples:
      torc run workflow.yaml
      torc run 5 --num-cpus 8 --memory-gb 32 --time-limit PT4H
    """
    if directory is not None:
        if click.get_current_context().get_parameter_source("output_dir") is ParameterSource.COMMANDLINE:
            raise click.UsageError("the output directory is given twice")
        options["output_dir"] = directory
    return _run(session, spec_or_id, options)


@click.command("run", cls=TorcCommand, section="client.run")
@workflow_argument
@_runner_options
@with_session
def run_workflow_command(session: Session, workflow_id: int | None, **options: Any) -> Ended:
    """Run a workflow on this machine.

    \b
    Example:
      torc workflows run 5 --max-parallel-jobs 4
    """
    if workflow_id is None:
        workflow_id = workflow_of(session, None)
        session.close()
    return _run(session, str(workflow_id), options)


def _run(session: Session, spec_or_id: str, options: dict[str, Any]) -> Ended:
    started = time.monotonic()
    options["time_limit"] = _seconds(options.pop("time_limit"))
    number = number_in(spec_or_id)
    plan = _plan(session, spec_or_id) if number is None else None
    session.may_create_database = plan is not None
    _prepare_output(Path(options["output_dir"]))
    with _server(session) as transport:
        if number is None:
            assert plan is not None
            number = _create(session, plan)
            # A large plan is not needed while its jobs run.
            plan = None
            begin_run(session.client, number)
        else:
            workflow, status = session.client.get_workflow(number), session.client.get_workflow_status(number)
            if _nothing_to_do(session, workflow, status):
                return already_complete(session.client, status, options["output_dir"])
            _enter_directory(session, workflow, options)
            _begin_if_needed(session, status)
        outcome = _work(session, transport, number, options)
        view = summarize(session.client, number, outcome, options["output_dir"], time.monotonic() - started)
    return Ended(view, outcome.exit_code)


def _prepare_output(directory: Path) -> None:
    # Before anything is created: a run that cannot write its logs would leave a workflow that nobody runs.
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not os.access(directory, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise InvalidInput(
            f"cannot write to the output directory {directory}: {error.strerror or error}",
            field="--output-dir",
            value=str(directory),
            hint="give another with --output-dir",
        ) from error


def _plan(session: Session, file: str) -> dict[str, Any]:
    from torc.cli.specs import load_checked, tell_if_large

    checked = load_checked(file, warn=not session.as_json)
    tell_if_large(session, checked)
    return checked.plan


def _create(session: Session, plan: dict[str, Any]) -> int:
    created = session.client.create_workflow_from_plan(plan)
    _tell(
        session,
        f"Created workflow {created['id']} ({created['name']}) with {output.counted(created['num_jobs'], 'jobs')}",
    )
    return int(created["id"])


@contextlib.contextmanager
def _server(session: Session) -> Iterator[HttpTransport]:
    """Connect the session to a server, hosting one here when there is none."""
    from torc.client.client import Client
    from torc.client.hosting import Hosting

    choice = session.choice()
    if choice.database:
        # The directory may change before the path is used again.
        choice = replace(choice, database=choice.database.absolute())
    hosting = Hosting(choice)
    transport = hosting.open()
    session.use(Client(transport))
    if hosting.is_host:
        _tell(session, f"No server found: serving {hosting.choice.database} from this process")
    try:
        yield transport
    finally:
        session.close()
        hosting.close()


def _nothing_to_do(session: Session, workflow: dict[str, Any], status: dict[str, Any]) -> bool:
    if status["status"] != "complete" or status["is_archived"]:
        return False
    waits_for_more = workflow.get("compute_node_ignore_workflow_completion")
    return not waits_for_more and not session.client.get_pending_actions(workflow["id"])


def _enter_directory(session: Session, workflow: dict[str, Any], options: dict[str, Any]) -> None:
    """Go where the workflow was created: its relative paths count from there, so its jobs run there."""
    home = home_of(workflow)
    if home and not Path(home).samefile(Path.cwd()):
        options["output_dir"] = str(Path(options["output_dir"]).absolute())
        os.chdir(home)
        _tell(session, f"Jobs run in {home}, where workflow {workflow['id']} was created")


def _begin_if_needed(session: Session, status: dict[str, Any]) -> None:
    begun = begin_if_needed(session.client, status)
    if begun is not None:
        again, reply = begun
        done = f"{'Reinitialized' if again else 'Initialized'} workflow {status['workflow_id']}"
        _tell(session, f"{done}: {output.counted(reply['ready'], 'jobs')} ready, {reply['blocked']} blocked")


def _work(session: Session, transport: HttpTransport, number: int, options: dict[str, Any]) -> Any:
    from torc.cli.progress import ProgressDisplay
    from torc.runner.main import run_workflow
    from torc.runner.options import RunnerOptions

    status = session.client.get_workflow_status(number)
    display = ProgressDisplay(status, quiet=session.as_json)
    settings = RunnerOptions(
        **options,
        endpoint=lambda: (transport.url, transport.endpoint.authorization),
        log_level=session.log_level or session.config["client.log_level"],
    )
    try:
        return run_workflow(session.client, number, settings, display.update)
    finally:
        display.close()


def _seconds(text: str | None) -> float | None:
    return None if text is None else parse_duration(text, field="--time-limit")


def _tell(session: Session, text: str) -> None:
    if not session.as_json:
        output.note(text)
