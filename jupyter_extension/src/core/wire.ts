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

/** Whether a user may see, change and run a workflow, and why. */
export interface AccessCheck {
  has_access: boolean;
  user_name: string;
  workflow_id: number;
  reason?: string | null;
}

/** A group of users; ``created_at`` is set by the server. */
export interface AccessGroupModel {
  id?: number | null;
  name: string;
  description?: string | null;
  created_at?: string | null;
}

/** How an action ended on a runner, for the event log. */
export interface ActionDone {
  compute_node_id?: number | null;
  success: boolean;
  message?: string | null;
}

/** The task that a workflow waits for, null when there is none. */
export interface ActiveTask {
  task?: TaskModel | null;
}

/** The ids of added jobs, in order. */
export interface Added {
  job_ids: Array<number>;
}

/** A job; user data are named, those of the same request as well as those that are there. */
export interface AddedJob {
  name: string;
  command: string;
  priority?: number;
  env?: Record<string, unknown> | null;
  resource_requirements_id?: number | null;
  input_user_data?: Array<string>;
  output_user_data?: Array<string>;
}

/** Jobs and values that come in one transaction. A repeated ``request_id`` adds nothing. */
export interface Addition {
  user_data?: Array<PlannedUserData>;
  jobs?: Array<AddedJob>;
  request_id?: string | null;
}

/** Archives or takes back. */
export interface ArchiveRequest {
  is_archived: boolean;
}

/** Ids accepted (now or before), and the refused ones. */
export interface BatchCompleteReply {
  completed: Array<number>;
  errors: Array<JobCompletionError>;
}

/** Many completions, applied in one transaction. */
export interface BatchCompleteRequest {
  completions: Array<JobCompletionEntry>;
}

/** Who the server takes the caller for. */
export interface Caller {
  user_name: string | null;
  is_authenticated: boolean;
  is_admin: boolean;
  groups: Array<string>;
  workflow_id: number | null;
  compute_node_id: number | null;
}

/** Names of the jobs whose inputs changed. */
export interface ChangedJobInputs {
  reinitialized_jobs: Array<string>;
}

/** What a runner would take on now. */
export interface Claim {
  request_id: string;
  limit: number;
  resources?: NodeResources | null;
  total?: NodeResources | null;
  ahead?: number;
  strict_scheduler_match?: boolean;
}

/** The claim succeeded; both spellings of the same answer. */
export interface ClaimActionReply {
  action_id: number;
  success: boolean;
  claimed: boolean;
}

/** Who claims. */
export interface ClaimActionRequest {
  compute_node_id?: number | null;
}

/** All that a runner needs to start a job. */
export interface ClaimedJob {
  id?: number | null;
  workflow_id: number;
  name: string;
  command: string;
  invocation_script?: string | null;
  status?: "uninitialized" | "blocked" | "ready" | "pending" | "running" | "completed" | "failed" | "canceled" | "terminated" | "disabled" | "pending_failed" | null;
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
  run_id: number;
  num_cpus: number;
  memory_bytes: number;
  num_gpus: number;
  num_nodes: number;
  runtime_seconds: number;
  output_files?: Array<OutputFile>;
  inputs?: Array<InputData> | null;
  min_unmet?: number | null;
}

/** Claimed jobs; ``reason`` tells why there are none. */
export interface ClaimedJobs {
  jobs: Array<ClaimedJob>;
  reason?: string | null;
}

