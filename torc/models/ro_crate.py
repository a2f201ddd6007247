"""Entities of a workflow's RO-Crate: the provenance of what it reads and writes."""

from __future__ import annotations

from typing import Any

from torc.models.base import Id, Name, Record
from torc.models.page import ListQuery


class RoCrateEntityModel(Record):
    """One JSON-LD entity: ``entity_id`` is its ``@id``, ``entity_type`` its ``@type``, ``metadata`` the rest."""

    id: Id | None = None
    workflow_id: Id
    file_id: Id | None = None
    entity_id: Name
    entity_type: Name
    metadata: dict[str, Any]


class RoCrateEntityUpdate(RoCrateEntityModel):
    """The fields of an entity that a request changes."""

    workflow_id: Id | None = None  # type: ignore[assignment]
    entity_id: Name | None = None  # type: ignore[assignment]
    entity_type: Name | None = None  # type: ignore[assignment]
    metadata: dict[str, Any] | None = None  # type: ignore[assignment]


class RoCrateEntitiesQuery(ListQuery):
    """Filters of the list."""

    file_id: Id | None = None
    entity_id: str | None = None


class Message(Record):
    """What was done, in words."""

    message: str


class DeletedEntities(Record):
    """How many entities were deleted."""

    deleted_count: int
    message: str
