"""Long operations that go on after their request has been answered."""

from __future__ import annotations

from typing import Literal

from torc.models.base import Record

TaskStatus = Literal["queued", "running", "succeeded", "failed"]


class TaskModel(Record):
    """One such operation; times are milliseconds since the epoch."""

    id: int
    workflow_id: int
    operation: str
    status: TaskStatus
    created_at_ms: int
    started_at_ms: int | None = None
    finished_at_ms: int | None = None
    error: str | None = None


class ActiveTask(Record):
    """The task that a workflow waits for, null when there is none."""

    task: TaskModel | None = None