/** A runner's machine as it registered itself. */
export interface ComputeNodeModel {
  id?: number | null;
  workflow_id: number;
  hostname: string;
  pid?: number;
  start_time?: string | null;
  duration_seconds?: number | null;
  is_active?: boolean;
  num_cpus: number;
  memory_gb: number;
  num_gpus?: number;
  num_nodes?: number;
  time_limit?: string | null;
  scheduler_config_id?: number | null;
  compute_node_type?: string;
  scheduler?: unknown;
  output_dir?: string | null;
  lease_seconds?: number | null;
  sample_count?: number | null;
  avg_cpu_percent?: number | null;
  peak_cpu_percent?: number | null;
  avg_memory_bytes?: number | null;
  peak_memory_bytes?: number | null;
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

/** The fields of a node that a request changes. */
export interface ComputeNodeUpdate {
  id?: number | null;
  workflow_id?: number | null;
  hostname?: string | null;
  pid?: number;
  start_time?: string | null;
  duration_seconds?: number | null;
  is_active?: boolean | null;
  num_cpus?: number | null;
  memory_gb?: number | null;
  num_gpus?: number;
  num_nodes?: number;
  time_limit?: string | null;
  scheduler_config_id?: number | null;
  compute_node_type?: string;
  scheduler?: unknown;
  output_dir?: string | null;
  lease_seconds?: number | null;
  sample_count?: number | null;
  avg_cpu_percent?: number | null;
  peak_cpu_percent?: number | null;
  avg_memory_bytes?: number | null;
  peak_memory_bytes?: number | null;
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

/** How many records were deleted. */
export interface DeleteCount {
  count: number;
}

/** How many entities were deleted. */
export interface DeletedEntities {
  deleted_count: number;
  message: string;
}

/** Jobs that all wait for the same jobs, as they were declared; what follows from files is not here. */
export interface DependencySet {
  id: number;
  job_ids: Array<number>;
  depends_on_job_ids: Array<number>;
}

/** Limits of workflows that add jobs to themselves. */
export interface DynamicJobsConfig {
  max_iterations?: number;
}

/** The one shape of every error. */
export interface ErrorReply {
  error: unknown;
  code?: number | null;
  errorMessage?: string | null;
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

/** The fields of an event that a request changes. */
export interface EventUpdate {
  id?: number | null;
  workflow_id?: number | null;
  timestamp?: number | null;
  event_type?: string | null;
  severity?: "debug" | "info" | "warning" | "error" | null;
  data?: unknown;
}

/** Everything a runner must know after an exchange. */
export interface ExchangeReply {
  jobs: Array<ClaimedJob>;
  completed: Array<number>;
  errors: Array<JobCompletionError>;
  cancel_job_ids: Array<number>;
  is_complete: boolean;
  is_canceled: boolean;
  active_jobs: number;
  due_actions: number;
  unfit?: Unfit | null;
}

/** A busy runner's one call: heartbeat, starts, completions, jobs handed back, and the next claim. */
export interface ExchangeRequest {
  compute_node_id: number;
  run_id: number;
  starts?: Array<JobStart>;
  completions?: Array<JobCompletionEntry>;
  released?: Array<number>;
  held?: Array<number>;
  claim?: Claim | null;
  wait_seconds?: number;
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

/** A named list of rules; on the wire ``rules`` is JSON inside a string. */
export interface FailureHandlerModel {
  id?: number | null;
  workflow_id: number;
  name: string;
  rules: string;
}

/** A path that jobs share; ``st_mtime`` is its modification time in seconds since the epoch, when known. */
export interface FileModel {
  id?: number | null;
  workflow_id: number;
  name: string;
  path: string;
  st_mtime?: number | null;
}

/** What a client saw of a file on its disk; ``st_mtime`` is null when it is not there. */
export interface FileState {
  file_id: number;
  st_mtime?: number | null;
}

/** The fields of a file that a request changes. */
export interface FileUpdate {
  id?: number | null;
  workflow_id?: number | null;
  name?: string | null;
  path?: string | null;
  st_mtime?: number | null;
}

/** Files to create together. */
export interface FilesModel {
  files: Array<FileModel>;
}

/** The group to share a workflow with. */
export interface GroupBody {
  group_id: number;
}

/** Body spelling of the same options. */
export interface InitializeBody {
  reinitialize?: boolean | null;
  ignore_missing_data?: boolean | null;
}

/** A user-data record that a job reads. */
export interface InputData {
  id: number;
  name: string;
  data?: unknown;
}

/** Whether every job has come to an end, or the workflow was canceled. */
export interface IsComplete {
  is_complete: boolean;
  is_canceled: boolean;
}

/** Whether no job has been initialized yet. */
export interface IsUninitialized {
  is_uninitialized: boolean;
}

/** A job that has come to an end; ``files`` are its outputs as the runner found them, ``user_data`` its values. */
export interface JobCompletionEntry {
  job_id: number;
  run_id: number;
  status: "uninitialized" | "blocked" | "ready" | "pending" | "running" | "completed" | "failed" | "canceled" | "terminated" | "disabled" | "pending_failed";
  result: ResultModel;
  files?: Array<FileState>;
  user_data?: Array<OutputData>;
}

/** A completion that was refused, and why; ``code`` is the HTTP status that it alone would have got. */
export interface JobCompletionError {
  job_id: number;
  message: string;
  code?: number;
}

/** One job that another waits for. */
export interface JobDependency {
  workflow_id: number;
  job_id: number;
  job_name: string;
  depends_on_job_id: number;
  depends_on_job_name: string;
}

/** Why a job is where it is: ``reason`` is a word for programs, ``message`` a sentence for people. */
export interface JobDiagnosis {
  job_id: number;
  job_name: string;
  status: string;
  reason: string;
  message: string;
}

/** A file with the job that makes it and one that reads it. */
export interface JobFileRelationship {
  workflow_id: number;
  file_id: number;
  file_name: string;
  file_path: string;
  producer_job_id?: number | null;
  producer_job_name?: string | null;
  consumer_job_id?: number | null;
  consumer_job_name?: string | null;
}

/** All job ids of a workflow. */
export interface JobIds {
  job_ids: Array<number>;
  count: number;
}

/** One command and what it needs. */
export interface JobModel {
  id?: number | null;
  workflow_id: number;
  name: string;
  command: string;
  invocation_script?: string | null;
  status?: "uninitialized" | "blocked" | "ready" | "pending" | "running" | "completed" | "failed" | "canceled" | "terminated" | "disabled" | "pending_failed" | null;
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

/** A job that the runner has started; ``start_time`` is RFC 3339. */
export interface JobStart {
  job_id: number;
  attempt_id: number;
  start_time: string;
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
  status?: "uninitialized" | "blocked" | "ready" | "pending" | "running" | "completed" | "failed" | "canceled" | "terminated" | "disabled" | "pending_failed" | null;
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

/** A user-data record with the job that writes it and one that reads it. */
export interface JobUserDataRelationship {
  workflow_id: number;
  user_data_id: number;
  user_data_name: string;
  producer_job_id?: number | null;
  producer_job_name?: string | null;
  consumer_job_id?: number | null;
  consumer_job_name?: string | null;
}

/** Jobs to create together, all of one workflow. */
export interface JobsModel {
  jobs: Array<JobModel>;
}

/** Created or claimed jobs. */
export interface JobsReply {
  jobs: Array<JobModel>;
}

/** When the newest event happened; null when there is none. */
export interface LatestEventTimestamp {
  timestamp: number | null;
}

/** How much of a machine without a batch system a workflow may use; the server names those that come without. */
export interface LocalSchedulerModel {
  id?: number | null;
  workflow_id: number;
  name?: string | null;
  memory?: string | null;
  num_cpus?: number | null;
}

/** The fields that a request changes. */
export interface LocalSchedulerUpdate {
  id?: number | null;
  workflow_id?: number | null;
  name?: string | null;
  memory?: string | null;
  num_cpus?: number | null;
}

/** What was done, in words. */
export interface Message {
  message: string;
}

/** Ids of inputs without data and without a job that makes it. */
export interface MissingUserData {
  user_data: Array<number>;
}

/** What a runner offers: amounts per node, and the time it has left as an ISO 8601 duration. */
export interface NodeResources {
  num_cpus: number;
  memory_gb: number;
  num_gpus?: number;
  num_nodes?: number;
  scheduler_config_id?: number | null;
  time_limit?: string | null;
}

/** A job that runs or has ended, and what it has made. */
export interface Outcome {
  job_id: number;
  status: "uninitialized" | "blocked" | "ready" | "pending" | "running" | "completed" | "failed" | "canceled" | "terminated" | "disabled" | "pending_failed";
  attempt_id: number;
  return_code?: number | null;
  reason?: string | null;
  outputs?: Array<Output>;
}

/** What has happened, in order, and the event up to which this tells. */
export interface Outcomes {
  outcomes: Array<Outcome>;
  last: number;
}

/** A value that a job has made. */
export interface Output {
  id: number;
  name: string;
  data?: unknown;
}

/** What a job has found out: the new value of a user-data record that it makes. */
export interface OutputData {
  id: number;
  data?: unknown;
}

/** A file that the job promises to write. */
export interface OutputFile {
  id: number;
  path: string;
}

/** Alive. */
export interface Ping {
  status: string;
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

/** An action; ``schedule_nodes`` names its scheduler by position in ``scheduler``, counted as by jobs. */
export interface PlannedAction {
  trigger_type: "on_workflow_start" | "on_workflow_complete" | "on_jobs_ready" | "on_jobs_complete" | "on_worker_start" | "on_worker_complete";
  action_type: "run_commands" | "schedule_nodes";
  action_config: Record<string, unknown>;
  jobs?: Array<number> | null;
  scheduler?: number | null;
  persistent?: boolean | null;
}

/** A failure handler; ``rules`` is JSON inside a string, as on the wire. */
export interface PlannedFailureHandler {
  name: string;
  rules: string;
}

/** A file; see :class:`torc.models.file.FileModel`. */
export interface PlannedFile {
  name: string;
  path: string;
  st_mtime?: number | null;
}

/** A job; its relations are positions in the lists of :class:`WorkflowPlan`. */
export interface PlannedJob {
  name: string;
  command: string;
  invocation_script?: string | null;
  priority?: number;
  env?: Record<string, unknown> | null;
  cancel_on_blocking_job_failure?: boolean;
  supports_termination?: boolean;
  resource_requirements?: number | null;
  scheduler?: number | null;
  failure_handler?: number | null;
  dependency_sets?: Array<number>;
  input_files?: Array<number>;
  output_files?: Array<number>;
  input_user_data?: Array<number>;
  output_user_data?: Array<number>;
}

/** A local scheduler. */
export interface PlannedLocalScheduler {
  name: string;
  memory?: string | null;
  num_cpus?: number | null;
}

/** Resource requirements. */
export interface PlannedRequirements {
  name: string;
  num_cpus?: number;
  num_gpus?: number;
  num_nodes?: number;
  memory?: string;
  runtime?: string;
}

/** A Slurm scheduler. */
export interface PlannedScheduler {
  account: string;
  nodes?: number;
  walltime?: string;
  partition?: string | null;
  mem?: string | null;
  gres?: string | null;
  qos?: string | null;
  ntasks_per_node?: number | null;
  tmp?: string | null;
  extra?: string | null;
  name: string;
}

/** A user-data record. */
export interface PlannedUserData {
  name: string;
  data?: unknown;
  is_ephemeral?: boolean;
}

/** Sums and maxima over the ready jobs. */
export interface ReadyJobRequirements {
  num_jobs: number;
  num_cpus: number;
  num_gpus: number;
  memory_gb: number;
  max_num_nodes: number;
  max_runtime: string;
}

/** What the server read. */
export interface ReloadAuth {
  message: string;
  user_count: number;
}

/** A machine of a workflow. */
export interface RemoteWorkerModel {
  worker: string;
  workflow_id: number;
}

/** Workers to add, as ``[user@]host[:port]``; those that are known already stay as they are. */
export type RemoteWorkers = Array<string>;

/** Ids of files that must exist before the workflow begins. */
export interface RequiredExistingFiles {
  files: Array<number>;
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

/** The fields that a request changes. */
export interface ResourceRequirementsUpdate {
  id?: number | null;
  workflow_id?: number | null;
  name?: string | null;
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
  status?: "uninitialized" | "blocked" | "ready" | "pending" | "running" | "completed" | "failed" | "canceled" | "terminated" | "disabled" | "pending_failed" | null;
  exec_time_minutes?: number;
  completion_time?: string | null;
  peak_memory_bytes?: number | null;
  avg_memory_bytes?: number | null;
  peak_cpu_percent?: number | null;
  avg_cpu_percent?: number | null;
  cpu_time_seconds?: number | null;
  reason?: string | null;
  exit_code?: number | null;
}

/** The fields of a result that a request changes. */
export interface ResultUpdate {
  id?: number | null;
  job_id?: number | null;
  job_name?: string | null;
  workflow_id?: number | null;
  run_id?: number | null;
  attempt_id?: number | null;
  compute_node_id?: number | null;
  return_code?: number | null;
  status?: "uninitialized" | "blocked" | "ready" | "pending" | "running" | "completed" | "failed" | "canceled" | "terminated" | "disabled" | "pending_failed" | null;
  exec_time_minutes?: number;
  completion_time?: string | null;
  peak_memory_bytes?: number | null;
  avg_memory_bytes?: number | null;
  peak_cpu_percent?: number | null;
  avg_cpu_percent?: number | null;
  cpu_time_seconds?: number | null;
  reason?: string | null;
  exit_code?: number | null;
}

/** One JSON-LD entity: ``entity_id`` is its ``@id``, ``entity_type`` its ``@type``, ``metadata`` the rest. */
export interface RoCrateEntityModel {
  id?: number | null;
  workflow_id: number;
  file_id?: number | null;
  entity_id: string;
  entity_type: string;
  metadata: Record<string, unknown>;
}

/** The fields of an entity that a request changes. */
export interface RoCrateEntityUpdate {
  id?: number | null;
  workflow_id?: number | null;
  file_id?: number | null;
  entity_id?: string | null;
  entity_type?: string | null;
  metadata?: Record<string, unknown> | null;
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

/** Begins a run of a workflow, from the start or with what changed. */
export interface RunRequest {
  files?: Array<FileState>;
  retry_failed?: boolean;
  force?: boolean;
  dry_run?: boolean;
}

/** A job that runs now, and where. */
export interface RunningJob {
  job_id: number;
  job_name: string;
  compute_node_name: string;
  scheduler_type: string;
  scheduler_job_id?: string | null;
  start_time?: string | null;
}

/** An allocation that was asked for: ``scheduler_id`` is its number at the batch system, 0 before there is one. */
export interface ScheduledComputeNodesModel {
  id?: number | null;
  workflow_id: number;
  scheduler_id: number;
  scheduler_config_id: number;
  scheduler_type?: "slurm" | "local";
  status?: "pending" | "active" | "complete";
}

/** The fields that a request changes. */
export interface ScheduledComputeNodesUpdate {
  id?: number | null;
  workflow_id?: number | null;
  scheduler_id?: number | null;
  scheduler_config_id?: number | null;
  scheduler_type?: "slurm" | "local";
  status?: "pending" | "active" | "complete";
}

/** A job and a Slurm job in which it ran. */
export interface SlurmJobCorrelation {
  job_id: number;
  job_name: string;
  slurm_job_id: string;
}

/** A kind of Slurm allocation under a name; the server names those that come without. */
export interface SlurmSchedulerModel {
  account: string;
  nodes?: number;
  walltime?: string;
  partition?: string | null;
  mem?: string | null;
  gres?: string | null;
  qos?: string | null;
  ntasks_per_node?: number | null;
  tmp?: string | null;
  extra?: string | null;
  id?: number | null;
  workflow_id: number;
  name?: string | null;
}

/** The fields that a request changes. */
export interface SlurmSchedulerUpdate {
  account?: string | null;
  nodes?: number;
  walltime?: string;
  partition?: string | null;
  mem?: string | null;
  gres?: string | null;
  qos?: string | null;
  ntasks_per_node?: number | null;
  tmp?: string | null;
  extra?: string | null;
  id?: number | null;
  workflow_id?: number | null;
  name?: string | null;
}

/** Accounting of one attempt of a job; sizes are in bytes, times in seconds. */
export interface SlurmStatsModel {
  id?: number | null;
  workflow_id: number;
  job_id: number;
  run_id: number;
  attempt_id: number;
  slurm_job_id?: string | null;
  node_list?: string | null;
  ave_cpu_seconds?: number | null;
  max_rss_bytes?: number | null;
  max_vm_size_bytes?: number | null;
  max_disk_read_bytes?: number | null;
  max_disk_write_bytes?: number | null;
}

/** How often the lineage has spawned jobs, and the ids of these ones. */
export interface SpawnReply {
  iteration: number;
  spawned_job_ids: Array<number>;
}

/** The next jobs of a lineage and the state to keep with them; without jobs the lineage's final state. */
export interface SpawnRequest {
  jobs: Array<SpawnedJob>;
  lineage?: string | null;
  state?: unknown;
}

/** A job to add; it waits for the caller and for the jobs named in ``depends_on``. */
export interface SpawnedJob {
  name: string;
  command: string;
  depends_on?: Array<string>;
  resource_requirements?: string | null;
  priority?: number;
  cancel_on_blocking_job_failure?: boolean;
}

/** Short form of ``start_job``. */
export interface StartBody {
  compute_node_id?: number | null;
}

/** Body form of ``manage_status_change``. */
export interface StatusChangePath {
  target_status?: "uninitialized" | "blocked" | "ready" | "pending" | "running" | "completed" | "failed" | "canceled" | "terminated" | "disabled" | "pending_failed" | null;
}

/** Older clients' way to archive, cancel or begin a run. */
export interface StatusUpdate {
  run_id?: number | null;
  is_canceled?: boolean | null;
  is_archived?: boolean | null;
}

/** Where a job's output goes. */
export interface StdioConfig {
  mode?: "separate" | "combined" | "no_stdout" | "no_stderr" | "none" | null;
  delete_on_success?: boolean | null;
}

/** One such operation; times are milliseconds since the epoch. */
export interface TaskModel {
  id: number;
  workflow_id: number;
  operation: string;
  status: "queued" | "running" | "succeeded" | "failed";
  created_at_ms: number;
  started_at_ms?: number | null;
  finished_at_ms?: number | null;
  error?: string | null;
}

/** A new token; its secret is told this once. */
export interface TokenCreated {
  id: number;
  name: string;
  user_name: string | null;
  workflow_id: number | null;
  compute_node_id: number | null;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  token: string;
}

/** A token without its secret; ``last_used_at`` is exact to the hour. */
export interface TokenModel {
  id: number;
  name: string;
  user_name: string | null;
  workflow_id: number | null;
  compute_node_id: number | null;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
}

/** A token to make. */
export interface TokenRequest {
  name: string;
  expires_in_seconds?: number | null;
  workflow_id?: number | null;
  compute_node_id?: number | null;
  user_name?: string | null;
}

/** A ready job that does not fit the runner's whole node, and what it lacks. */
export interface Unfit {
  job_id: number;
  job_name: string;
  lacks: string;
}

/** Records to create together. */
export interface UserDataListModel {
  user_data: Array<UserDataModel>;
}

/** A named JSON value; ephemeral ones are cleared when a run begins. */
export interface UserDataModel {
  id?: number | null;
  workflow_id: number;
  name: string;
  data?: unknown;
  is_ephemeral?: boolean;
}

/** The fields of a record that a request changes. */
export interface UserDataUpdate {
  id?: number | null;
  workflow_id?: number | null;
  name?: string | null;
  data?: unknown;
  is_ephemeral?: boolean | null;
}

/** A user in a group; those with the role ``admin`` decide who else is in it. */
export interface UserGroupMembershipModel {
  id?: number | null;
  user_name: string;
  group_id?: number | null;
  role?: "admin" | "member";
  created_at?: string | null;
}

/** What runs here. */
export interface Version {
  version: string;
  api_version: string;
  git_hash?: string | null;
}

/** A workflow that the members of a group may see, change and run. */
export interface WorkflowAccessGroupModel {
  workflow_id: number;
  group_id: number;
  created_at?: string | null;
}

/** A trigger, what to do, and how far the trigger has come. */
export interface WorkflowActionModel {
  id?: number | null;
  workflow_id?: number | null;
  trigger_type: "on_workflow_start" | "on_workflow_complete" | "on_jobs_ready" | "on_jobs_complete" | "on_worker_start" | "on_worker_complete";
  action_type: "run_commands" | "schedule_nodes";
  action_config: Record<string, unknown>;
  job_ids?: Array<number> | null;
  persistent?: boolean | null;
  trigger_count?: number;
  required_triggers?: number;
  executed?: boolean;
  executed_at?: string | null;
  executed_by?: number | null;
  is_recovery?: boolean;
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

/** Everything that ``create_workflow_from_plan`` creates, in one transaction. */
export interface WorkflowPlan {
  workflow: WorkflowModel;
  files?: Array<PlannedFile>;
  user_data?: Array<PlannedUserData>;
  resource_requirements?: Array<PlannedRequirements>;
  slurm_schedulers?: Array<PlannedScheduler>;
  local_schedulers?: Array<PlannedLocalScheduler>;
  failure_handlers?: Array<PlannedFailureHandler>;
  jobs?: Array<PlannedJob>;
  dependency_sets?: Array<Array<number>>;
  actions?: Array<PlannedAction>;
  request_id?: string | null;
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

/** The fields of a workflow that a request changes. */
export interface WorkflowUpdate {
  id?: number | null;
  name?: string | null;
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

/** Answer. */
export const ping: Operation<{ }, { }, undefined, Ping> = {
  name: "ping",
  verb: "GET",
  path: "/ping",
};

/** Return what runs here. */
export const get_version: Operation<{ }, { }, undefined, Version> = {
  name: "get_version",
  verb: "GET",
  path: "/version",
};

/** Answer. */
export const health: Operation<{ }, { }, undefined, Ping> = {
  name: "health",
  verb: "GET",
  path: "/health",
};

/** Create an empty workflow with the default resource requirements. */
export const create_workflow: Operation<{ }, { }, WorkflowModel, WorkflowModel> = {
  name: "create_workflow",
  verb: "POST",
  path: "/workflows",
};

/** Create a workflow with everything in it; a repeated ``request_id`` creates nothing. */
export const create_workflow_from_plan: Operation<{ }, { }, WorkflowPlan, PlanCreated> = {
  name: "create_workflow_from_plan",
  verb: "POST",
  path: "/workflow_plans",
};

/** List workflows. */
export const list_workflows: Operation<{ }, { offset?: number; limit?: number; named?: boolean; sort_by?: "id" | "name" | "user" | "description" | "project" | "timestamp" | "jobs_sort_method" | "enable_ro_crate" | "use_pending_failed" | "submission_directory" | "compute_node_expiration_buffer_seconds" | "compute_node_wait_for_new_jobs_seconds" | "compute_node_ignore_workflow_completion" | "compute_node_wait_for_healthy_database_minutes" | "compute_node_min_time_for_new_jobs_seconds" | "run_id" | "is_canceled" | "is_archived"; reverse_sort?: boolean; name?: string; user?: string; description?: string; is_archived?: boolean; }, undefined, Page<WorkflowModel>> = {
  name: "list_workflows",
  verb: "GET",
  path: "/workflows",
};

/** Return one workflow. */
export const get_workflow: Operation<{ id: number; }, { }, undefined, WorkflowModel> = {
  name: "get_workflow",
  verb: "GET",
  path: "/workflows/{id}",
};

/** Change what describes a workflow; its status has calls of its own. */
export const update_workflow: Operation<{ id: number; }, { }, WorkflowUpdate, WorkflowModel> = {
  name: "update_workflow",
  verb: "PUT",
  path: "/workflows/{id}",
};

/** Delete a workflow with everything in it. */
export const delete_workflow: Operation<{ id: number; }, { }, undefined, WorkflowModel> = {
  name: "delete_workflow",
  verb: "DELETE",
  path: "/workflows/{id}",
};

/** Return how a workflow is going. */
export const get_workflow_status: Operation<{ id: number; }, { }, undefined, WorkflowStatus> = {
  name: "get_workflow_status",
  verb: "GET",
  path: "/workflows/{id}/status",
};

/** Archive, cancel or set the run, as older clients do it. */
export const update_workflow_status: Operation<{ id: number; }, { }, StatusUpdate, WorkflowStatus> = {
  name: "update_workflow_status",
  verb: "PUT",
  path: "/workflows/{id}/status",
};

/** Archive a workflow, or take it back. */
export const archive_workflow: Operation<{ id: number; }, { }, ArchiveRequest, WorkflowModel> = {
  name: "archive_workflow",
  verb: "POST",
  path: "/workflows/{id}/archive",
};

/** Cancel a workflow: what runs is ended, nothing more is claimed. */
export const cancel_workflow: Operation<{ id: number; }, { }, undefined, WorkflowModel> = {
  name: "cancel_workflow",
  verb: "PUT",
  path: "/workflows/{id}/cancel",
};

/** Return whether everything has come to its end. */
export const is_workflow_complete: Operation<{ id: number; }, { }, undefined, IsComplete> = {
  name: "is_workflow_complete",
  verb: "GET",
  path: "/workflows/{id}/is_complete",
};

/** Return whether no job has been initialized. */
export const is_workflow_uninitialized: Operation<{ id: number; }, { }, undefined, IsUninitialized> = {
  name: "is_workflow_uninitialized",
  verb: "GET",
  path: "/workflows/{id}/is_uninitialized",
};

/** Return the ids of all jobs. */
export const list_job_ids: Operation<{ id: number; }, { }, undefined, JobIds> = {
  name: "list_job_ids",
  verb: "GET",
  path: "/workflows/{id}/job_ids",
};

/** List the running jobs and where they run. */
export const get_running_jobs: Operation<{ id: number; }, { offset?: number; limit?: number; named?: boolean; }, undefined, Page<RunningJob>> = {
  name: "get_running_jobs",
  verb: "GET",
  path: "/workflows/{id}/running_jobs",
};

/** Return sums and maxima of what the ready jobs need. */
export const get_ready_job_requirements: Operation<{ id: number; }, { scheduler_config_id?: number; }, undefined, ReadyJobRequirements> = {
  name: "get_ready_job_requirements",
  verb: "GET",
  path: "/workflows/{id}/ready_job_requirements",
};

/** Begin a run from the start: every job is to be done. */
export const initialize_workflow: Operation<{ id: number; }, { }, RunRequest, RunReply> = {
  name: "initialize_workflow",
  verb: "POST",
  path: "/workflows/{id}/initialize",
};

/** Begin a run with what was interrupted or has changed, and everything behind it. */
export const reinitialize_workflow: Operation<{ id: number; }, { }, RunRequest, RunReply> = {
  name: "reinitialize_workflow",
  verb: "POST",
  path: "/workflows/{id}/reinitialize",
};

/** Make uninitialized jobs ready or blocked, without a look at files; for clients that do the rest themselves. */
export const initialize_jobs: Operation<{ id: number; }, { only_uninitialized?: boolean; clear_ephemeral_user_data?: boolean; async?: boolean; }, InitializeBody, RunReply> = {
  name: "initialize_jobs",
  verb: "POST",
  path: "/workflows/{id}/initialize_jobs",
};

/** Begin a new run of a workflow as far as the workflow itself is concerned; jobs stay as they are. */
export const reset_workflow_status: Operation<{ id: number; }, { force?: boolean; }, undefined, WorkflowModel> = {
  name: "reset_workflow_status",
  verb: "POST",
  path: "/workflows/{id}/reset_status",
};

/** Make jobs uninitialized: all, or those that did not succeed together with everything behind them. */
export const reset_job_status: Operation<{ id: number; }, { failed_only?: boolean; }, undefined, ResetJobsReply> = {
  name: "reset_job_status",
  verb: "POST",
  path: "/workflows/{id}/reset_job_status",
};

/** Make the jobs uninitialized whose commands, relations or input data are not what they were. */
export const process_changed_job_inputs: Operation<{ id: number; }, { dry_run?: boolean; }, undefined, ChangedJobInputs> = {
  name: "process_changed_job_inputs",
  verb: "POST",
  path: "/workflows/{id}/process_changed_job_inputs",
};

/** List the files that must exist before the workflow begins. */
export const list_required_existing_files: Operation<{ id: number; }, { }, undefined, RequiredExistingFiles> = {
  name: "list_required_existing_files",
  verb: "GET",
  path: "/workflows/{id}/required_existing_files",
};

/** List the user data that jobs read, that is empty, and that no job makes. */
export const list_missing_user_data: Operation<{ id: number; }, { }, undefined, MissingUserData> = {
  name: "list_missing_user_data",
  verb: "GET",
  path: "/workflows/{id}/missing_user_data",
};

/** Return one task. */
export const get_task: Operation<{ id: number; }, { }, undefined, TaskModel> = {
  name: "get_task",
  verb: "GET",
  path: "/tasks/{id}",
};

/** Return the task that is queued or running for a workflow, null when there is none. */
export const get_active_task_for_workflow: Operation<{ id: number; }, { }, undefined, ActiveTask> = {
  name: "get_active_task_for_workflow",
  verb: "GET",
  path: "/workflows/{id}/active_task",
};

/** Explain why jobs do not run, and how the workflow is going. */
export const diagnose_workflow: Operation<{ id: number; }, { offset?: number; limit?: number; named?: boolean; job_id?: number; status?: "uninitialized" | "blocked" | "ready" | "pending" | "running" | "completed" | "failed" | "canceled" | "terminated" | "disabled" | "pending_failed"; }, undefined, Page<JobDiagnosis>> = {
  name: "diagnose_workflow",
  verb: "GET",
  path: "/workflows/{id}/diagnosis",
};

/** List which job waits for which. */
export const list_job_dependencies: Operation<{ id: number; }, { offset?: number; limit?: number; named?: boolean; sort_by?: "workflow_id" | "job_id" | "job_name" | "depends_on_job_id" | "depends_on_job_name"; reverse_sort?: boolean; }, undefined, Page<JobDependency>> = {
  name: "list_job_dependencies",
  verb: "GET",
  path: "/workflows/{id}/job_dependencies",
};

/** List files with the jobs that write and read them. */
export const list_job_file_relationships: Operation<{ id: number; }, { offset?: number; limit?: number; named?: boolean; sort_by?: "workflow_id" | "file_id" | "file_name" | "file_path" | "producer_job_id" | "producer_job_name" | "consumer_job_id" | "consumer_job_name"; reverse_sort?: boolean; }, undefined, Page<JobFileRelationship>> = {
  name: "list_job_file_relationships",
  verb: "GET",
  path: "/workflows/{id}/job_file_relationships",
};

/** List user data with the jobs that write and read them. */
export const list_job_user_data_relationships: Operation<{ id: number; }, { offset?: number; limit?: number; named?: boolean; sort_by?: "workflow_id" | "user_data_id" | "user_data_name" | "producer_job_id" | "producer_job_name" | "consumer_job_id" | "consumer_job_name"; reverse_sort?: boolean; }, undefined, Page<JobUserDataRelationship>> = {
  name: "list_job_user_data_relationships",
  verb: "GET",
  path: "/workflows/{id}/job_user_data_relationships",
};

/** Return what waits for what, laid out from left to right with like jobs folded into groups. */
export const get_workflow_dag: Operation<{ id: number; }, { max_nodes?: number; }, undefined, Dag> = {
  name: "get_workflow_dag",
  verb: "GET",
  path: "/workflows/{id}/dag",
};

/** List the declared dependencies without repeating what jobs share. */
export const list_dependency_sets: Operation<{ id: number; }, { offset?: number; limit?: number; named?: boolean; }, undefined, Page<DependencySet>> = {
  name: "list_dependency_sets",
  verb: "GET",
  path: "/workflows/{id}/dependency_sets",
};

/** Apply a runner's reports and claim for it; hold the reply while there is nothing to tell. */
export const exchange: Operation<{ id: number; }, { }, ExchangeRequest, ExchangeReply> = {
  name: "exchange",
  verb: "POST",
  path: "/workflows/{id}/exchange",
};

/** Claim jobs that fit into the caller's free resources together. */
export const claim_jobs_based_on_resources: Operation<{ id: number; limit: number; }, { wait_seconds?: number; request_id?: string; compute_node_id?: number; strict_scheduler_match?: boolean; sort_method?: string; limit?: number; num_cpus?: number; memory_gb?: number; num_gpus?: number; num_nodes?: number; scheduler_config_id?: number; time_limit?: string; }, NodeResources, ClaimedJobs> = {
  name: "claim_jobs_based_on_resources",
  verb: "POST",
  path: "/workflows/{id}/claim_jobs_based_on_resources/{limit}",
};

/** Claim the next jobs, whatever they need. */
export const claim_next_jobs: Operation<{ id: number; }, { wait_seconds?: number; request_id?: string; compute_node_id?: number; limit?: number; num_jobs?: number; }, undefined, ClaimedJobs> = {
  name: "claim_next_jobs",
  verb: "POST",
  path: "/workflows/{id}/claim_next_jobs",
};

/** Apply many completions; each refused one is told in ``errors``. */
export const batch_complete_jobs: Operation<{ id: number; }, { }, BatchCompleteRequest, BatchCompleteReply> = {
  name: "batch_complete_jobs",
  verb: "POST",
  path: "/workflows/{id}/batch_complete_jobs",
};

/** Create a job. */
export const create_job: Operation<{ }, { }, JobModel, JobModel> = {
  name: "create_job",
  verb: "POST",
  path: "/jobs",
};

/** List jobs. */
export const list_jobs: Operation<{ }, { offset?: number; limit?: number; named?: boolean; sort_by?: "id" | "workflow_id" | "name" | "command" | "invocation_script" | "status" | "priority" | "cancel_on_blocking_job_failure" | "supports_termination" | "resource_requirements_id" | "scheduler_id" | "failure_handler_id" | "attempt_id" | "origin"; reverse_sort?: boolean; workflow_id: number; status?: "uninitialized" | "blocked" | "ready" | "pending" | "running" | "completed" | "failed" | "canceled" | "terminated" | "disabled" | "pending_failed"; needs_file_id?: number; upstream_job_id?: number; active_compute_node_id?: number; origin_is_set?: boolean; name?: string; command?: string; include_relationships?: boolean; include_dependencies?: boolean; }, undefined, Page<JobModel>> = {
  name: "list_jobs",
  verb: "GET",
  path: "/jobs",
};

/** Return one job with its relations. */
export const get_job: Operation<{ id: number; }, { }, undefined, JobModel> = {
  name: "get_job",
  verb: "GET",
  path: "/jobs/{id}",
};

/** Change a job that is not initialized yet; priority, scheduler and requirements may change at any time. */
export const update_job: Operation<{ id: number; }, { }, JobUpdate, JobModel> = {
  name: "update_job",
  verb: "PUT",
  path: "/jobs/{id}",
};

/** Delete a job. */
export const delete_job: Operation<{ id: number; }, { }, undefined, JobModel> = {
  name: "delete_job",
  verb: "DELETE",
  path: "/jobs/{id}",
};

/** Delete all jobs of a workflow. */
export const delete_jobs: Operation<{ }, { workflow_id: number; }, undefined, DeleteCount> = {
  name: "delete_jobs",
  verb: "DELETE",
  path: "/jobs",
};

/** Create jobs of one workflow; dependency lists that they share are stored once. */
export const create_jobs: Operation<{ }, { }, JobsModel, JobsReply> = {
  name: "create_jobs",
  verb: "POST",
  path: "/bulk_jobs",
};

/** Mark a claimed job as running. */
export const start_job: Operation<{ id: number; run_id: number; compute_node_id: number; }, { }, undefined, JobModel> = {
  name: "start_job",
  verb: "PUT",
  path: "/jobs/{id}/start_job/{run_id}/{compute_node_id}",
};

/** Apply one completion; repeating it changes nothing. */
export const complete_job: Operation<{ id: number; status: string; run_id: number; }, { }, ResultModel, JobModel> = {
  name: "complete_job",
  verb: "POST",
  path: "/jobs/{id}/complete_job/{status}/{run_id}",
};

/** Change a status in a way that is no completion. */
export const manage_status_change: Operation<{ id: number; status: string; run_id: number; }, { }, undefined, JobModel> = {
  name: "manage_status_change",
  verb: "PUT",
  path: "/jobs/{id}/manage_status_change/{status}/{run_id}",
};

/** Begin a job's next attempt. */
export const retry_job: Operation<{ id: number; run_id: number; }, { max_retries: number; }, undefined, JobModel> = {
  name: "retry_job",
  verb: "POST",
  path: "/jobs/{id}/retry/{run_id}",
};

/** Add jobs that wait for the running job which calls, and keep a state with them. */
export const spawn_jobs: Operation<{ id: number; }, { }, SpawnRequest, SpawnReply> = {
  name: "spawn_jobs",
  verb: "POST",
  path: "/jobs/{id}/spawn_jobs",
};

/** Add jobs to a workflow that has been initialized, ready or waiting for those that make their inputs. */
export const add_jobs: Operation<{ id: number; }, { }, Addition, Added> = {
  name: "add_jobs",
  verb: "POST",
  path: "/workflows/{id}/add_jobs",
};

/** Tell which jobs have started or ended since an event, with what they have made. */
export const get_outcomes: Operation<{ id: number; }, { after?: number; wait_seconds?: number; }, undefined, Outcomes> = {
  name: "get_outcomes",
  verb: "GET",
  path: "/workflows/{id}/outcomes",
};

/** Create an action. */
export const create_workflow_action: Operation<{ id: number; }, { }, WorkflowActionModel, WorkflowActionModel> = {
  name: "create_workflow_action",
  verb: "POST",
  path: "/workflows/{id}/actions",
};

/** List all actions. */
export const get_workflow_actions: Operation<{ id: number; }, { }, undefined, WorkflowActionModel[]> = {
  name: "get_workflow_actions",
  verb: "GET",
  path: "/workflows/{id}/actions",
};

/** List the actions that may be claimed now. */
export const get_pending_actions: Operation<{ id: number; }, { trigger_type?: Array<"on_workflow_start" | "on_workflow_complete" | "on_jobs_ready" | "on_jobs_complete" | "on_worker_start" | "on_worker_complete">; compute_node_id?: number; }, undefined, WorkflowActionModel[]> = {
  name: "get_pending_actions",
  verb: "GET",
  path: "/workflows/{id}/actions/pending",
};

/** Claim an action: once for the workflow, or once for each worker when it is persistent. */
export const claim_action: Operation<{ id: number; action_id: number; }, { }, ClaimActionRequest, ClaimActionReply> = {
  name: "claim_action",
  verb: "POST",
  path: "/workflows/{id}/actions/{action_id}/claim",
};

/** Record how an action ended; a repeated report of the same runner changes nothing. */
export const report_action: Operation<{ id: number; action_id: number; }, { }, ActionDone, ClaimActionReply> = {
  name: "report_action",
  verb: "POST",
  path: "/workflows/{id}/actions/{action_id}/report",
};

/** Create a file. */
export const create_file: Operation<{ }, { }, FileModel, FileModel> = {
  name: "create_file",
  verb: "POST",
  path: "/files",
};

/** List files. */
export const list_files: Operation<{ }, { offset?: number; limit?: number; named?: boolean; sort_by?: "id" | "workflow_id" | "name" | "path" | "st_mtime"; reverse_sort?: boolean; workflow_id: number; name?: string; path?: string; produced_by_job_id?: number; is_output?: boolean; }, undefined, Page<FileModel>> = {
  name: "list_files",
  verb: "GET",
  path: "/files",
};

/** Return one file. */
export const get_file: Operation<{ id: number; }, { }, undefined, FileModel> = {
  name: "get_file",
  verb: "GET",
  path: "/files/{id}",
};

/** Change a file. */
export const update_file: Operation<{ id: number; }, { }, FileUpdate, FileModel> = {
  name: "update_file",
  verb: "PUT",
  path: "/files/{id}",
};

/** Delete a file. */
export const delete_file: Operation<{ id: number; }, { }, undefined, FileModel> = {
  name: "delete_file",
  verb: "DELETE",
  path: "/files/{id}",
};

/** Delete all files of a workflow. */
export const delete_files: Operation<{ }, { workflow_id: number; }, undefined, DeleteCount> = {
  name: "delete_files",
  verb: "DELETE",
  path: "/files",
};

/** Create files of one workflow. */
export const create_files: Operation<{ }, { }, FilesModel, FilesModel> = {
  name: "create_files",
  verb: "POST",
  path: "/bulk_files",
};

/** Create a record, linked to a reader or a writer if the query names them. */
export const create_user_data: Operation<{ }, { consumer_job_id?: number; producer_job_id?: number; }, UserDataModel, UserDataModel> = {
  name: "create_user_data",
  verb: "POST",
  path: "/user_data",
};

/** List records. */
export const list_user_data: Operation<{ }, { offset?: number; limit?: number; named?: boolean; sort_by?: "id" | "workflow_id" | "name" | "is_ephemeral"; reverse_sort?: boolean; workflow_id: number; name?: string; is_ephemeral?: boolean; consumer_job_id?: number; producer_job_id?: number; }, undefined, Page<UserDataModel>> = {
  name: "list_user_data",
  verb: "GET",
  path: "/user_data",
};

/** Return one record. */
export const get_user_data: Operation<{ id: number; }, { }, undefined, UserDataModel> = {
  name: "get_user_data",
  verb: "GET",
  path: "/user_data/{id}",
};

/** Change a record. */
export const update_user_data: Operation<{ id: number; }, { }, UserDataUpdate, UserDataModel> = {
  name: "update_user_data",
  verb: "PUT",
  path: "/user_data/{id}",
};

/** Delete a record. */
export const delete_user_data: Operation<{ id: number; }, { }, undefined, UserDataModel> = {
  name: "delete_user_data",
  verb: "DELETE",
  path: "/user_data/{id}",
};

/** Delete all records of a workflow. */
export const delete_all_user_data: Operation<{ }, { workflow_id: number; }, undefined, DeleteCount> = {
  name: "delete_all_user_data",
  verb: "DELETE",
  path: "/user_data",
};

/** Create records of one workflow. */
export const create_user_data_list: Operation<{ }, { }, UserDataListModel, UserDataListModel> = {
  name: "create_user_data_list",
  verb: "POST",
  path: "/bulk_user_data",
};

/** Create a record. */
export const create_resource_requirements: Operation<{ }, { }, ResourceRequirementsModel, ResourceRequirementsModel> = {
  name: "create_resource_requirements",
  verb: "POST",
  path: "/resource_requirements",
};

/** List records. */
export const list_resource_requirements: Operation<{ }, { offset?: number; limit?: number; named?: boolean; sort_by?: "id" | "workflow_id" | "name" | "num_cpus" | "num_gpus" | "num_nodes" | "memory" | "runtime"; reverse_sort?: boolean; workflow_id: number; job_id?: number; name?: string; memory?: string; num_cpus?: number; num_gpus?: number; num_nodes?: number; runtime?: number; }, undefined, Page<ResourceRequirementsModel>> = {
  name: "list_resource_requirements",
  verb: "GET",
  path: "/resource_requirements",
};

/** Return one record. */
export const get_resource_requirements: Operation<{ id: number; }, { }, undefined, ResourceRequirementsModel> = {
  name: "get_resource_requirements",
  verb: "GET",
  path: "/resource_requirements/{id}",
};

/** Change a record. */
export const update_resource_requirements: Operation<{ id: number; }, { }, ResourceRequirementsUpdate, ResourceRequirementsModel> = {
  name: "update_resource_requirements",
  verb: "PUT",
  path: "/resource_requirements/{id}",
};

/** Delete a record that no job uses. */
export const delete_resource_requirement: Operation<{ id: number; }, { }, undefined, ResourceRequirementsModel> = {
  name: "delete_resource_requirement",
  verb: "DELETE",
  path: "/resource_requirements/{id}",
};

/** Delete the records of a workflow that no job uses; the default stays. */
export const delete_resource_requirements: Operation<{ }, { workflow_id: number; }, undefined, DeleteCount> = {
  name: "delete_resource_requirements",
  verb: "DELETE",
  path: "/resource_requirements",
};

/** Store a result; what is not given is taken from the job. The job's status does not change. */
export const create_result: Operation<{ }, { }, ResultModel, ResultModel> = {
  name: "create_result",
  verb: "POST",
  path: "/results",
};

/** List results, of each job the current one unless all runs are asked for. */
export const list_results: Operation<{ }, { offset?: number; limit?: number; named?: boolean; sort_by?: "id" | "workflow_id" | "job_id" | "run_id" | "attempt_id" | "compute_node_id" | "return_code" | "status" | "exec_time_minutes" | "completion_time" | "peak_memory_bytes" | "avg_memory_bytes" | "peak_cpu_percent" | "avg_cpu_percent" | "cpu_time_seconds" | "reason"; reverse_sort?: boolean; workflow_id: number; job_id?: number; run_id?: number; return_code?: number; status?: "uninitialized" | "blocked" | "ready" | "pending" | "running" | "completed" | "failed" | "canceled" | "terminated" | "disabled" | "pending_failed"; compute_node_id?: number; all_runs?: boolean; }, undefined, Page<ResultModel>> = {
  name: "list_results",
  verb: "GET",
  path: "/results",
};

/** Return one result. */
export const get_result: Operation<{ id: number; }, { }, undefined, ResultModel> = {
  name: "get_result",
  verb: "GET",
  path: "/results/{id}",
};

/** Change a result; it stays with its job. */
export const update_result: Operation<{ id: number; }, { }, ResultUpdate, ResultModel> = {
  name: "update_result",
  verb: "PUT",
  path: "/results/{id}",
};

/** Delete a result. */
export const delete_result: Operation<{ id: number; }, { }, undefined, ResultModel> = {
  name: "delete_result",
  verb: "DELETE",
  path: "/results/{id}",
};

/** Delete all results of a workflow. */
export const delete_results: Operation<{ }, { workflow_id: number; }, undefined, DeleteCount> = {
  name: "delete_results",
  verb: "DELETE",
  path: "/results",
};

/** Record an event of the caller's; the server sets the time. */
export const create_event: Operation<{ }, { }, EventModel, EventModel> = {
  name: "create_event",
  verb: "POST",
  path: "/events",
};

/** List events. */
export const list_events: Operation<{ }, { offset?: number; limit?: number; named?: boolean; sort_by?: "id" | "workflow_id" | "timestamp" | "event_type" | "severity"; reverse_sort?: boolean; workflow_id: number; category?: string; after_timestamp?: number; }, undefined, Page<EventModel>> = {
  name: "list_events",
  verb: "GET",
  path: "/events",
};

/** Return one event. */
export const get_event: Operation<{ id: number; }, { }, undefined, EventModel> = {
  name: "get_event",
  verb: "GET",
  path: "/events/{id}",
};

/** Change what an event says. */
export const update_event: Operation<{ id: number; }, { }, EventUpdate, EventModel> = {
  name: "update_event",
  verb: "PUT",
  path: "/events/{id}",
};

/** Delete an event. */
export const delete_event: Operation<{ id: number; }, { }, undefined, EventModel> = {
  name: "delete_event",
  verb: "DELETE",
  path: "/events/{id}",
};

/** Delete all events of a workflow. */
export const delete_events: Operation<{ }, { workflow_id: number; }, undefined, DeleteCount> = {
  name: "delete_events",
  verb: "DELETE",
  path: "/events",
};

/** Hand the request over to :func:`send_events`. */
export const stream_events: Operation<{ id: number; }, { level?: "debug" | "info" | "warning" | "error"; last_event_id?: number; }, undefined, EventModel> = {
  name: "stream_events",
  verb: "GET",
  path: "/workflows/{id}/events/stream",
};

/** Return when the newest event happened. */
export const get_latest_event_timestamp: Operation<{ id: number; }, { }, undefined, LatestEventTimestamp> = {
  name: "get_latest_event_timestamp",
  verb: "GET",
  path: "/workflows/{id}/latest_event_timestamp",
};

/** Register a runner; with ``lease_seconds`` its lease begins now. */
export const create_compute_node: Operation<{ }, { }, ComputeNodeModel, ComputeNodeModel> = {
  name: "create_compute_node",
  verb: "POST",
  path: "/compute_nodes",
};

/** List compute nodes. */
export const list_compute_nodes: Operation<{ }, { offset?: number; limit?: number; named?: boolean; sort_by?: "id" | "workflow_id" | "hostname" | "pid" | "start_time" | "duration_seconds" | "is_active" | "num_cpus" | "memory_gb" | "num_gpus" | "num_nodes" | "time_limit" | "scheduler_config_id" | "compute_node_type" | "output_dir" | "lease_seconds" | "sample_count" | "avg_cpu_percent" | "peak_cpu_percent" | "avg_memory_bytes" | "peak_memory_bytes"; reverse_sort?: boolean; workflow_id: number; hostname?: string; is_active?: boolean; scheduled_compute_node_id?: number; }, undefined, Page<ComputeNodeModel>> = {
  name: "list_compute_nodes",
  verb: "GET",
  path: "/compute_nodes",
};

/** Return one compute node. */
export const get_compute_node: Operation<{ id: number; }, { }, undefined, ComputeNodeModel> = {
  name: "get_compute_node",
  verb: "GET",
  path: "/compute_nodes/{id}",
};

/** Change a compute node; one that is no longer active gives up what it still holds. */
export const update_compute_node: Operation<{ id: number; }, { }, ComputeNodeUpdate, ComputeNodeModel> = {
  name: "update_compute_node",
  verb: "PUT",
  path: "/compute_nodes/{id}",
};

/** Delete a compute node; what it holds is given up. */
export const delete_compute_node: Operation<{ id: number; }, { }, undefined, ComputeNodeModel> = {
  name: "delete_compute_node",
  verb: "DELETE",
  path: "/compute_nodes/{id}",
};

/** Delete all compute nodes of a workflow. */
export const delete_compute_nodes: Operation<{ }, { workflow_id: number; }, undefined, DeleteCount> = {
  name: "delete_compute_nodes",
  verb: "DELETE",
  path: "/compute_nodes",
};

/** Create a local scheduler. */
export const create_local_scheduler: Operation<{ }, { }, LocalSchedulerModel, LocalSchedulerModel> = {
  name: "create_local_scheduler",
  verb: "POST",
  path: "/local_schedulers",
};

/** List local schedulers. */
export const list_local_schedulers: Operation<{ }, { offset?: number; limit?: number; named?: boolean; sort_by?: "id" | "workflow_id" | "name" | "memory" | "num_cpus"; reverse_sort?: boolean; workflow_id: number; memory?: string; num_cpus?: number; }, undefined, Page<LocalSchedulerModel>> = {
  name: "list_local_schedulers",
  verb: "GET",
  path: "/local_schedulers",
};

/** Return one local scheduler. */
export const get_local_scheduler: Operation<{ id: number; }, { }, undefined, LocalSchedulerModel> = {
  name: "get_local_scheduler",
  verb: "GET",
  path: "/local_schedulers/{id}",
};

/** Change a local scheduler. */
export const update_local_scheduler: Operation<{ id: number; }, { }, LocalSchedulerUpdate, LocalSchedulerModel> = {
  name: "update_local_scheduler",
  verb: "PUT",
  path: "/local_schedulers/{id}",
};

/** Delete a local scheduler. */
export const delete_local_scheduler: Operation<{ id: number; }, { }, undefined, LocalSchedulerModel> = {
  name: "delete_local_scheduler",
  verb: "DELETE",
  path: "/local_schedulers/{id}",
};

/** Delete all local schedulers of a workflow. */
export const delete_local_schedulers: Operation<{ }, { workflow_id: number; }, undefined, DeleteCount> = {
  name: "delete_local_schedulers",
  verb: "DELETE",
  path: "/local_schedulers",
};

/** Create a Slurm scheduler. */
export const create_slurm_scheduler: Operation<{ }, { }, SlurmSchedulerModel, SlurmSchedulerModel> = {
  name: "create_slurm_scheduler",
  verb: "POST",
  path: "/slurm_schedulers",
};

/** List Slurm schedulers. */
export const list_slurm_schedulers: Operation<{ }, { offset?: number; limit?: number; named?: boolean; sort_by?: "id" | "workflow_id" | "name" | "account" | "nodes" | "walltime" | "partition" | "mem" | "gres" | "qos" | "ntasks_per_node" | "tmp" | "extra"; reverse_sort?: boolean; workflow_id: number; }, undefined, Page<SlurmSchedulerModel>> = {
  name: "list_slurm_schedulers",
  verb: "GET",
  path: "/slurm_schedulers",
};

/** Return one Slurm scheduler. */
export const get_slurm_scheduler: Operation<{ id: number; }, { }, undefined, SlurmSchedulerModel> = {
  name: "get_slurm_scheduler",
  verb: "GET",
  path: "/slurm_schedulers/{id}",
};

/** Change a Slurm scheduler. */
export const update_slurm_scheduler: Operation<{ id: number; }, { }, SlurmSchedulerUpdate, SlurmSchedulerModel> = {
  name: "update_slurm_scheduler",
  verb: "PUT",
  path: "/slurm_schedulers/{id}",
};

/** Delete a Slurm scheduler. */
export const delete_slurm_scheduler: Operation<{ id: number; }, { }, undefined, SlurmSchedulerModel> = {
  name: "delete_slurm_scheduler",
  verb: "DELETE",
  path: "/slurm_schedulers/{id}",
};

/** Delete all Slurm schedulers of a workflow. */
export const delete_slurm_schedulers: Operation<{ }, { workflow_id: number; }, undefined, DeleteCount> = {
  name: "delete_slurm_schedulers",
  verb: "DELETE",
  path: "/slurm_schedulers",
};

/** Record an allocation that is being asked for. */
export const create_scheduled_compute_node: Operation<{ }, { }, ScheduledComputeNodesModel, ScheduledComputeNodesModel> = {
  name: "create_scheduled_compute_node",
  verb: "POST",
  path: "/scheduled_compute_nodes",
};

/** List scheduled compute nodes. */
export const list_scheduled_compute_nodes: Operation<{ }, { offset?: number; limit?: number; named?: boolean; sort_by?: "id" | "workflow_id" | "scheduler_id" | "scheduler_config_id" | "scheduler_type" | "status"; reverse_sort?: boolean; workflow_id: number; scheduler_id?: number; scheduler_config_id?: number; status?: "pending" | "active" | "complete"; }, undefined, Page<ScheduledComputeNodesModel>> = {
  name: "list_scheduled_compute_nodes",
  verb: "GET",
  path: "/scheduled_compute_nodes",
};

/** Return one scheduled compute node. */
export const get_scheduled_compute_node: Operation<{ id: number; }, { }, undefined, ScheduledComputeNodesModel> = {
  name: "get_scheduled_compute_node",
  verb: "GET",
  path: "/scheduled_compute_nodes/{id}",
};

/** Change a scheduled compute node. */
export const update_scheduled_compute_node: Operation<{ id: number; }, { }, ScheduledComputeNodesUpdate, ScheduledComputeNodesModel> = {
  name: "update_scheduled_compute_node",
  verb: "PUT",
  path: "/scheduled_compute_nodes/{id}",
};

/** Delete a scheduled compute node. */
export const delete_scheduled_compute_node: Operation<{ id: number; }, { }, undefined, ScheduledComputeNodesModel> = {
  name: "delete_scheduled_compute_node",
  verb: "DELETE",
  path: "/scheduled_compute_nodes/{id}",
};

/** Delete all scheduled compute nodes of a workflow. */
export const delete_scheduled_compute_nodes: Operation<{ }, { workflow_id: number; }, undefined, DeleteCount> = {
  name: "delete_scheduled_compute_nodes",
  verb: "DELETE",
  path: "/scheduled_compute_nodes",
};

/** Store the accounting of one attempt of a job, in the place of what was known of it. */
export const create_slurm_stats: Operation<{ }, { }, SlurmStatsModel, SlurmStatsModel> = {
  name: "create_slurm_stats",
  verb: "POST",
  path: "/slurm_stats",
};

/** List what is known, of all runs and attempts. */
export const list_slurm_stats: Operation<{ }, { offset?: number; limit?: number; named?: boolean; workflow_id: number; job_id?: number; run_id?: number; attempt_id?: number; }, undefined, Page<SlurmStatsModel>> = {
  name: "list_slurm_stats",
  verb: "GET",
  path: "/slurm_stats",
};

/** List which jobs ran in which Slurm jobs. */
export const get_slurm_job_correlations: Operation<{ id: number; }, { offset?: number; limit?: number; named?: boolean; }, undefined, Page<SlurmJobCorrelation>> = {
  name: "get_slurm_job_correlations",
  verb: "GET",
  path: "/workflows/{id}/slurm_job_correlations",
};

/** Add workers; those that the workflow has already are left as they are. */
export const create_remote_workers: Operation<{ id: number; }, { }, RemoteWorkers, RemoteWorkerModel[]> = {
  name: "create_remote_workers",
  verb: "POST",
  path: "/workflows/{id}/remote_workers",
};

/** List a workflow's workers. */
export const list_remote_workers: Operation<{ id: number; }, { }, undefined, RemoteWorkerModel[]> = {
  name: "list_remote_workers",
  verb: "GET",
  path: "/workflows/{id}/remote_workers",
};

/** Remove a worker from a workflow. */
export const delete_remote_worker: Operation<{ id: number; worker: string; }, { }, undefined, RemoteWorkerModel> = {
  name: "delete_remote_worker",
  verb: "DELETE",
  path: "/workflows/{id}/remote_workers/{worker}",
};

/** Create a failure handler. */
export const create_failure_handler: Operation<{ }, { }, FailureHandlerModel, FailureHandlerModel> = {
  name: "create_failure_handler",
  verb: "POST",
  path: "/failure_handlers",
};

/** List a workflow's failure handlers. */
export const list_failure_handlers: Operation<{ id: number; }, { offset?: number; limit?: number; named?: boolean; }, undefined, Page<FailureHandlerModel>> = {
  name: "list_failure_handlers",
  verb: "GET",
  path: "/workflows/{id}/failure_handlers",
};

/** Return one failure handler. */
export const get_failure_handler: Operation<{ id: number; }, { }, undefined, FailureHandlerModel> = {
  name: "get_failure_handler",
  verb: "GET",
  path: "/failure_handlers/{id}",
};

/** Delete a failure handler that no job uses. */
export const delete_failure_handler: Operation<{ id: number; }, { }, undefined, FailureHandlerModel> = {
  name: "delete_failure_handler",
  verb: "DELETE",
  path: "/failure_handlers/{id}",
};

/** Create an entity. */
export const create_ro_crate_entity: Operation<{ }, { }, RoCrateEntityModel, RoCrateEntityModel> = {
  name: "create_ro_crate_entity",
  verb: "POST",
  path: "/ro_crate_entities",
};

/** List a workflow's entities. */
export const list_ro_crate_entities: Operation<{ id: number; }, { offset?: number; limit?: number; named?: boolean; sort_by?: "id" | "workflow_id" | "file_id" | "entity_id" | "entity_type"; reverse_sort?: boolean; file_id?: number; entity_id?: string; }, undefined, Page<RoCrateEntityModel>> = {
  name: "list_ro_crate_entities",
  verb: "GET",
  path: "/workflows/{id}/ro_crate_entities",
};

/** Return one entity. */
export const get_ro_crate_entity: Operation<{ id: number; }, { }, undefined, RoCrateEntityModel> = {
  name: "get_ro_crate_entity",
  verb: "GET",
  path: "/ro_crate_entities/{id}",
};

/** Change an entity. */
export const update_ro_crate_entity: Operation<{ id: number; }, { }, RoCrateEntityUpdate, RoCrateEntityModel> = {
  name: "update_ro_crate_entity",
  verb: "PUT",
  path: "/ro_crate_entities/{id}",
};

/** Delete an entity. */
export const delete_ro_crate_entity: Operation<{ id: number; }, { }, undefined, Message> = {
  name: "delete_ro_crate_entity",
  verb: "DELETE",
  path: "/ro_crate_entities/{id}",
};

/** Delete all entities of a workflow. */
export const delete_ro_crate_entities: Operation<{ id: number; }, { }, undefined, DeletedEntities> = {
  name: "delete_ro_crate_entities",
  verb: "DELETE",
  path: "/workflows/{id}/ro_crate_entities",
};

/** Create a group; who creates it becomes its administrator. */
export const create_access_group: Operation<{ }, { }, AccessGroupModel, AccessGroupModel> = {
  name: "create_access_group",
  verb: "POST",
  path: "/access_groups",
};

/** List the groups that the caller is in; administrators see all. */
export const list_access_groups: Operation<{ }, { offset?: number; limit?: number; named?: boolean; }, undefined, Page<AccessGroupModel>> = {
  name: "list_access_groups",
  verb: "GET",
  path: "/access_groups",
};

/** Return one group. */
export const get_access_group: Operation<{ id: number; }, { }, undefined, AccessGroupModel> = {
  name: "get_access_group",
  verb: "GET",
  path: "/access_groups/{id}",
};

/** Delete a group; its workflows stay with their owners. */
export const delete_access_group: Operation<{ id: number; }, { }, undefined, AccessGroupModel> = {
  name: "delete_access_group",
  verb: "DELETE",
  path: "/access_groups/{id}",
};

/** Put a user into a group, or change the role of one who is in it. */
export const add_user_to_group: Operation<{ id: number; }, { }, UserGroupMembershipModel, UserGroupMembershipModel> = {
  name: "add_user_to_group",
  verb: "POST",
  path: "/access_groups/{id}/members",
};

/** List who is in a group. */
export const list_group_members: Operation<{ id: number; }, { offset?: number; limit?: number; named?: boolean; }, undefined, Page<UserGroupMembershipModel>> = {
  name: "list_group_members",
  verb: "GET",
  path: "/access_groups/{id}/members",
};

/** Take a user out of a group; everybody may leave. */
export const remove_user_from_group: Operation<{ id: number; user_name: string; }, { }, undefined, UserGroupMembershipModel> = {
  name: "remove_user_from_group",
  verb: "DELETE",
  path: "/access_groups/{id}/members/{user_name}",
};

/** List a user's groups, as far as the caller sees them. */
export const list_user_groups: Operation<{ user_name: string; }, { offset?: number; limit?: number; named?: boolean; }, undefined, Page<AccessGroupModel>> = {
  name: "list_user_groups",
  verb: "GET",
  path: "/users/{user_name}/groups",
};

/** List the groups that share a workflow. */
export const list_workflow_groups: Operation<{ id: number; }, { offset?: number; limit?: number; named?: boolean; }, undefined, Page<AccessGroupModel>> = {
  name: "list_workflow_groups",
  verb: "GET",
  path: "/workflows/{id}/access_groups",
};

/** Share a workflow with the members of a group. */
export const add_workflow_to_group: Operation<{ id: number; group_id: number; }, { }, undefined, WorkflowAccessGroupModel> = {
  name: "add_workflow_to_group",
  verb: "POST",
  path: "/workflows/{id}/access_groups/{group_id}",
};

/** Take a workflow from a group. */
export const remove_workflow_from_group: Operation<{ id: number; group_id: number; }, { }, undefined, WorkflowAccessGroupModel> = {
  name: "remove_workflow_from_group",
  verb: "DELETE",
  path: "/workflows/{id}/access_groups/{group_id}",
};

/** Tell whether a user may use a workflow, to those who may use it themselves. */
export const check_workflow_access: Operation<{ workflow_id: number; user_name: string; }, { }, undefined, AccessCheck> = {
  name: "check_workflow_access",
  verb: "GET",
  path: "/access_check/{workflow_id}/{user_name}",
};

/** Read the password file again. */
export const reload_auth: Operation<{ }, { }, undefined, ReloadAuth> = {
  name: "reload_auth",
  verb: "POST",
  path: "/admin/reload-auth",
};

/** Tell the caller who the server takes it for. */
export const get_caller: Operation<{ }, { }, undefined, Caller> = {
  name: "get_caller",
  verb: "GET",
  path: "/caller",
};

/** Make a token; its secret is told in this reply only. One that is made with a token ends with it. */
export const create_token: Operation<{ }, { }, TokenRequest, TokenCreated> = {
  name: "create_token",
  verb: "POST",
  path: "/tokens",
};

/** List the caller's tokens; administrators see all. */
export const list_tokens: Operation<{ }, { offset?: number; limit?: number; named?: boolean; }, undefined, Page<TokenModel>> = {
  name: "list_tokens",
  verb: "GET",
  path: "/tokens",
};

/** End a token. */
export const revoke_token: Operation<{ id: number; }, { }, undefined, TokenModel> = {
  name: "revoke_token",
  verb: "DELETE",
  path: "/tokens/{id}",
};
