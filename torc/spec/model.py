"""What users may write, as pydantic models: unknown keys are refused, older spellings are accepted.

Texts may still hold ``{parameter}`` places and ``${files.input.NAME}`` references here.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from torc.amounts import DEFAULT_MEMORY, DEFAULT_RUNTIME
from torc.errors import InvalidInput
from torc.models.action import ActionType, TriggerType
from torc.models.base import Count, EnvName, Name
from torc.models.failure_handler import FailureRule
from torc.models.requirement import Amount
from torc.models.workflow import (
    ComputeNodeMonitorConfig,
    DynamicJobsConfig,
    ExecutionConfig,
    JobMonitorConfig,
    ResourceMonitorConfig,
    Seconds,
    SortMethod,
    StdioConfig,
)
from torc.units import needed_duration, needed_memory, parse_walltime

PARAMETER_NAME = re.compile(r"[^\W\d]\w*")


class Wrong(ValueError):
    """A value that a validator refuses, with what to do about it."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def _as_text(value: Any) -> Any:
    """Take whole numbers as text; what a float or a boolean would look like is not for us to guess."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        raise Wrong(f"{value} is a number where a text is expected", "put quotes around it")
    if isinstance(value, bool):
        raise Wrong(f"{str(value).lower()} is a boolean where a text is expected", "put quotes around it")
    if isinstance(value, str) and "\x00" in value:
        raise Wrong("the NUL character is not allowed")
    return value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, (str, int)) and not isinstance(value, bool) else value


def _as_memory(value: Any) -> Any:
    value = _as_text(value)
    return _checked(needed_memory, value)


def _as_duration(value: Any) -> Any:
    return _checked(needed_duration, value)


def _checked(parse: Any, value: Any) -> Any:
    if isinstance(value, str):
        try:
            parse(value)
        except InvalidInput as error:
            raise Wrong(error.message, error.hint) from None
    return value


def _as_walltime(value: Any) -> Any:
    value = _as_text(value)
    return _checked(parse_walltime, value)


Text = Annotated[str, BeforeValidator(_as_text)]
Required = Annotated[str, BeforeValidator(_as_text), Field(min_length=1)]
Texts = Annotated[list[Required], BeforeValidator(_as_list)]
Named = Annotated[Name, BeforeValidator(_as_text)]
Memory = Annotated[str, BeforeValidator(_as_memory)]
Duration = Annotated[str, BeforeValidator(_as_duration)]
Walltime = Annotated[str, BeforeValidator(_as_walltime)]
Nodes = Annotated[int, Field(ge=1, le=1_000_000)]
Env = dict[EnvName, Text]
Parameters = dict[str, Any]
Mode = Literal["product", "zip"]


#: For records of the wire that a specification holds: there, unknown keys are mistakes.
_STRICT = ConfigDict(extra="forbid", populate_by_name=True, allow_inf_nan=False)


class Part(BaseModel):
    """Base of everything in a specification; null means not given."""

    model_config = _STRICT

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        if isinstance(value, dict) and None in value.values():
            return {key: item for key, item in value.items() if item is not None}
        return value


class Parameterized(Part):
    """An item that parameters may turn into many."""

    name: Required
    parameters: Parameters | None = None
    use_parameters: Texts = Field(default_factory=list)
    parameter_mode: Mode = "product"


class RequirementFields(Part):
    """Amounts that a job needs."""

    num_cpus: Amount = 1
    num_gpus: Amount = 0
    num_nodes: Annotated[int, Field(ge=1, le=2**31)] = 1
    memory: Memory = DEFAULT_MEMORY
    runtime: Duration = DEFAULT_RUNTIME


class ResourceRequirementsSpec(RequirementFields):
    """Amounts under a name that jobs refer to."""

    name: Named


class InlineRequirementsSpec(RequirementFields):
    """Amounts written inside a job; equal ones are shared."""

    name: Named | None = None


def _job_requirements(value: Any) -> Any:
    if isinstance(value, (dict, InlineRequirementsSpec)):
        return InlineRequirementsSpec.model_validate(value)
    value = _as_text(value)
    if not isinstance(value, str):
        raise Wrong("give the name of resource requirements, or a mapping of amounts")
    return value


class JobSpec(Parameterized):
    """One command, or with parameters many, and what it needs."""

    command: Required
    invocation_script: Text | None = None
    priority: Count = 0
    env: Env | None = None
    cancel_on_blocking_job_failure: bool = True
    supports_termination: bool = False
    resource_requirements: Annotated[
        Any,
        BeforeValidator(_job_requirements),
        Field(
            default=None,
            validation_alias=AliasChoices("resource_requirements", "resource_requirements_name"),
            json_schema_extra={"anyOf": [{"type": "string"}, InlineRequirementsSpec.model_json_schema()]},
        ),
    ]
    num_cpus: Amount | None = None
    num_gpus: Amount | None = None
    num_nodes: Annotated[int, Field(ge=1, le=2**31)] | None = None
    memory: Memory | None = None
    runtime: Duration | None = None
    scheduler: Annotated[
        Text | None,
        Field(default=None, validation_alias=AliasChoices("scheduler", "slurm_scheduler", "scheduler_name")),
    ]
    failure_handler: Annotated[
        Text | None, Field(default=None, validation_alias=AliasChoices("failure_handler", "failure_handler_name"))
    ]
    depends_on: Annotated[
        Texts,
        Field(
            default_factory=list,
            validation_alias=AliasChoices(
                "depends_on", "blocked_by", "blocking_jobs", "blocking_job_ids", "blocking-job-ids", "depends_on_jobs"
            ),
        ),
    ]
    depends_on_regexes: Annotated[
        Texts,
        Field(
            default_factory=list,
            validation_alias=AliasChoices("depends_on_regexes", "depends_on_job_regexes", "blocked_by_regexes"),
        ),
    ]
    input_files: Texts = Field(default_factory=list)
    output_files: Texts = Field(default_factory=list)
    input_file_regexes: Texts = Field(default_factory=list)
    output_file_regexes: Texts = Field(default_factory=list)
    input_user_data: Texts = Field(default_factory=list)
    output_user_data: Texts = Field(default_factory=list)
    input_user_data_regexes: Texts = Field(default_factory=list)
    output_user_data_regexes: Texts = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_way_to_say_requirements(self) -> JobSpec:
        if self.resource_requirements is not None and self.flat_requirements():
            given = ", ".join(self.flat_requirements())
            raise Wrong(f"give 'resource_requirements' or amounts in the job ({given}), not both")
        return self

    def flat_requirements(self) -> dict[str, Any]:
        """Return the amounts that stand directly in the job."""
        amounts = (
            ("num_cpus", self.num_cpus),
            ("num_gpus", self.num_gpus),
            ("num_nodes", self.num_nodes),
            ("memory", self.memory),
            ("runtime", self.runtime),
        )
        return {name: value for name, value in amounts if value is not None}


class FileSpec(Parameterized):
    """A path that jobs read or write."""

    path: Required
    st_mtime: Annotated[
        float | None, Field(default=None, validation_alias=AliasChoices("st_mtime", "modification_time"))
    ]


class UserDataSpec(Parameterized):
    """A JSON value that jobs read or write."""

    data: Any = None
    is_ephemeral: bool = False


class SlurmSchedulerSpec(Part):
    """One kind of Slurm allocation; what is left out comes from ``slurm_defaults``."""

    name: Named
    account: Text | None = None
    nodes: Annotated[Nodes, Field(default=1, validation_alias=AliasChoices("nodes", "num_nodes"))]
    walltime: Walltime | None = None
    partition: Text | None = None
    mem: Annotated[Text | None, Field(default=None, validation_alias=AliasChoices("mem", "memory"))]
    gres: Text | None = None
    qos: Text | None = None
    ntasks_per_node: Annotated[int, Field(ge=1)] | None = None
    tmp: Text | None = None
    extra: Text | None = None


class ActionSpec(Part):
    """What to do when something happens in the life of the workflow."""

    trigger_type: TriggerType
    action_type: ActionType
    jobs: Annotated[Texts, Field(default_factory=list, validation_alias=AliasChoices("jobs", "job_names"))]
    job_name_regexes: Texts = Field(default_factory=list)
    commands: Annotated[Texts, Field(default_factory=list, validation_alias=AliasChoices("commands", "command"))]
    scheduler: Annotated[
        Text | None,
        Field(default=None, validation_alias=AliasChoices("scheduler", "slurm_scheduler", "scheduler_name")),
    ]
    scheduler_type: Literal["slurm"] | None = None
    num_allocations: Annotated[int, Field(ge=1, le=100_000)] | None = None
    start_one_worker_per_node: bool = False
    max_parallel_jobs: Annotated[int, Field(ge=1)] | None = None
    persistent: bool | None = None


class FailureRuleSpec(FailureRule):
    """A retry rule."""

    model_config = _STRICT


class FailureHandlerSpec(Part):
    """Retry rules under a name that jobs refer to."""

    name: Named
    rules: Annotated[list[FailureRuleSpec], Field(min_length=1)]


class JobMonitorSpec(JobMonitorConfig):
    """Sampling of single jobs."""

    model_config = _STRICT


class ComputeNodeMonitorSpec(ComputeNodeMonitorConfig):
    """Sampling of the machine."""

    model_config = _STRICT


class ResourceMonitorSpec(ResourceMonitorConfig):
    """How the use of CPU and memory is watched; on unless switched off."""

    model_config = _STRICT
    enabled: bool = True
    jobs: JobMonitorSpec | None = None
    compute_node: ComputeNodeMonitorSpec | None = None


class StdioSpec(StdioConfig):
    """Where a job's output goes."""

    model_config = _STRICT


