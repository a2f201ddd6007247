"""``torc.Executor``: calls that are jobs, behind the interface of ``concurrent.futures``."""

from __future__ import annotations

import atexit
import concurrent.futures
import itertools
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from torc.amounts import DEFAULT_MEMORY, DEFAULT_RUNTIME
from torc.errors import InvalidInput
from torc.executor.culprit import SUBMIT_OUTSIDE
from torc.executor.future import Future
from torc.executor.perform import is_in_call
from torc.executor.session import Session, Settings, attached
from torc.views import html
from torc.views.display import Displayed
from torc.workflow.progress import Waiting, stopped_waiting

if TYPE_CHECKING:
    from torc.views.live import View
    from torc.workflow.connection import Connection
    from torc.workflow.stored import StoredWorkflow

#: The end of a program waits so long for a server to take its calls.
_FLUSH_SECONDS = 30.0
#: While a result is waited for, there is a look at the progress so often.
_LOOK_SECONDS = 0.5
_sessions: weakref.WeakSet[Session] = weakref.WeakSet()


class Executor(concurrent.futures.Executor, Displayed):
    """Calls functions in jobs that outlive this program.

    Each call is a job of one workflow, with a result, log files and figures of its own, made by a warm worker process.
    Nothing is started before the first call.

    Parameters
    ----------
    cpus, memory, runtime, gpus
        What each call needs, as in a specification: ``memory="4g"``, ``runtime="1h"``.
    where
        ``"local"``: on this machine.
    max_workers
        Calls at a time; by default as many as fit the machine.
    name
        The workflow's name.
    output_dir
        Where logs and large values go.
    retries
        How often a call is made again when its worker was lost.
    connection
        The server; by default the present one, see :func:`torc.connect`.
    quiet
        Show no progress bar while results, or the end of all calls, are waited for.

    Examples
    --------
    >>> with torc.Executor(cpus=1) as executor:
    ...     list(executor.map(pow, [1, 2, 3], [2, 2, 2]))
    [1, 4, 9]
    """

    def __init__(
        self,
        cpus: int = 1,
        memory: str = DEFAULT_MEMORY,
        runtime: str = DEFAULT_RUNTIME,
        gpus: int = 0,
        where: str = "local",
        max_workers: int | None = None,
        name: str = "executor",
        *,
        output_dir: str = "output",
        retries: int = 0,
        connection: Connection | None = None,
        quiet: bool = False,
    ) -> None:
        if where != "local":
            hint = "'local' is the only choice: calls run on this machine"
            raise InvalidInput(f"where={where!r} is not known", field="where", value=where, hint=hint)
        for field, value, least in (("cpus", cpus, 1), ("gpus", gpus, 0), ("retries", retries, 0)):
            check_count(field, value, least)
        if max_workers is not None:
            check_count("max_workers", max_workers, 1)
        check_amounts(memory, runtime)
        self._settings = Settings(name, cpus, memory, runtime, gpus, max_workers, output_dir, retries)
        self._connection = connection
        self._quiet = quiet
        self._session: Session | None = None
        self._lock = threading.Lock()
        self._is_shut_down = False

    @classmethod
    def attach(cls, workflow_id: int, *, connection: Connection | None = None) -> Self:
        """Return the executor of an earlier program; its calls are in :attr:`futures`, more can be submitted.

        Raises
        ------
        NotFound, InvalidInput
            When there is no such workflow, or it is not that of an executor.
        """
        connection = connection or _current()
        executor = cls(connection=connection)
        executor._session = attached(connection, workflow_id)
        executor._settings = executor._session.settings
        executor._keep(executor._session)
        return executor

    @property
    def workflow_id(self) -> int:
        """The id of the workflow that the calls are jobs of."""
        return self._opened().workflow_id

    @property
    def max_workers(self) -> int:
        """How many calls run at a time: as many as were asked for, else as many as fit this machine."""
        from torc.executor.room import most_calls

        return self._settings.max_workers or most_calls(self._settings.requirements())

    @property
    def futures(self) -> list[Future]:
        """The calls in the order of their submission: those that have not ended, and those that somebody holds."""
        return self._session.futures if self._session else []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """Call ``fn(*args, **kwargs)`` in a job and return its future.

        A future of this executor among the arguments, also inside lists and the like, stands for its result.

        Raises
        ------
        CannotTravel
            Naming the argument, or what the function captures, that cannot be sent.
        InvalidInput
            Naming the amount that a call needs and that this machine does not have.
        """
        return self._submit(fn, args, kwargs)

    def _submit(
        self, fn: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], title: str | None = None
    ) -> Future:
        self._check_room(fn)
        return self._opened().submit(fn, args, kwargs, title=title)

    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[Any]:
        """Return an iterator over the results of ``fn`` for each set of arguments, in their order.

        Parameters
        ----------
        timeout
            Seconds from now after which waiting for the next result raises ``TimeoutError``.
        chunksize
            So many calls in one job, with one log and one set of figures. Calls travel together as it is; this pays
            when each takes less than some milliseconds. An exception takes the place of all results of its chunk.
        buffersize
            At most so many jobs are under way before their results have been taken; for inputs without end.
        """
        for field, value in (("chunksize", chunksize), ("buffersize", 1 if buffersize is None else buffersize)):
            if not isinstance(value, int):
                raise TypeError(f"{field} must be an integer, not {type(value).__name__}")
            if value < 1:
                raise ValueError(f"{field} must be >= 1")
        deadline = None if timeout is None else time.monotonic() + timeout
        self._check_room(fn)
        session = self._opened()
        sent = session.describe(fn)
        inputs: Iterator[Any] = zip(*iterables, strict=False)
        in_chunks = chunksize > 1
        if in_chunks:
            inputs = _chunks(inputs, chunksize)
        # What is still to be submitted holds the executor: nobody else may.
        more = (self._opened().submit(fn, args, {}, sent, is_chunk=in_chunks) for args in inputs)
        begun = deque(itertools.islice(more, buffersize))
        results = _results(session, begun, more, deadline, self._waiting())
        return _each(results) if in_chunks else results

    def end(self, futures: Iterable[Future]) -> None:
        """Cancel calls, also those that run: their processes end."""
        if self._session is not None:
            self._session.end(futures)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls.

        Parameters
        ----------
        wait
            Return when all calls have ended and their runner has left; a callback of a future returns at once.
        cancel_futures
            Cancel the calls that do not run yet.
        """
        with self._lock:
            self._is_shut_down = True
            session = self._session
        if session is None:
            return
        session.close(cancel=cancel_futures)
        if not wait:
            return
        try:
            with self._waiting() as waiting:
                session.join(waiting.look)
        except KeyboardInterrupt:
            raise stopped_waiting(session.workflow_id) from None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # An interrupt ends the waiting, never the work.
        self.shutdown(wait=not isinstance(error, KeyboardInterrupt))

    def _check_room(self, fn: Callable[..., Any]) -> None:
        if self._session is not None and self._session.is_attached:
            return  # the runner may be one of another machine
        from torc.executor.room import check_room

        settings = self._settings
        most_cpus = settings.max_workers * settings.cpus if settings.max_workers else None
        check_room(getattr(fn, "__torc_requirements__", None) or settings.requirements(), most_cpus)

    def _opened(self) -> Session:
        with self._lock:
            if self._is_shut_down:
                raise RuntimeError("cannot schedule new futures after shutdown")
            if self._session is None:
                if self._connection is None and is_in_call():
                    raise InvalidInput("a call cannot submit calls itself", hint=SUBMIT_OUTSIDE)
                self._session = Session(self._connection or _current(), self._settings)
                self._keep(self._session)
            return self._session

    def _keep(self, session: Session) -> None:
        _sessions.add(session)
        weakref.finalize(self, session.close)

    def __repr__(self) -> str:
        if self._session is None:
            return f"<Executor {self._settings.name}: no call yet>"
        place = f"workflow {self._session.workflow_id}"
        return f"<Executor {self._settings.name} ({place}): {self._session.left} calls left>"

    def _html(self) -> str:
        workflow = self._workflow()
        return workflow._html() if workflow else html.document(html.title(self._settings.name, "no call yet"))

    def _live(self) -> View | None:
        workflow = self._workflow()
        return workflow._live() if workflow else None

    def _waiting(self) -> Waiting:
        """Return what shows the progress of a wait; only a cell itself, and no thread of its, has a place for it."""
        workflow = self._workflow()
        assert workflow is not None
        is_cell = threading.current_thread() is threading.main_thread()
        return Waiting(workflow, quiet=self._quiet or not is_cell)

    def _workflow(self) -> StoredWorkflow | None:
        """Return the workflow that the calls are jobs of, once there is one."""
        if self._session is None:
            return None
        from torc.workflow.stored import StoredWorkflow

        return StoredWorkflow(self._session.workflow_id, self._settings.name, self._connection or _current())


def _chunks(inputs: Iterator[tuple[Any, ...]], size: int) -> Iterator[list[list[Any]]]:
    return iter(lambda: [list(args) for args in itertools.islice(inputs, size)], [])


def _each(chunks: Iterator[list[Any]]) -> Iterator[Any]:
    for chunk in chunks:
        chunk.reverse()
        while chunk:
            yield chunk.pop()  # nothing here may hold on to it


def _results(
    session: Session, begun: deque[Future], more: Iterator[Future], deadline: float | None, waiting: Waiting
) -> Iterator[Any]:
    with waiting:
        try:
            while begun:
                following = next(more, None)
                if following is not None:
                    begun.append(following)
                # Nothing here may hold on to what is yielded.
                yield _result(begun.popleft(), deadline, waiting)
                following = None
        except KeyboardInterrupt:
            begun.clear()
            raise stopped_waiting(session.workflow_id) from None
        finally:
            session.cancel_all(begun)


def _result(future: Future, deadline: float | None, waiting: Waiting) -> Any:
    while not future.done():
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        concurrent.futures.wait([future], _LOOK_SECONDS if left is None else min(left, _LOOK_SECONDS))
        if left == 0.0:
            break
        waiting.look()
    try:
        return future.result(0)
    except concurrent.futures.TimeoutError:
        if not future.done():
            future.cancel()
        raise


def check_count(field: str, value: Any, least: int) -> None:
    """Refuse what is no whole number from ``least`` on."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise InvalidInput(f"{field} is {value!r}", field=field, value=value, hint=f"give a whole number from {least}")


def check_amounts(memory: str, runtime: str) -> None:
    """Refuse sizes and times that cannot be read."""
    from torc.units import parse_duration, parse_memory

    for field, value, example in (("memory", memory, "4g"), ("runtime", runtime, "1h")):
        if not isinstance(value, str):
            hint = f"write for example {field}='{example}'"
            raise InvalidInput(f"{field} is {value!r}, not a text", field=field, value=value, hint=hint)
    parse_memory(memory, field="memory")
    parse_duration(runtime, field="runtime")


def _current() -> Connection:
    from torc.workflow.connection import current

    return current()


@atexit.register
def _flush() -> None:
    """Before the program ends, the server gets every call that was submitted; nobody waits for their ends."""
    for session in list(_sessions):
        if not session.is_forked:
            session.sender.flush(_FLUSH_SECONDS)
