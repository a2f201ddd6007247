"""Files that jobs read and write."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from torc.models.base import Id, Name, Record, Text
from torc.models.page import WorkflowListQuery

#: Bounded so that it is the same number after a round trip through text of fifteen digits.
Mtime = Annotated[float, Field(ge=-1e15, le=1e15)]


class FileModel(Record):
    """A path that jobs share; ``st_mtime`` is its modification time in seconds since the epoch, when known."""

    id: Id | None = None
    workflow_id: Id
    name: Name
    path: Text
    st_mtime: Mtime | None = None


class FileState(Record):
    """What a client saw of a file on its disk; ``st_mtime`` is null when it is not there."""

    file_id: Id
    st_mtime: Mtime | None = None


class FileUpdate(FileModel):
    """The fields of a file that a request changes."""

    workflow_id: Id | None = None  # type: ignore[assignment]
    name: Name | None = None  # type: ignore[assignment]
    path: Text | None = None  # type: ignore[assignment]


class FilesModel(Record):
    """Files to create together."""

    files: list[FileModel]


class FilesQuery(WorkflowListQuery):
    """Filters of the file list."""

    name: str | None = None
    path: str | None = None
    produced_by_job_id: Id | None = None
    is_output: bool | None = None
