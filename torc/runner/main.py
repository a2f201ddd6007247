"""The program ``torc-job-runner`` and the function behind ``torc run``."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from torc.config import load
from torc.errors import InvalidInput, TorcError
from torc.runner.environment import home_of
from torc.runner.log import LEVELS
from torc.runner.loop import Runner
from torc.runner.options import Outcome, Progress, ProgressCallback, RunnerOptions
from torc.runner.server import Server
from torc.units import parse_duration

if TYPE_CHECKING:
    from torc.client.client import Client


def run_workflow(
    server: Server, workflow_id: int, options: RunnerOptions, progress: ProgressCallback | None = None
) -> Outcome:
    """Run jobs of a workflow on this machine until it is complete or there is a reason to leave.

    Parameters
    ----------
    server
        Where to claim and report; a :class:`torc.client.client.Client` does.
    progress
        Called now and then, in this thread, with the runner's own view.

    Raises
    ------
    TorcError
        When the workflow cannot be read or the runner cannot be registered.
    """
    return Runner(server, workflow_id, options, progress).run()


class _Parser(argparse.ArgumentParser):
    """Reports bad usage in one line, as all programs of torc do."""

    def error(self, message: str) -> NoReturn:
        """End the process."""
        self.exit(2, f"error: {message} (see {self.prog} --help)\n")


def parser() -> argparse.ArgumentParser:
    """Return the command line of ``torc-job-runner``."""
    parser = _Parser(
        prog="torc-job-runner", description="Claim and run jobs of an initialized workflow on this machine."
    )
    defaults = RunnerOptions()
    add = parser.add_argument
    add("workflow_id", type=_positive)
    add("--url", help="address of the server (default: TORC_API_URL, then a server on this machine)")
    add("--num-cpus", type=_positive, help="CPUs to use (default: all that this process may use)")
    add("--memory-gb", type=_positive_float, help="memory to use, in GiB (default: all)")
    add("--num-gpus", type=_gpus, help="GPUs to use (default: those that are visible)")
    add("--num-nodes", type=_positive, default=1, help="nodes of this allocation")
    add("--max-parallel-jobs", type=_positive, help="run at most N jobs at once, whatever they need")
    add("-p", "--poll-interval", type=_positive_float, default=defaults.poll_interval, help="longest wait, seconds")
    add("-o", "--output-dir", default=defaults.output_dir, help="directory for logs and the jobs' output")
    add("--time-limit", help="stop after this time, for example PT4H or 30m")
    add("--scheduler-config-id", type=_positive, help="also take jobs bound to this scheduler")
    add("--strict-scheduler-match", action="store_true", help="never take jobs bound to another scheduler")
    add("--wait-for-new-jobs", type=_seconds, help="leave after this many seconds without jobs")
    add("--lease-seconds", type=_seconds, default=defaults.lease_seconds, help="silence after which jobs are lost")
    add("--heartbeat-seconds", type=_positive_float, default=defaults.heartbeat_seconds)
    add("--grace-seconds", type=_seconds, default=defaults.grace_seconds, help="time to end after SIGTERM")
    add("--on-runner-death", dest="policy", choices=("end", "keep"), default="end", help="what happens to its jobs")
    add("--log-level", choices=tuple(LEVELS), default=defaults.log_level)
    return parser


def configured_parser() -> argparse.ArgumentParser:
    """Return the parser with defaults from the configuration."""
    config = load().require("client", lambda text: _tell(f"warning: {text}"))
    given = config.defaults("client.run") | {"log_level": config["client.log_level"]}
    known = {field.name for field in fields(RunnerOptions)}
    configured = parser()
    configured.set_defaults(**{name: value for name, value in given.items() if name in known})
    return configured


def options_from(arguments: argparse.Namespace) -> RunnerOptions:
    """Return the options that a command line means."""
    given = vars(arguments).copy()
    limit = given.pop("time_limit")
    for name in ("workflow_id", "url"):
        del given[name]
    return RunnerOptions(**given, time_limit=None if limit is None else parse_duration(limit, field="--time-limit"))


def main(argv: Sequence[str] | None = None) -> None:
    """Run as a program; the exit code is that of the outcome."""
    try:
        arguments = configured_parser().parse_args(argv)
        outcome = _run(arguments)
    except TorcError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    if outcome.message:
        _tell(outcome.message)
    sys.exit(outcome.exit_code)


def _run(arguments: argparse.Namespace) -> Outcome:
    from torc.client.client import Client
    from torc.client.connect import Choice, find_server

    options = options_from(arguments)
    choice = Choice.make(arguments.url)
    if choice.database:
        choice = replace(choice, database=choice.database.absolute())  # we may go elsewhere
    transport = find_server(choice)
    if transport is None:
        raise InvalidInput(
            "no server found", field="--url", hint="name one with --url, or use 'torc run', which hosts its own"
        )
    options.endpoint = lambda: (transport.url, transport.endpoint.authorization)
    with Client(transport) as client:
        _enter_home(client, arguments.workflow_id, options)
        return run_workflow(client, arguments.workflow_id, options, _print_note)


def _enter_home(client: Client, workflow_id: int, options: RunnerOptions) -> None:
    """Go where the workflow was created, as ``torc run`` does."""
    workflow = client.get_workflow(workflow_id)
    home, here = home_of(workflow), _here()
    if home is None:
        created = workflow.get("submission_directory")
        if created:
            _tell(f"jobs run in {here}: {created}, where workflow {workflow_id} was created, cannot be entered here")
    elif not here.samefile(home):
        options.output_dir = str(Path(options.output_dir).absolute())
        os.chdir(home)
        _tell(f"jobs run in {home}, where workflow {workflow_id} was created")


def _here() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise InvalidInput(
            "the working directory no longer exists", field="directory", hint="go to one that does, and start again"
        ) from None


def _print_note(progress: Progress) -> None:
    if progress.note:
        _tell(progress.note)


def _tell(text: str) -> None:
    print(f"torc-job-runner: {text}", file=sys.stderr)


def _positive(text: str) -> int:
    return _whole(text, 1)


def _count(text: str) -> int:
    return _whole(text, 0)


def _gpus(text: str) -> int:
    return _whole(text, 0, 1024)


def _whole(text: str, least: int, most: float = math.inf) -> int:
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number") from None
    if value < least:
        raise argparse.ArgumentTypeError(f"{value} is below {least}")
    if value > most:
        raise argparse.ArgumentTypeError(f"{value} is above {most}")
    return value


def _positive_float(text: str) -> float:
    value = _float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is not a positive number")
    return value


def _seconds(text: str) -> float:
    value = _float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds")
    return value


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number") from None


if __name__ == "__main__":
    main()
