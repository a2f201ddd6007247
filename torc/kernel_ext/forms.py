"""A form in a notebook's output that builds a workflow, creates it and runs it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from torc.client.transport import HttpTransport
from torc.errors import SpecError
from torc.kernel_ext.relay import Relay
from torc.spec import LoadedSpec
from torc.spec.plan import login_name
from torc.spec.write import plain, texts
from torc.views import html
from torc.views.words import counted
from torc.views.workflow import workflow_html
from torc.workflow.connection import Connection, current
from torc.workflow.definition import Definition
from torc.workflow.stored import StoredWorkflow
from torc.workflow.workflow import Workflow, attach

_STATIC = Path(__file__).parent / "static"


class WorkflowForm(anywidget.AnyWidget):
    """Builds a workflow without a file; the server checks it while it is written.

    Parameters
    ----------
    begin
        The name of a new workflow, or one to begin with: an object that is being described, or plain data.
    connection
        Where the workflow is created; default is the server that torc finds.
    on_created
        Called with each workflow that the form creates.
    """

    _esm = (_STATIC / "workflow_form.js").read_text(encoding="utf-8")
    _css = (_STATIC / "workflow_form.css").read_text(encoding="utf-8")

    #: What the form says now.
    specification = traitlets.Dict().tag(sync=True)
    #: The server's address, by which the page knows whether Jupyter forwards to the same one.
    server = traitlets.Unicode().tag(sync=True)
    directory = traitlets.Unicode().tag(sync=True)
    user = traitlets.Unicode().tag(sync=True)
    #: What the page has created last, so that it finds it again when it is loaded anew.
    created = traitlets.Dict(default_value=None, allow_none=True).tag(sync=True)

    def __init__(
        self,
        begin: str | Definition | Mapping[str, Any] = "",
        connection: Connection | None = None,
        on_created: Callable[[StoredWorkflow], None] = lambda workflow: None,
    ) -> None:
        self._connection = connection or current()
        self._on_created = on_created
        #: The workflow that was created last.
        self.workflow: StoredWorkflow | None = None
        client = self._connection.client
        transport = client.transport
        super().__init__(
            specification=_begun(begin),
            server=transport.url if isinstance(transport, HttpTransport) else "",
            directory=str(Path.cwd()),
            user=login_name(),
        )
        self._relay = Relay(client, self.send, {"created": self._created, "run": self._run})
        self.on_msg(self._take)

    def to_yaml(self) -> str:
        """Return the specification as YAML; like its siblings also of a workflow that is half-written.

        Raises
        ------
        SpecError
            When keys or values are wrong.
        """
        return self._texts()["yaml"]

    def to_json(self) -> str:
        """Return the specification as JSON."""
        return self._texts()["json"]

    def to_kdl(self) -> str:
        """Return the specification as KDL."""
        return self._texts()["kdl"]

    def to_code(self) -> str:
        """Return the Python that builds this workflow."""
        return self._texts()["python"]

    def definition(self) -> Workflow:
        """Return a workflow as the form describes it, to go on with in Python.

        Raises
        ------
        SpecError
            With everything that is wrong.
        """
        return Workflow.from_text(json.dumps(self.specification), "json", source="form")

    def _repr_mimebundle_(self, **given: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        made = super()._repr_mimebundle_(**given)
        if made is None:
            return None
        data, metadata = made
        # What stays in a saved notebook.
        return data | {"text/plain": repr(self), "text/html": self._html()}, metadata

    def __repr__(self) -> str:
        jobs = [job for job in self.specification.get("jobs") or () if job.get("name")]
        return f"<Form of workflow {self.specification.get('name') or ''!r}: {counted(len(jobs), 'job')}>"

    def _html(self) -> str:
        try:
            snapshot = self.definition()._html()
        except SpecError as error:
            name = str(self.specification.get("name") or "")
            snapshot = workflow_html(name, None, None, note=f"Not complete yet: {error}")
        try:
            return snapshot + html.document(html.details("YAML", html.preformatted(self.to_yaml())))
        except SpecError:
            return snapshot

    def close(self) -> None:
        """Take the form away."""
        self._relay.close()
        super().close()

    def _texts(self) -> dict[str, str]:
        return texts(LoadedSpec(dict(self.specification), "", "json", "form"))

    def _take(self, _widget: Any, message: Any, _buffers: Any) -> None:
        if isinstance(message, dict) and {"id", "kind"} <= message.keys():
            self._relay.take(message)

    def _created(self, message: Mapping[str, Any]) -> None:
        self.workflow = attach(int(message["workflow_id"]), self._connection)
        self._on_created(self.workflow)

    def _run(self, message: Mapping[str, Any]) -> None:
        attach(int(message["workflow_id"]), self._connection).run()


def _begun(begin: str | Definition | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(begin, Definition):
        return plain(begin.spec)
    if isinstance(begin, str):
        return {"name": begin, "jobs": [{"name": "", "command": ""}]}
    return dict(begin)


def form(begin: str | Definition | Mapping[str, Any] = "") -> WorkflowForm:
    """Return a form that builds a workflow, new or from one that is being described."""
    return WorkflowForm(begin)
