// Made from the contract by scripts/wire-types; do not edit.

/** One operation of the REST interface; the type parameters are what it takes and what it replies. */
export interface Operation<Path, Query, Body, Reply> {
  readonly name: string;
  readonly verb: string;
  readonly path: string;
  readonly types?: { path: Path; query: Query; body: Body; reply: Reply };
}

/** One window of a list. */
export interface Page<Item> {
  items: Item[];
  offset: number;
  max_limit: number;
  count: number;
  total_count: number;
  has_more: boolean;
}

export type JobStatus =
  "uninitialized"
  | "blocked"
  | "ready"
  | "pending"
  | "running"
  | "completed"
  | "failed"
  | "canceled"
  | "terminated"
  | "disabled"
  | "pending_failed";

/** What is to be checked; ``max_nodes`` as for the picture of a workflow. */
export interface CheckSpecification {
  specification?: Record<string, unknown> | null;
  text?: string | null;
  format?: "yaml" | "json" | "json5" | "kdl" | null;
  max_nodes?: number;
}

/** Sampling of the machine that a runner is on. */
export interface ComputeNodeMonitorConfig {
  enabled?: boolean;
  granularity?: "summary" | "time_series";
  cpu?: boolean;
  memory?: boolean;
}

/** Nodes to schedule when the job completes (kept for older clients). */
export interface ComputeNodeSchedule {
  scheduler_id: number;
  num_jobs: number;
  max_parallel_jobs?: number | null;
  start_one_worker_per_node?: boolean | null;
}

/** The workflow to create; ``user`` owns it where the server does not know who asks. */
export interface CreateFromSpecification {
  specification?: Record<string, unknown> | null;
  text?: string | null;
  format?: "yaml" | "json" | "json5" | "kdl" | null;
  submission_directory?: string | null;
  user?: string | null;
  request_id?: string | null;
}

/** The whole picture; one row is the least distance between two nodes of a layer. */
export interface Dag {
  workflow_id: number;
  total_jobs: number;
  nodes: Array<DagNode>;
  edges: Array<DagEdge>;
}

/** A line between two nodes, given by their positions; ``rows`` are where it passes the layers between them. */
export interface DagEdge {
  source: number;
  target: number;
  rows: Array<number>;
}

/** A job, a group, or without ``job_ids`` a join of lines; ``layer`` counts from the left, ``row`` from the top. */
export interface DagNode {
  label: string;
  job_ids: Array<number>;
  layer: number;
  row: number;
}

/** Limits of workflows that add jobs to themselves. */
export interface DynamicJobsConfig {
  max_iterations?: number;
}

/** ``timestamp`` is milliseconds since the epoch, set by the server. */
export interface EventModel {
  id?: number | null;
  workflow_id: number;
  timestamp?: number | null;
  event_type?: string | null;
  severity?: "debug" | "info" | "warning" | "error" | null;
  data?: unknown;
}

/** How jobs are started and ended on a compute node. */
export interface ExecutionConfig {
  mode?: "direct" | "slurm" | "auto" | null;
  stdio?: StdioConfig | null;
  job_stdio_overrides?: Record<string, StdioConfig> | null;
  limit_resources?: boolean | null;
  sigterm_lead_seconds?: number | null;
  sigkill_headroom_seconds?: number | null;
  timeout_exit_code?: number | null;
  oom_exit_code?: number | null;
  termination_signal?: string | null;
  staggered_start?: boolean | null;
  enable_cpu_bind?: boolean | null;
  srun_mpi?: string | null;
  srun_termination_signal?: string | null;
}

/** A job that an entry of the specification stands for. */
export interface ExpandedJob {
  name: string;
  command: string;
  entry: number;
}

/** Body spelling of the same options. */
export interface InitializeBody {
  reinitialize?: boolean | null;
  ignore_missing_data?: boolean | null;
}

/** Why a job is where it is: ``reason`` is a word for programs, ``message`` a sentence for people. */
export interface JobDiagnosis {
  job_id: number;
  job_name: string;
  status: string;
  reason: string;
  message: string;
}

