"""Workflows, their status and the replies about their progress."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, field_validator
from pydantic_core import from_json

from torc.models.base import Count, Env, Id, Name, Record, Text
from torc.models.file import FileState
from torc.models.page import ListQuery

SortMethod = Literal["gpus_runtime_memory", "gpus_memory_runtime", "none"]
Granularity = Literal["summary", "time_series"]
Seconds = Annotated[int, Field(ge=0, le=2**31)]


class JobMonitorConfig(Record):
    """Sampling of single jobs."""

    enabled: bool = False
    granularity: Granularity = "summary"


class ComputeNodeMonitorConfig(JobMonitorConfig):
    """Sampling of the machine that a runner is on."""

    cpu: bool = True
    memory: bool = True


class ResourceMonitorConfig(Record):
    """How the use of CPU and memory is watched while jobs run."""

    enabled: bool = False
    granularity: Granularity = "summary"
    sample_interval_seconds: Annotated[int, Field(ge=1, le=86_400)] = 5
    flush_interval_seconds: Annotated[int, Field(ge=1, le=86_400)] = 300
    generate_plots: bool = False
    jobs: JobMonitorConfig | None = None
    compute_node: ComputeNodeMonitorConfig | None = None


class StdioConfig(Record):
    """Where a job's output goes."""

    model_config = ConfigDict(extra="allow")
    mode: Literal["separate", "combined", "no_stdout", "no_stderr", "none"] | None = None
    delete_on_success: bool | None = None


class ExecutionConfig(Record):
    """How jobs are started and ended on a compute node."""

    model_config = ConfigDict(extra="allow")
    mode: Literal["direct", "slurm", "auto"] | None = None
    stdio: StdioConfig | None = None
    job_stdio_overrides: dict[str, StdioConfig] | None = None
    limit_resources: bool | None = None
    sigterm_lead_seconds: Seconds | None = None
    sigkill_headroom_seconds: Seconds | None = None
    timeout_exit_code: int | None = None
    oom_exit_code: int | None = None
    termination_signal: str | None = None
    staggered_start: bool | None = None
    enable_cpu_bind: bool | None = None
    srun_mpi: str | None = None
    srun_termination_signal: str | None = None


class DynamicJobsConfig(Record):
    """Limits of workflows that add jobs to themselves."""

    model_config = ConfigDict(extra="allow")
    max_iterations: Annotated[int, Field(ge=1)] = 1000


class WorkflowModel(Record):
    """A workflow: metadata, defaults for its runners, and (read-only) where its present run stands."""

    id: Id | None = None
    name: Name
    user: Name = "unknown"
    description: Text | None = None
    project: Text | None = None
    metadata: dict[str, Any] | None = None
    timestamp: str | None = None
    env: Env | None = None
    jobs_sort_method: SortMethod = "gpus_runtime_memory"
    resource_monitor_config: ResourceMonitorConfig | None = None
    execution_config: ExecutionConfig | None = None
    slurm_defaults: dict[str, Any] | None = None
    dynamic_jobs: DynamicJobsConfig | None = None
    access_groups: list[str] | None = None
    enable_ro_crate: bool | None = None
    use_pending_failed: bool | None = None
    submission_directory: Text | None = None
    compute_node_expiration_buffer_seconds: Seconds = 60
    compute_node_wait_for_new_jobs_seconds: Seconds = 90
    compute_node_ignore_workflow_completion: bool = False
    compute_node_wait_for_healthy_database_minutes: Seconds = 20
    compute_node_min_time_for_new_jobs_seconds: Seconds = 300
    run_id: Count | None = None
    is_canceled: bool | None = None
    is_archived: bool | None = None
    status_id: Id | None = None

    @field_validator("resource_monitor_config", "slurm_defaults", mode="before")
    @classmethod
    def _parse_json_text(cls, value: Any) -> Any:
        # Older clients send these two as JSON inside a string.
        if isinstance(value, str):
            return from_json(value, allow_inf_nan=False)
        return value


class WorkflowUpdate(WorkflowModel):
    """The fields of a workflow that a request changes."""

    name: Name | None = None  # type: ignore[assignment]


class WorkflowsQuery(ListQuery):
    """Filters of the workflow list."""

    name: str | None = None
    user: str | None = None
    description: str | None = None
    is_archived: bool | None = None


