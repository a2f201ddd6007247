"""A workflow that a server has."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import timedelta
from os import PathLike
from typing import TYPE_CHECKING, Any, Self

from torc.amounts import MEMORY_RESERVE, RUNTIME_RESERVE
from torc.client.initialize import begin_if_needed, begin_run
from torc.errors import InvalidInput, TorcError
from torc.views.display import Displayed
from torc.views.live import View, current_cell
from torc.views.workflow import workflow_html, workflow_line
from torc.workflow import watching
from torc.workflow.connection import Connection, current
from torc.workflow.corrections import Corrections
from torc.workflow.definition import Definition
from torc.workflow.described import describe
from torc.workflow.failures import Failures, failures_of
from torc.workflow.graph import Dag
from torc.workflow.interrupts import undisturbed
from torc.workflow.job import Job
from torc.workflow.live import live_view
from torc.workflow.plan import Plan
from torc.workflow.progress import Progress, stopped_waiting
from torc.workflow.records import EventList, JobList, ResultList
from torc.workflow.rerun import Rerun
from torc.workflow.running import Launched, launch, prepare_directory, runner_arguments
from torc.workflow.status import Status, StatusReader

if TYPE_CHECKING:
    from torc.executor.execute import Executor
    from torc.executor.future import Future
    from torc.plots.kinds import Kind, ThemeName
    from torc.workflow.plots import Plot

DEFAULT_OUTPUT = "output"


class StoredWorkflow(Displayed):
    """A workflow on a server: its state, jobs and results, and what can be done with it.

    ``id`` is null until the workflow is created.
    """

    id: int | None = None
    name: str
    #: The runner that was started from here last.
    launched: Launched | None = None
    #: The cell whose output has a live view of the workflow since it waited there.
    shown_in: str | None = None
    _created: str | None = None
    _connection: Connection | None = None
    _known: Status | None = None
    _executor: Executor | None = None

    def __init__(self, workflow_id: int, name: str, connection: Connection, created: str | None = None) -> None:
        self.name = name
        self._attach(workflow_id, connection, created)

    def _attach(self, workflow_id: int, connection: Connection, created: str | None = None) -> None:
        self.id = workflow_id
        self._created = created
        self._connection = connection
        self._reader = StatusReader()
        self._known = None

    @property
    def number(self) -> int:
        """The workflow's id.

        Raises
        ------
        InvalidInput
            When it has not been created.
        """
        if self.id is None:
            raise InvalidInput(
                f"workflow '{self.name}' has not been created yet", field="id",
                hint="wf.run() creates and runs it, wf.create() only creates it",
            )  # fmt: skip
        return self.id

    @property
    def connection(self) -> Connection:
        """The server that has the workflow."""
        _ = self.number
        return self._connection or current()

    @property
    def created(self) -> str:
        """When it was created, in UTC as ISO 8601 has it."""
        if self._created is None:
            self._created = str(self.connection.client.get_workflow(self.number)["timestamp"])
        return self._created

    @property
    def status(self) -> Status:
        """How the workflow is going now."""
        reply = self.connection.client.get_workflow_status(self.number)
        self._known = self._reader.read(reply)
        return self._known

    def watch(self, timeout: float | None = None) -> Iterator[Status]:
        """Yield the status as it changes, until the workflow is complete."""
        try:
            yield from watching.statuses(self, timeout)
        except KeyboardInterrupt:
            raise stopped_waiting(self.number) from None

    @property
    def progress(self) -> Progress:
        """How far the workflow is, as a bar."""
        return Progress(self)

    def wait(self, timeout: float | None = None, *, quiet: bool = False) -> Status:
        """Return the last status when the workflow is complete; an interrupt ends the waiting, not the work.

        A wait of more than two seconds shows a progress bar, unless it is ``quiet``.

        Raises
        ------
        TimeoutError
            When that takes longer than ``timeout`` seconds.
        InvalidInput
            When no runner is there that could complete it.
        """
        try:
            return watching.wait(self, timeout, quiet=quiet)
        except KeyboardInterrupt:
            raise stopped_waiting(self.number) from None

    def __await__(self) -> Generator[Any, None, Status]:
        return watching.wait_in_thread(self).__await__()

    @property
    def jobs(self) -> JobList:
        """All jobs; ``jobs.filter(status="failed")`` for some."""
        return JobList(self, workflow_id=self.number)

    def job(self, name: str) -> Job:
        """Return the job with this name."""
        return self.jobs.named(name)

    @property
    def results(self) -> ResultList:
        """The jobs' current results."""
        return ResultList(self.connection, f" of workflow {self.number}", workflow_id=self.number)

    @property
    def failures(self) -> Failures:
        """The jobs that failed, with their last lines, similar ones together."""
        return failures_of(self)

    @property
    def executor(self) -> Executor:
        """The executor whose calls are the jobs of this workflow, attached to at the first use.

        Raises
        ------
        InvalidInput
            When no executor has made the workflow.
        """
        if self._executor is None:
            from torc.executor.execute import Executor

            self._executor = Executor.attach(self.number, connection=self.connection)
        return self._executor

    @property
    def futures(self) -> list[Future]:
        """The calls of :attr:`executor` in the order of their submission."""
        return self.executor.futures

    def plot(self, kind: Kind = "summary", *, job: str | int | None = None, theme: ThemeName = "auto") -> Plot:
        """Return a plot of what jobs used, which displays and saves itself.

        Parameters
        ----------
        kind
            ``summary`` (peaks and averages), ``gantt`` (when each job ran), ``cpu`` or ``memory`` of all jobs over
            time, ``nodes`` (the machines).
        job
            Name or id of a job: CPU, memory and processes of this one over time.
        theme
            ``light`` or ``dark``; with ``auto`` it follows the page in which it stands.
        """
        from torc.workflow.plots import plot_of

        return plot_of(self, kind, job, theme)

    def events(self) -> EventList:
        """What happened so far; ``events().follow()`` for what happens from now on."""
        return EventList(self.connection, f" of workflow {self.number}", workflow_id=self.number)

    def described(self) -> Definition:
        """Return the definition that creates this workflow anew: each job by itself, parameters filled in.

        Raises
        ------
        TooLarge
            When its jobs wait for too many others to write them one by one.
        """
        return describe(self)

    def plan(self) -> Plan:
        """Return the execution plan: which jobs become ready together, and after what."""
        return self.described().plan()

    def dag(self) -> Dag:
        """Return jobs, edges and stages as plain data, which displays as a picture."""
        return Dag(self.name, self.described().checked().waits, live_view(self, "dag"))

    def to_yaml(self) -> str:
        """Return the specification as YAML."""
        return self.described().to_yaml()

    def to_json(self) -> str:
        """Return the specification as JSON."""
        return self.described().to_json()

    def to_kdl(self) -> str:
        """Return the specification as KDL."""
        return self.described().to_kdl()

    def to_code(self) -> str:
        """Return the Python that builds this workflow."""
        return self.described().to_code()

    def run(
        self,
        *,
        wait: bool = False,
        quiet: bool = False,
        cpus: int | None = None,
        memory: str | None = None,
        gpus: int | None = None,
        max_parallel_jobs: int | None = None,
        time_limit: str | timedelta | None = None,
        output_dir: str | PathLike[str] = DEFAULT_OUTPUT,
    ) -> Self:
        """Run what is to be run, in a process of its own that goes on when this one ends.

        Parameters
        ----------
        wait
            Return when the workflow is complete, instead of when the runner is at work.
        quiet
            Show no progress bar while waiting.
        cpus, memory, gpus, max_parallel_jobs
            What the runner may use; by default the whole machine.
        time_limit
            End after this time, for example ``"4h"``.
        output_dir
            Directory for logs and the jobs' output.
        """
        arguments = runner_arguments(
            cpus=cpus, memory=memory, gpus=gpus, max_parallel_jobs=max_parallel_jobs, time_limit=time_limit
        )
        directory = prepare_directory(output_dir)
        try:
            # An interrupt would leave a workflow that nobody runs.
            with undisturbed():
                launched = self._launch(directory, arguments)
            if launched is not None:
                launched.wait_until_at_work(self.connection.client, self.number)
        except KeyboardInterrupt:
            if self.id is None:
                raise
            raise stopped_waiting(self.id) from None
        if wait:
            self.wait(quiet=quiet)
        return self

    def _launch(self, directory: str, arguments: list[str]) -> Launched | None:
        """Start a runner, if there is anything to be run."""
        self._make_sure_it_exists()
        client = self.connection.client
        begin_if_needed(client, client.get_workflow_status(self.number))
        if self.status.is_complete and not client.get_pending_actions(self.number):
            return None
        workflow = client.get_workflow(self.number)
        self.launched = launch(workflow, directory, arguments, self.connection.environment())
        return self.launched

    def rerun(
        self, *, all: bool = False, dry_run: bool = False, failed: bool = True, force: bool = False, **options: Any
    ) -> Rerun:
        """Run again what has changed, was interrupted or (unless ``failed`` is false) failed, and all behind it.

        Parameters
        ----------
        all
            Run everything again, from the start.
        dry_run
            Only tell what would run, and why.
        force
            Begin although input files or data are missing.
        options
            As for :meth:`run`.
        """
        reply = begin_run(
            self.connection.client, self.number, again=not all, force=force, dry_run=dry_run, retry_failed=failed
        )
        if all:
            reply["reasons"] = dict.fromkeys(reply["reset_jobs"], "everything runs again")
        if not dry_run and reply["reset_jobs"]:
            self.run(**options)
        return Rerun(self.number, reply)

    def correct_resources(
        self,
        *,
        dry_run: bool = False,
        downsize: bool = True,
        memory_reserve: float = MEMORY_RESERVE,
        runtime_reserve: float = RUNTIME_RESERVE,
    ) -> Corrections:
        """Ask for what jobs have used: change their resource requirements, for the next run.

        Parameters
        ----------
        dry_run
            Only tell what would be changed.
        downsize
            Ask for less, too, where all jobs with the same requirements have completed and their use is known.
        memory_reserve, runtime_reserve
            The peak of memory and the longest run time are asked for so many times.
        """
        body = {
            "dry_run": dry_run, "downsize": downsize,
            "memory_reserve": memory_reserve, "runtime_reserve": runtime_reserve,
        }  # fmt: skip
        return Corrections(self.connection.client.correct_resources(self.number, body=body))

    def _make_sure_it_exists(self) -> None:
        """Do what is needed before a run."""
        _ = self.number

    def cancel(self) -> Self:
        """Cancel the workflow: running jobs are ended, no more are started; one that is complete stays so."""
        self.connection.client.cancel_workflow(self.number)
        return self

    def delete(self) -> None:
        """Delete the workflow with its jobs, results and events; files stay where they are."""
        self.connection.client.delete_workflow(self.number)
        self.id = None

    def __repr__(self) -> str:
        known = self._known
        return workflow_line(self.name, self.id, known.to_dict() if known else None, self._parts().get("jobs", 0))

    def _html(self) -> str:
        if self.id is None:
            picture, note = self._picture()
            return workflow_html(self.name, None, None, parts=self._parts(), picture=picture, note=note)
        note = ""
        try:
            known: Status | None = self.status
        except TorcError as error:
            known, note = self._known, str(error)
        return workflow_html(self.name, self.id, known.to_dict() if known else None, note=note)

    def _live(self) -> View | None:
        # A cell that has waited shows the workflow already.
        return None if self.shown_in is not None and self.shown_in == current_cell() else live_view(self)

    def _parts(self) -> dict[str, int]:
        return {}

    def _picture(self) -> tuple[str, str]:
        """Return a drawing of what is not created yet, and what there is to say about it."""
        return "", ""
