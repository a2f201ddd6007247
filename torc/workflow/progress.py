"""How far a workflow is: an object that displays as a bar, and what is shown while something waits for it."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from torc.errors import TorcError
from torc.views.display import Displayed
from torc.views.live import View, current_cell, front_end
from torc.views.workflow import progress_html, progress_line, unlucky_text
from torc.workflow.live import live_view
from torc.workflow.status import Status

if TYPE_CHECKING:
    from torc.workflow.stored import StoredWorkflow

#: Waits that are over sooner show nothing.
DELAY_SECONDS = 2.0
#: A display that this process keeps up to date changes no more often.
_TURN_SECONDS = 1.0


def stopped_waiting(workflow_id: int) -> KeyboardInterrupt:
    """Return what to raise when an interrupt has ended a wait: short, and it says how to come back."""
    error = KeyboardInterrupt(f"stopped waiting; the work goes on, torc.attach({workflow_id}) leads back to it")
    shorten(error, f"KeyboardInterrupt: {error}")
    return error


def shorten(error: BaseException, line: str) -> None:
    """Let IPython show one line instead of a traceback."""
    error._render_traceback_ = lambda: [line]  # type: ignore[attr-defined]


class Progress(Displayed):
    """How far a workflow is, as a bar that goes on where the front end can show it."""

    def __init__(self, workflow: StoredWorkflow, status: Status | None = None) -> None:
        self.workflow = workflow
        self.status = status or workflow.status

    def __repr__(self) -> str:
        return progress_line(self.workflow.name, self.workflow.number, self.status.to_dict())

    def _html(self) -> str:
        return progress_html(self.workflow.name, self.workflow.number, self.status.to_dict())

    def _live(self) -> View | None:
        return live_view(self.workflow, "progress")


class Indicator(Protocol):
    """Something that shows statuses one after the other."""

    def update(self, status: Status) -> None:
        """Show a later status."""

    def close(self, status: Status) -> None:
        """Show the last status and leave it there."""


class Waiting:
    """Shows how far a workflow is while the ``with`` block waits, from two seconds on, and at last how far it came."""

    def __init__(self, workflow: StoredWorkflow, *, quiet: bool = False) -> None:
        self._workflow = workflow
        self._due = None if quiet else time.monotonic() + DELAY_SECONDS
        self._indicator: Indicator | None = None
        self._last: Status | None = None

    def look(self, status: Status | None = None) -> None:
        """Show the status if it is time to; call this now and then."""
        self._last = status or self._last
        if self._due is None or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + _TURN_SECONDS
        status = status or self._workflow.status
        self._last = status
        if self._indicator is None and not status.is_complete:
            self._indicator = _indicator(self._workflow, status)
        # An interrupt may come as soon as something is shown: from then on it is known here.
        if self._indicator is not None:
            self._indicator.update(status)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._due = None
        if self._indicator is not None and self._last is not None:
            self._indicator.close(self._newest(self._last))

    def _newest(self, known: Status) -> Status:
        try:
            return self._workflow.status
        except TorcError:
            # The snapshot says of when it is.
            return known


def _indicator(workflow: StoredWorkflow, status: Status) -> Indicator | None:
    shown_by = front_end()
    if shown_by is not None:
        return _Display(workflow, is_live=shown_by == "page")
    return _Bar.begin(status) if sys.stderr.isatty() else None


class _Display:
    """A display in a notebook: the page keeps it up to date, or this process does."""

    def __init__(self, workflow: StoredWorkflow, *, is_live: bool) -> None:
        from torc.kernel_ext.display import Shown

        self._workflow = workflow
        self._is_live = is_live
        self._shown = Shown()
        workflow.shown_in = current_cell()

    def _bundle(self, status: Status) -> dict[str, Any]:
        made: dict[str, Any] = Progress(self._workflow, status)._repr_mimebundle_()
        return made

    def update(self, status: Status) -> None:
        if not (self._is_live and self._shown.has_begun):
            self._shown.show(self._bundle(status))

    def close(self, status: Status) -> None:
        self._shown.show(self._bundle(status))


class _Bar:
    """A bar on a terminal."""

    @classmethod
    def begin(cls, status: Status) -> _Bar | None:
        """Return a bar, or only say what is waited for where tqdm is not installed."""
        try:
            from tqdm.auto import tqdm  # type: ignore[import-untyped]
        except ImportError:
            print(f"waiting for workflow {status.workflow_id}: {status!r}", file=sys.stderr)
            return None
        return cls(tqdm(total=status.total, initial=status.done, desc=status.name, unit="job"), status)

    def __init__(self, bar: Any, status: Status) -> None:
        self._bar = bar
        self.update(status)

    def update(self, status: Status) -> None:
        self._bar.total = status.total
        self._bar.set_postfix_str(unlucky_text(status.to_dict()), refresh=False)
        self._bar.update(status.done - self._bar.n)
        self._bar.refresh()

    def close(self, status: Status) -> None:
        self.update(status)
        self._bar.close()
