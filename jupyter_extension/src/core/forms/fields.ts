/** What a specification can say: the fields of its parts, from which all forms are made. What is right is the server's to say. */

/** The lists of a specification. */
export const NOUNS = [
  'jobs',
  'files',
  'user_data',
  'resource_requirements',
  'slurm_schedulers',
  'failure_handlers',
  'actions',
] as const;
export type Noun = (typeof NOUNS)[number];

/**
 * How a value is written: `line` and `code` are text, `number` becomes a number when it is one, `names` and `lines` are
 * lists, `pairs` are keys with texts, `json` is any value.
 */
export type Kind = 'line' | 'code' | 'number' | 'names' | 'lines' | 'pairs' | 'json' | 'flag' | 'choice';

export interface Field {
  readonly key: string;
  readonly label: string;
  readonly kind: Kind;
  readonly about?: string;
  readonly example?: string;
  /** An entry has it from its beginning, and stays in sight when it is empty. */
  readonly required?: boolean;
  /** Names that can be chosen. */
  readonly of?: Noun | 'parameters';
  readonly choices?: readonly string[];
  /** Shown when it is asked for. */
  readonly rare?: boolean;
  /** What holds when a flag is not given. */
  readonly otherwise?: boolean;
}

export interface Section {
  readonly noun: Noun;
  readonly title: string;
  readonly one: string;
  readonly about: string;
  readonly fields: readonly Field[];
}

const VALUES = 'One job, file or value for each combination, as rate = [0.1,0.01] or i = 1:100.';
const PARAMETERS: readonly Field[] = [
  { key: 'parameters', label: 'Parameters', kind: 'pairs', about: VALUES, example: '[0.1,0.01]' },
  { key: 'use_parameters', label: 'Parameters of the workflow', kind: 'names', of: 'parameters', rare: true },
  { key: 'parameter_mode', label: 'Combine', kind: 'choice', choices: ['product', 'zip'], rare: true },
];
const AMOUNTS: readonly Field[] = [
  { key: 'num_cpus', label: 'CPUs', kind: 'number', example: '1' },
  { key: 'memory', label: 'Memory', kind: 'line', example: '4g' },
  { key: 'runtime', label: 'Runtime', kind: 'line', example: '30m' },
  { key: 'num_gpus', label: 'GPUs', kind: 'number', example: '0' },
  { key: 'num_nodes', label: 'Nodes', kind: 'number', example: '1', rare: true },
];

export const WORKFLOW: readonly Field[] = [
  { key: 'name', label: 'Name', kind: 'line', required: true },
  { key: 'description', label: 'Description', kind: 'line' },
  { key: 'parameters', label: 'Parameters', kind: 'pairs', about: 'Values that jobs and files can use.', example: '[0.1,0.01]' },
  { key: 'env', label: 'Environment', kind: 'pairs', about: 'Variables of all jobs.' },
  { key: 'project', label: 'Project', kind: 'line', rare: true },
  { key: 'user', label: 'Owner', kind: 'line', rare: true },
  { key: 'metadata', label: 'Metadata', kind: 'json', example: '{"paper": "10.1000/1"}', rare: true },
  { key: 'access_groups', label: 'Access groups', kind: 'names', rare: true },
  {
    key: 'jobs_sort_method',
    label: 'Which jobs first',
    kind: 'choice',
    choices: ['gpus_runtime_memory', 'gpus_memory_runtime', 'none'],
    rare: true,
  },
  { key: 'slurm_defaults', label: 'Slurm defaults', kind: 'json', example: '{"account": "my_account"}', rare: true },
  { key: 'resource_monitor', label: 'Monitoring', kind: 'json', example: '{"enabled": false}', rare: true },
  { key: 'execution_config', label: 'Execution', kind: 'json', example: '{"mode": "direct"}', rare: true },
  { key: 'dynamic_jobs', label: 'Jobs that add jobs', kind: 'json', rare: true },
  { key: 'enable_ro_crate', label: 'Record provenance (RO-Crate)', kind: 'flag', otherwise: false, rare: true },
  { key: 'use_pending_failed', label: 'Let me decide about failures', kind: 'flag', otherwise: false, rare: true },
  { key: 'compute_node_expiration_buffer_seconds', label: 'Node: end before its limit (s)', kind: 'number', rare: true },
  { key: 'compute_node_wait_for_new_jobs_seconds', label: 'Node: wait for jobs (s)', kind: 'number', rare: true },
  {
    key: 'compute_node_ignore_workflow_completion',
    label: 'Node: stay when the workflow is complete',
    kind: 'flag',
    otherwise: false,
    rare: true,
  },
  { key: 'compute_node_wait_for_healthy_database_minutes', label: 'Node: wait for the server (min)', kind: 'number', rare: true },
  { key: 'compute_node_min_time_for_new_jobs_seconds', label: 'Node: least time for a job (s)', kind: 'number', rare: true },
];

