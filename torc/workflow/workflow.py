"""A workflow to describe, create and run, and the way back to one that exists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torc.errors import InvalidInput, SpecError
from torc.spec.model import WorkflowSpec
from torc.views.picture import picture_svg
from torc.workflow.connection import Connection, current
from torc.workflow.definition import LISTS, Definition
from torc.workflow.graph import Dag, picture_of
from torc.workflow.interrupts import undisturbed
from torc.workflow.job import Job
from torc.workflow.live import live_view
from torc.workflow.parts import JobPart
from torc.workflow.stored import StoredWorkflow


class Workflow(Definition, StoredWorkflow):
    """A workflow that is described here and runs on a server.

    Examples
    --------
    >>> wf = Workflow("squares")
    >>> one = wf.job("square_{x}", "echo $(({x} * {x}))", params={"x": range(1, 4)})
    >>> two = wf.job("sum", "cat output/job_stdio/*.o", depends_on_regexes=["^square_"])
    >>> wf.run(wait=True)  # doctest: +SKIP
    """

    def create(self, connection: Connection | None = None) -> Workflow:
        """Create the workflow on the server, as it is described now.

        Raises
        ------
        SpecError
            When something is wrong with it; then nothing is created.
        InvalidInput
            When it was created already.
        """
        if self.id is not None:
            raise InvalidInput(
                f"workflow '{self.name}' was created already, as workflow {self.id}", field="id", value=self.id,
                hint="wf.run() runs it; a new Workflow makes another",
            )  # fmt: skip
        plan = self.checked().plan
        # Relative paths of files count from here, wherever the workflow runs later.
        plan = plan | {"workflow": plan["workflow"] | {"submission_directory": str(Path.cwd())}}
        connection = connection or current()
        with undisturbed():
            created = connection.client.create_workflow_from_plan(plan)
            self._attach(int(created["id"]), connection, created.get("timestamp"))
        return self

    def _make_sure_it_exists(self) -> None:
        if self.id is None:
            self.create()

    def _add(self, noun: str, given: dict[str, Any], settings: dict[str, Any]) -> None:
        if self.id is not None:
            raise InvalidInput(
                f"workflow '{self.name}' was created already, as workflow {self.id}: nothing can be added",
                hint="Workflow.from_text(wf.to_yaml()) is a copy that can be changed",
            )
        super()._add(noun, given, settings)

    def _as_it_is(self) -> WorkflowSpec:
        """Return what is described here, or what the server has when somebody has changed it there."""
        if self.id is None:
            return self.spec
        stored = self.described()
        return self.spec if stored.checked().plan == self.checked().plan else stored.spec

    def _job_part(self, name: str) -> Job:
        return Job(self, name)

    def _find_job(self, name: str) -> JobPart:
        return super()._find_job(name) if self.id is None else StoredWorkflow.job(self, name)

    def dag(self) -> Dag:
        """Return jobs, edges and stages as plain data, which displays as a picture."""
        return Dag(self.name, self.checked().waits, live_view(self, "dag"))

    def _parts(self) -> dict[str, int]:
        return {noun.replace("_", " "): len(getattr(self.spec, noun)) for noun in LISTS}

    def _picture(self) -> tuple[str, str]:
        if not self.spec.jobs:
            return "", "No jobs yet. wf.job(NAME, COMMAND) adds one, in a notebook also a cell %%torc job NAME."
        try:
            picture = picture_of(self.checked().waits)
        except SpecError as error:
            return "", f"Not complete yet: {error}"
        return picture_svg(picture["nodes"], picture["edges"]), ""


def attach(workflow_id: int, connection: Connection | None = None) -> StoredWorkflow:
    """Return a workflow that exists, whoever created it.

    Raises
    ------
    NotFound
    """
    connection = connection or current()
    record = connection.client.get_workflow(workflow_id)
    return StoredWorkflow(workflow_id, record["name"], connection, record["timestamp"])
