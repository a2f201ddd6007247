"""``torc-server backup`` and ``torc-server restore``."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from torc.server.store import copies

_database = click.option(
    "-d", "--database", type=click.Path(dir_okay=False, path_type=Path), default=Path("torc.db"), show_default=True,
    help="SQLite file of the server.",
)  # fmt: skip


@click.command()
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path))
@_database
@click.option("--overwrite", is_flag=True, help="Replace OUT if it exists.")
def backup(target: Path, database: Path, overwrite: bool) -> None:
    """Copy a database as it is at this moment, also while a server uses it.

    OUT is a file, or a directory that gets a file with the date in its name. The copy is complete and checked
    when it appears there, and only its owner can read it.

    \b
    Examples:
      torc-server backup --database /var/lib/torc/torc.db /backups/torc.db
      torc-server backup --database torc.db .
    """
    if target.is_dir():
        target = target / f"{database.stem}-{time.strftime('%Y%m%dT%H%M%S')}{database.suffix}"
    with _progress() as progress:
        made = copies.back_up(database, target, overwrite=overwrite, progress=progress)
    click.echo(f"{made.path}: {_size(made.size)}, schema {made.schema}, checked")


@click.command()
@click.argument("source", metavar="BACKUP", type=click.Path(dir_okay=False, path_type=Path))
@_database
@click.confirmation_option("-y", "--yes", prompt="Put the backup in the place of the database?", help="Do not ask.")
def restore(source: Path, database: Path) -> None:
    """Put a backup in the place of a database.

    No server may use the database meanwhile. The one that is replaced is kept beside it.

    \b
    Example:
      torc-server restore --database /var/lib/torc/torc.db /backups/torc.db
    """
    with _progress() as progress:
        made = copies.restore(source, database, progress=progress)
    click.echo(f"{made.path}: {_size(made.size)}, schema {made.schema}, checked")
    if made.replaced:
        click.echo(f"The database that was there is {made.replaced}")


@contextmanager
def _progress() -> Iterator[copies.Progress | None]:
    """Show how far a copy is, on a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=1, label="Copying", file=sys.stderr) as bar:

        def report(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield report


def _size(count: int) -> str:
    return f"{count / 2**20:.1f} MiB"
