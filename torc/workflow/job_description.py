"""What is said of a job before it is created: its command, what it waits for, reads, writes and needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torc.errors import InvalidInput
from torc.spec.model import JobSpec
from torc.spec.parameters import ParameterSet, parse_values
from torc.spec.references import REFERENCE
from torc.spec.template import Places
from torc.views.lists import shortened
from torc.views.words import counted

if TYPE_CHECKING:
    from torc.spec.model import WorkflowSpec


def describe_job(spec: WorkflowSpec, job: JobSpec) -> dict[str, str]:
    """Return what the job is by heading; what it does not have is left out."""
    found = {
        "command": shortened(next(iter(job.command.strip().splitlines()), "")),
        "jobs": _size(spec, job),
        "needs": ", ".join([*job.depends_on, *(f"all that match {regex}" for regex in job.depends_on_regexes)]),
        "inputs": ", ".join(_places(spec, job, "input")),
        "outputs": ", ".join(_places(spec, job, "output")),
        "resources": _resources(job),
        "scheduler": job.scheduler or "",
    }
    return {heading: text for heading, text in found.items() if text}


def _size(spec: WorkflowSpec, job: JobSpec) -> str:
    shared = spec.parameters or {}
    given = {name: shared[name] for name in job.use_parameters if name in shared} | (job.parameters or {})
    try:
        values = {name: parse_values(value) for name, value in given.items()}
    except InvalidInput as error:
        return error.message
    parameters = ParameterSet(values, zipped=job.parameter_mode == "zip")
    names = parameters.expanded_by(Places(values).used(job.name))
    over = f", one for each {'pair' if parameters.zipped else 'combination'} of " if len(names) > 1 else ", by "
    return counted(parameters.count(names), "job") + (over + ", ".join(names) if names else "")


def _places(spec: WorkflowSpec, job: JobSpec, side: str) -> list[str]:
    paths = {file.name: str(file.path) for file in spec.files}
    files = [*getattr(job, f"{side}_files"), *_named(job, "files", side)]
    data = [*getattr(job, f"{side}_user_data"), *_named(job, "user_data", side)]
    shown = [f"{name} ({paths[name]})" if name in paths else name for name in dict.fromkeys(files)]
    return [*shown, *(f"data {name}" for name in dict.fromkeys(data))]


def _named(job: JobSpec, kind: str, side: str) -> list[str]:
    """Return what the command names."""
    return [name for noun, where, name in REFERENCE.findall(job.command) if (noun, where) == (kind, side)]


def _resources(job: JobSpec) -> str:
    if job.resource_requirements is not None:
        return _amounts(job.resource_requirements)
    return _amounts(job.flat_requirements())


def _amounts(given: Any) -> str:
    if isinstance(given, str):
        return given
    amounts = given if isinstance(given, dict) else given.model_dump(exclude_none=True)
    return ", ".join(f"{name.removeprefix('num_')} {value}" for name, value in amounts.items())
