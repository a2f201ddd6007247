"""``torc job-dependencies``."""

from __future__ import annotations

import click

from torc.cli.choose import workflow_of
from torc.cli.options import fetch, paging, with_session, workflow_argument
from torc.cli.output import Column, Listing, View
from torc.cli.session import Session
from torc.cli.tree import TorcGroup

_MADE_AND_READ = (
    Column("Producer ID", "producer_job_id"),
    Column("Producer", "producer_job_name"),
    Column("Consumer ID", "consumer_job_id"),
    Column("Consumer", "consumer_job_name"),
)


@click.group(cls=TorcGroup)
def group() -> None:
    """List what jobs wait for and which files they share."""


@group.command("job-job")
@workflow_argument
@paging()
@with_session
def job_job(session: Session, workflow_id: int | None, limit: int, offset: int) -> View:
    """List which job waits for which.

    \b
    Example:
      torc job-dependencies job-job 5
    """
    number = workflow_of(session, workflow_id)
    columns = (
        Column("Job ID", "job_id"),
        Column("Job", "job_name"),
        Column("Depends On ID", "depends_on_job_id"),
        Column("Depends On", "depends_on_job_name"),
    )
    records = fetch(session, "list_job_dependencies", number, limit=limit, offset=offset)
    return Listing("job_dependencies", records, columns, f"Job dependencies of workflow ID {number}:")


@group.command("job-file")
@workflow_argument
@paging()
@with_session
def job_file(session: Session, workflow_id: int | None, limit: int, offset: int) -> View:
    """List which jobs write and read each file.

    \b
    Example:
      torc job-dependencies job-file 5
    """
    number = workflow_of(session, workflow_id)
    columns = (Column("File ID", "file_id"), Column("File", "file_name"), Column("Path", "file_path"), *_MADE_AND_READ)
    records = fetch(session, "list_job_file_relationships", number, limit=limit, offset=offset)
    return Listing("job_file_relationships", records, columns, f"Jobs and files of workflow ID {number}:")


@group.command("job-user-data")
@workflow_argument
@paging()
@with_session
def job_user_data(session: Session, workflow_id: int | None, limit: int, offset: int) -> View:
    """List which jobs write and read each user-data record.

    \b
    Example:
      torc job-dependencies job-user-data 5
    """
    number = workflow_of(session, workflow_id)
    columns = (Column("User Data ID", "user_data_id"), Column("User Data", "user_data_name"), *_MADE_AND_READ)
    records = fetch(session, "list_job_user_data_relationships", number, limit=limit, offset=offset)
    return Listing("job_user_data_relationships", records, columns, f"Jobs and user data of workflow ID {number}:")
