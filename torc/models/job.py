"""Jobs, their dependencies, and the calls by which runners claim and report them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from torc.models.base import MAX_INT, Count, Env, Id, Name, Record, Text
from torc.models.file import FileState
from torc.models.page import PageQuery, WorkflowListQuery
from torc.models.result import ResultModel, StatusName
from torc.models.samples import JobSample, NodeSample

Limit = Annotated[int, Field(le=MAX_INT)]


class ComputeNodeSchedule(Record):
    """Nodes to schedule when the job completes (kept for older clients)."""

    scheduler_id: int
    num_jobs: int
    max_parallel_jobs: int | None = None
    start_one_worker_per_node: bool | None = None


class JobModel(Record):
    """One command and what it needs.

    ``command_template`` (read-only) is the command as it was written, when the server has put ids of user data into it.
    """

    id: Id | None = None
    workflow_id: Id
    name: Name
    command: Text
    invocation_script: Text | None = None
    status: StatusName | None = None
    priority: Count = 0
    env: Env | None = None
    cancel_on_blocking_job_failure: bool = True
    supports_termination: bool = False
    resource_requirements_id: Id | None = None
    scheduler_id: Id | None = None
    failure_handler_id: Id | None = None
    attempt_id: Count | None = None
    origin: str | None = None
    depends_on_job_ids: list[Id] | None = None
    input_file_ids: list[Id] | None = None
    output_file_ids: list[Id] | None = None
    input_user_data_ids: list[Id] | None = None
    output_user_data_ids: list[Id] | None = None
    schedule_compute_nodes: ComputeNodeSchedule | None = None
    start_time: str | None = None
    compute_node_id: int | None = None
    command_template: str | None = None


class JobUpdate(JobModel):
    """The fields of a job that a request changes."""

    workflow_id: Id | None = None  # type: ignore[assignment]
    name: Name | None = None  # type: ignore[assignment]
    command: Text | None = None  # type: ignore[assignment]


class JobsModel(Record):
    """Jobs to create together, all of one workflow."""

    jobs: list[JobModel]


class JobsQuery(WorkflowListQuery):
    """Filters of the job list; ``name`` and ``command`` find what contains them, in upper or lower case.

    ``include_dependencies`` set to false leaves ``depends_on_job_ids`` out of the relationships: behind a barrier
    every job has thousands.
    """

    status: StatusName | None = None
    needs_file_id: Id | None = None
    upstream_job_id: Id | None = None
    active_compute_node_id: Id | None = None
    origin_is_set: bool | None = None
    name: str | None = None
    command: str | None = None
    include_relationships: bool = False
    include_dependencies: bool = True


class JobsReply(Record):
    """Created or claimed jobs."""

    jobs: list[JobModel]


class DependencySet(Record):
    """Jobs that all wait for the same jobs, as they were declared; what follows from files is not here."""

    id: int
    job_ids: list[int]
    depends_on_job_ids: list[int]


class JobDependency(Record):
    """One job that another waits for."""

    workflow_id: int
    job_id: int
    job_name: str
    depends_on_job_id: int
    depends_on_job_name: str


class JobFileRelationship(Record):
    """A file with the job that makes it and one that reads it."""

    workflow_id: int
    file_id: int
    file_name: str
    file_path: str
    producer_job_id: int | None = None
    producer_job_name: str | None = None
    consumer_job_id: int | None = None
    consumer_job_name: str | None = None


class JobUserDataRelationship(Record):
    """A user-data record with the job that writes it and one that reads it."""

    workflow_id: int
    user_data_id: int
    user_data_name: str
    producer_job_id: int | None = None
    producer_job_name: str | None = None
    consumer_job_id: int | None = None
    consumer_job_name: str | None = None


class RunningJob(Record):
    """A job that runs now, and where."""

    job_id: int
    job_name: str
    compute_node_name: str
    scheduler_type: str
    scheduler_job_id: str | None = None
    start_time: str | None = None


class NodeResources(Record):
    """What a runner offers: amounts per node, and the time it has left as an ISO 8601 duration."""

    num_cpus: Annotated[int, Field(ge=0, le=MAX_INT)]
    memory_gb: Annotated[float, Field(ge=0, le=1e12)]
    num_gpus: Annotated[int, Field(ge=0, le=MAX_INT)] = 0
    num_nodes: Annotated[int, Field(ge=0, le=MAX_INT)] = 1
    scheduler_config_id: Id | None = None
    time_limit: str | None = None


class ClaimOptions(Record):
    """Options that both claim calls share.

    ``request_id`` makes the claim repeatable: the same id returns the same jobs.
    """

    wait_seconds: Annotated[float, Field(ge=0, le=60)] = 0
    request_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    compute_node_id: Id | None = None


class ClaimNextQuery(ClaimOptions):
    """``limit`` and ``num_jobs`` are the same; default 10."""

    limit: Limit | None = None
    num_jobs: Limit | None = None


class ClaimByResourcesQuery(ClaimOptions):
    """Resources may stand here instead of in the body, for callers without one."""

    strict_scheduler_match: bool = False
    sort_method: str | None = None
    limit: Limit | None = None
    num_cpus: Count | None = None
    memory_gb: Annotated[float, Field(ge=0, le=1e12)] | None = None
    num_gpus: Count | None = None
    num_nodes: Count | None = None
    scheduler_config_id: Id | None = None
    time_limit: str | None = None


class OutputFile(Record):
    """A file that the job promises to write."""

    id: int
    path: str


class InputData(Record):
    """A user-data record that a job reads."""

    id: int
    name: str
    data: Any = None


class ClaimedJob(JobModel):
    """All that a runner needs to start a job.

    Jobs that call a Python function come with ``inputs``, the values that they read.

    ``env`` holds the workflow's and the job's variables merged. ``min_unmet`` is the smallest
    number of unfinished jobs in any dependency set that this job is a member of, or null
    when nobody waits for it: at 1, this job alone holds others up.
    """

    run_id: int
    num_cpus: int
    memory_bytes: int
    num_gpus: int
    num_nodes: int
    runtime_seconds: float
    output_files: list[OutputFile] = []
    inputs: list[InputData] | None = None
    min_unmet: int | None = None


class ClaimedJobs(Record):
    """Claimed jobs; ``reason`` tells why there are none."""

    jobs: list[ClaimedJob]
    reason: str | None = None


class Claim(Record):
    """What a runner would take on now.

    With ``resources`` (what is free) jobs are packed into them; without, any ``limit`` jobs are
    returned. ``ahead`` more jobs may be claimed, each of which fits ``total`` by itself, to be
    started as soon as resources come free.
    """

    request_id: Annotated[str, Field(min_length=1, max_length=200)]
    limit: Count
    resources: NodeResources | None = None
    total: NodeResources | None = None
    ahead: Count = 0
    strict_scheduler_match: bool = False


class JobStart(Record):
    """A job that the runner has started; ``start_time`` is RFC 3339."""

    job_id: Id
    attempt_id: Count
    start_time: str


class OutputData(Record):
    """What a job has found out: the new value of a user-data record that it makes."""

    id: Id
    data: Any = None


class JobCompletionEntry(Record):
    """A job that has come to an end; ``files`` are its outputs as the runner found them, ``user_data`` its values."""

    job_id: Id
    run_id: Count
    status: StatusName
    result: ResultModel
    files: list[FileState] = []
    user_data: list[OutputData] = []


class JobCompletionError(Record):
    """A completion that was refused, and why; ``code`` is the HTTP status that it alone would have got."""

    job_id: int
    message: str
    code: int = 422


class BatchCompleteRequest(Record):
    """Many completions, applied in one transaction."""

    completions: list[JobCompletionEntry]


class BatchCompleteReply(Record):
    """Ids accepted (now or before), and the refused ones."""

    completed: list[int]
    errors: list[JobCompletionError]


class ExchangeRequest(Record):
    """A busy runner's one call: heartbeat, starts, completions, jobs handed back, and the next claim.

    Repeating it changes nothing: starts and completions are keyed by job, run and attempt,
    the claim by its ``request_id``. ``held`` are the jobs that the runner believes to hold; those that
    it must end come back as ``cancel_job_ids``. ``wait_seconds`` lets the server hold the reply until there
    is something to claim or to say; to one that ``stays`` when all jobs are done, that is nothing to say.
    ``samples`` tell what its jobs used since the last exchange,
    ``node_samples`` what the machine did.
    """

    compute_node_id: Id
    run_id: Count
    starts: list[JobStart] = []
    completions: list[JobCompletionEntry] = []
    released: list[Id] = []
    held: list[Id] = []
    claim: Claim | None = None
    wait_seconds: Annotated[float, Field(ge=0, le=60)] = 0
    stays: bool = False
    samples: list[JobSample] = []
    node_samples: list[NodeSample] = []


class Unfit(Record):
    """A ready job that does not fit the runner's whole node, and what it lacks."""

    job_id: int
    job_name: str
    lacks: str


