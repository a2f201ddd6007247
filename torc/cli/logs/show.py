"""``torc logs show``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, BinaryIO

import click

from torc.cli import output
from torc.cli.logs.options import job_options
from torc.cli.options import COUNT, ID, with_session
from torc.cli.output import Content, Document, View
from torc.cli.session import Session
from torc.cli.tree import TorcCommand
from torc.errors import NotFound, TooLarge
from torc.logs.choice import Choice
from torc.logs.files import attempt_of, job_named
from torc.logs.reading import blocks, open_log, seek_last_lines, size_of

#: A JSON document is held in memory as a whole.
_MAX_JSON = 64 * 2**20


@click.command(cls=TorcCommand)
@job_options
@click.option("--run", "run_id", type=COUNT, help="Run to show (default: the latest of the job).")
@click.option("--attempt", "attempt_id", type=COUNT, help="Attempt to show (default: the latest).")
@click.option("-n", "--lines", type=ID, help="Only the last N lines of each file.")
@with_session
def show(
    session: Session,
    job_id: int | None,
    workflow_id: int | None,
    name: str | None,
    run_id: int | None,
    attempt_id: int | None,
    lines: int | None,
    **choice: Any,
) -> View:
    """Show what a job wrote.

    Without a choice, standard output and then standard error. The files are read on this machine.

    \b
    Examples:
      torc logs show 17
      torc logs show --workflow 5 --job train_3 --stderr -n 20
    """
    job = job_named(session.client, job_id, workflow_id, name)
    logs = Choice(job, attempt_of(session.client, job, run_id, attempt_id), **choice)
    with ExitStack() as stack:
        files = {}
        for kind, path in logs.files.items():
            try:
                files[kind] = stack.enter_context(open_log(path, logs.directory))
            except NotFound:
                continue
        if not files:
            raise logs.nothing_there()
        for file in files.values():
            if lines is not None:
                seek_last_lines(file, lines)
        if session.as_json:
            return Document(_document(logs, files))
        _tell_missing(logs, files)
        return Content(_contents(logs, files, stack.pop_all()))


def _tell_missing(logs: Choice, files: dict[str, BinaryIO]) -> None:
    for kind, path in logs.files.items():
        if kind not in files:
            output.note(f"Warning: {path} does not exist")


def _contents(logs: Choice, files: dict[str, BinaryIO], stack: ExitStack) -> Iterator[bytes]:
    with stack:
        for kind, file in files.items():
            if len(files) > 1:
                output.note(f"==> {logs.files[kind]} <==")
            yield from blocks(file)


def _document(logs: Choice, files: dict[str, BinaryIO]) -> dict[str, Any]:
    attempt = logs.attempt
    return {
        "workflow_id": logs.job["workflow_id"],
        "job_id": attempt.job_id,
        "job_name": logs.job["name"],
        "run_id": attempt.run_id,
        "attempt_id": attempt.attempt_id,
        "logs": [
            {"kind": kind, "path": logs.files[kind], "size": size_of(file), "content": _text(logs.files[kind], file)}
            for kind, file in files.items()
        ],
    }


def _text(path: str, file: BinaryIO) -> str:
    left = size_of(file) - file.tell()
    if left > _MAX_JSON:
        raise TooLarge(
            f"{path} has {left} bytes to show, more than {_MAX_JSON // 2**20} MiB fit into a document",
            field="--lines",
            hint="give --lines, or leave out --format json",
        )
    return file.read(left).decode("utf-8", "replace")
