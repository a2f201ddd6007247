-- A status is the number of torc.states.JobStatus. JSON stands as text. Times are RFC 3339 in UTC,
-- event times milliseconds since the epoch.

CREATE TABLE workflow (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    user TEXT NOT NULL,
    description TEXT,
    project TEXT,
    metadata TEXT,
    timestamp TEXT NOT NULL,
    env TEXT,
    jobs_sort_method TEXT NOT NULL DEFAULT 'gpus_runtime_memory',
    resource_monitor_config TEXT,
    execution_config TEXT,
    slurm_defaults TEXT,
    dynamic_jobs TEXT,
    access_groups TEXT,
    enable_ro_crate INTEGER,
    use_pending_failed INTEGER,
    submission_directory TEXT,
    compute_node_expiration_buffer_seconds INTEGER NOT NULL DEFAULT 60,
    compute_node_wait_for_new_jobs_seconds INTEGER NOT NULL DEFAULT 90,
    compute_node_ignore_workflow_completion INTEGER NOT NULL DEFAULT 0,
    compute_node_wait_for_healthy_database_minutes INTEGER NOT NULL DEFAULT 20,
    compute_node_min_time_for_new_jobs_seconds INTEGER NOT NULL DEFAULT 300,
    run_id INTEGER NOT NULL DEFAULT 0,
    is_canceled INTEGER NOT NULL DEFAULT 0,
    is_archived INTEGER NOT NULL DEFAULT 0,
    request_id TEXT UNIQUE
);
CREATE INDEX workflow_by_user ON workflow (user);

CREATE TABLE resource_requirements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    num_cpus INTEGER NOT NULL,
    num_gpus INTEGER NOT NULL,
    num_nodes INTEGER NOT NULL,
    memory TEXT NOT NULL,
    runtime TEXT NOT NULL,
    memory_bytes INTEGER NOT NULL,
    runtime_seconds REAL NOT NULL,
    UNIQUE (workflow_id, name)
);

CREATE TABLE slurm_scheduler (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    account TEXT NOT NULL,
    nodes INTEGER NOT NULL,
    walltime TEXT NOT NULL,
    partition TEXT,
    mem TEXT,
    gres TEXT,
    qos TEXT,
    ntasks_per_node INTEGER,
    tmp TEXT,
    extra TEXT,
    UNIQUE (workflow_id, name)
);

CREATE TABLE failure_handler (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    rules TEXT NOT NULL,
    UNIQUE (workflow_id, name)
);

CREATE TABLE compute_node (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    hostname TEXT NOT NULL,
    pid INTEGER NOT NULL,
    start_time TEXT NOT NULL,
    duration_seconds REAL,
    is_active INTEGER NOT NULL,
    num_cpus INTEGER NOT NULL,
    memory_gb REAL NOT NULL,
    num_gpus INTEGER NOT NULL,
    num_nodes INTEGER NOT NULL,
    time_limit TEXT,
    scheduler_config_id INTEGER,
    compute_node_type TEXT NOT NULL,
    scheduler TEXT,
    output_dir TEXT,
    lease_seconds REAL,
    sample_count INTEGER,
    avg_cpu_percent REAL,
    peak_cpu_percent REAL,
    avg_memory_bytes INTEGER,
    peak_memory_bytes INTEGER
);
CREATE INDEX compute_node_by_workflow ON compute_node (workflow_id);

CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    command TEXT NOT NULL,
    invocation_script TEXT,
    status INTEGER NOT NULL DEFAULT 0,
    priority INTEGER NOT NULL DEFAULT 0,
    env TEXT,
    cancel_on_blocking_job_failure INTEGER NOT NULL DEFAULT 1,
    supports_termination INTEGER NOT NULL DEFAULT 0,
    resource_requirements_id INTEGER NOT NULL,
    scheduler_id INTEGER,
    failure_handler_id INTEGER,
    attempt_id INTEGER NOT NULL DEFAULT 1,
    origin TEXT,
    schedule_compute_nodes TEXT,
    -- How many of the job's dependency sets still have unfinished members.
    unmet_sets INTEGER NOT NULL DEFAULT 0,
    input_hash TEXT,
    -- Who holds the job while it is pending or running.
    compute_node_id INTEGER,
    start_time TEXT,
    UNIQUE (workflow_id, name)
);
CREATE INDEX job_by_status ON job (workflow_id, status);
-- Claims walk this index group by group; what it costs does not depend on how many jobs are ready.
CREATE INDEX job_ready ON job (
    workflow_id, priority DESC, resource_requirements_id, ifnull(scheduler_id, 0), id
) WHERE status = 2;
CREATE INDEX job_held ON job (compute_node_id) WHERE compute_node_id IS NOT NULL;

CREATE TABLE file (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    st_mtime REAL,
    UNIQUE (workflow_id, name)
);

CREATE TABLE user_data (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    data TEXT,
    is_ephemeral INTEGER NOT NULL DEFAULT 0,
    UNIQUE (workflow_id, name)
);

