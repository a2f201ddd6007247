"""A whole workflow in one request.

What a specification becomes after expansion: flat lists in which records name each other by
their position (from 0). Every dependency set that jobs share is sent once.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from torc.amounts import DEFAULT_MEMORY, DEFAULT_RUNTIME
from torc.models.action import ActionType, TriggerType
from torc.models.base import Count, Env, Name, Record, Text
from torc.models.failure_handler import RulesText
from torc.models.file import Mtime
from torc.models.requirement import Amount, DurationText, MemoryText
from torc.models.scheduler import SlurmSettings
from torc.models.workflow import WorkflowModel

Index = Annotated[int, Field(ge=0)]


class PlannedFile(Record):
    """A file; see :class:`torc.models.file.FileModel`."""

    name: Name
    path: Text
    st_mtime: Mtime | None = None


class PlannedUserData(Record):
    """A user-data record."""

    name: Name
    data: Any = None
    is_ephemeral: bool = False


class PlannedRequirements(Record):
    """Resource requirements."""

    name: Name
    num_cpus: Amount = 1
    num_gpus: Amount = 0
    num_nodes: Annotated[int, Field(ge=1, le=2**31)] = 1
    memory: MemoryText = DEFAULT_MEMORY
    runtime: DurationText = DEFAULT_RUNTIME


class PlannedScheduler(SlurmSettings):
    """A Slurm scheduler."""

    name: Name


class PlannedLocalScheduler(Record):
    """A local scheduler."""

    name: Name
    memory: MemoryText | None = None
    num_cpus: Amount | None = None


class PlannedFailureHandler(Record):
    """A failure handler; ``rules`` is JSON inside a string, as on the wire."""

    name: Name
    rules: RulesText


class PlannedJob(Record):
    """A job; its relations are positions in the lists of :class:`WorkflowPlan`.

    ``scheduler`` counts the Slurm schedulers and behind them the local ones.
    The command may still hold ``${user_data.input.NAME}`` and ``${user_data.output.NAME}``:
    the server puts the record's id in their place. File paths are in place already.
    """

    name: Name
    command: Text
    invocation_script: Text | None = None
    priority: Count = 0
    env: Env | None = None
    cancel_on_blocking_job_failure: bool = True
    supports_termination: bool = False
    resource_requirements: Index | None = None
    scheduler: Index | None = None
    failure_handler: Index | None = None
    dependency_sets: list[Index] = []
    input_files: list[Index] = []
    output_files: list[Index] = []
    input_user_data: list[Index] = []
    output_user_data: list[Index] = []


class PlannedAction(Record):
    """An action; ``schedule_nodes`` names its scheduler by position in ``scheduler``, counted as by jobs."""

    trigger_type: TriggerType
    action_type: ActionType
    action_config: dict[str, Any]
    jobs: list[Index] | None = None
    scheduler: Index | None = None
    persistent: bool | None = None


class WorkflowPlan(Record):
    """Everything that ``create_workflow_from_plan`` creates, in one transaction.

    ``dependency_sets[i]`` is a list of job positions; a job waits for all members of each set
    that it names.
    """

    workflow: WorkflowModel
    files: list[PlannedFile] = []
    user_data: list[PlannedUserData] = []
    resource_requirements: list[PlannedRequirements] = []
    slurm_schedulers: list[PlannedScheduler] = []
    local_schedulers: list[PlannedLocalScheduler] = []
    failure_handlers: list[PlannedFailureHandler] = []
    jobs: list[PlannedJob] = []
    dependency_sets: list[list[Index]] = []
    actions: list[PlannedAction] = []
    request_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None


class PlanCreated(Record):
    """The new workflow and what it holds."""

    id: int
    name: str
    user: str
    num_jobs: int
    num_files: int
    num_user_data: int
    num_dependencies: int
