"""The nouns: how each table's columns stand on the wire."""

from __future__ import annotations

from dataclasses import replace

from torc.runner.paths import JOB_STDIO
from torc.server.store.records import FLAG, JSON, PLAIN, STATUS, Kind, Noun
from torc.states import ACTIVE, JobStatus, sql_list

SEVERITIES = ("debug", "info", "warning", "error")
SEVERITY = Kind(
    lambda name: f"CASE {name} " + " ".join(f"WHEN {i} THEN '{s}'" for i, s in enumerate(SEVERITIES)) + " END",
    SEVERITIES.index,
)


def _plain(*names: str) -> dict[str, Kind]:
    return dict.fromkeys(names, PLAIN)


def _ids(column: str, source: str, condition: str) -> str:
    """SQL of a list of ids, null when empty."""
    return f"(SELECT json_group_array({column}) FROM {source} WHERE {condition} HAVING count(*) > 0)"


WORKFLOW = Noun(
    "workflow",
    "workflow",
    {
        **_plain("id", "name", "user", "description", "project"),
        "metadata": JSON,
        "timestamp": PLAIN,
        "env": JSON,
        "jobs_sort_method": PLAIN,
        "resource_monitor_config": JSON,
        "execution_config": JSON,
        "slurm_defaults": JSON,
        "dynamic_jobs": JSON,
        "enable_ro_crate": FLAG,
        "use_pending_failed": FLAG,
        "submission_directory": PLAIN,
        "compute_node_expiration_buffer_seconds": PLAIN,
        "compute_node_wait_for_new_jobs_seconds": PLAIN,
        "compute_node_ignore_workflow_completion": FLAG,
        "compute_node_wait_for_healthy_database_minutes": PLAIN,
        "compute_node_min_time_for_new_jobs_seconds": PLAIN,
        "run_id": PLAIN,
        "is_canceled": FLAG,
        "is_archived": FLAG,
    },
    computed={
        "status_id": "id",
        "access_groups": _ids(
            "access_group.name",
            "workflow_access_group JOIN access_group ON access_group.id = workflow_access_group.group_id",
            "workflow_access_group.workflow_id = workflow.id",
        ),
    },
)

JOB = Noun(
    "job",
    "job",
    {
        **_plain("id", "workflow_id", "name", "command", "invocation_script"),
        "status": STATUS,
        "priority": PLAIN,
        "env": JSON,
        "cancel_on_blocking_job_failure": FLAG,
        "supports_termination": FLAG,
        **_plain("resource_requirements_id", "scheduler_id", "failure_handler_id", "attempt_id", "origin"),
        "schedule_compute_nodes": JSON,
    },
    computed={
        "start_time": f"CASE WHEN job.status = {int(JobStatus.running)} THEN job.start_time END",
        "compute_node_id": f"CASE WHEN job.status IN {sql_list(ACTIVE)} THEN job.compute_node_id END",
    },
    relations={
        # Not through the view job_depends_on: SQLite would make all of its rows, of all workflows, for each job.
        "depends_on_job_ids": _ids(
            "DISTINCT m.job_id",
            "job_dependency_set w JOIN dependency_set_member m ON m.set_id = w.set_id",
            "w.job_id = job.id",
        ),
        "input_file_ids": _ids("file_id", "job_input_file", "job_input_file.job_id = job.id"),
        "output_file_ids": _ids("file_id", "job_output_file", "job_output_file.job_id = job.id"),
        "input_user_data_ids": _ids("user_data_id", "job_input_user_data", "job_input_user_data.job_id = job.id"),
        "output_user_data_ids": _ids("user_data_id", "job_output_user_data", "job_output_user_data.job_id = job.id"),
        "command_template": "(SELECT template FROM job_command_template WHERE job_command_template.job_id = job.id)",
    },
)
JOB_WITHOUT_DEPENDENCIES = replace(JOB, relations={**JOB.relations, "depends_on_job_ids": "NULL"})

FILE = Noun("file", "file", _plain("id", "workflow_id", "name", "path", "st_mtime"))

USER_DATA = Noun(
    "user data record",
    "user_data",
    {**_plain("id", "workflow_id", "name"), "data": JSON, "is_ephemeral": FLAG},
)

RESOURCE_REQUIREMENTS = Noun(
    "resource requirements record",
    "resource_requirements",
    _plain("id", "workflow_id", "name", "num_cpus", "num_gpus", "num_nodes", "memory", "runtime"),
)

