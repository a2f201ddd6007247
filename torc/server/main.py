"""The ``torc-server`` program."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

import click

from torc import __version__
from torc.errors import TorcError
from torc.server.listener import Listener, Settings

logger = logging.getLogger(__name__)

_LEVELS = {"error": "ERROR", "warn": "WARNING", "info": "INFO", "debug": "DEBUG", "trace": "DEBUG"}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="torc-server")
def cli() -> None:
    """Serve workflows to clients and runners."""


@cli.command()
@click.option(
    "--host", "--url", "host", default="127.0.0.1", envvar="TORC_HOST", show_default=True, help="Address to listen on."
)
@click.option(
    "-p",
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    envvar="TORC_PORT",
    show_default=True,
    help="Port; 0 takes a free one.",
)
@click.option(
    "-d",
    "--database",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="TORC_DATABASE",
    default=Path("torc.db"),
    show_default=True,
    help="SQLite file; created if it is not there.",
)
@click.option(
    "-t", "--threads", type=click.IntRange(1, 256), default=4, show_default=True, help="Threads that read the database."
)
@click.option("--token", envvar="TORC_SERVER_TOKEN", help="Bearer token that every request must carry.")
@click.option("--allow-open", is_flag=True, help="Listen beyond this machine although anybody may then run commands.")
@click.option(
    "-c",
    "--completion-check-interval-secs",
    type=float,
    default=None,
    help="Accepted for older scripts; jobs are unblocked at once.",
)
@click.option(
    "--log-level",
    type=click.Choice(list(_LEVELS)),
    default="info",
    envvar="TORC_LOG_LEVEL",
    show_default=True,
    help="How much to log to standard error.",
)
def run(
    host: str, port: int, database: Path, threads: int, token: str | None, allow_open: bool,
    completion_check_interval_secs: float | None, log_level: str,
) -> None:  # fmt: skip
    """Run the server until SIGTERM or Ctrl-C.

    The first line of output is TORC_SERVER_PORT=<port>.

    \b
    Examples:
      torc-server run --database torc.db
      torc-server run --port 0 --database /scratch/me/torc.db
    """
    logging.basicConfig(level=_LEVELS[log_level], format="%(asctime)s %(levelname)s %(name)s %(message)s")
    host = _host_of(host)
    if host not in _LOOPBACK and token is None and not allow_open:
        raise click.UsageError(
            f"listening on {host} without a token lets everybody who reaches it run commands as you; "
            "give --token, or --allow-open if that is what you want"
        )
    if host not in _LOOPBACK and token is None:
        click.echo(f"warning: no authentication on {host}: give --token to require one", err=True)
    settings = Settings(database.absolute(), host, port, token, threads)
    try:
        asyncio.run(_serve(settings))
    except TorcError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


def _host_of(text: str) -> str:
    """Return the host of ``--url``, which may be given as an address with scheme."""
    return text.split("://", 1)[-1].split("/", 1)[0].rsplit(":", 1)[0] if "://" in text else text


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    listener = Listener(settings)
    click.echo(f"TORC_SERVER_PORT={listener.port}")
    sys.stdout.flush()
    logger.info("serving url=%s database=%s pid=%s", listener.url, settings.database, os.getpid())
    if settings.token is None and settings.host in _LOOPBACK:
        logger.info("open to every user of this machine: give --token to require one")
    await stop.wait()
    logger.info("stopping")
    await listener.close()


def main() -> None:
    """Entry point of ``torc-server``."""
    cli(prog_name="torc-server")


if __name__ == "__main__":
    main()
