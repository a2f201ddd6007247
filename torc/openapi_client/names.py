"""The names of the published Python client, and what stands behind each of them here. Loads nothing."""

from __future__ import annotations

import re

from torc.contract import OPERATIONS, Route

#: Classes of records, and where their fields are declared below :mod:`torc.models`. The first of two names
#: for the same record is the one that its class carries.
MODELS: dict[str, str] = {
    "AccessCheckResponse": "access.AccessCheck",
    "AccessGroupModel": "access.AccessGroupModel",
    "ActiveTaskResponse": "task.ActiveTask",
    "ArchiveWorkflowRequest": "workflow.ArchiveRequest",
    "BatchCompleteJobsRequest": "job.BatchCompleteRequest",
    "BatchCompleteJobsResponse": "job.BatchCompleteReply",
    "ClaimActionRequest": "action.ClaimActionRequest",
    "ClaimActionResponse": "action.ClaimActionReply",
    "ClaimJobsBasedOnResources": "job.ClaimedJobs",
    "ClaimNextJobsResponse": "job.ClaimedJobs",
    "ComputeNodeModel": "node.ComputeNodeModel",
    "ComputeNodeMonitorConfig": "workflow.ComputeNodeMonitorConfig",
    "ComputeNodeSchedule": "job.ComputeNodeSchedule",
    "ComputeNodesResources": "job.NodeResources",
    "FilesModel": "file.FilesModel",
    "CreateFilesResponse": "file.FilesModel",
    "CreateJobsResponse": "job.JobsReply",
    "UserDataListModel": "user_data.UserDataListModel",
    "CreateUserDataListResponse": "user_data.UserDataListModel",
    "DeleteCountResponse": "page.DeleteCount",
    "DeleteRoCrateEntitiesResponse": "ro_crate.DeletedEntities",
    "DynamicJobsConfig": "workflow.DynamicJobsConfig",
    "ErrorResponse": "page.ErrorReply",
    "EventModel": "event.EventModel",
    "ExecutionConfig": "workflow.ExecutionConfig",
    "FailureHandlerModel": "failure_handler.FailureHandlerModel",
    "FileModel": "file.FileModel",
    "GetReadyJobRequirementsResponse": "workflow.ReadyJobRequirements",
    "IsCompleteResponse": "workflow.IsComplete",
    "IsUninitializedResponse": "workflow.IsUninitialized",
    "JobCompletionEntry": "job.JobCompletionEntry",
    "JobCompletionError": "job.JobCompletionError",
    "JobDependencyModel": "job.JobDependency",
    "JobFileRelationshipModel": "job.JobFileRelationship",
    "JobModel": "job.JobModel",
    "JobMonitorConfig": "workflow.JobMonitorConfig",
    "JobStatusCounts": "workflow.JobStatusCounts",
    "JobUserDataRelationshipModel": "job.JobUserDataRelationship",
    "JobsModel": "job.JobsModel",
    "ListJobIdsResponse": "workflow.JobIds",
    "ListMissingUserDataResponse": "workflow.MissingUserData",
    "ListRequiredExistingFilesResponse": "workflow.RequiredExistingFiles",
    "LocalSchedulerModel": "scheduler.LocalSchedulerModel",
    "MessageResponse": "ro_crate.Message",
    "PingResponse": "system.Ping",
    "ProcessChangedJobInputsResponse": "workflow.ChangedJobInputs",
    "ReloadAuthResponse": "access.ReloadAuth",
    "RemoteWorkerModel": "remote_worker.RemoteWorkerModel",
    "ResetJobStatusResponse": "workflow.ResetJobsReply",
    "ResourceMonitorConfig": "workflow.ResourceMonitorConfig",
    "ResourceRequirementsModel": "requirement.ResourceRequirementsModel",
    "ResultModel": "result.ResultModel",
    "RoCrateEntityModel": "ro_crate.RoCrateEntityModel",
    "RunningJobModel": "job.RunningJob",
    "ScheduledComputeNodesModel": "scheduler.ScheduledComputeNodesModel",
    "SlurmJobCorrelationModel": "slurm_stats.SlurmJobCorrelation",
    "SlurmSchedulerModel": "scheduler.SlurmSchedulerModel",
    "SlurmStatsModel": "slurm_stats.SlurmStatsModel",
    "SpawnJobModel": "job.SpawnedJob",
    "SpawnJobsRequest": "job.SpawnRequest",
    "SpawnJobsResponse": "job.SpawnReply",
    "StdioConfig": "workflow.StdioConfig",
    "TaskModel": "task.TaskModel",
    "UserDataModel": "user_data.UserDataModel",
    "UserGroupMembershipModel": "access.UserGroupMembershipModel",
    "VersionResponse": "system.Version",
    "WorkflowAccessGroupModel": "access.WorkflowAccessGroupModel",
    "WorkflowActionModel": "action.WorkflowActionModel",
    "WorkflowModel": "workflow.WorkflowModel",
    "WorkflowStatusResponse": "workflow.WorkflowStatus",
}
ENUMS = ("ExecutionMode", "JobStatus", "MonitorGranularity", "StdioMode", "TaskStatus")
EXCEPTIONS = (
    "OpenApiException",
    "ApiTypeError",
    "ApiValueError",
    "ApiKeyError",
    "ApiAttributeError",
    "ApiException",
    "BadRequestException",
    "UnauthorizedException",
    "ForbiddenException",
    "NotFoundException",
    "ConflictException",
    "UnprocessableEntityException",
    "ServiceException",
)

