"""JSON values that jobs pass to each other through the server."""

from __future__ import annotations

from typing import Any

from torc.models.base import Id, Name, Record
from torc.models.page import WorkflowListQuery


class UserDataModel(Record):
    """A named JSON value; ephemeral ones are cleared when a run begins."""

    id: Id | None = None
    workflow_id: Id
    name: Name
    data: Any = None
    is_ephemeral: bool = False


class UserDataUpdate(UserDataModel):
    """The fields of a record that a request changes."""

    workflow_id: Id | None = None  # type: ignore[assignment]
    name: Name | None = None  # type: ignore[assignment]
    is_ephemeral: bool | None = None  # type: ignore[assignment]


class UserDataListModel(Record):
    """Records to create together."""

    user_data: list[UserDataModel]


class UserDataQuery(WorkflowListQuery):
    """Filters of the user-data list."""

    name: str | None = None
    is_ephemeral: bool | None = None
    consumer_job_id: Id | None = None
    producer_job_id: Id | None = None


class UserDataLinks(Record):
    """Jobs to link a new record to."""

    consumer_job_id: Id | None = None
    producer_job_id: Id | None = None
