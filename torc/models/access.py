"""Access groups: users who share workflows."""

from __future__ import annotations

from typing import Literal

from torc.models.base import Id, Name, Record, Text

Role = Literal["admin", "member"]


class AccessGroupModel(Record):
    """A group of users; ``created_at`` is set by the server."""

    id: Id | None = None
    name: Name
    description: Text | None = None
    created_at: str | None = None


class UserGroupMembershipModel(Record):
    """A user in a group; those with the role ``admin`` decide who else is in it."""

    id: Id | None = None
    user_name: Name
    group_id: Id | None = None
    role: Role = "member"
    created_at: str | None = None


class WorkflowAccessGroupModel(Record):
    """A workflow that the members of a group may see, change and run."""

    workflow_id: int
    group_id: int
    created_at: str | None = None


class GroupBody(Record):
    """The group to share a workflow with."""

    group_id: Id


class AccessCheck(Record):
    """Whether a user may see, change and run a workflow, and why."""

    has_access: bool
    user_name: str
    workflow_id: int
    reason: str | None = None


class ReloadAuth(Record):
    """What the server read."""

    message: str
    user_count: int
