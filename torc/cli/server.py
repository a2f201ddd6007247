"""``torc server``: the server in the background, which notebooks and Python programs start when they need one."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from torc.cli.options import with_session
from torc.cli.output import Message
from torc.cli.session import Session
from torc.cli.tree import TorcGroup

if TYPE_CHECKING:
    from torc.client.background import ServerStatus


@click.group("server", cls=TorcGroup)
def group() -> None:
    """Start or stop the server in the background, or say where it is."""


@group.command
@with_session
def status(session: Session) -> Message:
    """Say which server is used; nothing is started.

    \b
    Examples:
      torc server status
      torc server status -f json | jq -r .url
    """
    from torc.client import background

    return _said(background.status(session.choice()))


@group.command
@with_session
def start(session: Session) -> Message:
    """Start a server in the background, unless there is one.

    It outlives the terminal. Notebooks, Python programs and other commands find it.

    \b
    Example:
      torc server start
    """
    from torc.client import background

    session.may_create_database = True
    return _said(background.start(session.choice()))


@group.command
@with_session
def stop(session: Session) -> Message:
    """Stop the server in the background; running jobs are not touched.

    One that was started in another way is refused: it is stopped where it was started.

    \b
    Example:
      torc server stop
    """
    from torc.client import background

    choice = session.choice()
    stopped = background.stop(choice)
    return _said(background.status(choice), "The server has ended." if stopped else None)


def _said(found: ServerStatus, text: str | None = None) -> Message:
    return Message([text or str(found)], json.loads(json.dumps(asdict(found), default=str)))