/** One command and what it needs. */
export interface JobModel {
  id?: number | null;
  workflow_id: number;
  name: string;
  command: string;
  invocation_script?: string | null;
  status?: JobStatus | null;
  priority?: number;
  env?: Record<string, unknown> | null;
  cancel_on_blocking_job_failure?: boolean;
  supports_termination?: boolean;
  resource_requirements_id?: number | null;
  scheduler_id?: number | null;
  failure_handler_id?: number | null;
  attempt_id?: number | null;
  origin?: string | null;
  depends_on_job_ids?: Array<number> | null;
  input_file_ids?: Array<number> | null;
  output_file_ids?: Array<number> | null;
  input_user_data_ids?: Array<number> | null;
  output_user_data_ids?: Array<number> | null;
  schedule_compute_nodes?: ComputeNodeSchedule | null;
  start_time?: string | null;
  compute_node_id?: number | null;
  command_template?: string | null;
}

/** Sampling of single jobs. */
export interface JobMonitorConfig {
  enabled?: boolean;
  granularity?: "summary" | "time_series";
}

/** A job's samples in order of time: columns of equal length. */
export interface JobSamples {
  job_id: number;
  attempt_id: Array<number>;
  timestamp: Array<number>;
  cpu_percent: Array<number>;
  memory_bytes: Array<number>;
  num_processes: Array<number>;
}

/** Jobs by status. */
export interface JobStatusCounts {
  uninitialized?: number;
  blocked?: number;
  ready?: number;
  pending?: number;
  running?: number;
  completed?: number;
  failed?: number;
  canceled?: number;
  terminated?: number;
  disabled?: number;
  pending_failed?: number;
}

/** The fields of a job that a request changes. */
export interface JobUpdate {
  id?: number | null;
  workflow_id?: number | null;
  name?: string | null;
  command?: string | null;
  invocation_script?: string | null;
  status?: JobStatus | null;
  priority?: number;
  env?: Record<string, unknown> | null;
  cancel_on_blocking_job_failure?: boolean;
  supports_termination?: boolean;
  resource_requirements_id?: number | null;
  scheduler_id?: number | null;
  failure_handler_id?: number | null;
  attempt_id?: number | null;
  origin?: string | null;
  depends_on_job_ids?: Array<number> | null;
  input_file_ids?: Array<number> | null;
  output_file_ids?: Array<number> | null;
  input_user_data_ids?: Array<number> | null;
  output_user_data_ids?: Array<number> | null;
  schedule_compute_nodes?: ComputeNodeSchedule | null;
  start_time?: string | null;
  compute_node_id?: number | null;
  command_template?: string | null;
}

/** A machine's samples in order of time: columns of equal length. */
export interface NodeSamples {
  compute_node_id?: number | null;
  hostname?: string | null;
  timestamp: Array<number>;
  cpu_percent: Array<number>;
  memory_bytes: Array<number>;
  total_memory_bytes: number;
}

/** The new workflow and what it holds. */
export interface PlanCreated {
  id: number;
  name: string;
  user: string;
  num_jobs: number;
  num_files: number;
  num_user_data: number;
  num_dependencies: number;
}

/** Jobs that become ready together; ``groups`` are the first of their names, runs of numbers folded. */
export interface PlannedStage {
  stage: number;
  begins: string;
  num_jobs: number;
  groups: Array<string>;
  num_groups: number;
  allocations: Array<string>;
}

/** A Bokeh document for ``Bokeh.embed.embed_item``; ``bokeh`` is the version of BokehJS that it needs. */
export interface Plot {
  last: number;
  bokeh: string;
  title: string;
  item: Record<string, unknown>;
}

/** How many jobs were reset. */
export interface ResetJobsReply {
  workflow_id: number;
  updated_count: number;
  status: string;
  reset_type?: string | null;
}

/** How the use of CPU and memory is watched while jobs run. */
export interface ResourceMonitorConfig {
  enabled?: boolean;
  granularity?: "summary" | "time_series";
  sample_interval_seconds?: number;
  flush_interval_seconds?: number;
  generate_plots?: boolean;
  jobs?: JobMonitorConfig | null;
  compute_node?: ComputeNodeMonitorConfig | null;
}

/** CPUs, GPUs, nodes, memory (``16g``, binary units) and run time (ISO 8601) of a job. */
export interface ResourceRequirementsModel {
  id?: number | null;
  workflow_id: number;
  name: string;
  num_cpus?: number;
  num_gpus?: number;
  num_nodes?: number;
  memory?: string;
  runtime?: string;
}