export const SECTIONS: readonly Section[] = [
  {
    noun: 'jobs',
    title: 'Jobs',
    one: 'job',
    about: 'Commands, and what each needs before it can run.',
    fields: [
      { key: 'name', label: 'Name', kind: 'line', required: true },
      {
        key: 'command',
        label: 'Command',
        kind: 'code',
        required: true,
        about: '${files.input.NAME} and ${files.output.NAME} stand for the paths of files and give the order.',
      },
      { key: 'depends_on', label: 'Needs', kind: 'names', of: 'jobs', about: 'Jobs that must have completed before.' },
      ...AMOUNTS,
      ...PARAMETERS,
      { key: 'input_files', label: 'Input files', kind: 'names', of: 'files' },
      { key: 'output_files', label: 'Output files', kind: 'names', of: 'files' },
      { key: 'input_user_data', label: 'Input data', kind: 'names', of: 'user_data', rare: true },
      { key: 'output_user_data', label: 'Output data', kind: 'names', of: 'user_data', rare: true },
      { key: 'env', label: 'Environment', kind: 'pairs', rare: true },
      { key: 'priority', label: 'Priority', kind: 'number', about: 'Higher runs first.', example: '0', rare: true },
      { key: 'resource_requirements', label: 'Resources by name', kind: 'line', of: 'resource_requirements', rare: true },
      { key: 'scheduler', label: 'Slurm scheduler', kind: 'line', of: 'slurm_schedulers', rare: true },
      { key: 'failure_handler', label: 'Failure handler', kind: 'line', of: 'failure_handlers', rare: true },
      { key: 'depends_on_regexes', label: 'Needs, by regex', kind: 'lines', example: '^train_', rare: true },
      { key: 'input_file_regexes', label: 'Input files, by regex', kind: 'lines', rare: true },
      { key: 'output_file_regexes', label: 'Output files, by regex', kind: 'lines', rare: true },
      { key: 'input_user_data_regexes', label: 'Input data, by regex', kind: 'lines', rare: true },
      { key: 'output_user_data_regexes', label: 'Output data, by regex', kind: 'lines', rare: true },
      { key: 'invocation_script', label: 'Invocation script', kind: 'line', rare: true },
      {
        key: 'cancel_on_blocking_job_failure',
        label: 'Cancel when a job before it fails',
        kind: 'flag',
        otherwise: true,
        rare: true,
      },
      { key: 'supports_termination', label: 'Can be ended before its time', kind: 'flag', otherwise: false, rare: true },
    ],
  },
  {
    noun: 'files',
    title: 'Files',
    one: 'file',
    about: 'Paths that jobs read and write.',
    fields: [
      { key: 'name', label: 'Name', kind: 'line', required: true },
      { key: 'path', label: 'Path', kind: 'line', required: true, example: 'results/table.csv' },
      ...PARAMETERS,
      { key: 'st_mtime', label: 'Modified (s since 1970)', kind: 'number', rare: true },
    ],
  },
  {
    noun: 'user_data',
    title: 'Data',
    one: 'value',
    about: 'Values that jobs read and write.',
    fields: [
      { key: 'name', label: 'Name', kind: 'line', required: true },
      { key: 'data', label: 'Value', kind: 'json', about: 'JSON; anything else is a text. Empty: a job fills it in.' },
      ...PARAMETERS,
      { key: 'is_ephemeral', label: 'Forget it when the workflow begins anew', kind: 'flag', otherwise: false, rare: true },
    ],
  },
  {
    noun: 'resource_requirements',
    title: 'Resources',
    one: 'set of amounts',
    about: 'Amounts that jobs share by name.',
    fields: [{ key: 'name', label: 'Name', kind: 'line', required: true }, ...AMOUNTS],
  },
  {
    noun: 'slurm_schedulers',
    title: 'Slurm',
    one: 'scheduler',
    about: 'Kinds of allocations on a cluster.',
    fields: [
      { key: 'name', label: 'Name', kind: 'line', required: true },
      { key: 'account', label: 'Account', kind: 'line' },
      { key: 'partition', label: 'Partition', kind: 'line' },
      { key: 'nodes', label: 'Nodes', kind: 'number', example: '1' },
      { key: 'walltime', label: 'Wall time', kind: 'line', example: '04:00:00' },
      { key: 'mem', label: 'Memory', kind: 'line', example: '180G' },
      { key: 'gres', label: 'GRES', kind: 'line', example: 'gpu:2' },
      { key: 'qos', label: 'QOS', kind: 'line' },
      { key: 'ntasks_per_node', label: 'Tasks per node', kind: 'number', rare: true },
      { key: 'tmp', label: 'Local disk', kind: 'line', example: '100G', rare: true },
      { key: 'extra', label: 'More options of sbatch', kind: 'line', example: '--exclusive', rare: true },
    ],
  },
  {
    noun: 'failure_handlers',
    title: 'Failures',
    one: 'failure handler',
    about: 'What happens after a failure, by exit code.',
    fields: [
      { key: 'name', label: 'Name', kind: 'line', required: true },
      { key: 'rules', label: 'Rules', kind: 'json', required: true, example: '[{"exit_codes": [137], "max_retries": 2}]' },
    ],
  },
  {
    noun: 'actions',
    title: 'Actions',
    one: 'action',
    about: 'Commands and allocations when something happens.',
    fields: [
      {
        key: 'trigger_type',
        label: 'When',
        kind: 'choice',
        required: true,
        choices: [
          'on_workflow_start',
          'on_workflow_complete',
          'on_jobs_ready',
          'on_jobs_complete',
          'on_worker_start',
          'on_worker_complete',
        ],
      },
      { key: 'action_type', label: 'What', kind: 'choice', required: true, choices: ['run_commands', 'schedule_nodes'] },
      { key: 'commands', label: 'Commands', kind: 'lines' },
      { key: 'scheduler', label: 'Slurm scheduler', kind: 'line', of: 'slurm_schedulers' },
      { key: 'scheduler_type', label: 'Kind of scheduler', kind: 'choice', choices: ['slurm'] },
      { key: 'num_allocations', label: 'Allocations', kind: 'number', example: '1' },
      { key: 'jobs', label: 'Jobs', kind: 'names', of: 'jobs' },
      { key: 'job_name_regexes', label: 'Jobs, by regex', kind: 'lines' },
      { key: 'max_parallel_jobs', label: 'Jobs at once', kind: 'number', rare: true },
      { key: 'start_one_worker_per_node', label: 'One worker per node', kind: 'flag', otherwise: false, rare: true },
      { key: 'persistent', label: 'Every time', kind: 'flag', otherwise: false, rare: true },
    ],
  },
];

export function sectionOf(noun: Noun): Section {
  return SECTIONS.find((section) => section.noun === noun)!;
}
