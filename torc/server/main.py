"""The program ``torc-server``: the root of its commands, and the place where errors end."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from torc import __version__
from torc.config import defaults_for
from torc.errors import TorcError

_COMMANDS = {
    "run": ("torc.server.commands.run:run", "Run the server until SIGTERM or Ctrl-C."),
    "service": ("torc.server.commands.service:service", "Install the server as a service, start it and stop it."),
    "check": ("torc.server.commands.check:check", "Look for what keeps a server from working."),
    "backup": ("torc.server.commands.backup:backup", "Copy a database, also while a server uses it."),
    "restore": ("torc.server.commands.backup:restore", "Put a backup in the place of a database."),
}
#: Commands that describe a server, and so take its settings from configuration files and the environment.
_CONFIGURED = ("run", "check", "backup", "restore")


class _Commands(click.Group):
    """Commands that are loaded when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command."""
        if cmd_name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in _COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="torc-server")
@click.pass_context
def cli(context: click.Context) -> None:
    """Serve workflows to clients and runners."""
    try:
        defaults = defaults_for("server", lambda text: click.echo(f"warning: {text}", err=True))
    except TorcError:
        if context.invoked_subcommand != "check":  # which tells it with the rest
            raise
        defaults = {}
    context.default_map = dict.fromkeys(_CONFIGURED, defaults) | {"service": {"install": defaults}}


def main() -> None:
    """Entry point of ``torc-server``."""
    try:
        cli(prog_name="torc-server")
    except TorcError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
