"""Waiting for a workflow: the event stream says when to look, the status what there is to see."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from torc.client.stream import StreamedEvent, follow_events, newest_event_id
from torc.errors import InvalidInput, ServerUnreachable
from torc.workflow.progress import DELAY_SECONDS, Waiting, shorten, stopped_waiting
from torc.workflow.status import Status

if TYPE_CHECKING:
    from torc.workflow.stored import StoredWorkflow

_ENDS = frozenset({"job_completed", "job_failed", "job_canceled", "job_terminated", "job_pending_failed"})
#: After so long an event is worth a look at the counts.
_LOOK_SECONDS = 0.5


def statuses(
    workflow: StoredWorkflow, timeout: float | None = None, look_after: float | None = None
) -> Iterator[Status]:
    """Yield how the workflow is going, as it changes, until it is complete.

    Parameters
    ----------
    look_after
        After so many seconds the status comes once more, even when nothing has happened.

    Raises
    ------
    TimeoutError
        When it is not complete after ``timeout`` seconds; the work goes on.
    InvalidInput
        When nobody is there who will do the rest.
    """
    occasions = _occasions(workflow, timeout, look_after)
    next(occasions)
    while True:
        status = workflow.status
        yield status
        if status.is_complete:
            return
        _refuse_to_wait_for_ever(workflow, status)
        occasions.send(status)


def _occasions(
    workflow: StoredWorkflow, timeout: float | None, look_after: float | None
) -> Generator[None, Status, None]:
    """Yield whenever a look at the counts is worth while, and take what was seen then."""
    began = time.monotonic()
    client, number = workflow.connection.client, workflow.number
    seen = newest_event_id(client, number)
    status = yield
    while True:
        passed = time.monotonic() - began
        if timeout is not None and passed >= timeout:
            raise TimeoutError(f"workflow {number} is not complete after {timeout:g} seconds: {status!r}")
        ends = [end - passed for end in (timeout, look_after) if end is not None and end > passed]
        looked, left = time.monotonic(), status.left
        # A server that went away is looked for, where it may be now, by the next request.
        with suppress(ServerUnreachable):
            for event in follow_events(client, number, last_event_id=seen, seconds=min(ends, default=None)):
                seen = event.id or seen
                left -= _ended(event)
                if left <= 0 or _is_turn(event) or time.monotonic() - looked > _LOOK_SECONDS:
                    status = yield
                    looked, left = time.monotonic(), status.left
        status = yield


def wait(workflow: StoredWorkflow, timeout: float | None = None, *, quiet: bool = False) -> Status:
    """Return the last status when the workflow is complete; errors as with :func:`statuses`.

    What takes longer than a moment is shown, unless it is to be ``quiet``.
    """
    with Waiting(workflow, quiet=quiet) as waiting:
        for status in statuses(workflow, timeout, None if quiet else DELAY_SECONDS):
            waiting.look(status)
    return status


async def wait_in_thread(workflow: StoredWorkflow) -> Status:
    """Wait as :func:`wait` does, without holding up the event loop, which shows the progress."""
    loop = asyncio.get_running_loop()
    with Waiting(workflow) as waiting:

        def work() -> Status:
            for status in statuses(workflow, look_after=DELAY_SECONDS):
                if not loop.is_closed():
                    loop.call_soon_threadsafe(waiting.look, status)
            return status

        try:
            last: Status = await in_thread(work)
        except asyncio.CancelledError as interrupt:
            # A kernel's interrupt, if it is one, comes as what every task must let pass.
            shorten(interrupt, f"CancelledError: {stopped_waiting(workflow.number)}")
            raise
    return last


def _ended(event: StreamedEvent) -> int:
    if event.event in _ENDS:
        return 1
    if event.event == "jobs_canceled" and isinstance(event.data, dict):
        data = event.data.get("data", event.data)
        return len(data.get("job_ids") or ()) if isinstance(data, dict) else 0
    return 0


def _is_turn(event: StreamedEvent) -> bool:
    """Say whether an event is one after which everything may be different."""
    return event.event.startswith(("workflow_", "compute_node_", "jobs_reset"))


def _refuse_to_wait_for_ever(workflow: StoredWorkflow, status: Status) -> None:
    if status.is_complete or status.runners or status.expected_runners:
        return
    if workflow.launched is not None and workflow.launched.has_failed():
        raise workflow.launched.problem()
    raise InvalidInput(
        f"nobody runs workflow {workflow.number}: {status.left:,} of {status.total:,} jobs are left, "
        "and no runner is active", field="wait", hint="wf.run() starts one",
    )  # fmt: skip


async def in_thread(call: Callable[[], Any]) -> Any:
    """Return what a blocking call returns, without holding up the event loop or the end of the interpreter."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(value: Any, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)

    def work() -> None:
        value, problem = None, None
        try:
            value = call()
        except Exception as error:  # carried over to whoever awaits
            problem = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, value, problem)

    threading.Thread(target=work, name="torc-wait", daemon=True).start()
    return await future
