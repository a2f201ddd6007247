"""Commands of the command line that give a notebook more than they print."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import click

from torc.kernel_ext.notebook import MagicSession

#: Takes the session, what the command returned, and its arguments.
Alter = Callable[[MagicSession, Any, dict[str, Any]], Any]


def altered(command: click.Command, alter: Alter) -> click.Command:
    """Return the command with another result; as JSON it stays what it is."""
    made = copy.copy(command)

    def call(*args: Any, **given: Any) -> Any:
        assert command.callback is not None
        view = command.callback(*args, **given)
        session = click.get_current_context().obj
        return view if session.as_json else alter(session, view, given)

    made.callback = call
    return made