/** How one attempt of a job ended. */
export interface ResultModel {
  id?: number | null;
  job_id?: number | null;
  job_name?: string | null;
  workflow_id?: number | null;
  run_id?: number | null;
  attempt_id?: number | null;
  compute_node_id?: number | null;
  return_code: number;
  status?: JobStatus | null;
  exec_time_minutes?: number;
  completion_time?: string | null;
  peak_memory_bytes?: number | null;
  avg_memory_bytes?: number | null;
  peak_cpu_percent?: number | null;
  avg_cpu_percent?: number | null;
  cpu_time_seconds?: number | null;
  reason?: string | null;
  exit_code?: number | null;
  hostname?: string | null;
  stdout_path?: string | null;
  stderr_path?: string | null;
}

/** What initialize or reinitialize did, or with ``dry_run`` would do. */
export interface RunReply {
  run_id: number;
  reset_jobs: Array<string>;
  reasons?: Record<string, string>;
  ready: number;
  blocked: number;
  missing_files: Array<string>;
  missing_user_data: Array<string>;
  existing_outputs: Array<string>;
  dry_run: boolean;
}

/** The newest samples; ``last`` is where the next request begins. */
export interface Samples {
  last: number;
  jobs: Array<JobSamples>;
  nodes: Array<NodeSamples>;
}

/** Everything that a check found; ``specification`` is what the text says, under today's names where it can be. */
export interface SpecificationCheck {
  errors: Array<SpecificationProblem>;
  warnings: Array<SpecificationProblem>;
  preview?: SpecificationPreview | null;
  specification?: Record<string, unknown> | null;
}

/** What would be created; in ``dag`` jobs are numbered from 0 and no workflow is meant, ``jobs`` are the first. */
export interface SpecificationPreview {
  summary: Record<string, unknown>;
  stages: Array<PlannedStage>;
  num_stages: number;
  demand: string;
  dag: Dag;
  jobs: Array<ExpandedJob>;
}

/** One thing that is wrong; ``path`` are the keys and indexes that lead to it, ``line`` is of a text. */
export interface SpecificationProblem {
  message: string;
  path: Array<string | number>;
  hint?: string | null;
  line?: number | null;
  column?: number | null;
}

/** The same in all forms: ``yaml``, ``json``, ``kdl``, ``python``, and ``magic`` as far as one can say it. */
export interface SpecificationTexts {
  texts: Record<string, string>;
}

/** Where a job's output goes. */
export interface StdioConfig {
  mode?: "separate" | "combined" | "no_stdout" | "no_stderr" | "none" | null;
  delete_on_success?: boolean | null;
}

/** A workflow: metadata, defaults for its runners, and (read-only) where its present run stands. */
export interface WorkflowModel {
  id?: number | null;
  name: string;
  user?: string;
  description?: string | null;
  project?: string | null;
  metadata?: Record<string, unknown> | null;
  timestamp?: string | null;
  env?: Record<string, unknown> | null;
  jobs_sort_method?: "gpus_runtime_memory" | "gpus_memory_runtime" | "none";
  resource_monitor_config?: ResourceMonitorConfig | null;
  execution_config?: ExecutionConfig | null;
  slurm_defaults?: Record<string, unknown> | null;
  dynamic_jobs?: DynamicJobsConfig | null;
  access_groups?: Array<string> | null;
  enable_ro_crate?: boolean | null;
  use_pending_failed?: boolean | null;
  submission_directory?: string | null;
  compute_node_expiration_buffer_seconds?: number;
  compute_node_wait_for_new_jobs_seconds?: number;
  compute_node_ignore_workflow_completion?: boolean;
  compute_node_wait_for_healthy_database_minutes?: number;
  compute_node_min_time_for_new_jobs_seconds?: number;
  run_id?: number | null;
  is_canceled?: boolean | null;
  is_archived?: boolean | null;
  status_id?: number | null;
}

/** One-call answer to "how is it going". */
export interface WorkflowStatus {
  id: number;
  workflow_id: number;
  workflow_name: string;
  workflow_user: string;
  status: "uninitialized" | "initialized" | "running" | "complete" | "canceled";
  run_id: number;
  is_canceled: boolean;
  is_archived: boolean;
  is_complete: boolean;
  has_detected_need_to_run_completion_script?: boolean;
  jobs_by_status: JobStatusCounts;
  total_jobs: number;
  total_exec_time_minutes: number;
  walltime_seconds?: number | null;
  active_compute_nodes: number;
  active_scheduled_nodes: number;
  pending_scheduled_nodes: number;
}

