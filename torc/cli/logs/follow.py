"""``torc logs follow``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import click

from torc.cli import output
from torc.cli.logs.files import WAITING, attempt_of, job_named
from torc.cli.logs.options import Choice, job_options
from torc.cli.logs.reading import blocks, open_log, seek_last_lines
from torc.cli.options import ID, with_session
from torc.cli.output import Content, View
from torc.cli.session import Session
from torc.cli.tree import TorcCommand
from torc.errors import InvalidInput, NotFound, ServerUnreachable

#: Between two looks at the files, which are on this machine, and two questions to the server.
LOOK_SECONDS = 0.2
ASK_SECONDS = 1.0


@click.command(cls=TorcCommand)
@job_options
@click.option("-n", "--lines", type=ID, help="Begin with the last N lines (default: all).")
@with_session
def follow(
    session: Session, job_id: int | None, workflow_id: int | None, name: str | None, lines: int | None, **choice: Any
) -> View:
    """Show what a job writes until it ends.

    A job that does not run yet is waited for.

    \b
    Examples:
      torc logs follow 17
      torc logs follow --workflow 5 --job train_3 --stderr
    """
    job = _until_it_runs(session, job_named(session.client, job_id, workflow_id, name))
    logs = Choice(job, attempt_of(session.client, job, None, None), **choice)
    if job["status"] == "running" and not Path(logs.directory).is_dir():
        raise logs.nothing_there()
    return Content(_Tail(session, logs, lines).chunks())


def _until_it_runs(session: Session, job: dict[str, Any]) -> dict[str, Any]:
    told = False
    while job["status"] in WAITING:
        if not told:
            output.note(f"waiting until job {job['id']} ({job['name']}) runs: it is {job['status']}")
            told = True
        time.sleep(ASK_SECONDS)
        job = _asked_again(session, job["id"])
    if job["status"] == "uninitialized":
        raise InvalidInput(
            f"job {job['id']} ({job['name']}) is uninitialized, so nothing will run it",
            field="JOB_ID",
            value=job["id"],
            hint=f"torc workflows initialize {job['workflow_id']}",
        )
    return job


def _asked_again(session: Session, job_id: int) -> dict[str, Any]:
    """Return the job as it is now, also when the server of a torc run has ended with it."""
    transport = session.client.transport
    patience, transport.patience = transport.patience, 0.0
    try:
        job: dict[str, Any] = session.client.get_job(job_id)
    except ServerUnreachable:
        session.close()
        job = session.client.get_job(job_id)
    else:
        transport.patience = patience
    return job


class _Tail:
    """The end of growing files, until their job has ended."""

    def __init__(self, session: Session, logs: Choice, lines: int | None) -> None:
        self.session = session
        self.logs = logs
        self.lines = lines
        self.files: dict[str, BinaryIO] = {}
        self.shown: str | None = None
        self.stack = ExitStack()

    def chunks(self) -> Iterator[bytes]:
        with self.stack:
            running, asked = True, 0.0
            while running:
                if time.monotonic() - asked >= ASK_SECONDS:
                    running, asked = self._is_running(), time.monotonic()
                # After the answer that the job has ended there is one more look: now everything is written.
                self._open_new()
                fresh = False
                for chunk in self._read():
                    fresh = True
                    yield chunk
                if running and not fresh:
                    time.sleep(LOOK_SECONDS)
            if not self.files:
                raise self.logs.nothing_there()

    def _is_running(self) -> bool:
        job = _asked_again(self.session, self.logs.job["id"])
        if job["status"] == "running" and (job.get("attempt_id") or 1) == self.logs.attempt.attempt_id:
            return True
        output.note(f"job {job['id']} ({job['name']}) is {job['status']}")
        return False

    def _open_new(self) -> None:
        for kind, path in self.logs.files.items():
            if kind in self.files:
                continue
            try:
                file = open_log(path, self.logs.directory)
            except NotFound:
                continue
            self.files[kind] = self.stack.enter_context(file)
            if self.lines is not None:
                seek_last_lines(file, self.lines)

    def _read(self) -> Iterator[bytes]:
        for kind, file in self.files.items():
            for chunk in blocks(file):
                if self.shown != kind and len(self.logs.files) > 1:
                    output.note(f"==> {self.logs.files[kind]} <==")
                self.shown = kind
                yield chunk
