"""``torc workflows diagnose``."""

from __future__ import annotations

import click

from torc.cli.choose import workflow_of
from torc.cli.options import fetch, number_in, paging, with_session, workflow_argument
from torc.cli.output import Column, Listing, Message, View
from torc.cli.session import Session
from torc.cli.tree import TorcCommand
from torc.logs.files import job_named

_COLUMNS = (
    Column("Job ID", "job_id"),
    Column("Job Name", "job_name"),
    Column("Status", "status"),
    Column("Why", "message"),
)


@click.command(cls=TorcCommand)
@workflow_argument
@click.option("-j", "--job", metavar="NAME|ID", help="Only this job, by name or id.")
@click.option("-s", "--status", help="Only jobs with this status, for example blocked.")
@paging()
@with_session
def diagnose(
    session: Session, workflow_id: int | None, job: str | None, status: str | None, limit: int, offset: int
) -> View:
    """Say of each job that waits why it does not run.

    \b
    Examples:
      torc workflows diagnose 5
      torc workflows diagnose 5 --job train_3
    """
    number = workflow_of(session, workflow_id)
    job_id = None if job is None else _job_id(session, number, job)
    found = fetch(session, "diagnose_workflow", number, job_id=job_id, status=status, limit=limit, offset=offset)
    if not found:
        return Message([f"Nothing waits in workflow {number}."], {"jobs": []})
    return Listing("jobs", found, _COLUMNS, f"Why jobs of workflow ID {number} do not run:")


def _job_id(session: Session, workflow_id: int, job: str) -> int:
    """Return the id of a job given by id or, first of all, by its name, which may consist of digits."""
    alike = session.client.pages("list_jobs", workflow_id=workflow_id, name=job)
    number = number_in(job)
    if number is not None and all(item["name"] != job for item in alike):
        return number
    return int(job_named(session.client, None, workflow_id, job)["id"])
