"""The workflow behind an executor: calls on their way out, outcomes on their way back, and the runner between.

Its two threads are not needed for the work itself, which goes on when this program ends.
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from torc.amounts import DEFAULT_MEMORY, DEFAULT_RUNTIME
from torc.client import background
from torc.client.client import Client
from torc.client.connect import is_alive
from torc.contract import RUN_CALL
from torc.errors import InvalidInput, TorcError
from torc.executor.future import SERVER_HEARS_SECONDS, Future
from torc.executor.runner import RunnerProcess
from torc.executor.sender import Call, Sender
from torc.executor.submission import Sent, describe_function, encode_arguments, safe_name
from torc.executor.versions import Versions
from torc.executor.watcher import Watcher
from torc.runner import paths

if TYPE_CHECKING:
    from torc.workflow.connection import Connection

#: For so long a server that is away is waited for.
_PATIENCE = 120.0
_LOOK_SECONDS = 0.5
_RUNNER_PATIENCE_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Settings:
    """What an executor was made with; kept with its workflow, so that it can be had again."""

    name: str = "executor"
    cpus: int = 1
    memory: str = DEFAULT_MEMORY
    runtime: str = DEFAULT_RUNTIME
    gpus: int = 0
    max_workers: int | None = None
    output_dir: str = "output"
    retries: int = 0

    def requirements(self) -> dict[str, Any]:
        """Return what each call needs, as a record."""
        return {"num_cpus": self.cpus, "memory": self.memory, "runtime": self.runtime, "num_gpus": self.gpus}


class Session:
    """Calls of one workflow."""

    def __init__(self, connection: Connection, settings: Settings, workflow_id: int | None = None) -> None:
        self.settings = settings
        self.output_dir = paths.prepare(settings.output_dir)
        transport = background.find_or_start(connection.choice)
        transport.patience = _PATIENCE
        self.client = Client(transport, connection.choice.reply_seconds)
        self.workflow_id = workflow_id or self._create()
        self.run_id = int(self.client.get_workflow(self.workflow_id)["run_id"])
        max_cpus = settings.max_workers * settings.cpus if settings.max_workers else None
        self.runner = RunnerProcess(self.workflow_id, self.output_dir, max_cpus, connection.environment())
        self.versions = Versions()
        self.changed = threading.Condition()
        self.unfinished: set[Future] = set()
        self.sender = Sender(self)
        self.watcher = Watcher(self)
        # Results may be large: those that have ended live as long as somebody else holds them.
        self._known: WeakValueDictionary[str, Future] = WeakValueDictionary()
        self._found: list[Future] = []
        self._functions: set[str] = set()
        self._named: dict[Any, Sent] = {}
        self._tag = uuid.uuid4().hex[:6]
        self._count = 0
        self._closing = False
        self._pid = os.getpid()
        self.is_attached = workflow_id is not None
        if self.is_attached:
            self._take_over()
        self.client.close()  # that of this thread: from here on there are two others
        self.sender.thread.start()
        self.watcher.thread.start()

    def _create(self) -> int:
        settings = self.settings
        workflow = {
            "name": settings.name,
            "user": _user(),
            "metadata": {"executor": {**asdict(settings), "output_dir": self.output_dir}},
            # Calls come one by one: that all are done does not mean that no more will come.
            "compute_node_ignore_workflow_completion": True,
            # A runner that nobody has any use for does not wait longer for a server that was stopped.
            "compute_node_wait_for_healthy_database_minutes": _RUNNER_PATIENCE_MINUTES,
            # As that of a specification that says nothing else.
            "resource_monitor_config": {"enabled": True},
        }
        default = {"name": "default", **settings.requirements()}
        plan = {"workflow": workflow, "resource_requirements": [default]}
        workflow_id = int(self.client.create_workflow_from_plan(plan)["id"])
        self.client.initialize_workflow(workflow_id, body={})
        return workflow_id

    def _take_over(self) -> None:
        """Make futures of the calls that are there."""
        jobs = self.client.pages("list_jobs", workflow_id=self.workflow_id, sort_by="id")
        calls = [job for job in jobs if job["command"] == RUN_CALL]
        self._found = [Future(self, job["name"]) for job in calls]
        for future in self._found:
            self._register(future)
        self.watcher.expect(self._found, [job["id"] for job in calls])
        self.versions.meet(node["pid"] for node in self._active_nodes() if node["hostname"] == paths.host_name())

    def has_other_runner(self) -> bool:
        """Say whether another program's runner makes the calls of a workflow that this one has attached to."""
        if not self.is_attached:
            return False
        try:
            nodes = self._active_nodes()
        except TorcError:
            return True  # that is asked again soon
        return any(node["hostname"] != paths.host_name() or is_alive(node["pid"]) for node in nodes)

    def _active_nodes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.list_compute_nodes(workflow_id=self.workflow_id, is_active=True)[
            "items"
        ]
        return found

    def forget_functions(self) -> None:
        """Functions that came with calls which the server has refused have to come again."""
        with self.changed:
            self._tag = uuid.uuid4().hex[:6]
            self._named.clear()

    def submit(
        self,
        function: Callable[..., Any],
        args: Sequence[Any],
        kwargs: dict[str, Any],
        sent: Sent | None = None,
        *,
        is_chunk: bool = False,
        title: str | None = None,
    ) -> Future:
        """Put a call on its way; of a chunk each argument is the list of arguments of one call.

        Parameters
        ----------
        title
            What the call is called, by default after its function.
        """
        if self.is_forked:
            raise RuntimeError("this process was forked from the one that the executor belongs to: make another one")
        sent = sent or self.describe(function)
        with self.changed:
            self._require_open()
            self._count += 1
            # Of several programs on one workflow only the first one counts without a mark of its own.
            mark = f"{self._tag}_" if self.is_attached else ""
            name = f"{safe_name(title or sent.title)}_{mark}{self._count}"
        encoded, arguments = encode_arguments(args, kwargs, lambda item: item.belongs_to(self), self._spill, name)
        future = Future(self, name, arguments)
        call = {"call": {"function": sent.name, "arguments": encoded, "is_chunk": is_chunk}}
        user_data: list[dict[str, Any]] = [{"name": f"{name}:call", "data": call}, {"name": future.output}]
        inputs = [sent.name, f"{name}:call", *(item.output for item in arguments)]
        job = {"name": name, "command": RUN_CALL, "input_user_data": inputs, "output_user_data": [future.output]}
        for item in arguments:
            item.is_argument = True
        with self.changed:
            self._require_open()
            if sent.name not in self._functions:
                self._functions.add(sent.name)
                user_data.insert(0, {"name": sent.name, "data": sent.data})
            self._register(future)
            self.sender.put(Call(future, user_data, job, getattr(function, "__torc_requirements__", None)))
        return future

    def _require_open(self) -> None:
        if self._closing:
            raise RuntimeError("cannot schedule new futures after shutdown")

    def describe(self, function: Callable[..., Any]) -> Sent:
        """Return the record of a function; those with names are looked at once."""
        try:
            known = self._named.get(function)
        except TypeError:
            known = None  # not hashable
        if known is not None:
            return known
        found = describe_function(function, self._tag, self._spill)
        self.versions.check(found.data["function"])
        if "name" in found.data["function"]:
            self._named[function] = found
        return found

    @property
    def futures(self) -> list[Future]:
        """The calls in the order of their submission, without those that have ended and that nobody holds."""
        return list(self._known.values())

    @property
    def left(self) -> int:
        """How many calls have not ended."""
        return len(self.unfinished)

    @property
    def is_over(self) -> bool:
        """Whether no more calls come and all have ended."""
        return self._closing and not self.unfinished

    @property
    def is_forked(self) -> bool:
        """Whether this process only has a copy of it: the threads, and perhaps a held lock, stayed with another."""
        return os.getpid() != self._pid

    def _spill(self, name: str) -> Path:
        return Path(paths.arguments_path(self.output_dir, f"wf{self.workflow_id}_{name}"))

    def _register(self, future: Future) -> None:
        self._known[future.name] = future
        self.unfinished.add(future)
        future.add_done_callback(self._done)

    def _done(self, future: Any) -> None:
        with self.changed:
            self.unfinished.discard(future)
            future.arguments = []
            self.changed.notify_all()

    def log_path(self, future: Future, kind: str) -> str | None:
        """Return the file that a call's output goes to."""
        if future.job_id is None:
            return None
        path = paths.stdout_path if kind == "o" else paths.stderr_path
        return path(self.output_dir, self.workflow_id, future.job_id, self.run_id, future.attempt_id)

    def close(self, *, cancel: bool = False) -> None:
        """Take no more calls; the threads end when the last one is done."""
        if self.is_forked:
            return
        with self.changed:
            self._closing = True
            pending = list(self.unfinished) if cancel else []
            self.changed.notify_all()
        self.cancel_all(pending)

    def cancel_all(self, futures: Iterable[Future]) -> None:
        """Cancel those calls that neither run nor have ended, and wait once for the server to know."""
        given_up = [] if self.is_forked else [future.give_up() for future in futures]
        if any(given_up):
            self.sender.flush(SERVER_HEARS_SECONDS)

    def end(self, futures: Iterable[Future]) -> None:
        """Cancel calls whatever they do; the processes of those that run end."""
        if self.is_forked:
            return
        for future in futures:
            if not future.give_up() and not future.done():
                self.sender.cancel(future)
        self.sender.flush(SERVER_HEARS_SECONDS)

    def is_own(self, thread: threading.Thread) -> bool:
        """Say whether it is one of the two threads, which must neither wait for each other nor end early."""
        return thread in (self.sender.thread, self.watcher.thread)

    def refuse_to_wait(self, future: Future) -> None:
        """Raise an error in a callback that waits for a call: outcomes come in the thread that it holds up."""
        if self.is_own(threading.current_thread()) and not future.done():
            raise RuntimeError(f"a callback cannot wait for {future.name}: add a callback to that future instead")

    def join(self, look: Callable[[], None] | None = None) -> None:
        """Wait for the end of the threads; ``look`` is called now and then meanwhile. A callback does not wait."""
        if self.is_own(threading.current_thread()):
            return
        for thread in (self.sender.thread, self.watcher.thread):
            while thread.is_alive():
                thread.join(_LOOK_SECONDS if look else None)
                if look:
                    look()


def attached(connection: Connection, workflow_id: int) -> Session:
    """Return the session of a workflow that an executor has made before.

    Raises
    ------
    InvalidInput
        When it is the workflow of no executor.
    """
    client = Client(background.find_or_start(connection.choice), connection.choice.reply_seconds)
    workflow = client.get_workflow(workflow_id)
    client.close()
    stored = (workflow.get("metadata") or {}).get("executor")
    if not isinstance(stored, dict):
        raise InvalidInput(
            f"workflow {workflow_id} is not the workflow of an executor", field="workflow_id", value=workflow_id
        )
    known = {name: value for name, value in stored.items() if name in Settings.__dataclass_fields__}
    return Session(connection, Settings(**known), workflow_id)


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
