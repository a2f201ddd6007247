"""The calls on their way out: a thread that sends what has gathered while it sent the last."""

from __future__ import annotations

import sys
import threading
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torc.errors import TorcError
from torc.executor import outcomes
from torc.executor.future import Future

if TYPE_CHECKING:
    from torc.executor.session import Session

#: Calls that one request carries at most.
LARGEST_BATCH = 1000


@dataclass(slots=True)
class Mark:
    """A place in the queue of calls."""

    is_passed: bool = False


@dataclass(slots=True)
class Call:
    """A call that is to be sent."""

    future: Future
    user_data: list[dict[str, Any]]
    job: dict[str, Any]
    requirements: dict[str, Any] | None


class Sender:
    """Sends calls and cancellations of a session."""

    def __init__(self, session: Session) -> None:
        self.is_sending = False
        self._session = session
        self._changed = session.changed
        self._calls: deque[Call | Mark] = deque()
        self._cancels: deque[Future] = deque()
        self._holders = 0
        self._requirements: dict[str, int] = {}
        self.thread = threading.Thread(target=self._run, name="torc-calls", daemon=True)

    def put(self, call: Call) -> None:
        """Take a call; the session's lock is held."""
        self._calls.append(call)
        if not self.is_sending:
            self._changed.notify_all()

    def cancel(self, future: Future) -> None:
        """Have the server cancel a call that this program has given up."""
        with self._changed:
            self._cancels.append(future)
            self._changed.notify_all()

    def flush(self, seconds: float) -> None:
        """Wait, within a bound, until the server has heard of every call and every cancellation up to now."""
        if self._session.is_own(threading.current_thread()) or sys.is_finalizing():
            return  # a callback, or no thread that could send
        mark = Mark()
        with self._changed:
            if self._has_work():
                self._calls.append(mark)
                self._changed.notify_all()
                self._changed.wait_for(lambda: mark.is_passed or not self.thread.is_alive(), seconds)

    @contextmanager
    def held_open(self) -> Iterator[None]:
        """Keep the thread from ending meanwhile, although no call may be left."""
        with self._changed:
            self._holders += 1
        try:
            yield
        finally:
            with self._changed:
                self._holders -= 1
                self._changed.notify_all()

    def _run(self) -> None:
        while self._await_work():
            passed = self._send()
            with self._changed:
                self.is_sending = False
                for mark in passed:
                    mark.is_passed = True
                self._changed.notify_all()
        self._session.client.close()

    def _await_work(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._has_work() or (self._session.is_over and not self._holders))
            self.is_sending = self._has_work()
            return self.is_sending

    def _has_work(self) -> bool:
        return bool(self._calls or self._cancels or self.is_sending)

    def _send(self) -> list[Mark]:
        """Send calls and cancellations; return the marks that were among them."""
        with self._changed:
            taken = [self._calls.popleft() for _ in range(min(len(self._calls), LARGEST_BATCH))]
            cancels = list(self._cancels)
            self._cancels.clear()
        # What others wait for must be there, also when it was canceled meanwhile.
        calls = [item for item in taken if isinstance(item, Call)]
        batch = [call for call in calls if call.future.is_argument or not call.future.cancelled()]
        if batch:
            self._send_batch(batch)
        given_up = dict.fromkeys(cancels + [call.future for call in batch if call.future.cancelled()])
        for future in given_up:
            self._send_cancel(future)
        return [item for item in taken if isinstance(item, Mark)]

    def _send_batch(self, batch: list[Call]) -> None:
        session = self._session
        try:
            for call in batch:
                if call.requirements:
                    call.job["resource_requirements_id"] = self._requirement(call.requirements)
            body = {
                "request_id": uuid.uuid4().hex,
                "user_data": [record for call in batch for record in call.user_data],
                "jobs": [call.job for call in batch],
            }
            ids = session.client.add_jobs(session.workflow_id, body=body)["job_ids"]
        except Exception as error:  # nobody may wait for ever
            session.forget_functions()
            for call in batch:
                outcomes.fail(call.future, error)
            return
        session.watcher.expect([call.future for call in batch], ids)

    def _requirement(self, wanted: dict[str, Any]) -> int:
        key = repr(sorted(wanted.items()))
        if key not in self._requirements:
            session = self._session
            record = {"name": f"calls_{uuid.uuid4().hex[:6]}", "workflow_id": session.workflow_id, **wanted}
            self._requirements[key] = int(session.client.create_resource_requirements(body=record)["id"])
        return self._requirements[key]

    def _send_cancel(self, future: Future) -> None:
        if future.job_id is None:
            return
        try:
            self._session.client.manage_status_change(future.job_id, "canceled", self._session.run_id)
        except TorcError:
            return  # it has ended by itself
