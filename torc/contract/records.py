"""What a workflow is made of besides its jobs, and what its runs leave behind."""

from __future__ import annotations

from torc.contract.route import WORKFLOW, Route, record

ROUTES: tuple[Route, ...] = (
    # Files and user data
    *record("files", "file", "/files", "file.FileModel", "file.FileUpdate", "file.FilesQuery"),
    Route(
        "create_files", "POST", "/bulk_files", "files", "write", "write", None, "file.FilesModel",
        "file.FilesModel", bulk=True,
    ),
    *record(
        "user_data", "user_data", "/user_data", "user_data.UserDataModel", "user_data.UserDataUpdate",
        "user_data.UserDataQuery", create_query="user_data.UserDataLinks", delete_all="delete_all_user_data",
    ),
    Route(
        "create_user_data_list", "POST", "/bulk_user_data", "user_data", "write", "write", None,
        "user_data.UserDataListModel", "user_data.UserDataListModel", bulk=True,
    ),
    # Resource requirements, results, events, compute nodes
    *record(
        "resource_requirements", "resource_requirements", "/resource_requirements",
        "requirement.ResourceRequirementsModel", "requirement.ResourceRequirementsUpdate",
        "requirement.ResourceRequirementsQuery",
    ),
    *record("results", "result", "/results", "result.ResultModel", "result.ResultUpdate", "result.ResultsQuery"),
    *record("events", "event", "/events", "event.EventModel", "event.EventUpdate", "event.EventsQuery"),
    Route(
        "stream_events", "GET", f"{WORKFLOW}/events/stream", "events", "live", "read", "event.StreamQuery", None,
        "event.EventModel",
    ),
    Route(
        "stream_events_of_workflows", "GET", "/events/stream", "events", "live", "read", "event.StreamsQuery", None,
        "event.EventModel",
    ),
    Route(
        "get_latest_event_timestamp", "GET", f"{WORKFLOW}/latest_event_timestamp", "events", "read", "read", None, None,
        "event.LatestEventTimestamp",
    ),
    *record(
        "compute_nodes", "compute_node", "/compute_nodes", "node.ComputeNodeModel", "node.ComputeNodeUpdate",
        "node.ComputeNodesQuery",
    ),
    # Schedulers and what they were asked for
    *record(
        "local_schedulers", "local_scheduler", "/local_schedulers", "scheduler.LocalSchedulerModel",
        "scheduler.LocalSchedulerUpdate", "scheduler.LocalSchedulersQuery",
    ),
    *record(
        "slurm_schedulers", "slurm_scheduler", "/slurm_schedulers", "scheduler.SlurmSchedulerModel",
        "scheduler.SlurmSchedulerUpdate", "scheduler.SlurmSchedulersQuery",
    ),
    *record(
        "scheduled_compute_nodes", "scheduled_compute_node", "/scheduled_compute_nodes",
        "scheduler.ScheduledComputeNodesModel", "scheduler.ScheduledComputeNodesUpdate",
        "scheduler.ScheduledComputeNodesQuery",
    ),
    Route(
        "create_slurm_stats", "POST", "/slurm_stats", "slurm_stats", "write", "run", None,
        "slurm_stats.SlurmStatsModel", "slurm_stats.SlurmStatsModel",
    ),
    Route(
        "list_slurm_stats", "GET", "/slurm_stats", "slurm_stats", "read", "read", "slurm_stats.SlurmStatsQuery", None,
        "slurm_stats.SlurmStatsModel", items="slurm_stats",
    ),
    Route(
        "get_slurm_job_correlations", "GET", f"{WORKFLOW}/slurm_job_correlations", "slurm_stats", "read", "read",
        "page.PageQuery", None, "slurm_stats.SlurmJobCorrelation", items="slurm_job_correlations",
    ),
    Route(
        "create_remote_workers", "POST", f"{WORKFLOW}/remote_workers", "remote_workers", "write", "write", None,
        "remote_worker.RemoteWorkers", "remote_worker.RemoteWorkerModel", plain=True,
    ),
    Route(
        "list_remote_workers", "GET", f"{WORKFLOW}/remote_workers", "remote_workers", "read", "read",
        reply="remote_worker.RemoteWorkerModel", plain=True,
    ),
    Route(
        "delete_remote_worker", "DELETE", f"{WORKFLOW}/remote_workers/{{worker:str}}", "remote_workers", "write",
        "write", reply="remote_worker.RemoteWorkerModel",
    ),
    # Failure handlers
    Route(
        "create_failure_handler", "POST", "/failure_handlers", "failure_handlers", "write", "write", None,
        "failure_handler.FailureHandlerModel", "failure_handler.FailureHandlerModel",
    ),
    Route(
        "list_failure_handlers", "GET", f"{WORKFLOW}/failure_handlers", "failure_handlers", "read", "read",
        "page.PageQuery", None, "failure_handler.FailureHandlerModel", items="failure_handlers",
    ),
    Route(
        "get_failure_handler", "GET", "/failure_handlers/{id}", "failure_handlers", "read", "read",
        reply="failure_handler.FailureHandlerModel",
    ),
    Route(
        "delete_failure_handler", "DELETE", "/failure_handlers/{id}", "failure_handlers", "write", "write",
        reply="failure_handler.FailureHandlerModel",
    ),
    # Provenance
    Route(
        "create_ro_crate_entity", "POST", "/ro_crate_entities", "ro_crate_entities", "write", "write", None,
        "ro_crate.RoCrateEntityModel", "ro_crate.RoCrateEntityModel",
    ),
    Route(
        "list_ro_crate_entities", "GET", f"{WORKFLOW}/ro_crate_entities", "ro_crate_entities", "read", "read",
        "ro_crate.RoCrateEntitiesQuery", None, "ro_crate.RoCrateEntityModel", items="ro_crate_entities",
    ),
    Route(
        "get_ro_crate_entity", "GET", "/ro_crate_entities/{id}", "ro_crate_entities", "read", "read",
        reply="ro_crate.RoCrateEntityModel",
    ),
    Route(
        "update_ro_crate_entity", "PUT", "/ro_crate_entities/{id}", "ro_crate_entities", "write", "write", None,
        "ro_crate.RoCrateEntityUpdate", "ro_crate.RoCrateEntityModel",
    ),
    Route(
        "delete_ro_crate_entity", "DELETE", "/ro_crate_entities/{id}", "ro_crate_entities", "write", "write",
        reply="ro_crate.Message",
    ),
    Route(
        "delete_ro_crate_entities", "DELETE", f"{WORKFLOW}/ro_crate_entities", "ro_crate_entities", "write", "write",
        reply="ro_crate.DeletedEntities",
    ),
)  # fmt: skip
