"""The future of a call that is a job."""

from __future__ import annotations

import concurrent.futures
import logging
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torc.views import html
from torc.views.display import Displayed
from torc.workflow.progress import stopped_waiting

if TYPE_CHECKING:
    from torc.executor.session import Session

logger = logging.getLogger("concurrent.futures")

#: For so long a cancellation waits for the server.
SERVER_HEARS_SECONDS = 5.0
#: Characters of a text that a snapshot holds.
_MOST_SHOWN = 10_000


class Future(concurrent.futures.Future[Any], Displayed):
    """What a call will return; works with everything that takes the futures of ``concurrent.futures``.

    As an argument of another call it stands for its result: that call begins when this one has completed.
    """

    def __init__(self, session: Session, name: str, arguments: list[Future] | None = None) -> None:
        super().__init__()
        self.name = name
        self.job_id: int | None = None  #: set once the server knows the call
        self.attempt_id = 1
        self.arguments = arguments or []
        self.is_argument = False
        self._is_begun = False
        self._session = session

    @property
    def output(self) -> str:
        """The name of the record that the result is kept in."""
        return f"{self.name}:result"

    def belongs_to(self, session: Session) -> bool:
        """Say whether it is a call of this session."""
        return self._session is session

    def result(self, timeout: float | None = None) -> Any:
        """Return what the call returned, or raise what it raised; an interrupt ends the waiting, not the work."""
        if timeout is None:
            self._session.refuse_to_wait(self)
        try:
            return super().result(timeout)
        except KeyboardInterrupt:
            raise stopped_waiting(self._session.workflow_id) from None
        finally:
            # The traceback of what is raised leads here, and must not keep the future.
            del self

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return what the call raised, none when it returned."""
        if timeout is None:
            self._session.refuse_to_wait(self)
        return super().exception(timeout)

    def add_done_callback(self, fn: Callable[[Any], object]) -> None:
        """Call ``fn`` with the future when it ends; whatever it raises, other calls go on."""

        session = self._session

        def call(future: Any) -> None:
            try:
                fn(future)
            except Exception:
                raise  # the base class logs it
            except BaseException:
                if not session.is_own(threading.current_thread()):
                    raise
                logger.exception("exception calling callback for %r", future)

        super().add_done_callback(call)

    def begin(self) -> bool:
        """Mark the call as running; false when it was canceled or has ended. Threads may do so at the same time."""
        with self._session.changed:
            if self._is_begun:
                return self.running()
            self._is_begun = True
            return self.set_running_or_notify_cancel()

    def cancel(self) -> bool:
        """Cancel the call unless it runs or has ended; what waits for it is canceled, too.

        Returns when the server knows, so that no worker takes up the call after that; when the server is away, the
        call is canceled as soon as it is back. A callback does not wait for the server.
        """
        if self.cancelled():
            return True
        if not self.give_up():
            return False
        self._session.sender.flush(SERVER_HEARS_SECONDS)
        return True

    def give_up(self) -> bool:
        """Cancel the call unless it runs or has ended, without waiting for the server."""
        sender = self._session.sender
        with sender.held_open():
            try:
                return super().cancel()
            finally:
                # Also when a callback has raised what is no Exception.
                if self.cancelled():
                    self.begin()
                    sender.cancel(self)

    def __await__(self) -> Generator[Any, None, Any]:
        from asyncio import wrap_future

        return wrap_future(self).__await__()

    def stdout(self) -> str:
        """Return what the call has printed so far."""
        return self._log("o")

    def stderr(self) -> str:
        """Return what the call has written to standard error so far."""
        return self._log("e")

    def _log(self, kind: str) -> str:
        path = self._session.log_path(self, kind)
        try:
            return Path(path).read_text(encoding="utf-8", errors="replace") if path else ""
        except FileNotFoundError:
            return ""

    def __repr__(self) -> str:
        return f"<Future {self.name} ({self._place()}): {self._state_in_words()}>"

    def _place(self) -> str:
        return f"job {self.job_id}" if self.job_id is not None else "not sent yet"

    def _state_in_words(self) -> str:
        if self.cancelled():
            return "canceled"
        if not self.done():
            return "running" if self.running() else "waiting"
        error = self.exception()
        return "done" if error is None else f"raised {type(error).__name__}"

    def _html(self) -> str:
        error = self.exception() if self.done() and not self.cancelled() else None
        printed = self.stdout()
        return html.document(
            html.title(self.name, f"{self._place()}: {self._state_in_words()}"),
            html.preformatted(str(error)[:_MOST_SHOWN]) if error else "",
            html.details("Traceback in the worker", html.preformatted(str(error.__cause__).strip()[-_MOST_SHOWN:]))
            if error and error.__cause__
            else "",
            html.details("Output", html.preformatted(printed[-_MOST_SHOWN:])) if printed else "",
        )
