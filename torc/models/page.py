"""Paging of lists, and the small replies that several nouns share."""

from __future__ import annotations

from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field

from torc.models.base import MAX_INT, Id, Record

#: Records that one list reply may carry; also the default.
MAX_LIMIT = 10_000

Item = TypeVar("Item")


class PageQuery(Record):
    """Window of a list; without ``named`` the list stands under ``items`` alone."""

    offset: Annotated[int, Field(ge=0, le=MAX_INT)] = 0
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = MAX_LIMIT
    named: bool = True


class ListQuery(PageQuery):
    """Window and order of a list; ``sort_by`` names a field of the record."""

    sort_by: str | None = None
    reverse_sort: bool = False


class WorkflowListQuery(ListQuery):
    """A list that belongs to one workflow."""

    workflow_id: Id


class Page(Record, Generic[Item]):
    """One window of a list. The same list also stands under the name of the resource."""

    items: list[Item]
    offset: int
    max_limit: int
    count: int
    total_count: int
    has_more: bool


class DeleteQuery(Record):
    """Deletes all records of one noun in a workflow."""

    workflow_id: Id


class DeleteCount(Record):
    """How many records were deleted."""

    count: int


class ErrorReply(Record):
    """The one shape of every error."""

    error: Any
    code: int | None = None
    errorMessage: str | None = None  # noqa: N815 - the wire's spelling
