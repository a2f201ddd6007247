"""Actions: what runners do at points of a workflow's life."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from torc.models.base import Count, Id, Name, Record, Text

TriggerType = Literal[
    "on_workflow_start",
    "on_workflow_complete",
    "on_jobs_ready",
    "on_jobs_complete",
    "on_worker_start",
    "on_worker_complete",
]
ActionType = Literal["run_commands", "schedule_nodes"]
JOB_TRIGGERS = frozenset({"on_jobs_ready", "on_jobs_complete"})
WORKER_TRIGGERS = frozenset({"on_worker_start", "on_worker_complete"})


class RunCommandsConfig(Record):
    """Shell commands, run one after the other until one fails."""

    model_config = ConfigDict(extra="forbid")
    commands: Annotated[list[Text], Field(min_length=1)]


class ScheduleNodesConfig(Record):
    """Allocations to request from a scheduler."""

    model_config = ConfigDict(extra="forbid")
    scheduler_id: Id
    scheduler_type: Literal["slurm", "local"] = "slurm"
    num_allocations: Annotated[int, Field(ge=1, le=100_000)] = 1
    start_one_worker_per_node: bool = False
    max_parallel_jobs: Annotated[int, Field(ge=1)] | None = None


CONFIGS: dict[str, type[Record]] = {"run_commands": RunCommandsConfig, "schedule_nodes": ScheduleNodesConfig}


class WorkflowActionModel(Record):
    """A trigger, what to do, and how far the trigger has come."""

    id: Id | None = None
    workflow_id: Id | None = None
    trigger_type: TriggerType
    action_type: ActionType
    action_config: dict[str, Any]
    job_ids: list[Id] | None = None
    persistent: bool | None = None
    trigger_count: Count = 0
    required_triggers: Count = 1
    executed: bool = False
    executed_at: str | None = None
    executed_by: int | None = None
    is_recovery: bool = False


class PendingActionsQuery(Record):
    """Only these triggers; ``compute_node_id`` leaves out persistent actions that this node has claimed."""

    trigger_type: list[TriggerType] | None = None
    compute_node_id: Id | None = None


class ClaimActionRequest(Record):
    """Who claims."""

    compute_node_id: Id | None = None


class ClaimActionReply(Record):
    """The claim succeeded; both spellings of the same answer."""

    action_id: int
    success: bool
    claimed: bool


class ActionDone(Record):
    """How an action ended on a runner, for the event log."""

    compute_node_id: Id | None = None
    success: bool
    message: Name | None = None