/** What is to be written: everything, or the entry at ``index`` of the list ``noun``. */
export interface WriteSpecification {
  specification?: Record<string, unknown> | null;
  text?: string | null;
  format?: "yaml" | "json" | "json5" | "kdl" | null;
  noun?: "jobs" | "files" | "user_data" | "resource_requirements" | "slurm_schedulers" | "failure_handlers" | "actions" | null;
  index?: number;
}

/** Return one workflow. */
export const get_workflow: Operation<{ id: number; }, {}, undefined, WorkflowModel> = {
  name: "get_workflow",
  verb: "GET",
  path: "/workflows/{id}",
};

/** Return how a workflow is going. */
export const get_workflow_status: Operation<{ id: number; }, {}, undefined, WorkflowStatus> = {
  name: "get_workflow_status",
  verb: "GET",
  path: "/workflows/{id}/status",
};

/** Cancel a workflow: what runs is ended, nothing more is claimed; one that is complete stays so. */
export const cancel_workflow: Operation<{ id: number; }, {}, undefined, WorkflowModel> = {
  name: "cancel_workflow",
  verb: "PUT",
  path: "/workflows/{id}/cancel",
};

/** Find every problem of a specification, and show what it would become. */
export const check_specification: Operation<{}, {}, CheckSpecification, SpecificationCheck> = {
  name: "check_specification",
  verb: "POST",
  path: "/specifications/check",
};

/** Write a specification, or one entry of it, in every form. */
export const write_specification: Operation<{}, {}, WriteSpecification, SpecificationTexts> = {
  name: "write_specification",
  verb: "POST",
  path: "/specifications/write",
};

/** Create the workflow of a specification, all of it or nothing; a repeated ``request_id`` creates nothing. */
export const create_workflow_from_specification: Operation<{}, {}, CreateFromSpecification, PlanCreated> = {
  name: "create_workflow_from_specification",
  verb: "POST",
  path: "/specifications",
};

/** Make uninitialized jobs ready or blocked, without a look at files; for clients that do the rest themselves. */
export const initialize_jobs: Operation<
  { id: number; },
  {
    only_uninitialized?: boolean;
    clear_ephemeral_user_data?: boolean;
    async?: boolean;
  },
  InitializeBody,
  RunReply
> = {
  name: "initialize_jobs",
  verb: "POST",
  path: "/workflows/{id}/initialize_jobs",
};

/** Begin a new run of a workflow as far as the workflow itself is concerned; jobs stay as they are. */
export const reset_workflow_status: Operation<
  { id: number; },
  {
    force?: boolean;
  },
  undefined,
  WorkflowModel
> = {
  name: "reset_workflow_status",
  verb: "POST",
  path: "/workflows/{id}/reset_status",
};

/** Make jobs uninitialized: all, or those that did not succeed together with everything behind them. */
export const reset_job_status: Operation<
  { id: number; },
  {
    failed_only?: boolean;
    with_workflow?: boolean;
    force?: boolean;
  },
  undefined,
  ResetJobsReply
> = {
  name: "reset_job_status",
  verb: "POST",
  path: "/workflows/{id}/reset_job_status",
};

/** Explain why jobs do not run, and how the workflow is going. */
export const diagnose_workflow: Operation<
  { id: number; },
  {
    offset?: number;
    limit?: number;
    named?: boolean;
    job_id?: number;
    status?: JobStatus;
  },
  undefined,
  Page<JobDiagnosis>
> = {
  name: "diagnose_workflow",
  verb: "GET",
  path: "/workflows/{id}/diagnosis",
};

/** Return what waits for what, laid out from left to right with like jobs folded into groups. */
export const get_workflow_dag: Operation<
  { id: number; },
  {
    max_nodes?: number;
  },
  undefined,
  Dag
> = {
  name: "get_workflow_dag",
  verb: "GET",
  path: "/workflows/{id}/dag",
};

