"""One job: what it is, what it wrote, why it is where it is, and what can be done about it."""

from __future__ import annotations

import codecs
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from torc.errors import InvalidInput, NotFound, TooLarge
from torc.logs.choice import Choice
from torc.logs.files import WAITING, attempt_of
from torc.logs.reading import open_log, seek_last_lines, size_of
from torc.logs.tail import ASK_SECONDS, Tail, is_same_attempt
from torc.views.display import Displayed
from torc.views.lists import fields_text, record_html
from torc.workflow.job_description import describe_job
from torc.workflow.parts import JobPart
from torc.workflow.records import Result

if TYPE_CHECKING:
    from torc.workflow.stored import StoredWorkflow

#: A job that came in a page of many counts as up to date for so long: a loop over a list asks page by page.
FRESH_SECONDS = 1.0
_MAX_TEXT = 64 * 2**20


class Job(JobPart, Displayed):
    """A job of a workflow; before the workflow is created, a name for ``needs`` and ``inputs``."""

    workflow: StoredWorkflow  # type: ignore[assignment]

    def __init__(self, workflow: Any, name: str, record: dict[str, Any] | None = None, *, fresh: float = 0.0) -> None:
        super().__init__(workflow, name)
        self._record = record
        self._fresh_until = time.monotonic() + fresh

    @property
    def record(self) -> dict[str, Any]:
        """Everything that the server knows of the job now, as plain data."""
        if self._record is None:
            self._record = self.workflow.jobs.named_record(self.name)
        elif time.monotonic() > self._fresh_until:
            self._record = self.workflow.connection.client.get_job(self._record["id"])
        assert self._record is not None
        return self._record

    @property
    def id(self) -> int:
        """The job's id."""
        return int((self._record or self.record)["id"])

    @property
    def status(self) -> str:
        """The job's status now."""
        return str(self.record["status"])

    @property
    def command(self) -> str:
        """The job's command."""
        return str(self.record["command"])

    @property
    def result(self) -> Result | None:
        """How the latest attempt ended, null while there is none."""
        found = self.workflow.results.filter(job_id=self.id)[:1]
        return found[0] if found else None

    def stdout(self, lines: int | None = None) -> str:
        """Return what the job wrote to standard output, or the last ``lines`` of it.

        Raises
        ------
        NotFound
            When it has not run, or wrote on another machine.
        """
        return self._output("stdout", lines)

    def stderr(self, lines: int | None = None) -> str:
        """Return what the job wrote to standard error, or the last ``lines`` of it."""
        return self._output("stderr", lines)

    def _output(self, kind: str, lines: int | None) -> str:
        record = self._fresh()
        attempt = attempt_of(self.workflow.connection.client, record, None, None)
        logs = Choice(record, attempt, stdout=kind == "stdout", stderr=kind == "stderr")
        ((_, path),) = logs.files.items()
        try:
            with open_log(path, logs.directory) as file:
                if lines is not None:
                    seek_last_lines(file, lines)
                if size_of(file) - file.tell() > _MAX_TEXT:
                    raise TooLarge(f"{path} has {size_of(file):,} bytes", field="lines", hint="ask for the last lines")
                return file.read(_MAX_TEXT).decode("utf-8", "replace")
        except NotFound:
            raise logs.nothing_there() from None

    def follow(self) -> Iterator[str]:
        """Yield what the job writes until it ends; one that does not run yet is waited for."""
        client = self.workflow.connection.client
        record = self._fresh()
        while record["status"] in WAITING:
            time.sleep(ASK_SECONDS)
            record = self._fresh()
        if record["status"] == "uninitialized":
            raise InvalidInput(f"job '{self.name}' is uninitialized, so nothing will run it", hint="wf.run()")
        logs = Choice(record, attempt_of(client, record, None, None))
        decoders: dict[str, codecs.IncrementalDecoder] = {}
        for kind, chunk in Tail(logs, lambda: is_same_attempt(self._fresh(), logs.attempt)).chunks():
            decoder = decoders.setdefault(kind, codecs.getincrementaldecoder("utf-8")("replace"))
            yield decoder.decode(chunk)

    def why(self) -> str:
        """Return a sentence about why the job is where it is."""
        found = self.workflow.connection.client.diagnose_workflow(self.workflow.number, job_id=self.id)["items"]
        return str(found[0]["message"]) if found else f"job '{self.name}' is {self.status}"

    def retry(self) -> Job:
        """Make a job that failed ready for another attempt; an active runner takes it, else ``wf.run()``."""
        record = self._fresh()
        limit = (record.get("attempt_id") or 1) + 1
        self._record = self.workflow.connection.client.retry_job(self.id, self._run_id(), max_retries=limit)
        return self

    def cancel(self) -> Job:
        """Cancel the job, whether it waits or runs."""
        self._record = self.workflow.connection.client.manage_status_change(self.id, "canceled", self._run_id())
        return self

    def _run_id(self) -> int:
        return int(self.workflow.connection.client.get_workflow(self.workflow.number)["run_id"])

    def _fresh(self) -> dict[str, Any]:
        self._fresh_until = 0.0
        return self.record

    def __repr__(self) -> str:
        if self._record is None:
            return super().__repr__()
        return f"<Job {self._record['id']} {self.name!r}: {self._record['status']}>"

    def description(self) -> dict[str, str]:
        """Return what is described of the job in this process, by heading; of a job that was read back nothing."""
        from torc.workflow.workflow import Workflow  # has jobs itself

        if not isinstance(self.workflow, Workflow):
            return {}
        spec = self.workflow.spec
        job = next((job for job in spec.jobs if job.name == self.name), None)
        return {} if job is None else describe_job(spec, job)

    def _text(self) -> str:
        described = {} if self._record else self.description()
        return fields_text(repr(self), described) if described else repr(self)

    def _html(self) -> str:
        return record_html(f"Job {self.name}", self._record or self.description() or {"name": self.name})
