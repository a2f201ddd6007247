"""The outcomes on their way back: a thread that waits for news, and sees to it that a runner is there."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from torc.errors import TorcError
from torc.executor import outcomes
from torc.executor.errors import CallLost
from torc.executor.future import Future

if TYPE_CHECKING:
    from torc.executor.session import Session

logger = logging.getLogger(__name__)

_POLL_SECONDS = 2.0


class Watcher:
    """Ends the futures of a session as their jobs end."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._changed = session.changed
        self._by_job: WeakValueDictionary[int, Future] = WeakValueDictionary()
        self._early: dict[int, dict[str, Any]] = {}
        self.thread = threading.Thread(target=self._run, name="torc-outcomes", daemon=True)

    def expect(self, futures: list[Future], job_ids: list[int]) -> None:
        """Take futures whose jobs the server has now; some may have ended already."""
        with self._changed:
            for future, job_id in zip(futures, job_ids, strict=True):
                future.job_id = job_id
                self._by_job[job_id] = future
            early = [self._early[job_id] for job_id in job_ids if job_id in self._early]
            self._early.clear()
            self._changed.notify_all()
        for outcome in early:
            self._settle(outcome)
        self._ensure_runner()

    def _run(self) -> None:
        try:
            self._watch()
        except BaseException as error:  # nobody may wait for ever, whatever a callback does
            self._give_up(f"{type(error).__name__}: {error}")
            raise
        self._session.runner.stop()
        self._session.client.close()

    def _watch(self) -> None:
        session, after = self._session, 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: session.left or session.is_over)
                if session.is_over:
                    return
            try:
                reply = session.client.get_outcomes(session.workflow_id, after=after, wait_seconds=_POLL_SECONDS)
            except TorcError as error:
                self._give_up(f"{error}; the work may go on: attach to workflow {session.workflow_id} later")
                continue
            after = reply["last"]
            for outcome in reply["outcomes"]:
                self._settle(outcome)
            self._ensure_runner()

    def _settle(self, outcome: dict[str, Any]) -> None:
        session = self._session
        with self._changed:
            future = self._by_job.get(outcome["job_id"])
            if future is None:
                # Perhaps the reply that says whose job it is comes later.
                if session.sender.is_sending:
                    self._early[outcome["job_id"]] = outcome
                return
        future.attempt_id = outcome["attempt_id"]
        if outcome["status"] in ("completed", "failed"):
            session.runner.has_worked()
            self._warn(outcomes.version_differences(outcome))
        retries = session.settings.retries
        if not (outcomes.is_lost(outcome) and outcome["attempt_id"] <= retries and self._retried(future, retries)):
            outcomes.settle(future, outcome)

    def _warn(self, differences: dict[str, tuple[str, str | None]]) -> None:
        try:
            self._session.versions.warn(differences)
        except Warning as warning:  # where the program makes errors of them
            logger.warning("%s", warning)

    def _retried(self, future: Future, retries: int) -> bool:
        try:
            self._session.client.retry_job(future.job_id, self._session.run_id, max_retries=retries + 1)
        except TorcError:
            return False
        return True

    def _ensure_runner(self) -> None:
        session = self._session
        if session.runner.is_running() or session.has_other_runner():
            return
        with self._changed:
            wanted = any(future.job_id is not None for future in session.unfinished)
            problem = session.runner.ensure() if wanted else None
        if problem is not None:
            self._give_up(problem)

    def _give_up(self, reason: str) -> None:
        with self._changed:
            lost = list(self._session.unfinished)
        for future in lost:
            outcomes.fail(future, CallLost(f"{future.name}: {reason}"))
