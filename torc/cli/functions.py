"""The commands of the jobs that ``map_function_to_jobs`` creates."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from torc.cli.session import Session
from torc.cli.tree import TorcCommand

if TYPE_CHECKING:
    from torc.client.client import Client


@click.command("run-function", cls=TorcCommand)
@click.pass_obj
def run_function(session: Session) -> None:
    """Call the Python function of a mapped job.

    This is the command of jobs that map_function_to_jobs creates. TORC_WORKFLOW_ID and TORC_JOB_ID say
    which function to call with what, and where its result goes.

    \b
    Example:
      pytorc run-function
    """
    from torc import functions

    _call(functions.run_function, session)


@click.command("run-postprocess", cls=TorcCommand)
@click.pass_obj
def run_postprocess(session: Session) -> None:
    """Call the Python function that takes the results of all mapped jobs.

    TORC_WORKFLOW_ID and TORC_JOB_ID say which function to call with what, and where its result goes.

    \b
    Example:
      pytorc run-postprocess
    """
    from torc import functions

    _call(functions.run_postprocess, session)


@click.command("run-call", cls=TorcCommand)
@click.pass_obj
def run_call(session: Session) -> None:
    """Make the call that a job of torc.Executor stands for.

    Runners make such calls in Python processes that they keep warm; this command does the same in one of its own.

    \b
    Example:
      pytorc run-call
    """
    from torc import functions

    if functions.run_call(session.client) is not None:
        sys.exit(1)


def _call(call: Callable[[Client], None], session: Session) -> None:
    """Carry out a call; what the function raises is shown as Python would show it."""
    from torc.functions import FunctionRaised

    try:
        call(session.client)
    except FunctionRaised as failure:
        import traceback

        traceback.print_exception(failure.__cause__)
        sys.exit(1)