#: The class that groups the operations of a noun; operations below ``/jobs`` and ``/workflows`` go by their path.
_TAGS = {
    "access_groups": "AccessControlApi",
    "tokens": "AccessControlApi",
    "compute_nodes": "ComputeNodesApi",
    "events": "EventsApi",
    "failure_handlers": "FailureHandlersApi",
    "files": "FilesApi",
    "local_schedulers": "LocalSchedulersApi",
    "remote_workers": "RemoteWorkersApi",
    "resource_requirements": "ResourceRequirementsApi",
    "results": "ResultsApi",
    "ro_crate_entities": "RoCrateEntitiesApi",
    "scheduled_compute_nodes": "ScheduledComputeNodesApi",
    "slurm_schedulers": "SlurmSchedulersApi",
    "slurm_stats": "SlurmStatsApi",
    "system": "SystemApi",
    "tasks": "TasksApi",
    "user_data": "UserDataApi",
    "actions": "WorkflowActionsApi",
}
_TAG_EXCEPTIONS = {"get_active_task_for_workflow": "WorkflowsApi", "get_slurm_job_correlations": "WorkflowsApi"}
#: The classes that have operations as methods.
TAGS = (*dict.fromkeys(_TAGS.values()), "JobsApi", "WorkflowsApi")

_PAGES = {
    "list_group_members": "ListUserGroupMembershipsResponse",
    "list_user_groups": "ListAccessGroupsResponse",
    "list_workflow_groups": "ListAccessGroupsResponse",
    "get_running_jobs": "RunningJobsResponse",
    "get_slurm_job_correlations": "SlurmJobCorrelationsResponse",
}
_BODY_ARGUMENTS = {"update_event": "body", "create_remote_workers": "request_body"}
#: Operations whose reply is handed over as a plain dictionary.
PLAIN_REPLIES = frozenset(
    {
        "cancel_workflow",
        "delete_all_user_data",
        "delete_events",
        "delete_resource_requirements",
        "delete_results",
        "initialize_jobs",
        "reset_workflow_status",
    }
)
#: Operations that take options in the query alone, although the server also reads them from a body.
_WITHOUT_BODY = frozenset({"initialize_jobs"})
_PAGING = ("workflow_id", "offset", "limit", "sort_by", "reverse_sort")
#: Query arguments that come first, where these are not the paging ones.
_FIRST_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "claim_jobs_based_on_resources": ("strict_scheduler_match",),
    "list_files": ("workflow_id", "produced_by_job_id"),
    "list_jobs": (
        "workflow_id", "status", "needs_file_id", "upstream_job_id", "offset", "limit", "sort_by", "reverse_sort",
        "include_relationships", "active_compute_node_id", "origin_is_set",
    ),
    "list_resource_requirements": (
        "workflow_id", "job_id", "name", "memory", "num_cpus", "num_gpus", "num_nodes", "runtime",
    ),
    "list_results": ("workflow_id", "job_id", "run_id", "return_code", "status", "compute_node_id"),
    "list_ro_crate_entities": ("offset", "limit", "file_id", "entity_id"),
    "list_slurm_stats": ("workflow_id", "job_id", "run_id", "attempt_id"),
    "list_user_data": ("workflow_id", "consumer_job_id", "producer_job_id"),
}  # fmt: skip

_BY_SOURCE: dict[str, str] = {}
for _name, _source in MODELS.items():
    _BY_SOURCE.setdefault(_source, _name)


def class_name(source: str) -> str:
    """Return the name of the class whose fields ``module.Class`` declares; an update has those of its record."""
    record = _BY_SOURCE.get(source.removesuffix("Update") + "Model" if source.endswith("Update") else source)
    return record or source.partition(".")[2]


def page_name(route: Route) -> str:
    """Return the name of the class of a list's reply."""
    return _PAGES.get(route.name) or "".join(word.title() for word in route.name.split("_")) + "Response"


def pages() -> dict[str, str]:
    """Return the classes of list replies with the sources of their items."""
    return {page_name(route): route.reply for route in OPERATIONS.values() if route.items and route.reply}


def tag(route: Route) -> str:
    """Return the name of the class that has the operation as a method."""
    found = _TAG_EXCEPTIONS.get(route.name) or _TAGS.get(route.noun)
    return found or ("JobsApi" if route.path.startswith(("/jobs", "/bulk_jobs")) else "WorkflowsApi")


def body_argument(route: Route) -> str | None:
    """Return the name of the argument that carries the body."""
    if not route.body or route.name in _WITHOUT_BODY:
        return None
    return _BODY_ARGUMENTS.get(route.name) or _snake(class_name(route.body))


def query_order(route: Route, names: list[str]) -> list[str]:
    """Return the names of a query's arguments in the order in which they may be given by position."""
    first = [*_FIRST_ARGUMENTS.get(route.name, ()), *_PAGING]
    return sorted(names, key=lambda name: first.index(name) if name in first else len(first))


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
