"""The options with which a server is described, to run it, to check it, or to install it as a service."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from torc.errors import InvalidInput, TorcError
from torc.server.logs import LEVELS, LogSettings, parse_levels, torc_filters

Command = TypeVar("Command", bound=Callable[..., Any])

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_FILE = click.Path(dir_okay=False, path_type=Path)


class _Address(click.ParamType):  # type: ignore[type-arg]
    """A host name or address; older scripts give a URL."""

    name = "host"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> str:
        host, port = split_url(value)
        if not host or any(character.isspace() for character in host):
            self.fail(f"'{value}' is not a host name or address", parameter, context)
        if port is not None and context is not None:
            context.meta["torc.port"] = port
        return host


class _Level(click.ParamType):  # type: ignore[type-arg]
    """A log level, or levels of parts."""

    name = "level"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> str:
        try:
            parse_levels(value)
        except TorcError as error:
            self.fail(str(error), parameter, context)
        return str(value)


def split_url(text: str) -> tuple[str, int | None]:
    """Return host and port of a text that may be an address with scheme."""
    if "://" not in text:
        return text.removeprefix("[").removesuffix("]"), None
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(text)
        return parts.hostname or "", parts.port
    except ValueError:
        return "", None


_OPTIONS = [
    click.option(
        "--host", "--url", "host", type=_Address(), default="127.0.0.1", show_default=True, metavar="ADDRESS",
        help="Address to listen on.",
    ),
    click.option(
        "-p", "--port", type=click.IntRange(0, 65535), default=8080, show_default=True,
        help="Port; 0 takes a free one.",
    ),
    click.option(
        "-d", "--database", type=_FILE, default=Path("torc.db"), show_default=True,
        help="SQLite file; created if it is not there.",
    ),
    click.option(
        "-t", "--threads", type=click.IntRange(1, 256), default=4, show_default=True,
        help="Threads that read the database.",
    ),
    click.option("--auth-file", type=_FILE, help="File with user names and hashed passwords (see torc-htpasswd)."),
    click.option("--require-auth", is_flag=True, help="Refuse requests without credentials."),
    click.option(
        "--credential-cache-ttl-secs", type=click.FloatRange(min=0), default=60.0, show_default=True,
        help="Seconds for which a checked password is remembered.",
    ),
    click.option("--enforce-access-control", is_flag=True, help="Show workflows to their owners and groups alone."),
    click.option("--admin-user", multiple=True, metavar="NAME", help="User who may do everything; may be repeated."),
    click.option("--https", is_flag=True, help="Serve HTTPS; needs --tls-cert and --tls-key."),
    click.option("--tls-cert", type=_FILE, help="File with the certificate and its chain, PEM."),
    click.option("--tls-key", type=_FILE, help="File with the certificate's private key, PEM."),
    click.option(
        "--trusted-host", multiple=True, metavar="NAME",
        help="Further host name by which the server may be addressed; may be repeated.",
    ),
    click.option("--token", envvar="TORC_SERVER_TOKEN", help="Bearer token that every request must carry."),
    click.option(
        "--allow-open", is_flag=True, help="Listen beyond this machine although anybody may then run commands."
    ),
    click.option(
        "-c", "--completion-check-interval-secs", type=float, default=None,
        help="Accepted for older scripts; jobs are unblocked at once.",
    ),
    click.option(
        "--log-level", type=_Level(), default="info", show_default=True, metavar="LEVEL",
        help=f"How much to log: {', '.join(LEVELS)}, or for parts torc::server::auth=debug,warn.",
    ),
    click.option(
        "--log-dir", type=click.Path(file_okay=False, path_type=Path),
        help="Also log to torc-server.log here; five files of 10 MiB are kept.",
    ),
    click.option("--json-logs", is_flag=True, help="Write that file as lines of JSON."),
]  # fmt: skip


def server_options(command: Command) -> Command:
    """Add the options that describe a server."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """The values of the options, with paths made absolute."""

    host: str
    port: int
    database: Path
    threads: int
    auth_file: Path | None
    require_auth: bool
    credential_cache_ttl_secs: float
    enforce_access_control: bool
    admin_user: tuple[str, ...]
    https: bool
    tls_cert: Path | None
    tls_key: Path | None
    trusted_host: tuple[str, ...]
    token: str | None
    allow_open: bool
    completion_check_interval_secs: float | None
    log_level: str
    log_dir: Path | None
    json_logs: bool

    @classmethod
    def of(cls, context: click.Context, values: dict[str, Any]) -> ServerOptions:
        """Return the options of a command line; a port in the URL counts when there is no other."""
        given: dict[str, Any] = {
            name: _absolute(name, value) if isinstance(value, Path) else value for name, value in values.items()
        }
        source = context.get_parameter_source("port")
        if "torc.port" in context.meta and source is not click.core.ParameterSource.COMMANDLINE:
            given["port"] = context.meta["torc.port"]
        if context.get_parameter_source("log_level") is click.core.ParameterSource.DEFAULT:
            given["log_level"] = torc_filters(os.environ.get("RUST_LOG", "")) or given["log_level"]
        return cls(**given)

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the address."""
        return self.host in _LOOPBACK

    @property
    def asks_everybody(self) -> bool:
        """Whether nobody gets in without credentials."""
        asks = self.require_auth or self.enforce_access_control
        return self.token is not None or (self.auth_file is not None and asks)

    @property
    def logs(self) -> LogSettings:
        """How to log."""
        return LogSettings(self.log_level, self.log_dir, self.json_logs)

    @property
    def problem(self) -> tuple[str, str] | None:
        """What about the options does not fit together, and what to give."""
        if self.https and (self.tls_cert is None or self.tls_key is None):
            return "--https needs a certificate and its key", "give --tls-cert FILE and --tls-key FILE"
        if (self.tls_cert is None) != (self.tls_key is None):
            missing = "--tls-key" if self.tls_key is None else "--tls-cert"
            return "a certificate and its key belong together", f"give {missing} FILE, too"
        if self.require_auth and self.auth_file is None:
            return "--require-auth needs to know the users", "give --auth-file FILE (torc-htpasswd add makes one)"
        if not (self.is_local or self.asks_everybody or self.allow_open):
            return (
                f"listening on {self.host} without a token lets everybody who reaches it run commands as you",
                "give --auth-file FILE --require-auth, or --token, or --allow-open if that is what you want",
            )
        return None

    def require_sense(self) -> None:
        """Refuse options that do not fit together.

        Raises
        ------
        click.UsageError
        """
        if self.problem:
            raise click.UsageError(": ".join(self.problem))


def _absolute(name: str, path: Path) -> Path:
    try:
        return path.expanduser().absolute()
    except FileNotFoundError:
        raise InvalidInput(
            f"{path} is relative to a working directory that no longer exists",
            field=name,
            value=str(path),
            hint="go to a directory that does, or give the whole path",
        ) from None
