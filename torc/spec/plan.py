"""A loaded specification to the plan that creates the workflow in one request."""

from __future__ import annotations

import getpass
import json
from dataclasses import dataclass, field
from typing import Any

from torc.errors import Problem, SpecError
from torc.graph import edge_count
from torc.spec.expand import Expanded, Expander, Tables
from torc.spec.limits import Allowance
from torc.spec.load import LoadedSpec, without_collector
from torc.spec.model import MONITOR_DEFAULT, WorkflowSpec
from torc.spec.parameters import SharedParameters
from torc.spec.positions import placed
from torc.spec.problems import Problems
from torc.spec.resolve import Resolver, Waits, all_waits
from torc.spec.structure import Structure, read_structure
from torc.spec.validate import SchedulerChecks, check_cycles, check_duplicates, plan_actions

_WORKFLOW_FIELDS = (
    "name",
    "description",
    "project",
    "metadata",
    "env",
    "jobs_sort_method",
    "slurm_defaults",
    "access_groups",
    "enable_ro_crate",
    "use_pending_failed",
    "compute_node_expiration_buffer_seconds",
    "compute_node_wait_for_new_jobs_seconds",
    "compute_node_ignore_workflow_completion",
    "compute_node_wait_for_healthy_database_minutes",
    "compute_node_min_time_for_new_jobs_seconds",
)


@dataclass(slots=True)
class CheckedSpec:
    """A specification without errors.

    ``plan`` is shaped like :class:`torc.models.plan.WorkflowPlan`, without fields that hold their
    default, ready for ``json.dumps``. ``jobs.path_of`` tells which entry a job came from.
    """

    plan: dict[str, Any]
    warnings: list[Problem]
    summary: dict[str, Any]
    source: str
    waits: Waits = field(repr=False)
    spec: WorkflowSpec = field(repr=False)
    jobs: Expanded = field(repr=False)


def check(loaded: LoadedSpec, *, skip_checks: bool = False, user: str | None = None) -> CheckedSpec:
    """Validate, expand and resolve.

    Parameters
    ----------
    loaded
        What :func:`torc.spec.load_spec` returned.
    skip_checks
        Report node counts that do not fit a scheduler as warnings.
    user
        Owner of the workflow when the specification names none; default the login name.

    Raises
    ------
    SpecError
        With every problem found, each with its line and column.
    """
    problems = Problems()
    with without_collector():
        checked = _check(loaded, problems, skip_checks, user)
    if problems.errors or checked is None:
        listed = placed(list(problems.errors.values()), loaded) + problems.rest()
        raise SpecError(listed, loaded.source, loaded.text)
    checked.warnings = placed(problems.warnings, loaded)
    return checked


def _check(loaded: LoadedSpec, problems: Problems, skip_checks: bool, user: str | None) -> CheckedSpec | None:
    structure = read_structure(loaded.data, problems)
    spec = structure.spec
    if not spec.jobs and "jobs" not in structure.broken:
        place = ("jobs",) if "jobs" in loaded.data else ()
        problems.add(place, "the workflow has no jobs", "add at least one under 'jobs'")
    check_duplicates(structure, problems)
    tables = Tables(
        {
            noun: [item.name for item in getattr(spec, noun)]
            for noun in ("resource_requirements", "slurm_schedulers", "failure_handlers")
        },
        structure.broken,
        problems,
    )
    items = _expand(structure, tables, loaded, problems)
    requirements = [*_dumped(spec.resource_requirements), *tables.inline]
    resolver = Resolver(items, structure.broken, loaded.limits, problems)
    resolver.run()
    jobs = items["jobs"].records
    waits = all_waits(jobs, resolver.sets, resolver.names["jobs"])
    check_cycles(waits, items["jobs"], problems)
    actions = plan_actions(structure, resolver, tables, problems)
    SchedulerChecks(structure, jobs, requirements, problems, skip=skip_checks).run()
    if problems.errors:
        return None
    plan: dict[str, Any] = {
        "workflow": _workflow(spec, user),
        "files": items["files"].records,
        "user_data": items["user_data"].records,
        "resource_requirements": requirements,
        "slurm_schedulers": _schedulers(spec),
        "failure_handlers": [
            {"name": handler.name, "rules": json.dumps([rule.model_dump(exclude_unset=True) for rule in handler.rules])}
            for handler in spec.failure_handlers
        ],
        "jobs": jobs,
        "dependency_sets": resolver.sets,
        "actions": actions,
    }
    plan = {key: value for key, value in plan.items() if value}
    return CheckedSpec(plan, [], summarize(structure, items, plan), loaded.source, waits, spec, items["jobs"])


