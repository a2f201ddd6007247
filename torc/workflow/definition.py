"""A workflow that is being described: checked part by part as it is built, and as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from os import PathLike, fspath
from typing import Any, Self

from torc.errors import InvalidInput, NotFound, SpecError
from torc.functions import check_json
from torc.spec import CheckedSpec, LoadedSpec, check, load_spec, parse_spec, render_problems
from torc.spec.load import Format
from torc.spec.model import JobSpec, WorkflowSpec
from torc.spec.problems import did_you_mean
from torc.spec.references import REFERENCE
from torc.spec.write import plain, to_code, write
from torc.workflow.arguments import make_entry, make_header
from torc.workflow.graph import Dag
from torc.workflow.parts import Data, FailureHandler, File, JobPart, Resources, Scheduler, listed, name_of
from torc.workflow.plan import Plan

Params = Mapping[str, Any] | Iterable[str] | str


class Definition:
    """Jobs with what they need, read and write.

    Every method takes further keys of a specification as keywords; a value that cannot be right raises
    :class:`~torc.errors.InvalidInput` at once.
    """

    def __init__(
        self,
        name: str,
        *,
        description: str | None = None,
        project: str | None = None,
        user: str | None = None,
        params: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        given = {
            "name": name,
            "description": description,
            "project": project,
            "user": user,
            "params": params,
            "env": env and dict(env),
            "metadata": metadata and dict(metadata),
        }
        lists: dict[str, Any] = {noun: [] for noun in LISTS}
        header = make_header(given, settings)
        self._take(WorkflowSpec.model_construct(None, **{**header.__dict__, **lists}))

    @classmethod
    def from_file(cls, path: str | PathLike[str], format: Format | None = None) -> Self:
        """Read a specification.

        Raises
        ------
        SpecError
            With everything that is wrong in it, by line and column.
        """
        return cls.of(load_spec(fspath(path), format=format))

    @classmethod
    def from_text(
        cls, text: str, format: Format | None = None, *, source: str = "<text>", name: str | None = None
    ) -> Self:
        """Read a specification from a text; without ``format`` the text tells it, ``name`` replaces its own name."""
        loaded = parse_spec(text, format=format, source=source)
        if name is not None:
            loaded.data["name"] = name
        return cls.of(loaded)

    @classmethod
    def of(cls, loaded: LoadedSpec) -> Self:
        """Return the definition of a specification that is read already; errors as with :meth:`from_file`."""
        try:
            checked = check(loaded)
        except SpecError as error:
            _explain(error)
            raise
        made = cls(checked.spec.name)
        made._take(checked.spec)
        made._checked = checked
        return made

    def _take(self, spec: WorkflowSpec) -> None:
        self._spec = spec
        self.name = spec.name
        self._checked: CheckedSpec | None = None
        self._named = {noun: {item.name: item for item in getattr(spec, noun)} for noun in LISTS if noun != "actions"}

    @property
    def spec(self) -> WorkflowSpec:
        """The specification so far."""
        return self._spec

    def job(
        self,
        name: str,
        command: str | None = None,
        *,
        needs: Any = None,
        inputs: Any = None,
        outputs: Any = None,
        cpus: int | None = None,
        memory: str | None = None,
        gpus: int | None = None,
        nodes: int | None = None,
        runtime: str | timedelta | None = None,
        resources: Any = None,
        params: Params | None = None,
        env: Mapping[str, str] | None = None,
        priority: int | None = None,
        scheduler: Any = None,
        failure_handler: Any = None,
        **settings: Any,
    ) -> Any:
        """Add a job, or with parameters many; without a command, return the job of this name.

        Parameters
        ----------
        needs
            Jobs that must have completed before; names or what this method returned.
        inputs, outputs
            Files and data that the command reads and writes; a job among ``inputs`` stands for what it writes. What the
            command names as ``${files.input.NAME}`` need not be said again.
        cpus, memory, gpus, nodes, runtime
            What the job needs, or ``resources`` by name.
        params
            Values to make many jobs of: lists, ranges, arrays or texts as ``"1:10"``. A list of names takes those of
            the workflow. ``parameter_mode="zip"`` goes through them side by side.
        settings
            Further keys of a job in a specification.
        """
        given = {
            "name": name,
            "command": command,
            "needs": [name_of(item, self, JobPart, "needs") for item in listed(needs)] or None,
            "cpus": cpus,
            "memory": memory,
            "gpus": gpus,
            "nodes": nodes,
            "runtime": runtime,
            "resources": name_of(resources, self, Resources, "resources"),
            "params": params,
            "env": env if env is None else dict(env),
            "priority": priority,
            "scheduler": name_of(scheduler, self, Scheduler, "scheduler"),
            "failure_handler": name_of(failure_handler, self, FailureHandler, "failure_handler"),
            **self._sorted_out("input", inputs),
            **self._sorted_out("output", outputs),
        }
        if command is None:
            if settings or sum(value is not None for value in given.values()) > 1:
                raise InvalidInput(f"job '{name}' has no command", field="command", hint="give it after the name")
            return self._find_job(name)
        self._add("jobs", given, settings)
        return self._job_part(name)

    def replace_job(self, name: str, command: str, **settings: Any) -> Any:
        """Describe a job anew, in its old place, or add it; when the new one cannot be right the old one stays."""
        old = self._named["jobs"].pop(name, None)
        try:
            part = self.job(name, command, **settings)
        except BaseException:
            if old is not None:
                self._named["jobs"][name] = old
            raise
        if old is not None:
            jobs = self._spec.jobs
            jobs[jobs.index(old)] = jobs.pop()
        return part

    def _job_part(self, name: str) -> JobPart:
        return JobPart(self, name)

    def _find_job(self, name: str) -> JobPart:
        if name not in self._named["jobs"]:
            hint = did_you_mean(name, self._named["jobs"]) or "give its command to add it"
            raise NotFound(f"workflow '{self.name}' has no job '{name}'", field="name", value=name, hint=hint)
        return self._job_part(name)

    def file(self, name: str, path: str | PathLike[str], *, params: Params | None = None, **settings: Any) -> File:
        """Declare a file by name and path."""
        self._add("files", {"name": name, "path": fspath(path), "params": params}, settings)
        return File(self, name)

    def data(self, name: str, value: Any = None, *, params: Params | None = None, **settings: Any) -> Data:
        """Declare a JSON value; without one a job is expected to fill it in."""
        check_json(value, f"data '{name}'")
        self._add("user_data", {"name": name, "data": value, "params": params}, settings)
        return Data(self, name)

    def resources(
        self,
        name: str,
        *,
        cpus: int | None = None,
        memory: str | None = None,
        gpus: int | None = None,
        nodes: int | None = None,
        runtime: str | timedelta | None = None,
        **settings: Any,
    ) -> Resources:
        """Give amounts that jobs need a name."""
        amounts = {"cpus": cpus, "memory": memory, "gpus": gpus, "nodes": nodes, "runtime": runtime}
        self._add("resource_requirements", {"name": name, **amounts}, settings)
        return Resources(self, name)

    def scheduler(self, name: str, **settings: Any) -> Scheduler:
        """Describe a kind of Slurm allocation: account, partition, walltime, nodes, mem, gres, qos, ..."""
        self._add("slurm_schedulers", {"name": name}, settings)
        return Scheduler(self, name)

    def failure_handler(self, name: str, rules: Iterable[Mapping[str, Any]]) -> FailureHandler:
        """Say what happens after failures, by exit code."""
        self._add("failure_handlers", {"name": name, "rules": [dict(rule) for rule in rules]}, {})
        return FailureHandler(self, name)

    def action(self, trigger: str, run: Any = None, *, schedule: Any = None, jobs: Any = None, **settings: Any) -> None:
        """Run commands, or request allocations of a scheduler, when something happens.

        Parameters
        ----------
        trigger
            ``on_workflow_start``, ``on_workflow_complete``, ``on_jobs_ready``, ``on_jobs_complete``,
            ``on_worker_start`` or ``on_worker_complete``.
        run
            One command or several.
        schedule
            A scheduler.
        jobs
            The jobs that a trigger of jobs looks at.
        """
        given: dict[str, Any] = {"trigger_type": trigger}
        given["jobs"] = [name_of(item, self, JobPart, "jobs") for item in listed(jobs)] or None
        if run is not None:
            given |= {"action_type": "run_commands", "commands": listed(run)}
        if schedule is not None:
            given |= {"action_type": "schedule_nodes", "scheduler": name_of(schedule, self, Scheduler, "schedule")}
            settings = {"scheduler_type": "slurm", "num_allocations": 1, **settings}
        if (run is None) == (schedule is None) and "action_type" not in settings:
            raise InvalidInput("an action runs commands or schedules nodes", field="run", hint="give run= or schedule=")
        self._add("actions", given, settings)

    def _add(self, noun: str, given: dict[str, Any], settings: dict[str, Any]) -> None:
        item = make_entry(noun, given, settings)
        if noun in self._named:
            if item.name in self._named[noun]:
                raise InvalidInput(
                    f"workflow '{self.name}' has '{item.name}' already", field="name", value=item.name,
                    hint="names are unique; one that holds {parameters} stands for many",
                )  # fmt: skip
            self._named[noun][item.name] = item
        getattr(self._spec, noun).append(item)
        self._checked = None

    def _sorted_out(self, side: str, given: Any) -> dict[str, list[Any] | None]:
        """Return files and data among inputs or outputs; a job stands for what it writes."""
        files: list[Any] = []
        data: list[Any] = []
        for item in listed(given):
            if isinstance(item, JobPart):
                written = self._written_by(name_of(item, self, JobPart, f"{side}s"))
                files += written["files"]
                data += written["user_data"]
            elif isinstance(item, Data) or (item in self._named["user_data"] and item not in self._named["files"]):
                data.append(name_of(item, self, Data, f"{side}s"))
            else:
                files.append(name_of(item, self, File, f"{side}s"))
        return {f"{side}_files": files or None, f"{side}_user_data": data or None}

    def _written_by(self, name: str) -> dict[str, list[str]]:
        job: JobSpec = self._named["jobs"][name]
        found = {"files": list(job.output_files), "user_data": list(job.output_user_data)}
        for kind, side, written in REFERENCE.findall(job.command):
            if side == "output" and written not in found[kind]:
                found[kind].append(written)
        if not any(found.values()):
            raise InvalidInput(
                f"inputs: job '{name}' writes no file and no data that is known", field="inputs", value=name,
                hint="give it outputs=, or use needs= to wait for it",
            )  # fmt: skip
        return found

    def check(self) -> list[str]:
        """Check the workflow as a whole and return warnings.

        Raises
        ------
        SpecError
            With everything that is wrong.
        """
        return [warning.message for warning in self.checked().warnings]

    def checked(self) -> CheckedSpec:
        """Return the checked specification with the plan that creates the workflow."""
        if self._checked is None:
            try:
                self._checked = check(LoadedSpec(plain(self._spec), "", "yaml", f"workflow '{self.name}'"))
            except SpecError as error:
                _explain(error)
                raise
        return self._checked

    def plan(self) -> Plan:
        """Return the execution plan: which jobs become ready together, and after what."""
        return Plan.of(self.checked())

    def dag(self) -> Dag:
        """Return jobs, edges and stages as plain data, which displays as a picture."""
        return Dag(self.name, self.checked().waits)

    def to_yaml(self) -> str:
        """Return the specification as YAML."""
        return write(self._as_it_is(), "yaml")

    def to_json(self) -> str:
        """Return the specification as JSON."""
        return write(self._as_it_is(), "json")

    def to_kdl(self) -> str:
        """Return the specification as KDL."""
        return write(self._as_it_is(), "kdl")

    def to_code(self) -> str:
        """Return the Python that builds this workflow."""
        return to_code(self._as_it_is())

    def _as_it_is(self) -> WorkflowSpec:
        return self._spec


LISTS = (
    "jobs",
    "files",
    "user_data",
    "resource_requirements",
    "slurm_schedulers",
    "failure_handlers",
    "actions",
)


def _explain(error: SpecError) -> None:
    """Show every problem below the one line of the error."""
    error.add_note(render_problems(error.problems, error.source, error.text or ""))
