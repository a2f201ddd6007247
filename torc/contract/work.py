"""Workflows, their runs and jobs, and what runners claim and report."""

from __future__ import annotations

from torc.contract.route import WORKFLOW, Route, record

ROUTES: tuple[Route, ...] = (
    Route("ping", "GET", "/ping", "system", "read", "none", reply="system.Ping"),
    Route("get_version", "GET", "/version", "system", "read", "login", reply="system.Version"),
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
    Route("get_workflow", "GET", WORKFLOW, "workflows", "read", "read", None, None, "workflow.WorkflowModel"),
    Route(
        "update_workflow", "PUT", WORKFLOW, "workflows", "write", "write", None,
        "workflow.WorkflowUpdate", "workflow.WorkflowModel",
    ),
    Route("delete_workflow", "DELETE", WORKFLOW, "workflows", "write", "write", None, None, "workflow.WorkflowModel"),
    Route(
        "get_workflow_status", "GET", f"{WORKFLOW}/status", "workflows", "read", "read", None, None,
        "workflow.WorkflowStatus",
    ),
    Route(
        "update_workflow_status", "PUT", f"{WORKFLOW}/status", "workflows", "write", "write", None,
        "workflow.StatusUpdate", "workflow.WorkflowStatus",
    ),
    Route(
        "archive_workflow", "POST", f"{WORKFLOW}/archive", "workflows", "write", "write", None,
        "workflow.ArchiveRequest", "workflow.WorkflowModel",
    ),
    Route(
        "cancel_workflow", "PUT", f"{WORKFLOW}/cancel", "workflows", "write", "write", None, None,
        "workflow.WorkflowModel",
    ),
    Route(
        "is_workflow_complete", "GET", f"{WORKFLOW}/is_complete", "workflows", "read", "read", None, None,
        "workflow.IsComplete",
    ),
    Route(
        "is_workflow_uninitialized", "GET", f"{WORKFLOW}/is_uninitialized", "workflows", "read", "read", None, None,
        "workflow.IsUninitialized",
    ),
    Route("list_job_ids", "GET", f"{WORKFLOW}/job_ids", "workflows", "read", "read", None, None, "workflow.JobIds"),
    Route(
        "get_running_jobs", "GET", f"{WORKFLOW}/running_jobs", "workflows", "read", "read", "page.PageQuery", None,
        "job.RunningJob", items="running_jobs",
    ),
    Route(
        "get_ready_job_requirements", "GET", f"{WORKFLOW}/ready_job_requirements", "workflows", "read", "read",
        "workflow.ReadyRequirementsQuery", None, "workflow.ReadyJobRequirements",
    ),
    # Specifications
    Route(
        "check_specification", "POST", "/specifications/check", "specifications", "read", "login", None,
        "specification.CheckSpecification", "specification.SpecificationCheck",
    ),
    Route(
        "write_specification", "POST", "/specifications/write", "specifications", "read", "login", None,
        "specification.WriteSpecification", "specification.SpecificationTexts",
    ),
    Route(
        "create_workflow_from_specification", "POST", "/specifications", "specifications", "live", "login", None,
        "specification.CreateFromSpecification", "plan.PlanCreated",
    ),
    # Runs
    Route(
        "initialize_workflow", "POST", f"{WORKFLOW}/initialize", "runs", "write", "write", None,
        "workflow.RunRequest", "workflow.RunReply", bulk=True,
    ),
    Route(
        "reinitialize_workflow", "POST", f"{WORKFLOW}/reinitialize", "runs", "write", "write", None,
        "workflow.RunRequest", "workflow.RunReply", bulk=True,
    ),
    Route(
        "initialize_jobs", "POST", f"{WORKFLOW}/initialize_jobs", "runs", "write", "write",
        "workflow.InitializeQuery", "workflow.InitializeBody", "workflow.RunReply",
    ),
    Route(
        "reset_workflow_status", "POST", f"{WORKFLOW}/reset_status", "runs", "write", "write",
        "workflow.ResetStatusQuery", None, "workflow.WorkflowModel",
    ),
    Route(
        "reset_job_status", "POST", f"{WORKFLOW}/reset_job_status", "runs", "write", "write",
        "workflow.ResetJobsQuery", None, "workflow.ResetJobsReply",
    ),
    Route(
        "process_changed_job_inputs", "POST", f"{WORKFLOW}/process_changed_job_inputs", "runs", "write", "write",
        "workflow.DryRunQuery", None, "workflow.ChangedJobInputs",
    ),
    Route(
        "list_required_existing_files", "GET", f"{WORKFLOW}/required_existing_files", "runs", "read", "read", None,
        None, "workflow.RequiredExistingFiles",
    ),
    Route(
        "list_missing_user_data", "GET", f"{WORKFLOW}/missing_user_data", "runs", "read", "read", None, None,
        "workflow.MissingUserData",
    ),
    Route("get_task", "GET", "/tasks/{id}", "tasks", "read", "read", reply="task.TaskModel"),
    Route(
        "get_active_task_for_workflow", "GET", f"{WORKFLOW}/active_task", "tasks", "read", "read",
        reply="task.ActiveTask",
    ),
    Route(
        "diagnose_workflow", "GET", f"{WORKFLOW}/diagnosis", "diagnosis", "read", "read", "diagnosis.DiagnosisQuery",
        None, "diagnosis.JobDiagnosis", items="jobs",
    ),
    Route(
        "correct_resources", "POST", f"{WORKFLOW}/correct_resources", "corrections", "write", "write", None,
        "correction.CorrectionRequest", "correction.Corrections",
    ),
    # Dependencies
    Route(
        "list_job_dependencies", "GET", f"{WORKFLOW}/job_dependencies", "dependencies", "read", "read",
        "job.DependenciesQuery", None, "job.JobDependency", items="job_dependencies",
    ),
    Route(
        "list_job_file_relationships", "GET", f"{WORKFLOW}/job_file_relationships", "dependencies", "read", "read",
        "job.DependenciesQuery", None, "job.JobFileRelationship", items="job_file_relationships",
    ),
    Route(
        "list_job_user_data_relationships", "GET", f"{WORKFLOW}/job_user_data_relationships", "dependencies", "read",
        "read", "job.DependenciesQuery", None, "job.JobUserDataRelationship", items="job_user_data_relationships",
    ),
    Route(
        "get_workflow_dag", "GET", f"{WORKFLOW}/dag", "dag", "read", "read", "dag.DagQuery", None, "dag.Dag",
    ),
    Route(
        "list_dependency_sets", "GET", f"{WORKFLOW}/dependency_sets", "dependencies", "read", "read",
        "page.PageQuery", None, "job.DependencySet", items="dependency_sets",
    ),
    # Claims and reports of runners
    Route(
        "exchange", "POST", f"{WORKFLOW}/exchange", "claims", "live", "run", None,
        "job.ExchangeRequest", "job.ExchangeReply", bulk=True,
    ),
    Route(
        "claim_jobs_based_on_resources", "POST", f"{WORKFLOW}/claim_jobs_based_on_resources/{{limit}}", "claims",
        "live", "run", "job.ClaimByResourcesQuery", "job.NodeResources", "job.ClaimedJobs",
    ),
    *(
        Route(
            "claim_jobs_based_on_resources", verb, f"{WORKFLOW}/claim_jobs_based_on_resources{limit}", "claims", "live",
            "run", "job.ClaimByResourcesQuery", "job.NodeResources", "job.ClaimedJobs", alias=True,
        )
        for verb, limit in (("POST", ""), ("GET", ""), ("GET", "/{limit}"))
    ),
    Route(
        "claim_next_jobs", "POST", f"{WORKFLOW}/claim_next_jobs", "claims", "live", "run",
        "job.ClaimNextQuery", None, "job.ClaimedJobs",
    ),
    Route(
        "claim_next_jobs", "GET", f"{WORKFLOW}/claim_next_jobs", "claims", "live", "run",
        "job.ClaimNextQuery", None, "job.ClaimedJobs", alias=True,
    ),
    Route(
        "batch_complete_jobs", "POST", f"{WORKFLOW}/batch_complete_jobs", "completions", "write", "run", None,
        "job.BatchCompleteRequest", "job.BatchCompleteReply", bulk=True,
    ),
    # What jobs use
    Route(
        "get_samples", "GET", f"{WORKFLOW}/samples", "samples", "live", "read", "samples.SamplesQuery", None,
        "samples.Samples",
    ),
    Route(
        "get_metrics", "GET", f"{WORKFLOW}/metrics", "samples", "live", "read", "samples.MetricsQuery", None,
        "samples.MetricsReply",
    ),
    Route(
        "get_plot", "GET", f"{WORKFLOW}/plots/{{kind:str}}", "samples", "live", "read", "samples.PlotQuery", None,
        "samples.Plot",
    ),
    # Jobs
    *record("jobs", "job", "/jobs", "job.JobModel", "job.JobUpdate", "job.JobsQuery"),
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
    Route(
        "spawn_jobs", "POST", "/jobs/{id}/spawn_jobs", "spawning", "write", "run", None, "job.SpawnRequest",
        "job.SpawnReply", bulk=True,
    ),
    Route(
        "add_jobs", "POST", f"{WORKFLOW}/add_jobs", "additions", "write", "write", None, "addition.Addition",
        "addition.Added", bulk=True,
    ),
    Route(
        "get_outcomes", "GET", f"{WORKFLOW}/outcomes", "additions", "live", "read", "addition.OutcomesQuery", None,
        "addition.Outcomes",
    ),
    # Actions
    Route(
        "create_workflow_action", "POST", f"{WORKFLOW}/actions", "actions", "write", "write", None,
        "action.WorkflowActionModel", "action.WorkflowActionModel",
    ),
    Route(
        "get_workflow_actions", "GET", f"{WORKFLOW}/actions", "actions", "read", "read", None, None,
        "action.WorkflowActionModel", plain=True,
    ),
    Route(
        "get_pending_actions", "GET", f"{WORKFLOW}/actions/pending", "actions", "read", "read",
        "action.PendingActionsQuery", None, "action.WorkflowActionModel", plain=True,
    ),
    Route(
        "claim_action", "POST", f"{WORKFLOW}/actions/{{action_id}}/claim", "actions", "write", "run", None,
        "action.ClaimActionRequest", "action.ClaimActionReply",
    ),
    Route(
        "report_action", "POST", f"{WORKFLOW}/actions/{{action_id}}/report", "actions", "write", "run", None,
        "action.ActionDone", "action.ClaimActionReply",
    ),
)  # fmt: skip
