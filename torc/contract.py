"""The contract: one row for each operation of the REST interface.

Handlers, clients, the OpenAPI document and the reference page are made from this table; nothing
else lists the endpoints. Models are named as ``module.Class`` under :mod:`torc.models` and loaded
by :func:`torc.models.lookup` on use, so that a client that only needs verbs and paths stays light.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

PREFIX = "/torc-service/v1"
API_VERSION = "0.21.0"

Right = Literal["none", "read", "write", "run", "admin"]
Access = Literal["read", "write", "live"]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation.

    Parameters
    ----------
    name
        The operation's name: also that of the client method and of the service function.
    verb, path
        HTTP method and path below :data:`PREFIX`; ``{id}`` is an integer, ``{name:str}`` text.
    noun
        The service module that implements it.
    access
        ``read`` and ``write`` functions get a transaction; ``live`` ones are coroutines that hold
        the request (long polls, streams).
    right
        What a caller must be allowed to do with the workflow.
    query, body, reply
        Model names. ``items`` set makes the reply a page of ``reply`` that also stands under that name.
    plain
        The reply is a bare JSON array.
    alias
        Another form of the operation ``name``; not offered as a client method.
    bulk
        The body may be large (see the server's limits).
    """

    name: str
    verb: str
    path: str
    noun: str
    access: Access
    right: Right
    query: str | None = None
    body: str | None = None
    reply: str | None = None
    items: str | None = None
    plain: bool = False
    alias: bool = False
    bulk: bool = False

    @property
    def path_parameters(self) -> list[tuple[str, type]]:
        """Names and types of the parameters in the path, in order."""
        found = re.findall(r"\{(\w+)(?::(\w+))?\}", self.path)
        return [(name, str if kind == "str" else int) for name, kind in found]


def _record(
    noun: str,
    one: str,
    path: str,
    model: str,
    update: str,
    query: str,
    *,
    items: str | None = None,
    create_query: str | None = None,
    many: str | None = None,
    delete_all: str | None = None,
) -> list[Route]:
    """The six operations that most nouns share; ``many`` is the plural used in operation names."""
    many = many or noun
    return [
        Route(f"create_{one}", "POST", path, noun, "write", "write", create_query, model, model),
        Route(f"list_{many}", "GET", path, noun, "read", "read", query, None, model, items=items or noun),
        Route(f"get_{one}", "GET", f"{path}/{{id}}", noun, "read", "read", None, None, model),
        Route(f"update_{one}", "PUT", f"{path}/{{id}}", noun, "write", "write", None, update, model),
        Route(
            f"delete_{one.removesuffix('s') if one == 'resource_requirements' else one}",
            "DELETE",
            f"{path}/{{id}}",
            noun,
            "write",
            "write",
            None,
            None,
            model,
        ),
        Route(
            delete_all or f"delete_{many}",
            "DELETE",
            path,
            noun,
            "write",
            "write",
            "page.DeleteQuery",
            None,
            "page.DeleteCount",
        ),
    ]


_W = "/workflows/{id}"

