"""Lists of what a server has, read page by page as far as they are used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from torc.errors import InvalidInput, NotFound, TorcError
from torc.spec.problems import did_you_mean
from torc.views.display import Displayed
from torc.views.lists import SHOWN, list_html, list_line, list_text, record_html
from torc.workflow.frames import fields_of, frame

if TYPE_CHECKING:
    from torc.client.stream import StreamedEvent
    from torc.workflow.connection import Connection
    from torc.workflow.job import Job
    from torc.workflow.stored import StoredWorkflow

Item = TypeVar("Item")

PAGE = 1000


class Record(Displayed, dict[str, Any]):
    """One record of a server, a dictionary that displays well."""

    heading = "Record"

    def _html(self) -> str:
        return record_html(self.heading, self)


class Result(Record):
    """How one attempt of a job ended."""

    heading = "Result"


class Records(Displayed, Sequence[Item]):
    """A list whose records are asked for when they are looked at; its length is what the server says at the time."""

    noun = ""
    operation = ""
    #: What :meth:`filter` takes.
    filters: tuple[str, ...] = ()

    def __init__(self, connection: Connection, where: str = "", **query: Any) -> None:
        self._connection = connection
        self._where = where
        self._query = query

    def _made(self, record: dict[str, Any]) -> Any:
        return Record(record)

    def _again(self, query: dict[str, Any]) -> Self:
        return type(self)(self._connection, self._where, **query)

    def filter(self, **filters: Any) -> Self:
        """Return the records of this list that fit.

        Raises
        ------
        InvalidInput
            When there is no such filter.
        """
        for name in filters:
            if name not in self.filters:
                hint = did_you_mean(name, self.filters) or f"there are {', '.join(self.filters)}"
                raise InvalidInput(f"{self.noun} cannot be filtered by '{name}'", field=name, hint=hint)
        return self._again({**self._query, **filters})

    def records(self, offset: int = 0) -> Iterator[dict[str, Any]]:
        """Yield the records as plain data, from a position on."""
        while True:
            page = self._page(offset, PAGE)
            yield from page["items"]
            offset += len(page["items"])
            if not page["has_more"] or not page["items"]:
                return

    def _page(self, offset: int, limit: int) -> dict[str, Any]:
        page: dict[str, Any] = self._connection.client.call(self.operation, **self._query, offset=offset, limit=limit)
        return page

    def __len__(self) -> int:
        return int(self._page(0, 1)["total_count"])

    def __iter__(self) -> Iterator[Item]:
        return map(self._made, self.records())

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> list[Item]: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            first, last, step = index.indices(len(self))
            if step < 0:
                return list(self)[index]
            return [self._made(record) for record in islice(self.records(first), 0, max(0, last - first), step)]
        if index < 0:
            index += len(self)
        items = self._page(index, 1)["items"] if index >= 0 else []
        if not items:
            raise IndexError(f"{self.noun} index out of range")
        return self._made(items[0])

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with all records, by id."""
        return frame(self.records(), "id", fields_of(self.operation))

    def __repr__(self) -> str:
        return list_line(self.noun, self._where)

    def _text(self) -> str:
        return self._as(list_text)

    def _html(self) -> str:
        return self._as(list_html)

    def _as(self, view: Callable[..., str]) -> str:
        try:
            page = self._page(0, SHOWN)
        except TorcError as error:
            return view(self.noun, self._where, [], 0, note=str(error))
        return view(self.noun, self._where, page["items"], page["total_count"])


class JobList(Records["Job"]):
    """The jobs of a workflow; ``jobs["name"]`` is the one of that name."""

    noun = "jobs"
    operation = "list_jobs"
    filters = (
        "status",
        "name",
        "command",
        "needs_file_id",
        "upstream_job_id",
        "active_compute_node_id",
        "sort_by",
        "reverse_sort",
    )

    def __init__(self, workflow: StoredWorkflow, **query: Any) -> None:
        super().__init__(workflow.connection, f" of workflow {workflow.id}", **query)
        self._workflow = workflow

    def _again(self, query: dict[str, Any]) -> Self:
        return type(self)(self._workflow, **query)

    def _made(self, record: dict[str, Any]) -> Job:
        from torc.workflow.job import FRESH_SECONDS, Job

        return Job(self._workflow, record["name"], record, fresh=FRESH_SECONDS)

    def __getitem__(self, index: Any) -> Any:
        return self.named(index) if isinstance(index, str) else super().__getitem__(index)

    def named(self, name: str) -> Job:
        """Return the job with this name; errors as with :meth:`named_record`."""
        from torc.workflow.job import Job

        return Job(self._workflow, name, self.named_record(name))

    def named_record(self, name: str) -> dict[str, Any]:
        """Return what is known of the job with this name.

        Raises
        ------
        NotFound
        """
        for record in self._again({**self._query, "name": name}).records():
            if record["name"] == name:
                return record
        # Comparing with names of so many jobs costs little; more would be a long wait for a typing error.
        known = [record["name"] for record in islice(self.records(), PAGE)]
        hint = did_you_mean(name, known) or "wf.jobs shows them"
        raise NotFound(f"workflow {self._workflow.id} has no job named '{name}'", field="name", value=name, hint=hint)


class ResultList(Records[Result]):
    """The results of a workflow's jobs, the current ones unless ``filter(all_runs=True)``."""

    noun = "results"
    operation = "list_results"
    filters = ("status", "job_id", "run_id", "return_code", "compute_node_id", "all_runs", "sort_by", "reverse_sort")

    def _made(self, record: dict[str, Any]) -> Result:
        return Result(record)


class EventList(Records[Record]):
    """What happened to a workflow."""

    noun = "events"
    operation = "list_events"
    filters = ("category", "after_timestamp", "sort_by", "reverse_sort")

    def follow(self, level: str = "info", seconds: float | None = None) -> Iterator[StreamedEvent]:
        """Yield events as they happen, for ever or for some seconds."""
        from torc.client.stream import follow_events

        return follow_events(self._connection.client, self._query["workflow_id"], level=level, seconds=seconds)


class WorkflowList(Records["StoredWorkflow"]):
    """The workflows of a server."""

    noun = "workflows"
    operation = "list_workflows"
    filters = ("name", "user", "description", "is_archived", "sort_by", "reverse_sort")

    def _made(self, record: dict[str, Any]) -> StoredWorkflow:
        from torc.workflow.stored import StoredWorkflow

        return StoredWorkflow(record["id"], record["name"], self._connection, record.get("timestamp"))
