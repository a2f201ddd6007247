"""``torc-server run``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from torc.arguments import hide
from torc.server import daemon as background
from torc.server import logs
from torc.server.auth.settings import AuthSettings, TlsSettings
from torc.server.commands.options import ServerOptions, server_options
from torc.server.listener import Settings
from torc.server.pidfile import PidFile, default_path
from torc.server.serve import Ready, serve


@click.command()
@server_options
@click.option("--daemon", is_flag=True, help="Run in the background; returns when the server listens.")
@click.option(
    "--pid-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for the process id (with --daemon: /var/run/torc-server.pid, or another place that you may write).",
)
@click.pass_context
def run(context: click.Context, /, daemon: bool, pid_file: Path | None, **values: Any) -> None:
    """Run the server until SIGTERM or Ctrl-C.

    The first line of output is TORC_SERVER_PORT=<port>. SIGTERM finishes the requests in flight; a second
    one ends the server at once. SIGHUP reads the password file and the certificate again and opens the log file anew.

    \b
    Examples:
      torc-server run --database torc.db
      torc-server run --port 0 --database /scratch/me/torc.db
      torc-server run --daemon --log-dir ~/.torc/logs
    """
    options = ServerOptions.of(context, values)
    if options.token is not None:
        hide(options.token)
    options.require_sense()
    if daemon and options.log_dir is None:
        raise click.UsageError("--daemon needs --log-dir DIRECTORY: a process in the background has no other output")
    if options.json_logs and options.log_dir is None:
        raise click.UsageError("--json-logs needs --log-dir DIRECTORY: the console keeps lines for people")
    settings = _settings(options)
    path = pid_file.expanduser().absolute() if pid_file else None
    if daemon:
        _run_in_background(options, settings, path or default_path(settings.database))
        return
    _warn(options)
    logs.start(options.logs)
    _serve(settings, path, _print_port)


def _settings(options: ServerOptions) -> Settings:
    auth = AuthSettings(
        file=options.auth_file,
        required=options.require_auth,
        enforce_access=options.enforce_access_control,
        admins=options.admin_user,
        cache_seconds=options.credential_cache_ttl_secs,
        token=options.token,
        trusted_hosts=options.trusted_host,
    )
    tls = TlsSettings(options.tls_cert, options.tls_key) if options.tls_cert and options.tls_key else None
    return Settings(options.database, options.host, options.port, options.threads, auth, tls)


def _warn(options: ServerOptions) -> None:
    if not (options.is_local or options.asks_everybody):
        click.echo(
            f"warning: no authentication on {options.host}: give --auth-file and --require-auth, or --token", err=True
        )


def _print_port(port: int) -> None:
    click.echo(f"TORC_SERVER_PORT={port}")
    sys.stdout.flush()


def _serve(settings: Settings, path: Path | None, ready: Ready) -> None:
    file = PidFile(path) if path else None
    try:
        serve(settings, ready)
    finally:
        if file:
            file.remove()


def _run_in_background(options: ServerOptions, settings: Settings, path: Path) -> None:
    _warn(options)

    def work(ready: Ready) -> None:
        logs.start(options.logs, console=False)
        _serve(settings, path, ready)

    port, pid = background.start(work)
    _print_port(port)
    click.echo(f"torc-server runs in the background: process {pid}, named in {path}", err=True)
