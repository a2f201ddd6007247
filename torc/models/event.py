"""Events: what happened to a workflow, in order."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from torc.models.base import Count, Id, Record
from torc.models.page import WorkflowListQuery

Severity = Literal["debug", "info", "warning", "error"]


class EventModel(Record):
    """``timestamp`` is milliseconds since the epoch, set by the server."""

    id: Id | None = None
    workflow_id: Id
    timestamp: Count | None = None
    event_type: str | None = None
    severity: Severity | None = None
    data: Any = None


class EventUpdate(EventModel):
    """The fields of an event that a request changes."""

    workflow_id: Id | None = None  # type: ignore[assignment]


class EventsQuery(WorkflowListQuery):
    """``category`` matches the data's ``category`` or the event type; ``after_timestamp`` is exclusive."""

    category: str | None = None
    after_timestamp: Count | None = None


class LatestEventTimestamp(Record):
    """When the newest event happened; null when there is none."""

    timestamp: int | None


class StreamQuery(Record):
    """``level`` is the lowest severity to send; ``last_event_id`` stands in for the header of that name.

    ``samples`` asks to be told, at most once a second, that there are new samples of what jobs use: by an event of
    that name without an id.
    """

    level: Severity = "info"
    last_event_id: Count | None = None
    samples: bool = False


class StreamsQuery(StreamQuery):
    """``workflow_id`` names each workflow, ``after`` the last event seen of each, in the same order.

    ``last_event_id`` is of the whole stream, whose events come in one order. Workflows that are missing, or will be,
    are told by an event ``workflow_deleted``; the stream ends when none is left.
    """

    workflow_id: list[Id] = Field(min_length=1, max_length=100)
    after: list[Count] = []

    @model_validator(mode="after")
    def _one_place_for_each(self) -> StreamsQuery:
        if self.after and len(self.after) != len(self.workflow_id):
            raise ValueError("'after' must name as many events as there are workflows, or none")
        return self
