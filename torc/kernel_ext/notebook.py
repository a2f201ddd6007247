"""What the magics of one notebook share: the current workflow, and the server that the Python interface uses."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torc.cli import output
from torc.cli.output import Content, Ended, Stream
from torc.cli.session import Session
from torc.errors import InvalidInput
from torc.kernel_ext.failure import CommandFailed
from torc.kernel_ext.result import CommandResult, result_of
from torc.workflow import connection
from torc.workflow.stored import StoredWorkflow
from torc.workflow.workflow import Workflow

if TYPE_CHECKING:
    from torc.client.client import Client
    from torc.client.connect import Choice


@dataclass
class Notebook:
    """What lasts from one magic to the next."""

    #: The workflow that cells describe or that was created or run last.
    workflow: StoredWorkflow | None = None
    #: The variables of the notebook.
    variables: Mapping[str, Any] = field(default_factory=dict)

    def held_by(self, variable: str) -> StoredWorkflow:
        """Return the workflow in a variable, which may be written with a dollar sign.

        Raises
        ------
        InvalidInput
            When there is none in it.
        """
        found = self.variables.get(variable.removeprefix("$"))
        if not isinstance(found, StoredWorkflow):
            raise InvalidInput(
                f"'{variable}' is no variable that holds a workflow", field="workflow", value=variable,
                hint="wf = torc.Workflow(NAME), then name it wf",
            )  # fmt: skip
        return found

    @property
    def current(self) -> StoredWorkflow:
        """The current workflow.

        Raises
        ------
        InvalidInput
            When there is none.
        """
        if self.workflow is None:
            raise InvalidInput("there is no current workflow", hint="%torc workflow NAME begins one")
        return self.workflow

    @property
    def described(self) -> Workflow:
        """The current workflow, which is described in this notebook; errors as with :attr:`current`."""
        if not isinstance(self.current, Workflow):
            raise InvalidInput(
                f"workflow {self.current.id} is not described in this notebook", hint="%torc workflow NAME begins one"
            )
        return self.current


@dataclass
class MagicSession(Session):
    """One call of a magic: results are returned, the server is that of :func:`torc.connect`."""

    notebook: Notebook = field(default_factory=Notebook)
    #: The text below a cell magic.
    cell: str = ""
    _is_shared: bool = field(default=False, repr=False)

    @property
    def client(self) -> Client:
        """The client of the server that the options name, else of the one that Python objects use."""
        if self._client is None and not (self.url or self.database or self.username or self.password):
            self._client, self._is_shared = connection.current().client, True
        return super().client

    def attached(self, record: Mapping[str, Any]) -> StoredWorkflow | None:
        """Return a workflow of the server that Python objects use; null for one of another server."""
        _ = self.client
        return StoredWorkflow(record["id"], record["name"], connection.current()) if self._is_shared else None

    def choice(self) -> Choice:
        """Return what was said about where the server is."""
        known = connection.known()
        return known.choice if known and not (self.url or self.database or self.username) else super().choice()

    def use(self, client: Client) -> None:
        """Send all further requests through ``client``."""
        super().use(client)
        self._is_shared = False

    def close(self) -> None:
        """Let go of a connection of this call's own."""
        if self._is_shared:
            self._client = None
        super().close()

    def present(self, view: Any) -> Any:
        """Return the result as an object; what comes bit by bit is printed as it comes."""
        match view:
            case Ended():
                return self._ended(self.present(view.view), view.exit_code)
            case Stream():
                return output.show(view, as_json=self.as_json)
            case Content():
                return _print_content(view)
            case output.Listing() | output.Details() | output.Message() | output.Document():
                return result_of(view, as_json=self.as_json)
            case _:
                return view

    @staticmethod
    def _ended(result: CommandResult, exit_code: int) -> CommandResult:
        if exit_code:
            print(result)
            raise CommandFailed(f"ended with exit code {exit_code}")
        return result


def _print_content(view: Content) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for chunk in view.chunks:
        print(output.clean(decoder.decode(chunk).replace("\r\n", "\n").replace("\r", "\n")), end="", flush=True)