def _expand(structure: Structure, tables: Tables, loaded: LoadedSpec, problems: Problems) -> dict[str, Expanded]:
    shared = SharedParameters(structure.spec.parameters, problems)
    allowance = Allowance(loaded.limits.characters)
    items = {}
    for noun in ("files", "user_data", "jobs"):
        expander = Expander(noun, shared, tables, loaded.limits, allowance, problems)
        for item, index in zip(getattr(structure.spec, noun), structure.indexes[noun], strict=True):
            expander.add(item, (noun, index))
        items[noun] = expander.result
    return items


def _workflow(spec: WorkflowSpec, user: str | None) -> dict[str, Any]:
    workflow = {name: getattr(spec, name) for name in _WORKFLOW_FIELDS if getattr(spec, name) is not None}
    workflow["user"] = spec.user or user or login_name()
    monitor = spec.resource_monitor
    chosen = MONITOR_DEFAULT.model_dump(exclude_none=True) if monitor is None else monitor.model_dump(exclude_none=True)
    workflow["resource_monitor_config"] = chosen
    if spec.execution_config is not None:
        workflow["execution_config"] = spec.execution_config.model_dump(exclude_unset=True, exclude_none=True)
    if spec.dynamic_jobs is not None:
        workflow["dynamic_jobs"] = spec.dynamic_jobs.model_dump(exclude_unset=True, exclude_none=True)
    return workflow


def login_name() -> str:
    """Return the name of the user who runs this process."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # A container may run under a number that no password file knows.
        return "unknown"


def _dumped(items: list[Any]) -> list[dict[str, Any]]:
    return [item.model_dump(exclude_none=True) for item in items]


def _schedulers(spec: WorkflowSpec) -> list[dict[str, Any]]:
    defaults = spec.slurm_defaults or {}
    schedulers = []
    for scheduler in _dumped(spec.slurm_schedulers):
        scheduler.setdefault("account", str(defaults.get("account", "")))
        schedulers.append(scheduler)
    return schedulers


def summarize(structure: Structure, items: dict[str, Expanded], plan: dict[str, Any]) -> dict[str, Any]:
    """Return what would be created, as the dry run shows it."""
    spec = structure.spec
    counts = {
        "job_count": len(items["jobs"].records),
        "job_count_before_expansion": len(spec.jobs),
        "parameterized_job_specs": items["jobs"].parameterized,
        "file_count": len(items["files"].records),
        "file_count_before_expansion": len(spec.files),
        "user_data_count": len(items["user_data"].records),
        "user_data_count_before_expansion": len(spec.user_data),
    }
    sets = plan.get("dependency_sets", [])
    return {
        "workflow_name": spec.name,
        "workflow_description": spec.description,
        **counts,
        "dependency_count": edge_count(sets, (job.get("dependency_sets", ()) for job in items["jobs"].records)),
        "resource_requirements_count": len(plan.get("resource_requirements", ())),
        "slurm_scheduler_count": len(spec.slurm_schedulers),
        "action_count": len(spec.actions),
        "has_schedule_nodes_action": any(
            action.trigger_type == "on_workflow_start" and action.action_type == "schedule_nodes"
            for action in spec.actions
        ),
        "scheduler_names": [scheduler.name for scheduler in spec.slurm_schedulers],
    }
