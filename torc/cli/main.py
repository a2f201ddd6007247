"""The console script ``torc``: the root of the command tree, and the one place where errors end."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

import click

from torc import __version__
from torc.cli import output
from torc.cli.session import Session
from torc.cli.tree import TorcGroup
from torc.errors import InvalidInput, TorcError

INTERRUPTED = 130
PIPE_CLOSED = 141

_COMMANDS = {
    "run": ("torc.cli.run:run", "Run a workflow on this machine, from a specification file or by id."),
    "workflows": ("torc.cli.workflows:group", "Create, list, start and change workflows."),
    "jobs": ("torc.cli.jobs:group", "Create, list and change jobs."),
    "files": ("torc.cli.files:group", "Create, list and change files."),
    "user-data": ("torc.cli.user_data:group", "Create, list and change the JSON values that jobs pass on."),
    "resource-requirements": (
        "torc.cli.resource_requirements:group",
        "Create, list and change what jobs need to run.",
    ),
    "results": ("torc.cli.results:group", "List how jobs ended."),
    "events": ("torc.cli.events:group", "List what happened, or watch it happen."),
    "logs": ("torc.cli.logs:group", "Show, follow, list and pack the logs of jobs and runners."),
    "reports": ("torc.cli.reports:group", "Look at results, log files and use of resources together."),
    "compute-nodes": ("torc.cli.compute_nodes:group", "List the machines that ran jobs."),
    "plot-resources": (
        "torc.cli.plot_resources:plot_resources",
        "Make interactive plots of what jobs used, from the samples of one or several runners.",
    ),
    "job-dependencies": ("torc.cli.job_dependencies:group", "List what jobs wait for and which files they share."),
    "failure-handlers": (
        "torc.cli.failure_handlers:group",
        "Create and list rules for jobs that fail. They are kept with the workflow; runners do not follow them yet.",
    ),
    "access-groups": ("torc.cli.access_groups:group", "Say which users may see and run which workflows."),
    "tokens": ("torc.cli.tokens:group", "Create, list and revoke bearer tokens, with which programs call the server."),
    "server": ("torc.cli.server:group", "Start or stop the server in the background, or say where it is."),
    "run-call": ("torc.cli.functions:run_call", "Make the call that a job of torc.Executor stands for."),
    "run-function": ("torc.cli.functions:run_function", "Call the Python function of a mapped job."),
    "run-postprocess": (
        "torc.cli.functions:run_postprocess",
        "Call the Python function that takes the results of all mapped jobs.",
    ),
    "config": ("torc.cli.config:group", "Show, create and check configuration files."),
    "completions": ("torc.cli.completions.command:completions", "Print a completion script for a shell."),
    # Asked by those scripts; without a text it is not listed.
    "__complete": ("torc.cli.completions.candidates:candidates", ""),
}


@click.command(cls=TorcGroup, lazy=_COMMANDS, aliases={"run-jobs": "run"})
@click.version_option(__version__, prog_name="torc")
def cli() -> None:
    """Torc runs computational workflows.

    \b
    Examples:
      torc run workflow.yaml
      torc workflows list
      torc -f json results list 5
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    _make_streams_writable()
    code = execute(list(sys.argv[1:] if arguments is None else arguments))
    sys.exit(code)


def _make_streams_writable() -> None:
    """Let any text be printed, whatever the locale, and even when the caller has closed the streams."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - until the end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def execute(arguments: list[str], session: Session | None = None) -> int:
    """Run one command line and return its exit code."""
    session = session or Session()
    try:
        cli.main(arguments, prog_name="torc", standalone_mode=False, obj=session)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as help_text:
        help_text.show()
        return help_text.exit_code
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except output.OutputClosed:
        _silence_stdout()
        return PIPE_CLOSED
    except (KeyboardInterrupt, click.Abort):
        return _report_interruption(session, arguments)
    except Exception as failure:
        return _report(failure, session, arguments)
    finally:
        session.close()
    return 0


def _report_interruption(session: Session, arguments: list[str]) -> int:
    if _as_json(session, arguments):
        output.error(TorcError("interrupted"), as_json=True)
    else:
        output.note("interrupted")
    return INTERRUPTED


def _report(failure: Exception, session: Session, arguments: list[str]) -> int:
    """Print an error and return the exit code that it means."""
    if session.log_level in ("debug", "trace") and not isinstance(failure, click.ClickException):
        import traceback

        traceback.print_exception(failure)
    error = explained(failure)
    output.error(error, as_json=_as_json(session, arguments))
    return failure.exit_code if isinstance(failure, click.ClickException) else error.exit_code


def explained(failure: Exception) -> TorcError:
    """Return any failure as an error to show in one line."""
    if isinstance(failure, TorcError):
        return failure
    if isinstance(failure, click.ClickException):
        return _bad_usage(failure)
    if isinstance(failure, OSError):
        return TorcError(str(failure))
    what = f"{type(failure).__name__}: {failure}"
    return TorcError(what, hint="this is a defect in torc; --log-level debug shows where")


def _bad_usage(failure: click.ClickException) -> InvalidInput:
    message = failure.format_message().rstrip(".")
    message = message[:1].lower() + message[1:]
    context = getattr(failure, "ctx", None)
    hint = f"see {context.command_path} --help" if context and not message.endswith(")") else None
    return InvalidInput(message, hint=hint)


def _as_json(session: Session, arguments: list[str]) -> bool:
    """Tell whether JSON is wanted, also when the arguments could not be understood."""
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    return session.as_json or any(
        word in ("-fjson", "--format=json") or (word in ("-f", "--format") and value == "json") for word, value in pairs
    )


def _silence_stdout() -> None:
    # The interpreter flushes at exit; with the pipe still in place that would complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