SLURM_SCHEDULER = Noun(
    "Slurm scheduler",
    "slurm_scheduler",
    _plain(
        "id", "workflow_id", "name", "account", "nodes", "walltime", "partition", "mem", "gres", "qos",
        "ntasks_per_node", "tmp", "extra",
    ),
)  # fmt: skip

LOCAL_SCHEDULER = Noun("local scheduler", "local_scheduler", _plain("id", "workflow_id", "name", "memory", "num_cpus"))

SCHEDULED_COMPUTE_NODE = Noun(
    "scheduled compute node",
    "scheduled_compute_node",
    _plain("id", "workflow_id", "scheduler_id", "scheduler_config_id", "scheduler_type", "status"),
)

SLURM_STATS = Noun(
    "Slurm stats record",
    "slurm_stats",
    _plain(
        "id", "workflow_id", "job_id", "run_id", "attempt_id", "slurm_job_id", "node_list", "ave_cpu_seconds",
        "max_rss_bytes", "max_vm_size_bytes", "max_disk_read_bytes", "max_disk_write_bytes",
    ),
)  # fmt: skip

RO_CRATE_ENTITY = Noun(
    "RO-Crate entity",
    "ro_crate_entity",
    {**_plain("id", "workflow_id", "file_id", "entity_id", "entity_type"), "metadata": JSON},
)

TASK = Noun(
    "task",
    "task",
    _plain("id", "workflow_id", "operation", "status", "created_at_ms", "started_at_ms", "finished_at_ms", "error"),
)

FAILURE_HANDLER = Noun("failure handler", "failure_handler", _plain("id", "workflow_id", "name", "rules"))

_OF_NODE = "(SELECT {} FROM compute_node WHERE compute_node.id = result.compute_node_id)".format
#: One call, as lists of ten thousand are read: joining texts and numbers piece by piece takes longer.
_LOG = (
    f"CASE WHEN output_dir NOT NULL THEN printf('%s/{JOB_STDIO}/job_wf%d_j%d_r%d_a%d{{}}', output_dir, "
    "result.workflow_id, result.job_id, result.run_id, result.attempt_id) END"
).format

RESULT = Noun(
    "result",
    "result",
    {
        **_plain("id", "workflow_id", "job_id", "run_id", "attempt_id"),
        "compute_node_id": Kind("ifnull({}, 0)".format, PLAIN.write),
        "return_code": PLAIN,
        "status": STATUS,
        **_plain(
            "exec_time_minutes", "completion_time", "peak_memory_bytes", "avg_memory_bytes", "peak_cpu_percent",
            "avg_cpu_percent", "cpu_time_seconds", "reason",
        ),
    },
    computed={
        "exit_code": "result.return_code",
        "job_name": "(SELECT job.name FROM job WHERE job.id = result.job_id)",
        "hostname": _OF_NODE("hostname"),
        "stdout_path": _OF_NODE(_LOG(".o")),
        "stderr_path": _OF_NODE(_LOG(".e")),
    },
)  # fmt: skip

EVENT = Noun(
    "event",
    "event",
    {**_plain("id", "workflow_id", "timestamp", "event_type"), "severity": SEVERITY, "data": JSON},
)

COMPUTE_NODE = Noun(
    "compute node",
    "compute_node",
    {
        **_plain("id", "workflow_id", "hostname", "pid", "start_time", "duration_seconds"),
        "is_active": FLAG,
        **_plain(
            "num_cpus", "memory_gb", "num_gpus", "num_nodes", "time_limit", "scheduler_config_id",
            "compute_node_type",
        ),
        "scheduler": JSON,
        **_plain(
            "output_dir", "lease_seconds", "sample_count", "avg_cpu_percent", "peak_cpu_percent",
            "avg_memory_bytes", "peak_memory_bytes",
        ),
    },
)  # fmt: skip

ACTION = Noun(
    "action",
    "workflow_action",
    {
        **_plain("id", "workflow_id", "trigger_type", "action_type"),
        "action_config": JSON,
        "persistent": FLAG,
        **_plain("trigger_count", "required_triggers"),
        "executed": FLAG,
        **_plain("executed_at", "executed_by"),
        "is_recovery": FLAG,
    },
    computed={"job_ids": _ids("job_id", "workflow_action_job", "workflow_action_job.action_id = workflow_action.id")},
)
