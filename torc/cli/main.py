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
from torc.errors import TorcError

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
    "compute-nodes": ("torc.cli.compute_nodes:group", "List the machines that ran jobs."),
    "job-dependencies": ("torc.cli.job_dependencies:group", "List what jobs wait for and which files they share."),
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
    except click.ClickException as failure:
        return _report_usage(failure)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except output.OutputClosed:
        _silence_stdout()
        return PIPE_CLOSED
    except (KeyboardInterrupt, click.Abort):
        output.note("interrupted")
        return INTERRUPTED
    except TorcError as failure:
        return _report(failure, session)
    except Exception as failure:
        return _report_unexpected(failure, session)
    finally:
        session.close()
    return 0


def _report_usage(failure: click.ClickException) -> int:
    message = failure.format_message().rstrip(".")
    message = message[:1].lower() + message[1:]
    context = getattr(failure, "ctx", None)
    hint = f" (see {context.command_path} --help)" if context and not message.endswith(")") else ""
    output.note(f"error: {message}{hint}")
    return failure.exit_code


def _report(failure: TorcError, session: Session) -> int:
    if session.log_level in ("debug", "trace"):
        import traceback

        traceback.print_exception(failure)
    output.error(failure)
    return failure.exit_code


def _report_unexpected(failure: Exception, session: Session) -> int:
    if session.log_level in ("debug", "trace"):
        import traceback

        traceback.print_exception(failure)
    if isinstance(failure, OSError):
        output.note(f"error: {failure}")
        return 1
    output.note(f"error: {type(failure).__name__}: {failure} (this is a defect in torc; --log-level debug shows where)")
    return 1


def _silence_stdout() -> None:
    # The interpreter flushes at exit; with the pipe still in place that would complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