class ArchiveRequest(Record):
    """Archives or takes back."""

    is_archived: bool


class JobStatusCounts(Record):
    """Jobs by status."""

    uninitialized: int = 0
    blocked: int = 0
    ready: int = 0
    pending: int = 0
    running: int = 0
    completed: int = 0
    failed: int = 0
    canceled: int = 0
    terminated: int = 0
    disabled: int = 0
    pending_failed: int = 0


class WorkflowStatus(Record):
    """One-call answer to "how is it going"."""

    id: int
    workflow_id: int
    workflow_name: str
    workflow_user: str
    status: Literal["uninitialized", "initialized", "running", "complete", "canceled"]
    run_id: int
    is_canceled: bool
    is_archived: bool
    is_complete: bool
    has_detected_need_to_run_completion_script: bool = False
    jobs_by_status: JobStatusCounts
    total_jobs: int
    total_exec_time_minutes: float
    walltime_seconds: int | None = None
    active_compute_nodes: int
    active_scheduled_nodes: int
    pending_scheduled_nodes: int


class StatusUpdate(Record):
    """Older clients' way to archive, cancel or begin a run."""

    run_id: Count | None = None
    is_canceled: bool | None = None
    is_archived: bool | None = None


class IsComplete(Record):
    """Whether every job has come to an end, or the workflow was canceled."""

    is_complete: bool
    is_canceled: bool


class IsUninitialized(Record):
    """Whether no job has been initialized yet."""

    is_uninitialized: bool


class InitializeQuery(Record):
    """Options of ``initialize_jobs``; the body's ``reinitialize`` means ``only_uninitialized``."""

    model_config = ConfigDict(populate_by_name=False)
    only_uninitialized: bool = False
    clear_ephemeral_user_data: bool = True
    run_async: Annotated[bool, Field(alias="async")] = False


class InitializeBody(Record):
    """Body spelling of the same options."""

    reinitialize: bool | None = None
    ignore_missing_data: bool | None = None


class RunRequest(Record):
    """Begins a run of a workflow, from the start or with what changed.

    ``files`` are the states of the workflow's files as the caller sees them. With ``retry_failed`` a reinitialized
    workflow also runs again what failed.
    """

    files: list[FileState] = []
    retry_failed: bool = False
    force: bool = False
    dry_run: bool = False


class RunReply(Record):
    """What initialize or reinitialize did, or with ``dry_run`` would do.

    ``reasons`` tell for each of a reinitialized workflow's ``reset_jobs`` why it runs again.
    """

    run_id: int
    reset_jobs: list[str]
    reasons: dict[str, str] = {}
    ready: int
    blocked: int
    missing_files: list[str]
    missing_user_data: list[str]
    existing_outputs: list[str]
    dry_run: bool


class ResetStatusQuery(Record):
    """``force`` resets although jobs are active."""

    force: bool = False


class ResetJobsQuery(Record):
    """``failed_only`` resets failed, canceled, terminated and pending_failed jobs and what follows them.

    ``with_workflow`` also resets the workflow, as reset_workflow_status does, with ``force`` although jobs are active.
    """

    failed_only: bool = False
    with_workflow: bool = False
    force: bool = False


class ResetJobsReply(Record):
    """How many jobs were reset."""

    workflow_id: int
    updated_count: int
    status: str
    reset_type: str | None = None


class DryRunQuery(Record):
    """Only tells, changes nothing."""

    dry_run: bool = False


class ChangedJobInputs(Record):
    """Names of the jobs whose inputs changed."""

    reinitialized_jobs: list[str]


class RequiredExistingFiles(Record):
    """Ids of files that must exist before the workflow begins."""

    files: list[int]


class MissingUserData(Record):
    """Ids of inputs without data and without a job that makes it."""

    user_data: list[int]


class JobIds(Record):
    """All job ids of a workflow."""

    job_ids: list[int]
    count: int


class ReadyRequirementsQuery(Record):
    """Only jobs for this scheduler."""

    scheduler_config_id: Id | None = None


class ReadyJobRequirements(Record):
    """Sums and maxima over the ready jobs."""

    num_jobs: int
    num_cpus: int
    num_gpus: int
    memory_gb: float
    max_num_nodes: int
    max_runtime: str
