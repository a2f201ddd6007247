"""The program ``torc-htpasswd``: the server's accounts, kept in a file that only bcrypt hashes go into."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click

from torc import __version__
from torc.arguments import hide
from torc.errors import InvalidInput, NotFound, TorcError
from torc.server.auth import htpasswd

SHORT_PASSWORD, WEAK_COST = 8, 10


class _Target(NamedTuple):
    """A file and, unless the command is about the whole file, a user in it."""

    file: Path
    user: str


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="torc-htpasswd")
def cli() -> None:
    """Keep the file with the names and hashed passwords of a server's users.

    The file may be given as --file, in TORC_AUTH_FILE, or as the first argument. A password comes from the
    prompt, from --password-file, or from TORC_HTPASSWD_PASSWORD.

    \b
    Examples:
      torc-htpasswd add --file /etc/torc/htpasswd alice
      torc-htpasswd verify --file /etc/torc/htpasswd alice
      pwgen 20 1 | torc-htpasswd add --file htpasswd --password-file - robot
    """


def _file_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "-f", "--file", "file", type=click.Path(dir_okay=False, path_type=Path), envvar="TORC_AUTH_FILE",
        help="The password file.",
    )(command)  # fmt: skip


def _password_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--password", metavar="TEXT", help="The password; others can read it here while this runs."),
        click.option(
            "--password-file", type=click.File(encoding="utf-8"), help="File with the password; - is standard input."
        ),
    ):
        command = option(command)
    return command


_cost_option = click.option(
    "-c", "--cost", type=click.IntRange(htpasswd.MIN_COST, htpasswd.MAX_COST), default=htpasswd.DEFAULT_COST,
    show_default=True, help="Work of each check; one more doubles it.",
)  # fmt: skip
_words = click.argument("words", nargs=-1, metavar="[FILE] USER")


@cli.command()
@click.argument("path", required=False, type=click.Path(dir_okay=False, path_type=Path), metavar="[FILE]")
@_file_option
def create(path: Path | None, file: Path | None) -> None:
    """Create an empty file."""
    target = path or file
    if target is None:
        raise click.UsageError("give the password file with --file")
    if target.exists():
        raise InvalidInput(f"{target} exists already", field="file", hint="torc-htpasswd add puts users into it")
    htpasswd.change(target, lambda _: ["# Users of a torc server: name:bcrypt-hash"])
    click.echo(f"Created {target}")


@cli.command()
@_file_option
@_password_options
@_cost_option
@_words
def add(words: tuple[str, ...], file: Path | None, cost: int, **given: Any) -> None:
    """Add a user, or change a user's password."""
    target = _target(words, file)
    problem = htpasswd.problem_with_name(target.user)
    if problem:
        raise InvalidInput(problem, field="user", value=target.user)
    password = _password(**given, confirm=True)
    _warn(password, cost)
    line = f"{target.user}:{htpasswd.hash_password(password, cost)}"
    known = False

    def edit(lines: list[str]) -> list[str]:
        nonlocal known
        kept = [line if htpasswd.name_in(old) == target.user else old for old in lines]
        known = line in kept
        first = kept.index(line) if known else len(kept)
        return [*kept[:first], line, *(old for old in kept[first:] if old != line)]

    htpasswd.change(target.file, edit)
    click.echo(f"{'Changed the password of' if known else 'Added'} user '{target.user}' in {target.file}")
    _check(target.file)


@cli.command()
@_file_option
@_words
def remove(words: tuple[str, ...], file: Path | None) -> None:
    """Remove a user; running servers notice within a second."""
    target = _target(words, file)

    def edit(lines: list[str]) -> list[str]:
        kept = [line for line in lines if htpasswd.name_in(line) != target.user]
        if len(kept) == len(lines):
            raise NotFound(f"{target.file} has no user '{target.user}'", field="user", value=target.user)
        return kept

    if not target.file.exists():
        raise NotFound(f"there is no file {target.file}", field="file", value=str(target.file))
    htpasswd.change(target.file, edit)
    click.echo(f"Removed user '{target.user}' from {target.file}")


@cli.command("list")
@click.argument("path", required=False, type=click.Path(dir_okay=False, path_type=Path), metavar="[FILE]")
@_file_option
def list_(path: Path | None, file: Path | None) -> None:
    """List the users, one a line."""
    target = path or file
    if target is None:
        raise click.UsageError("give the password file with --file")
    accounts = _check(target)
    for name in accounts.hashes:
        click.echo(name)


@cli.command()
@_file_option
@_password_options
@_words
def verify(words: tuple[str, ...], file: Path | None, **given: Any) -> None:
    """Check a user's password; ends with 0 when it is right and with 1 when it is not."""
    target = _target(words, file)
    hashed = _check(target.file).hashes.get(target.user)
    password = _password(**given, confirm=False)
    if hashed is None or not htpasswd.check_password(password.encode(), hashed):
        click.echo(f"Wrong password, or no user '{target.user}'", err=True)
        sys.exit(1)
    click.echo(f"The password of '{target.user}' is right")


@cli.command("hash")
@_password_options
@_cost_option
@click.argument("user", required=False)
def hash_(user: str | None, cost: int, **given: Any) -> None:
    """Print a password's hash, for a file that is written by other means."""
    password = _password(**given, confirm=True)
    _warn(password, cost)
    hashed = htpasswd.hash_password(password, cost)
    click.echo(f"{user}:{hashed}" if user else hashed)


def _target(words: tuple[str, ...], file: Path | None) -> _Target:
    if len(words) == 2:
        return _Target(Path(words[0]), words[1])
    if len(words) == 1 and file is not None:
        return _Target(file, words[0])
    raise click.UsageError("give the password file with --file, and one user name")


def _password(password: str | None, password_file: Any, *, confirm: bool) -> str:
    """Return the password from wherever it is given."""
    if password is not None:
        hide(password)
        click.echo("warning: a password on the command line can be seen by other users", err=True)
        return password
    if password_file is not None:
        text: str = password_file.readline()
        return text.rstrip("\r\n")
    from_environment = os.environ.get("TORC_HTPASSWD_PASSWORD")
    if from_environment is not None:
        return from_environment
    if not sys.stdin.isatty():
        raise click.UsageError("nobody can be asked here: give --password-file FILE, or - for standard input")
    prompted: str = click.prompt("Password", hide_input=True, confirmation_prompt=confirm, err=True)
    return prompted


def _warn(password: str, cost: int) -> None:
    if len(password) < SHORT_PASSWORD:
        click.echo(f"warning: a password of {len(password)} characters is soon guessed", err=True)
    if cost < WEAK_COST:
        click.echo(f"warning: a cost of {cost} is for tests only", err=True)


def _check(file: Path) -> htpasswd.Accounts:
    accounts = htpasswd.read(file)
    for warning in accounts.warnings:
        click.echo(f"warning: {warning}", err=True)
    return accounts


def main() -> None:
    """Entry point of ``torc-htpasswd``."""
    try:
        cli(prog_name="torc-htpasswd")
    except TorcError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
