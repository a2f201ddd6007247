"""The shape of the command tree: groups that load on use, global options anywhere, results handed to output."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import click

from torc.arguments import hide
from torc.cli.session import Session, start_logging
from torc.config.keys import LOG_LEVELS

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Keep a global option; the one that stands nearest to the end of the line wins."""
    session = context.ensure_object(Session)
    if value is not None and parameter.name:
        setattr(session, parameter.name, value)
        if parameter.name == "password":
            hide(value)
            session.warn_about_password()
        if parameter.name == "log_level":
            start_logging(value)


def _read_password(context: click.Context, _parameter: click.Parameter, path: str | None) -> None:
    """Take the password from the first line of a file."""
    if path is None:
        return
    try:
        with click.open_file(path, encoding="utf-8") as file:
            password = file.readline().rstrip("\r\n")
    except UnicodeDecodeError:
        raise click.BadParameter(f"{path} is not text in UTF-8") from None
    if not password:
        raise click.BadParameter(f"the first line of {path} is empty")
    context.ensure_object(Session).password = password


def _trust(_context: click.Context, _parameter: click.Parameter, path: str | None) -> None:
    """Trust these certificates, in the jobs of a run, too."""
    if path is not None:
        os.environ["TORC_CA_FILE"] = os.path.abspath(path)  # noqa: PTH100 - a link may be changed later


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
        click.Option(
            ["--password-file"],
            expose_value=False,
            callback=_read_password,
            type=click.Path(exists=True, dir_okay=False, allow_dash=True),
            metavar="FILE",
            help="File whose first line is the password; - is standard input.",
        ),
        click.Option(
            ["--ca-file"],
            expose_value=False,
            callback=_trust,
            type=click.Path(exists=True, dir_okay=False),
            metavar="FILE",
            help="Certificates to trust for https (default: TORC_CA_FILE, else the system's).",
        ),
    ]


class _GlobalOptions(click.Command):
    """Takes the global options and shows them apart from its own."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.context_settings = {**CONTEXT, **self.context_settings}
        own = {name for parameter in self.params for name in parameter.opts}
        self._global = [option for option in global_options() if option.opts[-1] not in own]
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
    """A command whose callback returns what to show.

    ``section`` names the part of the configuration that its options take their defaults from; ``configured``
    is false for a command that must work whatever the configuration is.
    """

    def __init__(self, *args: Any, section: str | None = None, configured: bool = True, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.section = section
        self.configured = configured

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the arguments, with defaults from the configuration."""
        session = parent.find_object(Session) if parent else None
        if self.section and session:
            extra.setdefault("default_map", session.config.defaults(self.section))
        return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the callback and show what it returns."""
        if self.configured:
            ctx.obj.configure()
        view = super().invoke(ctx)
        return None if view is None else ctx.obj.present(view)


class TorcGroup(_GlobalOptions, click.Group):
    """A group of commands, each loaded when it is used.

    ``lazy`` maps names to ``(module:attribute, first line of the help)``, which is empty for a command that is
    not listed; ``aliases`` maps
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
        listed = [name for name, (_, text) in self.lazy.items() if text]
        return [*listed, *(name for name in self.commands if name not in self.lazy)]

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
