"""``torc logs follow``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from torc.cli import output
from torc.cli.logs.options import job_options
from torc.cli.options import ID, with_session
from torc.cli.output import Content, View
from torc.cli.session import Session
from torc.cli.tree import TorcCommand
from torc.errors import InvalidInput, ServerUnreachable
from torc.logs.choice import Choice
from torc.logs.files import WAITING, attempt_of, job_named
from torc.logs.tail import ASK_SECONDS, Tail, is_same_attempt


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
    return Content(_chunks(session, logs, lines))


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


def _chunks(session: Session, logs: Choice, lines: int | None) -> Iterator[bytes]:
    shown = None
    for kind, chunk in Tail(logs, lambda: _is_running(session, logs), lines).chunks():
        if kind != shown and len(logs.files) > 1:
            output.note(f"==> {logs.files[kind]} <==")
        shown = kind
        yield chunk


def _is_running(session: Session, logs: Choice) -> bool:
    job = _asked_again(session, logs.job["id"])
    if is_same_attempt(job, logs.attempt):
        return True
    output.note(f"job {job['id']} ({job['name']}) is {job['status']}")
    return False
