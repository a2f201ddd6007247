"""``torc job-dependencies``."""

from __future__ import annotations

from collections.abc import Sequence

import click

from torc.cli.choose import workflow_of
from torc.cli.nouns import fetch_of
from torc.cli.options import paging, with_session, workflow_argument
from torc.cli.output import Column, Listing, View
from torc.cli.session import Session
from torc.cli.tree import TorcGroup

_MADE_AND_READ = (
    Column("Producer ID", "producer_job_id"),
    Column("Producer", "producer_job_name"),
    Column("Consumer ID", "consumer_job_id"),
    Column("Consumer", "consumer_job_name"),
)


@click.group("job-dependencies", cls=TorcGroup)
def group() -> None:
    """List what jobs wait for and which files they share."""


def _relations(name: str, records: str, columns: Sequence[Column], help: str, title: str) -> None:
    """Add a command that lists relations."""

    @group.command(name, help=f"{help}\n\n\b\nExample:\n  torc job-dependencies {name} 5")
    @workflow_argument
    @paging()
    @with_session
    def relations(session: Session, workflow_id: int | None, limit: int, offset: int) -> View:
        number = workflow_of(session, workflow_id)
        found = fetch_of(session, f"list_{records}", number, limit=limit, offset=offset)
        return Listing(records, found, columns, f"{title} of workflow ID {number}:")


_relations(
    "job-job",
    "job_dependencies",
    (
        Column("Job ID", "job_id"),
        Column("Job", "job_name"),
        Column("Depends On ID", "depends_on_job_id"),
        Column("Depends On", "depends_on_job_name"),
    ),
    "List which job waits for which.",
    "Job dependencies",
)
_relations(
    "job-file",
    "job_file_relationships",
    (Column("File ID", "file_id"), Column("File", "file_name"), Column("Path", "file_path"), *_MADE_AND_READ),
    "List which jobs write and read each file.",
    "Jobs and files",
)
_relations(
    "job-user-data",
    "job_user_data_relationships",
    (Column("User Data ID", "user_data_id"), Column("User Data", "user_data_name"), *_MADE_AND_READ),
    "List which jobs write and read each user-data record.",
    "Jobs and user data",
)
