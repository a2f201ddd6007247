CREATE TABLE local_scheduler (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    memory TEXT,
    num_cpus INTEGER,
    UNIQUE (workflow_id, name)
);

CREATE TABLE scheduled_compute_node (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    scheduler_id INTEGER NOT NULL,
    scheduler_config_id INTEGER NOT NULL,
    scheduler_type TEXT NOT NULL,
    status TEXT NOT NULL
);
CREATE INDEX scheduled_compute_node_by_workflow ON scheduled_compute_node (workflow_id, status);

CREATE TABLE slurm_stats (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    job_id INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    run_id INTEGER NOT NULL,
    attempt_id INTEGER NOT NULL,
    slurm_job_id TEXT,
    node_list TEXT,
    ave_cpu_seconds REAL,
    max_rss_bytes INTEGER,
    max_vm_size_bytes INTEGER,
    max_disk_read_bytes INTEGER,
    max_disk_write_bytes INTEGER,
    UNIQUE (job_id, run_id, attempt_id)
);
CREATE INDEX slurm_stats_by_workflow ON slurm_stats (workflow_id);

CREATE TABLE remote_worker (
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    worker TEXT NOT NULL,
    PRIMARY KEY (workflow_id, worker)
) WITHOUT ROWID;

CREATE TABLE ro_crate_entity (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    file_id INTEGER REFERENCES file (id) ON DELETE SET NULL,
    entity_id TEXT NOT NULL,
    entity_type TEXT NOT NULL,
    metadata TEXT NOT NULL
);
CREATE INDEX ro_crate_entity_by_workflow ON ro_crate_entity (workflow_id);
CREATE INDEX ro_crate_entity_by_file ON ro_crate_entity (file_id) WHERE file_id IS NOT NULL;

CREATE TABLE task (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow_id INTEGER NOT NULL REFERENCES workflow (id) ON DELETE CASCADE,
    operation TEXT NOT NULL,
    -- What was asked for: asking for the same again returns the same task.
    parameters TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    started_at_ms INTEGER,
    finished_at_ms INTEGER,
    error TEXT
);
CREATE INDEX task_by_workflow ON task (workflow_id);
CREATE UNIQUE INDEX task_active ON task (workflow_id) WHERE status IN ('queued', 'running');

-- Which runners (0 for one that gave no name) have told how an action ended.
CREATE TABLE workflow_action_report (
    action_id INTEGER NOT NULL REFERENCES workflow_action (id) ON DELETE CASCADE,
    compute_node_id INTEGER NOT NULL,
    PRIMARY KEY (action_id, compute_node_id)
) WITHOUT ROWID;