ROUTES: tuple[Route, ...] = (
    Route("ping", "GET", "/ping", "system", "read", "none", reply="system.Ping"),
    Route("get_version", "GET", "/version", "system", "read", "none", reply="system.Version"),
    Route("health", "GET", "/health", "system", "read", "none", reply="system.Ping"),
    # Workflows
    Route(
        "create_workflow", "POST", "/workflows", "workflows", "write", "write", None,
        "workflow.WorkflowModel", "workflow.WorkflowModel",
    ),
    Route(
        "create_workflow_from_plan", "POST", "/workflow_plans", "plans", "write", "write", None,
        "plan.WorkflowPlan", "plan.PlanCreated", bulk=True,
    ),
    Route(
        "list_workflows", "GET", "/workflows", "workflows", "read", "read",
        "workflow.WorkflowsQuery", None, "workflow.WorkflowModel", items="workflows",
    ),
    Route("get_workflow", "GET", _W, "workflows", "read", "read", None, None, "workflow.WorkflowModel"),
    Route(
        "update_workflow", "PUT", _W, "workflows", "write", "write", None,
        "workflow.WorkflowUpdate", "workflow.WorkflowModel",
    ),
    Route("delete_workflow", "DELETE", _W, "workflows", "write", "write", None, None, "workflow.WorkflowModel"),
    Route(
        "get_workflow_status", "GET", f"{_W}/status", "workflows", "read", "read", None, None,
        "workflow.WorkflowStatus",
    ),
    Route(
        "update_workflow_status", "PUT", f"{_W}/status", "workflows", "write", "write", None,
        "workflow.StatusUpdate", "workflow.WorkflowStatus",
    ),
    Route(
        "archive_workflow", "POST", f"{_W}/archive", "workflows", "write", "write", None,
        "workflow.ArchiveRequest", "workflow.WorkflowModel",
    ),
    Route(
        "cancel_workflow", "PUT", f"{_W}/cancel", "workflows", "write", "write", None, None,
        "workflow.WorkflowModel",
    ),
    Route(
        "is_workflow_complete", "GET", f"{_W}/is_complete", "workflows", "read", "read", None, None,
        "workflow.IsComplete",
    ),
    Route(
        "is_workflow_uninitialized", "GET", f"{_W}/is_uninitialized", "workflows", "read", "read", None, None,
        "workflow.IsUninitialized",
    ),
    Route("list_job_ids", "GET", f"{_W}/job_ids", "workflows", "read", "read", None, None, "workflow.JobIds"),
    Route(
        "get_running_jobs", "GET", f"{_W}/running_jobs", "workflows", "read", "read", "page.PageQuery", None,
        "job.RunningJob", items="running_jobs",
    ),
    Route(
        "get_ready_job_requirements", "GET", f"{_W}/ready_job_requirements", "workflows", "read", "read",
        "workflow.ReadyRequirementsQuery", None, "workflow.ReadyJobRequirements",
    ),
    # Runs
    Route(
        "initialize_workflow", "POST", f"{_W}/initialize", "runs", "write", "write", None,
        "workflow.RunRequest", "workflow.RunReply", bulk=True,
    ),
    Route(
        "reinitialize_workflow", "POST", f"{_W}/reinitialize", "runs", "write", "write", None,
        "workflow.RunRequest", "workflow.RunReply", bulk=True,
    ),
    Route(
        "initialize_jobs", "POST", f"{_W}/initialize_jobs", "runs", "write", "write",
        "workflow.InitializeQuery", "workflow.InitializeBody", "workflow.RunReply",
    ),
    Route(
        "reset_workflow_status", "POST", f"{_W}/reset_status", "runs", "write", "write",
        "workflow.ResetStatusQuery", None, "workflow.WorkflowModel",
    ),
    Route(
        "reset_job_status", "POST", f"{_W}/reset_job_status", "runs", "write", "write",
        "workflow.ResetJobsQuery", None, "workflow.ResetJobsReply",
    ),
    Route(
        "process_changed_job_inputs", "POST", f"{_W}/process_changed_job_inputs", "runs", "write", "write",
        "workflow.DryRunQuery", None, "workflow.ChangedJobInputs",
    ),
    Route(
        "list_required_existing_files", "GET", f"{_W}/required_existing_files", "runs", "read", "read", None, None,
        "workflow.RequiredExistingFiles",
    ),
    Route(
        "list_missing_user_data", "GET", f"{_W}/missing_user_data", "runs", "read", "read", None, None,
        "workflow.MissingUserData",
    ),
    # Dependencies
    Route(
        "list_job_dependencies", "GET", f"{_W}/job_dependencies", "dependencies", "read", "read",
        "job.DependenciesQuery", None, "job.JobDependency", items="job_dependencies",
    ),
    Route(
        "list_job_file_relationships", "GET", f"{_W}/job_file_relationships", "dependencies", "read", "read",
        "job.DependenciesQuery", None, "job.JobFileRelationship", items="job_file_relationships",
    ),
    Route(
        "list_job_user_data_relationships", "GET", f"{_W}/job_user_data_relationships", "dependencies", "read",
        "read", "job.DependenciesQuery", None, "job.JobUserDataRelationship", items="job_user_data_relationships",
    ),
    # Claims and reports of runners
    Route(
        "exchange", "POST", f"{_W}/exchange", "claims", "live", "run", None,
        "job.ExchangeRequest", "job.ExchangeReply", bulk=True,
    ),
    Route(
        "claim_jobs_based_on_resources", "POST", f"{_W}/claim_jobs_based_on_resources/{{limit}}", "claims", "live",
        "run", "job.ClaimByResourcesQuery", "job.NodeResources", "job.ClaimedJobs",
    ),
    *(
        Route(
            "claim_jobs_based_on_resources", verb, f"{_W}/claim_jobs_based_on_resources{limit}", "claims", "live",
            "run", "job.ClaimByResourcesQuery", "job.NodeResources", "job.ClaimedJobs", alias=True,
        )
        for verb, limit in (("POST", ""), ("GET", ""), ("GET", "/{limit}"))
    ),
    Route(
        "claim_next_jobs", "POST", f"{_W}/claim_next_jobs", "claims", "live", "run",
        "job.ClaimNextQuery", None, "job.ClaimedJobs",
    ),
    Route(
        "claim_next_jobs", "GET", f"{_W}/claim_next_jobs", "claims", "live", "run",
        "job.ClaimNextQuery", None, "job.ClaimedJobs", alias=True,
    ),
    Route(
        "batch_complete_jobs", "POST", f"{_W}/batch_complete_jobs", "completions", "write", "run", None,
        "job.BatchCompleteRequest", "job.BatchCompleteReply", bulk=True,
    ),
    # Jobs
    *_record("jobs", "job", "/jobs", "job.JobModel", "job.JobUpdate", "job.JobsQuery"),
    Route(
        "create_jobs", "POST", "/bulk_jobs", "jobs", "write", "write", None, "job.JobsModel", "job.JobsReply",
        bulk=True,
    ),
    Route(
        "start_job", "PUT", "/jobs/{id}/start_job/{run_id}/{compute_node_id}", "completions", "write", "run",
        None, None, "job.JobModel",
    ),
    Route(
        "start_job", "POST", "/jobs/{id}/start_job", "completions", "write", "run", None, "job.StartBody",
        "job.JobModel", alias=True,
    ),
    Route(
        "complete_job", "POST", "/jobs/{id}/complete_job/{status:str}/{run_id}", "completions", "write", "run",
        None, "result.ResultModel", "job.JobModel",
    ),
    Route(
        "complete_job", "POST", "/jobs/{id}/complete_job", "completions", "write", "run", None,
        "result.ResultModel", "job.JobModel", alias=True,
    ),
    Route(
        "manage_status_change", "PUT", "/jobs/{id}/manage_status_change/{status:str}/{run_id}", "completions",
        "write", "run", None, None, "job.JobModel",
    ),
    Route(
        "manage_status_change", "POST", "/jobs/{id}/manage_status_change", "completions", "write", "run", None,
        "job.StatusChangePath", "job.JobModel", alias=True,
    ),
    Route(
        "retry_job", "POST", "/jobs/{id}/retry/{run_id}", "completions", "write", "run", "job.RetryQuery", None,
        "job.JobModel",
    ),
    # Files and user data
    *_record("files", "file", "/files", "file.FileModel", "file.FileUpdate", "file.FilesQuery"),
    Route(
        "create_files", "POST", "/bulk_files", "files", "write", "write", None, "file.FilesModel",
        "file.FilesModel", bulk=True,
    ),
    *_record(
        "user_data", "user_data", "/user_data", "user_data.UserDataModel", "user_data.UserDataUpdate",
        "user_data.UserDataQuery", create_query="user_data.UserDataLinks", delete_all="delete_all_user_data",
    ),
    Route(
        "create_user_data_list", "POST", "/bulk_user_data", "user_data", "write", "write", None,
        "user_data.UserDataListModel", "user_data.UserDataListModel", bulk=True,
    ),
    # Resource requirements, results, events, compute nodes
    *_record(
        "resource_requirements", "resource_requirements", "/resource_requirements",
        "requirement.ResourceRequirementsModel", "requirement.ResourceRequirementsUpdate",
        "requirement.ResourceRequirementsQuery",
    ),
    *_record("results", "result", "/results", "result.ResultModel", "result.ResultUpdate", "result.ResultsQuery"),
    *_record("events", "event", "/events", "event.EventModel", "event.EventUpdate", "event.EventsQuery"),
    Route(
        "stream_events", "GET", f"{_W}/events/stream", "events", "live", "read", "event.StreamQuery", None,
        "event.EventModel",
    ),
    Route(
        "get_latest_event_timestamp", "GET", f"{_W}/latest_event_timestamp", "events", "read", "read", None, None,
        "event.LatestEventTimestamp",
    ),
    *_record(
        "compute_nodes", "compute_node", "/compute_nodes", "node.ComputeNodeModel", "node.ComputeNodeUpdate",
        "node.ComputeNodesQuery",
    ),
    # Actions
    Route(
        "create_workflow_action", "POST", f"{_W}/actions", "actions", "write", "write", None,
        "action.WorkflowActionModel", "action.WorkflowActionModel",
    ),
    Route(
        "get_workflow_actions", "GET", f"{_W}/actions", "actions", "read", "read", None, None,
        "action.WorkflowActionModel", plain=True,
    ),
    Route(
        "get_pending_actions", "GET", f"{_W}/actions/pending", "actions", "read", "read",
        "action.PendingActionsQuery", None, "action.WorkflowActionModel", plain=True,
    ),
    Route(
        "claim_action", "POST", f"{_W}/actions/{{action_id}}/claim", "actions", "write", "run", None,
        "action.ClaimActionRequest", "action.ClaimActionReply",
    ),
    Route(
        "report_action", "POST", f"{_W}/actions/{{action_id}}/report", "actions", "write", "run", None,
        "action.ActionDone", "action.ClaimActionReply",
    ),
)  # fmt: skip

#: Canonical row of each operation, by name.
OPERATIONS: dict[str, Route] = {route.name: route for route in ROUTES if not route.alias}
