"""A workflow of a server read back as a definition: every job by itself, with parameters filled in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from torc.client.client import Client
from torc.errors import TooLarge
from torc.models.workflow import WorkflowModel
from torc.spec.load import LoadedSpec
from torc.spec.model import MONITOR_DEFAULT, Header, ResourceRequirementsSpec
from torc.workflow.definition import Definition

if TYPE_CHECKING:
    from torc.workflow.stored import StoredWorkflow

#: A specification names what a job waits for one by one: more than this is no text to read.
MAX_DEPENDENCIES = 1_000_000
_LISTS = ("files", "user_data", "resource_requirements", "slurm_schedulers", "failure_handlers")
_RELATIONS = {
    "input_file_ids": ("input_files", "files"),
    "output_file_ids": ("output_files", "files"),
    "input_user_data_ids": ("input_user_data", "user_data"),
    "output_user_data_ids": ("output_user_data", "user_data"),
}
_REFERENCES = {
    "scheduler_id": ("scheduler", "slurm_schedulers"),
    "failure_handler_id": ("failure_handler", "failure_handlers"),
    "resource_requirements_id": ("resource_requirements", "resource_requirements"),
}
_JOB_DEFAULTS = {"priority": 0, "cancel_on_blocking_job_failure": True, "supports_termination": False}
_JOB_FIELDS = ("name", "command", "invocation_script", "env", *_JOB_DEFAULTS)
#: Of requirements that nobody has described; the server gives them to jobs that say nothing.
_DEFAULT = "default"

Record = Mapping[str, Any]


def describe(workflow: StoredWorkflow) -> Definition:
    """Return the definition that creates this workflow anew.

    Raises
    ------
    TooLarge
        When its jobs wait for too many others to write them one by one.
    """
    client, number = workflow.connection.client, workflow.number
    records = {name: list(_pages(client, f"list_{name}", number)) for name in _LISTS}
    jobs = list(client.pages("list_jobs", workflow_id=number, include_relationships=True, include_dependencies=False))
    names = {name: {record["id"]: record["name"] for record in found} for name, found in records.items()}
    names["jobs"] = {job["id"]: job["name"] for job in jobs}
    names["resource_requirements"] = _without_default(records)
    waits = _waits(client.pages("list_dependency_sets", number))
    data = {
        **_header(client.get_workflow(number)),
        "jobs": [_job(job, names, waits.get(job["id"], ())) for job in jobs],
        **_lists(records, jobs),
        "actions": [
            _action(action, names) for action in client.get_workflow_actions(number) if not action["is_recovery"]
        ],
    }
    source = f"workflow {number}"
    given = {key: value for key, value in data.items() if value not in ([], {})}
    return Definition.of(LoadedSpec(given, "", "yaml", source))


def _pages(client: Client, operation: str, number: int) -> Iterable[Record]:
    if operation == "list_failure_handlers":
        return client.pages(operation, number)
    return client.pages(operation, workflow_id=number)


def _without_default(records: dict[str, list[Record]]) -> dict[int, str]:
    """Take out the requirements that the server has added, and return the names of the others."""
    amounts = ResourceRequirementsSpec(name=_DEFAULT).model_dump()
    found = records["resource_requirements"]
    own = [item for item in found if {name: item.get(name) for name in amounts} != amounts]
    records["resource_requirements"] = own
    return {item["id"]: item["name"] for item in own}


def _header(workflow: Record) -> dict[str, Any]:
    known = {"resource_monitor": workflow.get("resource_monitor_config"), **workflow}
    defaults = {name: field.default for name, field in WorkflowModel.model_fields.items()}
    defaults["resource_monitor"] = MONITOR_DEFAULT.model_dump(exclude_none=True)
    return {name: known[name] for name in Header.model_fields if known.get(name) not in (None, defaults.get(name))}


def _lists(records: Mapping[str, list[Record]], jobs: Iterable[Record]) -> dict[str, list[dict[str, Any]]]:
    written = {number for job in jobs for number in job.get("output_user_data_ids") or ()}
    return {
        "files": [{"name": item["name"], "path": item["path"]} for item in records["files"]],
        "user_data": [_data(item, is_written=item["id"] in written) for item in records["user_data"]],
        "resource_requirements": [_without_ids(item) for item in records["resource_requirements"]],
        "slurm_schedulers": [_without_ids(item) for item in records["slurm_schedulers"]],
        "failure_handlers": [
            {"name": item["name"], "rules": _parsed(item["rules"])} for item in records["failure_handlers"]
        ],
    }


def _data(record: Record, *, is_written: bool) -> dict[str, Any]:
    made = {"name": record["name"]} | ({"is_ephemeral": True} if record.get("is_ephemeral") else {})
    # What a job has written is no part of the description.
    return made if is_written or record.get("data") is None else made | {"data": record["data"]}


def _without_ids(record: Record) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in ("id", "workflow_id") and value is not None}


def _parsed(rules: Any) -> Any:
    return json.loads(rules) if isinstance(rules, str) else rules


def _waits(sets: Iterable[Record]) -> dict[int, dict[int, None]]:
    """Return for each job the ones that it waits for by name."""
    found: dict[int, dict[int, None]] = {}
    count = 0
    for item in sets:
        count += len(item["job_ids"]) * len(item["depends_on_job_ids"])
        if count > MAX_DEPENDENCIES:
            raise TooLarge(
                f"the jobs wait for others in more than {MAX_DEPENDENCIES:,} ways", field="jobs",
                hint="torc workflows export writes a workflow of any size",
            )  # fmt: skip
        for job_id in item["job_ids"]:
            found.setdefault(job_id, {}).update(dict.fromkeys(item["depends_on_job_ids"]))
    return found


def _job(job: Record, names: Mapping[str, Mapping[int, str]], waits: Iterable[int]) -> dict[str, Any]:
    made = {name: job[name] for name in _JOB_FIELDS if job.get(name) not in (None, _JOB_DEFAULTS.get(name))}
    # Ids of data stand for their names in the command of a created job.
    made["command"] = job.get("command_template") or job["command"]
    for field, (name, noun) in _REFERENCES.items():
        if job.get(field) in names[noun]:
            made[name] = names[noun][job[field]]
    for field, (name, noun) in _RELATIONS.items():
        if job.get(field):
            made[name] = [names[noun][number] for number in job[field]]
    needed = [names["jobs"][number] for number in waits]
    return made | ({"depends_on": needed} if needed else {})


def _action(action: Record, names: Mapping[str, Mapping[int, str]]) -> dict[str, Any]:
    config = dict(action.get("action_config") or {})
    number = config.pop("scheduler_id", None)
    made = {name: action[name] for name in ("trigger_type", "action_type")} | config
    if number in names["slurm_schedulers"]:
        made["scheduler"] = names["slurm_schedulers"][number]
    if action.get("persistent"):
        made["persistent"] = True
    if action.get("job_ids"):
        made["jobs"] = [names["jobs"][number] for number in action["job_ids"]]
    return made
