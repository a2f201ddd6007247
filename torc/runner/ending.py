"""How a runner comes to its end: reasons, the ladder of signals, the last words, and always within a bound."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING, Any

from torc.errors import Conflict, TorcError
from torc.runner import actions, results
from torc.runner.held import Held
from torc.runner.options import EndReason, Outcome

if TYPE_CHECKING:
    from torc.runner.loop import Runner

#: A process that SIGKILL does not end within this time is reported and left.
KILL_BOUND = 10.0
#: After a signal the runner tries this long to deliver its last reports: a little longer than one patient request.
LAST_WORDS = 6.0
FAREWELL = 5.0
#: Where a machine shuts down, the server ends with the runner: once it is missed, all that is left takes so long.
MISSED = 1.0
_NEVER = float("inf")


class Ending:
    """Watches for reasons to end, and then carries the end out step by step."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.begun = False
        self.finished = False
        self.reason: EndReason = "error"
        self.message = ""
        self.exit_code: int | None = None
        self.fenced = False
        workflow, options = runner.workflow, runner.options
        self._signals = 0
        self._kill_at = _NEVER
        self._stuck_at = _NEVER
        self._give_up_at = _NEVER
        self._farewell_at = _NEVER
        self._over_at: float | None = None
        self._server_missed = False
        self._stage = 0
        self._counts: dict[str, int] = {}
        self._wait_for_jobs = (
            options.wait_for_new_jobs
            if options.wait_for_new_jobs is not None
            else float(workflow.get("compute_node_wait_for_new_jobs_seconds") or 0)
        )
        minutes = workflow.get("compute_node_wait_for_healthy_database_minutes")
        self._wait_for_server = (
            options.wait_for_server
            if options.wait_for_server is not None
            else 60.0 * (20 if minutes is None else minutes)
        )
        self.stays = bool(workflow.get("compute_node_ignore_workflow_completion"))
        self._end_at, self._stop_jobs_at = _NEVER, _NEVER
        if options.time_limit is not None:
            buffer = float(workflow.get("compute_node_expiration_buffer_seconds") or 0)
            self._end_at = runner.started_at + options.time_limit
            # A short limit is not used up by the buffer.
            self._stop_jobs_at = self._end_at - min(buffer, 0.1 * options.time_limit)
        self._least_time = float(workflow.get("compute_node_min_time_for_new_jobs_seconds") or 0)
        lease = options.lease_seconds
        self._fence_after = lease - min(10.0, lease / 4) if lease else _NEVER

    @property
    def patience_with_server(self) -> float:
        """Seconds without a server after which the runner leaves."""
        return self._wait_for_server

    def time_left(self, now: float) -> float | None:
        """Return the seconds that jobs may still run for; none without a limit."""
        return None if self._end_at == _NEVER else max(0.0, self._stop_jobs_at - now)

    def time_to_claim(self, now: float) -> bool:
        """Say whether enough time is left for new jobs."""
        left = self.time_left(now)
        if left is None:
            return True
        # With resources the server compares run times; without, a fixed minimum holds (never all of a short limit).
        if self.runner.options.max_parallel_jobs:
            return left >= min(self._least_time, 0.5 * (self.runner.options.time_limit or 0))
        return left > 0

    def due(self, now: float) -> float:
        """Return when the loop should look again, at the latest."""
        if self.begun:
            due = min(self._kill_at, self._stuck_at, self._give_up_at, self._farewell_at)
            if self.reason == "signal":
                due = min(due, self.runner.actions.asking_since + LAST_WORDS)
            return max(due, now + 0.02)
        due = self._stop_jobs_at
        if self.runner.jobs.held and not self.fenced:
            due = min(due, self.runner.talk.contact.last + self._fence_after)
        if not self.runner.jobs.held:
            due = min(due, self.runner.talk.idle_since + self._wait_for_jobs)
        lost = self.runner.talk.contact.lost_since
        if lost is not None:
            due = min(due, lost + self._wait_for_server)
        return max(due, now + 0.01)

    def consider(self, reply: dict[str, Any], now: float) -> None:
        """Look for reasons to leave in a reply."""
        self.fenced = False
        runner = self.runner
        if self.begun:
            if runner.jobs.waiting:
                runner.talk.report.release(runner.jobs.hand_back())
            return
        busy = bool(runner.jobs.held or runner.talk.report.completions or runner.checks or runner.talk.quick.busy)
        if reply["is_canceled"]:
            self.begin("canceled", "the workflow is canceled", 1, ("canceled", "the workflow is canceled"), grace=0.0)
        elif reply["is_complete"] and not busy and not self.stays:
            self.begin("complete", "", None)
        elif reply["unfit"] and not busy and not reply["active_jobs"]:
            unfit = reply["unfit"]
            self.begin("unfit", f"job {unfit['job_id']} '{unfit['job_name']}' can never run here: {unfit['lacks']}", 1)

    def check_time(self, now: float) -> None:
        """Look for reasons to leave on the clock."""
        if self.begun:
            return
        runner = self.runner
        busy = bool(runner.jobs.held or runner.talk.report or runner.checks or runner.acting)
        if now >= self._stop_jobs_at:
            self.begin("time_limit", "the time limit is reached", None, ("terminated", "the runner's time is over"))
        elif not busy and self._idle(now):
            self.begin("idle", f"no job came for {self._wait_for_jobs:g} s", None)
        lost = runner.talk.contact.lost_since
        if lost is not None:
            runner.talk.save()
            if not runner.jobs.held and now - lost > self._wait_for_server:
                trouble = runner.talk.contact.trouble
                self.begin("server", f"no contact with the server for {now - lost:.0f} s: {trouble}", 4)
                self._give_up_at = now

    def _idle(self, now: float) -> bool:
        talk = self.runner.talk
        if talk.complete and not self.stays:
            return False
        return talk.contact.lost_since is None and now - talk.idle_since > self._wait_for_jobs

    def check_fence(self, now: float) -> None:
        """End the jobs when the lease may lapse soon: after that, the server may give them to others."""
        runner = self.runner
        silent = now - runner.talk.contact.last
        if self.fenced or silent < self._fence_after or not runner.jobs.held:
            return
        self.fenced = True
        reason = f"ended by its runner: no contact with the server for {silent:.1f} s"
        runner.say("error", f"no contact with the server for {silent:.1f} s: ending {runner.jobs.ledger.running} jobs")
        runner.talk.report.release(runner.jobs.hand_back())
        for held in list(runner.jobs.held.values()):
            runner.jobs.end(held, ("failed", reason))

    def lease_lapsed(self, error: Conflict, keys: list[int]) -> None:
        """The server has given this runner up: end what runs, forget it, and register anew."""
        runner = self.runner
        if self._stage >= 2:
            return
        runner.say("error", f"{error.message}; registering again")
        keys = keys + [key for key, _ in runner.talk.report.completions]
        runner.talk.report = type(runner.talk.report)()
        runner.keeper.send("ack", keys)
        runner.outbox.clear()
        for held in list(runner.jobs.held.values()):
            held.forgotten = True
            runner.jobs.end(held, ("failed", "the lease has lapsed"))
        if not self.begun:
            runner.register_again()

    def fatal(self, error: BaseException, keys: list[int]) -> None:
        """The server refuses this runner altogether."""
        if not isinstance(error, TorcError):
            raise error
        runner = self.runner
        runner.talk.report = type(runner.talk.report)()
        runner.keeper.send("ack", keys)
        self.begin("error", f"the server refused an exchange: {error}", error.exit_code, ("terminated", "refused"), 0.0)
        self._stage = 2

    def guardian_gone(self, message: str) -> None:
        """Without its guardian the runner cannot reap: end what is known to run and leave."""
        runner = self.runner
        runner.say("error", f"{message}; ending its jobs")
        now = time.monotonic()
        for held in runner.jobs.forget_all():
            if held.pid is not None and belongs_to(held.pid, held.job):
                with contextlib.suppress(OSError):
                    os.killpg(held.pid, signal.SIGKILL)
            if not held.forgotten:
                self._report_lost(held, "the guardian process of the runner ended", now)
        self.begin("error", message, 1)

    def _report_lost(self, held: Held, reason: str, now: float) -> None:
        wall = time.time()
        duration = 0.0 if held.started is None else now - held.started
        exit_ = (held.key, 0, 0, 0.0, wall - duration, duration, None, (False, reason))
        entry = results.completion(held.job, exit_, compute_node_id=self.runner.node_id, imposed=held.imposed)
        self.runner.talk.report.complete(held.key, entry, now)

    def on_signal(self, number: int) -> None:
        """Stop cleanly at the first signal, at once at the second."""
        self._signals += 1
        runner = self.runner
        name = signal.Signals(number).name
        if self._signals == 1:
            imposed = ("terminated", f"the runner was stopped by {name}")
            self.begin("signal", f"stopped by {name}", 128 + number, imposed)
            return
        self.exit_code = 128 + number
        self.reason = "signal"
        runner.actions.abort()
        now = time.monotonic()
        self._kill_at = min(self._kill_at, now)
        self._give_up_at = min(self._give_up_at, now + 2.0)
        self._stage = max(self._stage, 1)

    def begin(
        self,
        reason: EndReason,
        message: str,
        exit_code: int | None,
        imposed: tuple[str, str] = ("terminated", "the runner left"),
        grace: float | None = None,
    ) -> None:
        """Start to leave: hand back what has not started, end what runs."""
        if self.begun:
            return
        self.begun, self.reason, self.message, self.exit_code = True, reason, message, exit_code
        runner, now = self.runner, time.monotonic()
        runner.log.write("info", f"leaving: {reason} {message}".rstrip())
        runner.talk.report.release(runner.jobs.hand_back())
        grace = runner.options.grace_seconds if grace is None else grace
        if reason == "time_limit":
            grace = min(grace, max(0.0, self._end_at - now))
        for held in list(runner.jobs.held.values()):
            soft = bool(held.job.get("supports_termination")) and grace > 0
            runner.jobs.end(held, imposed, signal.SIGTERM if soft else signal.SIGKILL)
        self._kill_at = now + grace
        self._stuck_at = now + grace + KILL_BOUND
        self._give_up_at = self._stuck_at + (LAST_WORDS if reason == "signal" else self._wait_for_server)
        if reason == "signal":
            # An action that runs now would hold up the end.
            runner.actions_wanted = False
            runner.actions.interrupt()

    def advance(self, now: float) -> None:
        """Take the next steps that are possible."""
        runner = self.runner
        if runner.jobs.held:
            self._climb(now)
            if runner.jobs.held:
                return
        if runner.checks:
            return
        if self._over_at is None:
            self._over_at = now
            if self.reason == "signal":
                self._give_up_at = min(self._give_up_at, now + LAST_WORDS)
        missed = self._server_missed = self._server_missed or self._misses_server(now, self._over_at)
        if self._undelivered():
            if now < self._give_up_at:
                return
            runner.talk.save()
        if missed:
            self._stage = max(self._stage, 2)
        if self._stage == 0:
            if runner.acting:
                return
            self._stage = 1
            runner.act((*actions.AT_COMPLETION, *actions.AT_END) if self.reason == "complete" else actions.AT_END)
        if self._stage == 1:
            if runner.acting and self._signals < 2:
                return
            self._stage = 2
            self._farewell_at = now + FAREWELL
            if runner.talk.slow.busy:
                runner.talk.say_something()
        lost = runner.talk.contact.lost_since is not None
        if self._stage == 2 and (lost or missed or not runner.talk.quick.busy or now >= self._farewell_at):
            self._stage = 3
            self._farewell_at = now + (MISSED if missed else FAREWELL)
            runner.files.send(self._farewell, self._done)
        elif self._stage == 3 and now >= self._farewell_at:
            self.finished = True

    def _misses_server(self, now: float, over_at: float) -> bool:
        """Say whether a runner that was stopped has waited long enough for a server that is away or hangs."""
        if self.reason != "signal":
            return False
        lost = self.runner.talk.contact.lost_since
        if lost is not None:
            self._give_up_at = min(self._give_up_at, max(lost, over_at) + MISSED)
            return now >= self._give_up_at
        return (now >= self._give_up_at and self._undelivered()) or now >= self.runner.actions.asking_since + LAST_WORDS

    def _undelivered(self) -> bool:
        talk = self.runner.talk
        return bool(
            talk.report or (talk.quick.body is not None and (talk.quick.keys or talk.quick.body.get("released")))
        )

    def _climb(self, now: float) -> None:
        runner = self.runner
        if now >= self._kill_at:
            self._kill_at = _NEVER
            self._stuck_at = min(self._stuck_at, now + KILL_BOUND)
            for held in list(runner.jobs.held.values()):
                runner.jobs.end(held, held.imposed or ("terminated", "the runner left"))
        if now >= self._stuck_at:
            self._stuck_at = _NEVER
            for held in runner.jobs.forget_all():
                runner.say("error", f"process {held.pid} cannot be killed", job_id=held.job_id)
                self._report_lost(held, f"process {held.pid} cannot be killed", now)

    def _farewell(self) -> None:
        runner = self.runner
        duration = time.monotonic() - runner.started_at
        figures = runner.monitor.finish() if runner.monitor else {}
        body = {"is_active": False, "duration_seconds": duration, **figures}
        with contextlib.suppress(TorcError):
            runner.server.call("update_compute_node", id=runner.node_id, body=body)
            status = runner.server.call("get_workflow_status", id=runner.workflow_id)
            self._counts = dict(status["jobs_by_status"])

    def _done(self, value: Any) -> None:
        self.finished = True
        if isinstance(value, BaseException):
            raise value

    def outcome(self) -> Outcome:
        """Return how it went."""
        runner = self.runner
        code = self.exit_code
        if code is None:
            code = self._verdict()
        return Outcome(
            reason=self.reason,
            exit_code=code,
            message=self.message,
            run_id=runner.run_id,
            compute_node_id=runner.node_id,
            log_path=runner.log.path,
            jobs_by_status=self._counts,
            progress=runner.progress,
        )

    def _verdict(self) -> int:
        counts = self._counts
        if not counts:
            progress = self.runner.progress
            return int(progress.failed + progress.canceled + progress.terminated > 0)
        return int(any(number for name, number in counts.items() if name not in ("completed", "disabled")))


def belongs_to(pid: int, job: dict[str, Any]) -> bool:
    """Say whether a process is really that job's, not another one that was given the same number."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            marks = file.read().split(b"\0")
    except OSError:
        return False
    return b"TORC_JOB_ID=%d" % job["id"] in marks and b"TORC_ATTEMPT_ID=%d" % job["attempt_id"] in marks
