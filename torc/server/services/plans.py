"""Creating a whole workflow in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torc.errors import Conflict, InvalidInput
from torc.graph import edge_count, find_cycle
from torc.models.action import JOB_TRIGGERS, WORKER_TRIGGERS
from torc.models.plan import PlannedAction, WorkflowPlan
from torc.server.services import workflows as workflow_service
from torc.server.services.actions import checked_config
from torc.server.services.call import Call
from torc.server.services.repeated import digest_of, require_same
from torc.server.services.resource_requirements import DEFAULT, parsed
from torc.server.store import access, actions, dependencies, events, plans, records
from torc.server.store.nouns import ACTION, JOB
from torc.server.store.transaction import Tx

_NAMED = (
    "jobs",
    "files",
    "user_data",
    "resource_requirements",
    "slurm_schedulers",
    "local_schedulers",
    "failure_handlers",
)


def create_workflow_from_plan(tx: Tx, call: Call) -> dict[str, Any]:
    """Create a workflow with everything in it; a repeated ``request_id`` creates nothing."""
    plan: WorkflowPlan = call.body
    request: dict[str, str] = {}
    if plan.request_id is not None:
        request = {"request_id": plan.request_id, "request_digest": digest_of(plan)}
        known = plans.find_request(tx, plan.request_id)
        if known is not None:
            workflow_id, digest = known
            if not access.may_use(tx, call.caller, workflow_id):
                raise Conflict("this request_id has been used by somebody else", field="request_id", hint="use another")
            require_same(digest, request["request_digest"], plan.request_id)
            return _reply(workflow_id, plan)
    _check(plan)
    workflow_id = workflow_service.insert(tx, plan.workflow, call, request)
    _Writer(tx, plan, workflow_id).write()
    data = {"name": plan.workflow.name, "jobs": len(plan.jobs)}
    events.append(tx, workflow_id, "workflow_created", data)
    return _reply(workflow_id, plan)


class _Writer:
    """Writes the parts of a plan in the order in which they refer to each other."""

    def __init__(self, tx: Tx, plan: WorkflowPlan, workflow_id: int) -> None:
        self.tx = tx
        self.plan = plan
        self.workflow_id = workflow_id
        self.first_job = plans.next_id(tx, "job")

    def write(self) -> None:
        """Insert everything."""
        tx, plan, workflow_id = self.tx, self.plan, self.workflow_id
        files = plans.insert_files(tx, workflow_id, [item.model_dump() for item in plan.files])
        data = plans.insert_user_data(tx, workflow_id, [item.model_dump() for item in plan.user_data])
        self.requirements, self.default = self._insert_requirements()
        self.schedulers = plans.insert_schedulers(
            tx, workflow_id, [item.model_dump() for item in plan.slurm_schedulers]
        ) + plans.insert_local_schedulers(tx, workflow_id, [item.model_dump() for item in plan.local_schedulers])
        self.handlers = plans.insert_failure_handlers(
            tx, workflow_id, [item.model_dump() for item in plan.failure_handlers]
        )
        self.data_ids = {item.name: record_id for item, record_id in zip(plan.user_data, data, strict=True)}
        self.templates: list[tuple[int, str]] = []
        with records.unique_names(JOB, {}):
            plans.insert_jobs(tx, self._job_rows())
        plans.insert_templates(tx, self.templates)
        for table, column, attribute, ids in (
            ("job_input_file", "file_id", "input_files", files),
            ("job_output_file", "file_id", "output_files", files),
            ("job_input_user_data", "user_data_id", "input_user_data", data),
            ("job_output_user_data", "user_data_id", "output_user_data", data),
        ):
            plans.insert_relation(tx, table, column, self._pairs(attribute, ids))
        first = self.first_job
        keyed = ([first + member for member in dict.fromkeys(members)] for members in plan.dependency_sets)
        waits = ((first + number, position) for number, job in enumerate(plan.jobs) for position in job.dependency_sets)
        plans.insert_sets(tx, workflow_id, ((dependencies.set_key(ids), ids) for ids in keyed), waits)
        for action in plan.actions:
            self._insert_action(action)

    def _insert_requirements(self) -> tuple[list[int], int]:
        rows: list[dict[str, Any]] = [item.model_dump() for item in self.plan.resource_requirements]
        named_default = next((number for number, row in enumerate(rows) if row["name"] == "default"), None)
        if named_default is None:
            rows.append(dict(DEFAULT))
        for row in rows:
            row.update(parsed(row))
        ids = plans.insert_requirements(self.tx, self.workflow_id, rows)
        return ids, ids[-1 if named_default is None else named_default]

    def _job_rows(self) -> Iterator[tuple[Any, ...]]:
        for number, job in enumerate(self.plan.jobs):
            command = job.command
            if job.input_user_data or job.output_user_data:
                command = plans.with_user_data_ids(job.command, self.data_ids)
                if command != job.command:
                    self.templates.append((self.first_job + number, job.command))
            requirements = job.resource_requirements
            yield (
                self.first_job + number,
                self.workflow_id,
                job.name,
                command,
                job.invocation_script,
                job.priority,
                plans.env_text(job.env),
                int(job.cancel_on_blocking_job_failure),
                int(job.supports_termination),
                self.default if requirements is None else self.requirements[requirements],
                None if job.scheduler is None else self.schedulers[job.scheduler],
                None if job.failure_handler is None else self.handlers[job.failure_handler],
            )

    def _pairs(self, attribute: str, ids: list[int]) -> Iterator[tuple[int, int]]:
        for number, job in enumerate(self.plan.jobs):
            for position in getattr(job, attribute):
                yield self.first_job + number, ids[position]

    def _insert_action(self, action: PlannedAction) -> None:
        config = dict(action.action_config)
        if action.scheduler is not None:
            config["scheduler_id"] = self.schedulers[action.scheduler]
        config = checked_config(action.action_type, config)
        jobs = sorted({self.first_job + position for position in action.jobs or []})
        worker = action.trigger_type in WORKER_TRIGGERS
        values = {
            "workflow_id": self.workflow_id,
            "trigger_type": action.trigger_type,
            "action_type": action.action_type,
            "action_config": config,
            "persistent": worker if action.persistent is None else action.persistent,
            "required_triggers": len(jobs) if action.trigger_type in JOB_TRIGGERS else 1,
        }
        action_id = records.insert(self.tx, ACTION, values)
        actions.add_jobs(self.tx, [(action_id, job_id) for job_id in jobs])


def _check(plan: WorkflowPlan) -> None:
    """Refuse positions that are out of range, names that stand twice, and cycles of explicit dependencies."""
    sizes = {
        "resource_requirements": len(plan.resource_requirements),
        "scheduler": len(plan.slurm_schedulers) + len(plan.local_schedulers),
        "failure_handler": len(plan.failure_handlers),
    }
    lists = {
        "dependency_sets": len(plan.dependency_sets),
        "input_files": len(plan.files),
        "output_files": len(plan.files),
        "input_user_data": len(plan.user_data),
        "output_user_data": len(plan.user_data),
    }
    for number, job in enumerate(plan.jobs):
        for name, size in sizes.items():
            position = getattr(job, name)
            if position is not None and position >= size:
                raise _out_of_range(f"jobs[{number}].{name}", position, size)
        for name, size in lists.items():
            positions = getattr(job, name)
            if positions and max(positions) >= size:
                raise _out_of_range(f"jobs[{number}].{name}", max(positions), size)
    for number, members in enumerate(plan.dependency_sets):
        if members and max(members) >= len(plan.jobs):
            raise _out_of_range(f"dependency_sets[{number}]", max(members), len(plan.jobs))
    for number, action in enumerate(plan.actions):
        if action.jobs and max(action.jobs) >= len(plan.jobs):
            raise _out_of_range(f"actions[{number}].jobs", max(action.jobs), len(plan.jobs))
        if action.trigger_type in JOB_TRIGGERS and not action.jobs:
            raise InvalidInput(f"trigger '{action.trigger_type}' needs jobs", field=f"actions[{number}].jobs")
        if action.scheduler is not None and action.scheduler >= sizes["scheduler"]:
            raise _out_of_range(f"actions[{number}].scheduler", action.scheduler, sizes["scheduler"])
    _check_names(plan)
    cycle = find_cycle(len(plan.jobs), plan.dependency_sets, [job.dependency_sets for job in plan.jobs])
    if cycle:
        path = " -> ".join(f"'{plan.jobs[position].name}'" for position in [*cycle, cycle[0]])
        raise InvalidInput(f"the jobs wait for each other in a cycle: {path}", field="depends_on")


def _check_names(plan: WorkflowPlan) -> None:
    for field in _NAMED:
        seen: set[str] = set()
        for item in getattr(plan, field):
            if item.name in seen:
                raise InvalidInput(f"the name '{item.name}' stands twice in {field}", field=field, value=item.name)
            seen.add(item.name)


def _out_of_range(place: str, position: int, size: int) -> InvalidInput:
    return InvalidInput(f"{place}: position {position} is out of range, there are {size}", field=place, value=position)


def _reply(workflow_id: int, plan: WorkflowPlan) -> dict[str, Any]:
    return {
        "id": workflow_id,
        "name": plan.workflow.name,
        "user": plan.workflow.user,
        "num_jobs": len(plan.jobs),
        "num_files": len(plan.files),
        "num_user_data": len(plan.user_data),
        "num_dependencies": edge_count(plan.dependency_sets, (job.dependency_sets for job in plan.jobs)),
    }