class ExecutionSpec(ExecutionConfig):
    """How jobs are started and ended on a compute node."""

    model_config = _STRICT
    stdio: StdioSpec | None = None
    job_stdio_overrides: dict[str, StdioSpec] | None = None  # type: ignore[assignment]


class DynamicJobsSpec(DynamicJobsConfig):
    """Limits of workflows that add jobs to themselves."""

    model_config = _STRICT


class Header(Part):
    """Everything of a specification but its lists."""

    name: Named
    user: Named | None = None
    description: Text | None = None
    project: Text | None = None
    metadata: dict[str, Any] | None = None
    env: Env | None = None
    parameters: Parameters = {}
    jobs_sort_method: Annotated[
        SortMethod | None,
        Field(default=None, validation_alias=AliasChoices("jobs_sort_method", "job_sort_method")),
    ]
    resource_monitor: Annotated[
        ResourceMonitorSpec | None,
        Field(default=None, validation_alias=AliasChoices("resource_monitor", "resource_monitor_config")),
    ]
    execution_config: ExecutionSpec | None = None
    slurm_defaults: dict[str, Any] | None = None
    dynamic_jobs: DynamicJobsSpec | None = None
    access_groups: Texts | None = None
    enable_ro_crate: bool | None = None
    use_pending_failed: bool | None = None
    compute_node_expiration_buffer_seconds: Seconds | None = None
    compute_node_wait_for_new_jobs_seconds: Seconds | None = None
    compute_node_ignore_workflow_completion: bool | None = None
    compute_node_wait_for_healthy_database_minutes: Seconds | None = None
    compute_node_min_time_for_new_jobs_seconds: Seconds | None = None


class WorkflowSpec(Header):
    """A whole specification."""

    jobs: list[JobSpec] = []
    files: list[FileSpec] = []
    user_data: list[UserDataSpec] = []
    resource_requirements: list[ResourceRequirementsSpec] = []
    slurm_schedulers: list[SlurmSchedulerSpec] = []
    failure_handlers: list[FailureHandlerSpec] = []
    actions: list[ActionSpec] = []


#: The model of the entries of each list.
ENTRY_MODELS: dict[str, type[Part]] = {
    "jobs": JobSpec,
    "files": FileSpec,
    "user_data": UserDataSpec,
    "resource_requirements": ResourceRequirementsSpec,
    "slurm_schedulers": SlurmSchedulerSpec,
    "failure_handlers": FailureHandlerSpec,
    "actions": ActionSpec,
}
MONITOR_DEFAULT = ResourceMonitorConfig(enabled=True)