class ExchangeReply(Record):
    """Everything a runner must know after an exchange.

    ``cancel_job_ids`` are jobs that this runner holds but must end. ``unfit`` is set when jobs are
    ready and none of them can ever fit this runner. ``active_jobs`` counts the pending and running
    jobs of the workflow on all runners. ``due_actions`` counts actions that may be claimed. ``watched`` is set while
    somebody looks at samples: then they should come as they are taken.
    """

    jobs: list[ClaimedJob]
    completed: list[int]
    errors: list[JobCompletionError]
    cancel_job_ids: list[int]
    is_complete: bool
    is_canceled: bool
    active_jobs: int
    due_actions: int
    unfit: Unfit | None = None
    watched: bool = False


class StatusChangePath(Record):
    """Body form of ``manage_status_change``."""

    target_status: StatusName | None = None


class RetryQuery(Record):
    """The attempt is refused at ``max_retries``."""

    max_retries: Count


class SpawnedJob(Record):
    """A job to add; it waits for the caller and for the jobs named in ``depends_on``."""

    name: Name
    command: Text
    depends_on: list[Name] = []
    resource_requirements: Name | None = None
    priority: Count = 0
    cancel_on_blocking_job_failure: bool = True


class SpawnRequest(Record):
    """The next jobs of a lineage and the state to keep with them; without jobs the lineage's final state.

    ``lineage`` defaults to the caller's name.
    """

    jobs: list[SpawnedJob]
    lineage: Name | None = None
    state: Any = None


class SpawnReply(Record):
    """How often the lineage has spawned jobs, and the ids of these ones."""

    iteration: int
    spawned_job_ids: list[int]


class StartBody(Record):
    """Short form of ``start_job``."""

    compute_node_id: Id | None = None


class DependenciesQuery(PageQuery):
    """Window and order of a relationship list."""

    sort_by: str | None = None
    reverse_sort: bool = False
