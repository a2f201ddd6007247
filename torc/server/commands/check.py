"""``torc-server check``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import click

from torc.config import load
from torc.server.checks import access, network, storage
from torc.server.checks.finding import Finding, fail, ok, warn
from torc.server.commands.options import ServerOptions, server_options

_COLOURS = {"OK": "green", "WARN": "yellow", "FAIL": "red"}


@click.command()
@server_options
@click.option("--quick", is_flag=True, help="Leave out the indexes of the database.")
@click.option("-f", "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.pass_context
def check(context: click.Context, /, quick: bool, form: str, **values: Any) -> None:
    """Look for what keeps a server from working.

    Takes the options of 'torc-server run' and changes nothing; the server may run meanwhile. The exit
    code is 1 when something failed.

    \b
    Examples:
      torc-server check --database /var/lib/torc/torc.db
      torc-server check --host 0.0.0.0 --auth-file /etc/torc/htpasswd --require-auth
    """
    options = ServerOptions.of(context, values)
    findings = list(_findings(options, quick=quick))
    failed = any(finding.level == "FAIL" for finding in findings)
    if form == "json":
        click.echo(json.dumps({"ok": not failed, "checks": [finding.to_dict() for finding in findings]}, indent=2))
    else:
        _print(findings)
    sys.exit(1 if failed else 0)


def _findings(options: ServerOptions, *, quick: bool) -> Iterator[Finding]:
    yield from _configuration()
    if options.problem:
        yield fail("options", *options.problem)
    else:
        yield ok("options", "they fit together")
    yield from storage.modes(options.database, options.log_dir)
    yield from storage.database(options.database, quick=quick)
    yield from storage.disk(options.database)
    yield from storage.log_directory(options.log_dir)
    yield from access.accounts(options.auth_file)
    yield from access.certificate(options.tls_cert, options.tls_key)
    yield from network.port(options.host, options.port, options.database)
    yield from network.reach(options.host, options.port, options.database, is_local=options.is_local)
    yield from network.open_files()


def _configuration() -> Iterator[Finding]:
    config = load()
    flaws = [flaw for flaw in config.flaws if flaw.concerns("server")]
    for flaw in flaws:
        make = warn if flaw.warning else fail
        yield make("configuration", flaw.message, flaw.hint or "torc config validate")
    if not flaws:
        files = ", ".join(str(location.path) for location in config.files)
        yield ok("configuration", files or "no files")


def _print(findings: list[Finding]) -> None:
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        level = click.style(f"{finding.level:4}", fg=_COLOURS[finding.level])
        click.echo(f"{level}  {finding.name:{width}}  {finding.message}")
        if finding.mend:
            click.echo(f"{'':{width + 8}}{finding.mend}")
