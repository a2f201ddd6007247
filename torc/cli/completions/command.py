"""``torc completions``: the script that teaches a shell the commands of a program."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from torc.cli.completions.scripts import SHELLS, script
from torc.cli.options import with_session
from torc.cli.output import Message
from torc.cli.session import Session
from torc.cli.tree import TorcCommand

if TYPE_CHECKING:
    from torc.cli.completions.model import Program

PROGRAMS = {
    "torc": "torc.cli.main:cli",
    "torc-server": "torc.server.main:cli",
    "torc-job-runner": "torc.runner.main:parser",
    "torc-htpasswd": "torc.server.commands.htpasswd:cli",
}


@click.command(cls=TorcCommand, configured=False)
@click.argument("shell", type=click.Choice(SHELLS))
@click.option("--program", type=click.Choice(list(PROGRAMS)), default="torc", show_default=True, help="Whose commands.")
@with_session
def completions(session: Session, shell: str, program: str) -> Message:
    """Print a completion script for a shell.

    \b
    Examples:
      torc completions bash > ~/.local/share/bash-completion/completions/torc
      torc completions zsh > ~/.zfunc/_torc
      torc completions fish > ~/.config/fish/completions/torc.fish
      torc completions fish --program torc-server > ~/.config/fish/completions/torc-server.fish
    """
    text = script(shell, table_of(program))
    return Message([text.removesuffix("\n")], {"shell": shell, "program": program, "script": text})


def table_of(program: str) -> Program:
    """Return all commands of a program."""
    from torc.cli.completions import model

    module, _, attribute = PROGRAMS[program].partition(":")
    found = getattr(import_module(module), attribute)
    return model.of_click(found, program) if isinstance(found, click.Command) else model.of_argparse(found())
