"""``torc workflows correct-resources``: ask for what jobs have used."""

from __future__ import annotations

from typing import Any

import click

from torc.amounts import MEMORY_RESERVE, RUNTIME_RESERVE
from torc.cli.choose import workflow_of
from torc.cli.options import with_session, workflow_argument
from torc.cli.output import Message, Table, View, clean
from torc.cli.session import Session
from torc.cli.tree import TorcCommand
from torc.views.corrections import COLUMNS, correction_rows, corrections_line

_RESERVE: Any = {"type": click.FloatRange(1, 100), "show_default": True}


@click.command("correct-resources", cls=TorcCommand)
@workflow_argument
@click.option("--dry-run", is_flag=True, help="Only tell what would be changed.")
@click.option("--no-downsize", is_flag=True, help="Only ask for more, never for less.")
@click.option("--memory-reserve", default=MEMORY_RESERVE, help="Ask for so many times the peak of memory.", **_RESERVE)
@click.option("--runtime-reserve", default=RUNTIME_RESERVE, help="Ask for so many times the longest time.", **_RESERVE)
@with_session
def correct_resources(session: Session, workflow_id: int | None, no_downsize: bool, **options: Any) -> View:
    """Ask for what jobs have used: change their resource requirements.

    Looks at the latest results. More is asked for when a job used more than it asked for, however it ended; less
    only when all jobs with the same requirements have completed and their use is known. Jobs that run already keep
    what they have.

    \b
    Examples:
      torc workflows correct-resources 5 --dry-run
      torc workflows correct-resources 5 --no-downsize --memory-reserve 1.5
    """
    number = workflow_of(session, workflow_id)
    reply = session.client.correct_resources(number, body={"downsize": not no_downsize, **options})
    lines: list[str | Table] = [corrections_line(reply)]
    if reply["corrections"]:
        rows = [[clean(str(value)) for value in row] for row in correction_rows(reply)]
        lines += ["", Table(COLUMNS, rows)]
    return Message(lines, reply)
