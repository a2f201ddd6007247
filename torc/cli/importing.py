"""``torc workflows import``: an exported file becomes a plan, and that one request."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from torc.cli import output
from torc.cli.options import strict_json, with_session
from torc.cli.output import Message, View, counted
from torc.cli.session import Session, current_user
from torc.cli.tree import TorcCommand
from torc.errors import InvalidInput
from torc.graph import shared_sets

Record = dict[str, Any]
#: What belongs to the workflow that was exported and not to its copy.
_NOT_COPIED = frozenset(
    {"id", "timestamp", "run_id", "is_canceled", "is_archived", "status_id", "access_groups", "request_id"}
)
_JOB_FIELDS = (
    "name", "command", "invocation_script", "priority", "env", "cancel_on_blocking_job_failure", "supports_termination",
)  # fmt: skip
_RELATIONS = {
    "input_file_ids": ("input_files", "files"),
    "output_file_ids": ("output_files", "files"),
    "input_user_data_ids": ("input_user_data", "user_data"),
    "output_user_data_ids": ("output_user_data", "user_data"),
}
_NOUNS = {
    "jobs": "job",
    "files": "file",
    "user_data": "user-data record",
    "resource_requirements": "resource requirements record",
    "slurm_schedulers": "Slurm scheduler",
    "local_schedulers": "local scheduler",
    "failure_handlers": "failure handler",
}
#: What a document holds, and the model of the records in each section.
_MODELS = {
    "jobs": "job.JobModel",
    "files": "file.FileModel",
    "user_data": "user_data.UserDataModel",
    "resource_requirements": "requirement.ResourceRequirementsModel",
    "slurm_schedulers": "scheduler.SlurmSchedulerModel",
    "local_schedulers": "scheduler.LocalSchedulerModel",
    "failure_handlers": "failure_handler.FailureHandlerModel",
    "workflow_actions": "action.WorkflowActionModel",
}
_BESIDE_RECORDS = frozenset(
    {"export_version", "exported_at", "torc_version", "workflow", "dependency_sets", "results", "events"}
)
_SHOWN = 5


@click.command("import", cls=TorcCommand)
@click.argument("file", metavar="FILE")
@click.option("-n", "--name", help="Name of the new workflow (default: as in the file).")
@click.option("-u", "--user", help="User that owns the new workflow (default: USER).")
@with_session
def import_(session: Session, file: str, name: str | None, user: str | None) -> View:
    """Create a workflow from an exported file.

    FILE is what torc workflows export wrote; - reads standard input. All ids are new and no job is
    initialized. Results, events and access groups are not taken over. Nothing is created when anything
    is wrong in the file.

    \b
    Examples:
      torc workflows import sweep.json --name "sweep, once more"
      torc workflows export 5 | torc --url http://other:8080 workflows import -
    """
    source = "standard input" if file == "-" else file
    importer = Importer(_read(file, source), source)
    plan = importer.plan()
    plan["workflow"] |= {"user": user or current_user()} | ({"name": name} if name else {})
    jobs = len(plan["jobs"])
    if jobs >= 100_000:
        output.note(f"{counted(jobs, 'jobs')} read from {source}")
    session.may_create_database = True
    try:
        created = session.client.create_workflow_from_plan(plan)
    except InvalidInput as error:
        place = re.sub(r"^actions\b", "workflow_actions", error.field or "")
        raise InvalidInput(
            f"{source}: {error.message}", field=place or None, value=error.value, hint=error.hint
        ) from None
    for warning in importer.warnings():
        output.note(f"Warning: {warning}")
    number = created["id"]
    lines = [
        f"Imported workflow {number} ({created['name']}) with {counted(created['num_jobs'], 'jobs')}",
        f"To run it: torc run {number}",
    ]
    return Message(lines, created)


def _read(file: str, source: str) -> Any:
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise InvalidInput(f"cannot read {file}: {error.strerror}", field="FILE", value=file) from error
    try:
        return strict_json(content)
    except ValueError as error:
        hint = "give a file that torc workflows export wrote; torc workflows create reads specifications"
        raise InvalidInput(f"{source}: not JSON: {error}", field="FILE", value=file, hint=hint) from None


class Importer:
    """Makes a plan of an exported document: ids become positions in its lists."""

    def __init__(self, document: Any, source: str) -> None:
        self.source = source
        if not isinstance(document, dict) or "export_version" not in document:
            raise self._wrong("export_version", None, "is missing: this is no exported workflow")
        version = document["export_version"]
        if str(version).partition(".")[0] != "1":
            raise self._wrong("export_version", version, "is not known; this torc reads 1.0")
        self.document = document
        self.workflow = document.get("workflow")
        if not isinstance(self.workflow, dict):
            raise self._wrong("workflow", self.workflow, "must be an object")
        self.records = {name: self._section(name) for name in (*_NOUNS, "workflow_actions", "dependency_sets")}
        self.positions = {name: self._ids(name) for name in _NOUNS}

    def plan(self) -> Record:
        """Return the plan.

        Raises
        ------
        InvalidInput
            Naming the file, the field and its value.
        """
        assert isinstance(self.workflow, dict)
        sets, waits = self._dependencies()
        return {
            "workflow": {name: value for name, value in self.workflow.items() if name not in _NOT_COPIED},
            # When a file was changed is a matter of the machine that it is on.
            "files": [{**record, "st_mtime": None} for record in self.records["files"]],
            **{name: self._named(name) for name in _NOUNS if name not in ("files", "jobs")},
            "jobs": [
                self._job(number, record) | {"dependency_sets": waits[number]}
                for number, record in enumerate(self.records["jobs"])
            ],
            "dependency_sets": sets,
            "actions": [
                self._action(number, record)
                for number, record in enumerate(self.records["workflow_actions"])
                # Made by a recovery of a run that the copy does not have.
                if not record.get("is_recovery")
            ],
        }

    def warnings(self) -> Iterator[str]:
        """Yield what is lost in the copy, and what may not work there."""
        yield from self._unknown_fields()
        yield from self._old_ids()

    def _unknown_fields(self) -> Iterator[str]:
        left_out = [str(name) for name in self.document if name not in _MODELS and name not in _BESIDE_RECORDS]
        for section, model in {"workflow": "workflow.WorkflowModel", **_MODELS}.items():
            records = [self.document["workflow"]] if section == "workflow" else self.records[section]
            known = _fields(model)
            names = dict.fromkeys(name for record in records for name in record if name not in known)
            left_out += [f"{section}.{name}" for name in names]
        if left_out:
            yield f"not known to this torc, and left out of the copy: {', '.join(map(output.shorten, left_out))}"

    def _old_ids(self) -> Iterator[str]:
        """Yield the commands that hold ids of the old records."""
        names = {record.get("id"): record.get("name") for record in self.records["user_data"]}
        found = [
            f"the command of job '{job.get('name')}' holds {number}, which was the id of user data '{names[number]}'"
            for job in self.records["jobs"]
            if not job.get("command_template")
            for number in [*(job.get("input_user_data_ids") or ()), *(job.get("output_user_data_ids") or ())]
            if re.search(rf"\b{number}\b", str(job.get("command")))
        ]
        yield from found[:_SHOWN]
        if found:
            more = f" (and {len(found) - _SHOWN} more such commands)" if len(found) > _SHOWN else ""
            yield f"ids are new in the copy: look at these commands before running it{more}"

    def _section(self, name: str) -> list[Record]:
        records = self.document.get(name)
        if records is None:
            return []
        if not isinstance(records, list):
            raise self._wrong(name, records, "must be a list")
        for number, record in enumerate(records):
            if not isinstance(record, dict):
                raise self._wrong(f"{name}[{number}]", record, "must be an object")
        return records

    def _ids(self, name: str) -> dict[int, int]:
        positions: dict[int, int] = {}
        for number, record in enumerate(self.records[name]):
            record_id = record.get("id")
            if record_id is None:
                continue
            if not isinstance(record_id, int) or record_id in positions:
                problem = "stands twice" if isinstance(record_id, int) else "must be a whole number"
                raise self._wrong(f"{name}[{number}].id", record_id, problem)
            positions[record_id] = number
        return positions

    def _named(self, name: str) -> list[Record]:
        """Return the records of a section; older files have schedulers without a name."""
        return [
            {"name": f"{name.removesuffix('s')}_{record.get('id')}", **_given(record)} for record in self.records[name]
        ]

    def _job(self, number: int, record: Record) -> Record:
        place = f"jobs[{number}]"
        job = {name: record[name] for name in _JOB_FIELDS if record.get(name) is not None}
        job["command"] = record.get("command_template") or record.get("command")
        for field, (planned, section) in _RELATIONS.items():
            job[planned] = self._all(f"{place}.{field}", record.get(field), section)
        for field, planned, section in (
            ("resource_requirements_id", "resource_requirements", "resource_requirements"),
            ("failure_handler_id", "failure_handler", "failure_handlers"),
        ):
            if record.get(field) is not None:
                job[planned] = self._position(f"{place}.{field}", record[field], section)
        if record.get("scheduler_id") is not None:
            known = record["scheduler_id"] in self.positions["slurm_schedulers"]
            kind = "slurm" if known or not self.records["local_schedulers"] else "local"
            job["scheduler"] = self._scheduler(f"{place}.scheduler_id", record["scheduler_id"], kind)
        return job

    def _dependencies(self) -> tuple[list[list[int]], list[list[int]]]:
        """Return the sets of job positions, and for each job the sets that it waits for."""
        sets, waits = shared_sets(
            [
                self._all(f"jobs[{number}].depends_on_job_ids", record.get("depends_on_job_ids"), "jobs")
                for number, record in enumerate(self.records["jobs"])
            ]
        )
        waits = [list(needed) for needed in waits]
        for number, record in enumerate(self.records["dependency_sets"]):
            place = f"dependency_sets[{number}]"
            members = self._all(f"{place}.depends_on_job_ids", record.get("depends_on_job_ids"), "jobs")
            for position in self._all(f"{place}.job_ids", record.get("job_ids"), "jobs"):
                waits[position].append(len(sets))
            sets.append(members)
        return sets, waits

    def _action(self, number: int, record: Record) -> Record:
        place = f"workflow_actions[{number}]"
        config = record.get("action_config")
        if not isinstance(config, dict):
            raise self._wrong(f"{place}.action_config", config, "must be an object")
        action = {name: record.get(name) for name in ("trigger_type", "action_type", "persistent")}
        action |= {"action_config": config, "jobs": self._all(f"{place}.job_ids", record.get("job_ids"), "jobs")}
        if config.get("scheduler_id") is not None:
            kind = str(config.get("scheduler_type") or "slurm")
            action["scheduler"] = self._scheduler(f"{place}.action_config.scheduler_id", config["scheduler_id"], kind)
        return action

    def _scheduler(self, place: str, record_id: Any, kind: str) -> int:
        if kind == "local":
            return len(self.records["slurm_schedulers"]) + self._position(place, record_id, "local_schedulers")
        return self._position(place, record_id, "slurm_schedulers")

    def _all(self, place: str, ids: Any, section: str) -> list[int]:
        if ids is None:
            return []
        if not isinstance(ids, list):
            raise self._wrong(place, ids, "must be a list of ids")
        return [self._position(place, record_id, section) for record_id in ids]

    def _position(self, place: str, record_id: Any, section: str) -> int:
        try:
            return self.positions[section][record_id]
        except (KeyError, TypeError):
            raise self._wrong(place, record_id, f"is the id of no {_NOUNS[section]} in {section}") from None

    def _wrong(self, field: str, value: Any, problem: str) -> InvalidInput:
        shown = "" if value is None else f" {output.shorten(value)}"
        return InvalidInput(f"{self.source}: {field}:{shown} {problem}", field=field, value=value)


def _fields(model: str) -> frozenset[str]:
    """Return the names that a record may have, those of older systems among them."""
    from torc.models import lookup

    names: set[str] = set()
    for name, field in lookup(model).model_fields.items():
        names.add(name)
        names.update(getattr(field.validation_alias, "choices", ()))
    return frozenset(names)


def _given(record: Record) -> Record:
    return {name: value for name, value in record.items() if value is not None}