/** Return the newest samples of what running jobs use, of those jobs whose runners send some. */
export const get_samples: Operation<
  { id: number; },
  {
    since?: number;
    job_id?: number;
    limit?: number;
  },
  undefined,
  Samples
> = {
  name: "get_samples",
  verb: "GET",
  path: "/workflows/{id}/samples",
};

/** Return a plot of what the jobs of the present run used, as a Bokeh document. */
export const get_plot: Operation<
  { id: number; kind: string; },
  {
    job_id?: number;
    theme?: "light" | "dark";
  },
  undefined,
  Plot
> = {
  name: "get_plot",
  verb: "GET",
  path: "/workflows/{id}/plots/{kind}",
};

/** List jobs. */
export const list_jobs: Operation<
  {},
  {
    offset?: number;
    limit?: number;
    named?: boolean;
    sort_by?: "id" | "workflow_id" | "name" | "command" | "invocation_script" | "status" | "priority" | "cancel_on_blocking_job_failure" | "supports_termination" | "resource_requirements_id" | "scheduler_id" | "failure_handler_id" | "attempt_id" | "origin";
    reverse_sort?: boolean;
    workflow_id: number;
    status?: JobStatus;
    needs_file_id?: number;
    upstream_job_id?: number;
    active_compute_node_id?: number;
    origin_is_set?: boolean;
    name?: string;
    command?: string;
    include_relationships?: boolean;
    include_dependencies?: boolean;
  },
  undefined,
  Page<JobModel>
> = {
  name: "list_jobs",
  verb: "GET",
  path: "/jobs",
};

/** Return one job with its relations. */
export const get_job: Operation<{ id: number; }, {}, undefined, JobModel> = {
  name: "get_job",
  verb: "GET",
  path: "/jobs/{id}",
};

/** Change a job that is not initialized yet; priority, scheduler and requirements may change at any time. */
export const update_job: Operation<{ id: number; }, {}, JobUpdate, JobModel> = {
  name: "update_job",
  verb: "PUT",
  path: "/jobs/{id}",
};

/** Begin a job's next attempt. */
export const retry_job: Operation<
  { id: number; run_id: number; },
  {
    max_retries: number;
  },
  undefined,
  JobModel
> = {
  name: "retry_job",
  verb: "POST",
  path: "/jobs/{id}/retry/{run_id}",
};

/** List records. */
export const list_resource_requirements: Operation<
  {},
  {
    offset?: number;
    limit?: number;
    named?: boolean;
    sort_by?: "id" | "workflow_id" | "name" | "num_cpus" | "num_gpus" | "num_nodes" | "memory" | "runtime";
    reverse_sort?: boolean;
    workflow_id: number;
    job_id?: number;
    name?: string;
    memory?: string;
    num_cpus?: number;
    num_gpus?: number;
    num_nodes?: number;
    runtime?: number;
  },
  undefined,
  Page<ResourceRequirementsModel>
> = {
  name: "list_resource_requirements",
  verb: "GET",
  path: "/resource_requirements",
};

/** List results, of each job the current one unless all runs are asked for. */
export const list_results: Operation<
  {},
  {
    offset?: number;
    limit?: number;
    named?: boolean;
    sort_by?: "id" | "workflow_id" | "job_id" | "run_id" | "attempt_id" | "compute_node_id" | "return_code" | "status" | "exec_time_minutes" | "completion_time" | "peak_memory_bytes" | "avg_memory_bytes" | "peak_cpu_percent" | "avg_cpu_percent" | "cpu_time_seconds" | "reason";
    reverse_sort?: boolean;
    workflow_id: number;
    job_id?: number;
    run_id?: number;
    return_code?: number;
    status?: JobStatus;
    compute_node_id?: number;
    all_runs?: boolean;
  },
  undefined,
  Page<ResultModel>
> = {
  name: "list_results",
  verb: "GET",
  path: "/results",
};

/** List events. */
export const list_events: Operation<
  {},
  {
    offset?: number;
    limit?: number;
    named?: boolean;
    sort_by?: "id" | "workflow_id" | "timestamp" | "event_type" | "severity";
    reverse_sort?: boolean;
    workflow_id: number;
    category?: string;
    after_timestamp?: number;
  },
  undefined,
  Page<EventModel>
> = {
  name: "list_events",
  verb: "GET",
  path: "/events",
};