CREATE TABLE job_input_file (
    job_id INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    file_id INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    PRIMARY KEY (job_id, file_id)
) WITHOUT ROWID;
CREATE INDEX job_input_file_by_file ON job_input_file (file_id);

CREATE TABLE job_output_file (
    job_id INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    file_id INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    PRIMARY KEY (job_id, file_id)
) WITHOUT ROWID;
CREATE INDEX job_output_file_by_file ON job_output_file (file_id);

CREATE TABLE job_input_user_data (
    job_id INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    user_data_id INTEGER NOT NULL REFERENCES user_data (id) ON DELETE CASCADE,
    PRIMARY KEY (job_id, user_data_id)
) WITHOUT ROWID;
CREATE INDEX job_input_user_data_by_record ON job_input_user_data (user_data_id);

CREATE TABLE job_output_user_data (
    job_id INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    user_data_id INTEGER NOT NULL REFERENCES user_data (id) ON DELETE CASCADE,
    PRIMARY KEY (job_id, user_data_id)
) WITHOUT ROWID;
CREATE INDEX job_output_user_data_by_record ON job_output_user_data (user_data_id);

-- A job waits for all members of each of its sets. N jobs that wait for M others cost N + M rows.
CREATE TABLE dependency_set (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    -- What the set stands for: jobs:HASH, file:ID or user_data:ID. Equal keys are one set.
    key TEXT NOT NULL,
    -- Derived sets come from files and user data and are made anew by each initialize.
    derived INTEGER NOT NULL,
    unmet INTEGER NOT NULL DEFAULT 0,
    UNIQUE (workflow_id, key)
);

CREATE TABLE dependency_set_member (
    set_id INTEGER NOT NULL REFERENCES dependency_set (id) ON DELETE CASCADE,
    job_id INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    PRIMARY KEY (set_id, job_id)
) WITHOUT ROWID;
CREATE INDEX dependency_set_member_by_job ON dependency_set_member (job_id, set_id);

CREATE TABLE job_dependency_set (
    job_id INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    set_id INTEGER NOT NULL REFERENCES dependency_set (id) ON DELETE CASCADE,
    PRIMARY KEY (job_id, set_id)
) WITHOUT ROWID;
CREATE INDEX job_dependency_set_by_set ON job_dependency_set (set_id, job_id);

CREATE VIEW job_depends_on AS
SELECT DISTINCT
    w.job_id AS job_id,
    m.job_id AS depends_on_job_id
FROM job_dependency_set AS w
INNER JOIN dependency_set_member AS m ON w.set_id = m.set_id;

CREATE TABLE result (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    job_id INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    run_id INTEGER NOT NULL,
    attempt_id INTEGER NOT NULL,
    compute_node_id INTEGER,
    return_code INTEGER NOT NULL,
    status INTEGER NOT NULL,
    exec_time_minutes REAL NOT NULL,
    completion_time TEXT NOT NULL,
    peak_memory_bytes INTEGER,
    avg_memory_bytes INTEGER,
    peak_cpu_percent REAL,
    avg_cpu_percent REAL,
    cpu_time_seconds REAL,
    reason TEXT,
    -- The job's latest result, while the job has not been reset.
    is_current INTEGER NOT NULL DEFAULT 1,
    UNIQUE (job_id, run_id, attempt_id)
);
CREATE INDEX result_by_workflow ON result (workflow_id);

CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    timestamp INTEGER NOT NULL,
    event_type TEXT NOT NULL,
    severity INTEGER NOT NULL,
    data TEXT
);
CREATE INDEX event_by_workflow ON event (workflow_id, id);

CREATE TABLE workflow_action (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    trigger_type TEXT NOT NULL,
    action_type TEXT NOT NULL,
    action_config TEXT NOT NULL,
    persistent INTEGER NOT NULL,
    trigger_count INTEGER NOT NULL DEFAULT 0,
    required_triggers INTEGER NOT NULL DEFAULT 1,
    executed INTEGER NOT NULL DEFAULT 0,
    executed_at TEXT,
    executed_by INTEGER,
    is_recovery INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX workflow_action_by_workflow ON workflow_action (workflow_id);

CREATE TABLE workflow_action_job (
    action_id INTEGER NOT NULL REFERENCES workflow_action (id) ON DELETE CASCADE,
    job_id INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    PRIMARY KEY (action_id, job_id)
) WITHOUT ROWID;
CREATE INDEX workflow_action_job_by_job ON workflow_action_job (job_id);

-- Which workers have claimed a persistent action.
CREATE TABLE workflow_action_claim (
    action_id INTEGER NOT NULL REFERENCES workflow_action (id) ON DELETE CASCADE,
    compute_node_id INTEGER NOT NULL REFERENCES compute_node (id) ON DELETE CASCADE,
    PRIMARY KEY (action_id, compute_node_id)
) WITHOUT ROWID;

-- Replies to claims as pairs of job and attempt, so that a repeated claim gets the same jobs.
CREATE TABLE claim_request (
    request_id TEXT PRIMARY KEY,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    run_id INTEGER NOT NULL,
    jobs TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX claim_request_by_workflow ON claim_request (workflow_id);
