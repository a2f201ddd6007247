"""The shape of the command tree: groups that load on use, global options anywhere, results handed to output."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from torc.cli import output
from torc.cli.session import LOG_LEVELS, Session

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Keep a global option; the one that stands nearest to the end of the line wins."""
    session = context.ensure_object(Session)
    if value is not None and parameter.name:
        setattr(session, parameter.name, value)
        if parameter.name == "password":
            session.warn_about_password()
        if parameter.name == "log_level":
            start_logging(value)


def start_logging(level: str) -> None:
    """Send log lines of this level and above to standard error."""
    import logging

    names = {"warn": "WARNING", "trace": "DEBUG"}
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("torc").setLevel(names.get(level, level.upper()))


def global_options() -> list[click.Option]:
    """Return fresh copies of the options that every command takes."""

    def option(*names: str, **settings: Any) -> click.Option:
        return click.Option(names, expose_value=False, callback=_remember, default=None, **settings)

    return [
        option("-f", "--format", type=click.Choice(["table", "json"]), help="Output format (default: table)."),
        option("--url", metavar="URL", help="URL of the server (default: TORC_API_URL, else found or embedded)."),
        option("--database", metavar="FILE", help="Database to use without a URL (default: TORC_DATABASE)."),
        option("--log-level", type=click.Choice(LOG_LEVELS), help="Show log lines of this level and above."),
        option("--username", metavar="NAME", help="User name for basic authentication."),
        option("--password", metavar="TEXT", help="Password; better set TORC_PASSWORD or be asked."),
    ]


class _GlobalOptions(click.Command):
    """Takes the global options and shows them apart from its own."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.context_settings = {**CONTEXT, **self.context_settings}
        self._global = global_options()
        self.params = [*self.params, *self._global]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options, then the global ones."""
        own: list[tuple[str, str]] = []
        shared: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record:
                (shared if parameter in self._global else own).append(record)
        for title, records in (("Options", own), ("Global options", shared)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class TorcCommand(_GlobalOptions):
    """A command whose callback returns what to show."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the callback and print what it returns."""
        view = super().invoke(ctx)
        if view is not None:
            output.show(view, as_json=ctx.obj.as_json)
        return None


class TorcGroup(_GlobalOptions, click.Group):
    """A group of commands, each loaded when it is used.

    ``lazy`` maps names to ``(module:attribute, first line of the help)``; ``aliases`` maps
    further spellings to names.
    """

    command_class = TorcCommand

    def __init__(
        self,
        *args: Any,
        lazy: dict[str, tuple[str, str]] | None = None,
        aliases: dict[str, str] | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(*args, **settings)
        self.lazy = lazy or {}
        self.aliases = aliases or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which they were declared."""
        return [*self.lazy, *(name for name in self.commands if name not in self.lazy)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, loading its module if need be."""
        name = self.aliases.get(cmd_name, cmd_name)
        if name in self.commands or name not in self.lazy:
            return self.commands.get(name)
        module, _, attribute = self.lazy[name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        self.commands[name] = command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve an alias to the command that it stands for, and suggest a name for a mistyped one."""
        try:
            _, command, rest = super().resolve_command(ctx, args)
        except click.UsageError:
            self._suggest(ctx, args[0])
            raise
        return self.aliases.get(args[0], args[0]), command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without loading the lazy ones."""
        rows = []
        for name in self.list_commands(ctx):
            short = self.lazy[name][1] if name in self.lazy else self.commands[name].get_short_help_str(100)
            rows.append((name, short))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write options, then commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def _suggest(self, ctx: click.Context, name: str) -> None:
        from difflib import get_close_matches

        near = get_close_matches(name, [*self.list_commands(ctx), *self.aliases], n=1)
        if near:
            raise click.UsageError(f"no such command '{name}' (did you mean '{near[0]}'?)", ctx)
