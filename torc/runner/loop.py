"""The runner's loop: one thread that sleeps in ``poll`` until the guardian, the server or the clock has something.

Calls to the server are made by courier threads; everything else happens here, one step after the other.
"""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from torc.crash import crash_point
from torc.errors import InvalidInput, TorcError
from torc.runner import actions, detect, outputs, paths, results
from torc.runner.ahead import AheadEstimate
from torc.runner.capacity import Slots
from torc.runner.conversation import Conversation
from torc.runner.ending import Ending
from torc.runner.held import Held
from torc.runner.jobs import Exit, Jobs
from torc.runner.keeper import GuardianGone, Keepers
from torc.runner.log import Log
from torc.runner.monitor.settings import MonitorSettings
from torc.runner.options import Outcome, Progress, ProgressCallback, RunnerOptions
from torc.runner.outbox import Outbox, deliver_left_behind
from torc.runner.registration import Registration
from torc.runner.report import patience
from torc.runner.server import Courier, Server, is_temporary
from torc.units import format_duration

if TYPE_CHECKING:
    from torc.runner.monitor.sampler import Sampler

PROGRESS_EVERY = 0.2
#: Seconds after which the user is told that the server is away, and told again.
LOSS_TOLD_AFTER = 2.0
LOSS_TOLD_EVERY = 60.0
#: Pause before claiming again when processes cannot be started for want of memory, processes or files.
SHORTAGE_PAUSE = 5.0


class Runner:
    """One runner of one workflow, from registration to leaving."""

    def __init__(
        self, server: Server, workflow_id: int, options: RunnerOptions, progress: ProgressCallback | None = None
    ) -> None:
        self.server = server
        self.workflow_id = workflow_id
        self.options = options
        self.progress = Progress()
        self._tell = progress
        self._told_at = 0.0
        self._signals: list[int] = []
        self._poller = select.poll()
        self._wake_read, self._wake_write = os.pipe()
        for fd in (self._wake_read, self._wake_write):
            os.set_blocking(fd, False)
        self._acting = False
        self._started_once = False
        self.actions_wanted = False
        self.relocating = False
        self._left_behind_at = 0.0
        self._oom_kills = detect.oom_kills()
        self._loss_told_at: float | None = None
        self.monitor: Sampler | None = None
        self._notices: deque[str] = deque()

    def wake(self) -> None:
        """End the loop's sleep."""
        try:
            os.write(self._wake_write, b"x")
        except (BlockingIOError, OSError):
            return

    def request_stop(self, number: int = signal.SIGTERM) -> None:
        """Act as if this signal had come."""
        self._signals.append(number)
        self.wake()

    def run(self) -> Outcome:
        """Run to the end.

        Raises
        ------
        TorcError
            When the workflow cannot be read or the runner cannot be registered.
        """
        try:
            self._set_up()
            handlers = self._install_signals()
            try:
                self._serve()
            finally:
                for number, handler in handlers.items():
                    signal.signal(number, handler)
            return self.ending.outcome()
        finally:
            self._close()

    def _set_up(self) -> None:
        options = self.options
        self._read_workflow()
        self.output_dir = paths.prepare(options.output_dir)
        self.log = Log(paths.runner_log_path(self.output_dir, self.workflow_id, self.run_id), options.log_level)
        self.started_at = time.monotonic()
        self.registration = Registration(self.server, self.workflow, options, self.output_dir)
        self.capacity = self.registration.capacity
        self.node_id = self.registration.register()
        if self.registration.token.problem:
            self._notices.append(self.registration.token.problem)
        env = self.registration.environment()
        self.keeper = Keepers(self.registration.guardian_settings(self.node_id, env), self.log.fd, self._listen_to)
        ledger = Slots(options.max_parallel_jobs) if options.max_parallel_jobs else self.capacity
        self.jobs = Jobs(
            self.keeper,
            ledger,
            AheadEstimate(options.ahead_limit),
            workflow_id=self.workflow_id,
            run_id=self.run_id,
            output_dir=self.output_dir,
        )
        self.files = Courier("torc-files", self.wake)
        self.checks = outputs.OutputChecks(self.files, self._complete)
        self.chores = Courier("torc-chores", self.wake)
        self.actions = actions.Actions(self.server, self.workflow_id, self.node_id, self.output_dir, env, self.log.fd)
        identity = {"workflow_id": self.workflow_id, "compute_node_id": self.node_id, "run_id": self.run_id}
        self.outbox = Outbox(
            paths.outbox_path(self.output_dir, self.workflow_id, paths.host_name(), os.getpid()), identity
        )
        self.talk = Conversation(self)
        self.ending = Ending(self)
        self.monitor = self._monitor()
        self.say("info", f"runner started on {paths.host_name()}", compute_node_id=self.node_id, run_id=self.run_id)

    def _read_workflow(self) -> None:
        self.workflow = self.server.call("get_workflow", id=self.workflow_id)
        self.run_id = self.progress.run_id = int(self.workflow.get("run_id") or 0)
        if self.run_id == 0:
            raise InvalidInput(
                f"workflow {self.workflow_id} is not initialized",
                field="workflow_id",
                value=self.workflow_id,
                hint=f"torc workflows initialize {self.workflow_id}",
            )

    def _listen_to(self, fd: int) -> None:
        self._poller.register(fd, select.POLLIN)

    def _monitor(self) -> Sampler | None:
        settings = MonitorSettings.of(self.workflow)
        if not settings.enabled:
            return None
        from torc.runner.monitor.sampler import Sampler

        total = self.capacity.total
        return Sampler(
            settings,
            guardian=self.keeper.pid,
            workflow_id=self.workflow_id,
            series_path=paths.metrics_path(self.output_dir, self.workflow_id, self.run_id),
            run=(self.workflow_id, self.run_id, paths.host_name(), total.cpus, total.memory),
            tell=self._notices.append,
        )

    def notice_server(self) -> None:
        """Tell jobs that start from now on where the server is, should it have moved."""
        if self.registration.has_moved():
            self._tell_jobs()
            self.say("info", f"the server is now at {self.registration.address}")

    def _tell_jobs(self) -> None:
        """Give jobs that start from now on the present environment."""
        env = self.registration.environment()
        self.actions.env = env
        self.keeper.send("setup", self.registration.guardian_settings(self.node_id, env))

    def _install_signals(self) -> dict[int, Any]:
        if not self.options.handle_signals or threading.current_thread() is not threading.main_thread():
            return {}

        def note(number: int, _frame: Any) -> None:
            self.request_stop(number)

        wanted = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
            wanted.append(signal.SIGHUP)
        return {number: signal.signal(number, note) for number in wanted}

    def _serve(self) -> None:
        self._poller.register(self._wake_read, select.POLLIN)
        self._act(actions.AT_START)
        while True:
            now = time.monotonic()
            self.ending.check_fence(now)
            try:
                self._step(now)
                self.log.flush()
                if self.ending.finished:
                    break
                events = self._poller.poll(self._timeout(time.monotonic()))
                for fd, _ in events:
                    if fd == self._wake_read:
                        self._drain()
                    else:
                        self._hear_keeper(fd)
            except GuardianGone as gone:
                self.ending.guardian_gone(str(gone))

    def _drain(self) -> None:
        try:
            os.read(self._wake_read, 4096)
        except BlockingIOError:
            return

    def _step(self, now: float) -> None:
        for courier in (self.talk.quick.courier, self.talk.slow.courier, self.files, self.chores):
            courier.deliver()
        while self._signals:
            self.ending.on_signal(self._signals.pop(0))
        self._tell_notices()
        self.checks.look_again(now)
        self.ending.check_time(now)
        if self.ending.begun:
            self.ending.advance(now)
        elif not self.starting:
            self.jobs.dispatch(now)
            if self.actions_wanted:
                self._act(actions.AT_COMPLETION if self.talk.complete else actions.WHILE_RUNNING)
            self._look_for_left_behind(now)
        self.talk.step(now)
        self._tell_contact(now)
        self._show(now)

    def _tell_notices(self) -> None:
        while self._notices:
            self.say("warning", self._notices.popleft())

    def _tell_contact(self, now: float) -> None:
        """Tell the user that the server is away, now and then, and when it is back."""
        contact = self.talk.contact
        if contact.lost_since is None:
            if self._loss_told_at is not None:
                self._loss_told_at = None
                self.say("warning", "the server answers again")
            return
        away = now - contact.lost_since
        if away < LOSS_TOLD_AFTER or (self._loss_told_at is not None and now - self._loss_told_at < LOSS_TOLD_EVERY):
            return
        self._loss_told_at = now
        left = format_duration(max(0.0, self.ending.patience_with_server - away))
        self.say("warning", f"{contact.trouble}; jobs go on, their results are kept; trying for another {left}")

    def _timeout(self, now: float) -> float:
        due = min(self.talk.due(now), self.ending.due(now), self.checks.due)
        if self._tell is not None:
            due = min(due, self._told_at + max(PROGRESS_EVERY, 1.0))
        return max(0.0, min(due - now, self.options.poll_interval)) * 1000

    @property
    def starting(self) -> bool:
        """Whether the actions before the first claim are still under way."""
        return self._acting and not self._started_once

    def register_again(self) -> None:
        """Become a new compute node: the server has given the present one up."""
        self.relocating = True
        self.chores.send(self.registration.register, self._registered)

    def _registered(self, value: Any) -> None:
        self.relocating = False
        if isinstance(value, BaseException):
            self.ending.begin("error", f"cannot register again: {value}", 4)
            return
        self.node_id = self.actions.compute_node_id = value
        self._tell_jobs()

    def _hear_keeper(self, fd: int) -> None:
        try:
            reports = self.keeper.receive(fd)
        except GuardianGone:
            self._poller.unregister(fd)
            raise
        for starts, exits, dropped in reports:
            now = time.monotonic()
            for held, moment in self.jobs.started(starts, now, time.time()):
                self.log.write("info", "job started", job_id=held.job_id, pid=held.pid)
                if self.monitor is not None and held.started is not None:
                    self.monitor.watch(held, held.started, moment)
                if not held.forgotten:
                    self.talk.report.start(held.key, held.job, results.utc(moment), now)
            for held, exit_ in self.jobs.ended(exits):
                crash_point("runner:exit_heard")
                self._job_ended(held, exit_, now)
            if dropped:
                self.talk.report.release(self.jobs.dropped(dropped))

    def _job_ended(self, held: Held, exit_: Exit, now: float) -> None:
        error = exit_[7]
        if self.monitor is not None:
            held.usage = self.monitor.forget(held)
        if held.forgotten:
            self.keeper.send("ack", [held.key])
            self.log.write("info", "job ended that was given away", job_id=held.job_id)
            return
        if error is not None and error[0] and held.imposed is None:
            self.say("warning", f"{error[1]}; the job goes back", job_id=held.job_id)
            self.keeper.send("ack", [held.key])
            self.talk.report.release([held.job_id])
            self.talk.pause_claims(now + SHORTAGE_PAUSE)
            return
        if exit_[1] == 0 and held.job.get("output_files"):
            self.checks.begin(held, exit_)
        else:
            self._complete(held, exit_)

    def _complete(self, held: Held, exit_: Exit, found: outputs.Found | None = None) -> None:
        entry = results.completion(
            held.job,
            exit_,
            compute_node_id=self.node_id,
            imposed=held.imposed,
            out_of_memory=exit_[1] == signal.SIGKILL and held.imposed is None and self._kernel_killed(),
            usage=held.usage,
        )
        if found is not None:
            found.add_to(entry)
        wait = patience(held.job.get("min_unmet"), max(1, self.jobs.ledger.running))
        self.talk.report.complete(held.key, entry, time.monotonic() + wait)
        name = entry["status"]
        setattr(self.progress, name, getattr(self.progress, name) + 1)
        result = entry["result"]
        if name == "failed" and "reason" not in result and outputs.disk_is_full(self.output_dir):
            result["reason"] = f"no space left on the disk of {self.output_dir}"
        if self.monitor is not None:
            self.monitor.ended(held, exit_[4], exit_[5], result)
        level = "info" if name == "completed" else "warning"
        self.log.write(
            level, f"job {name}", job_id=held.job_id, return_code=result["return_code"], reason=result.get("reason")
        )

    def _kernel_killed(self) -> bool:
        before, self._oom_kills = self._oom_kills, detect.oom_kills()
        return self._oom_kills > before

    def _act(self, triggers: tuple[str, ...]) -> None:
        if self._acting:
            return
        self._acting, self.actions_wanted = True, False
        self.chores.send(lambda: self.actions.carry_out(triggers), self._acted)

    def _acted(self, lines: Any) -> None:
        self._acting, self._started_once = False, True
        if isinstance(lines, BaseException):
            raise lines
        for level, message, pairs in lines:
            self.say(level, message, **pairs)

    @property
    def acting(self) -> bool:
        """Whether actions are being carried out."""
        return self._acting

    def act(self, triggers: tuple[str, ...]) -> None:
        """Carry out the actions that are due for these triggers."""
        self._act(triggers)

    def _look_for_left_behind(self, now: float) -> None:
        if now < self._left_behind_at:
            return
        self._left_behind_at = now + max(1.0, self.options.heartbeat_seconds)
        self.chores.send(
            lambda: deliver_left_behind(self.server, self.output_dir, self.workflow_id, self.say), self._delivered
        )

    def _delivered(self, value: Any) -> None:
        if value is True:
            # A guardian is still writing.
            self._left_behind_at = min(self._left_behind_at, time.monotonic() + 0.5)
        if isinstance(value, BaseException) and not (isinstance(value, TorcError) and is_temporary(value)):
            self.say("warning", f"late reports of an earlier runner could not be delivered: {value}")

    def say(self, level: str, message: str, **pairs: object) -> None:
        """Write to the log; warnings and errors reach the user too."""
        self.log.write(level, message, **pairs)
        if level in ("warning", "error"):
            told = "".join(f" {name}={value}" for name, value in pairs.items())
            self.progress.note = message + told
            self._show(time.monotonic(), force=True)

    def _show(self, now: float, *, force: bool = False) -> None:
        if self._tell is None or (not force and now - self._told_at < PROGRESS_EVERY):
            return
        self._told_at = now
        self.progress.running = self.jobs.ledger.running
        self.progress.waiting = self.jobs.backlog
        self.progress.connected = self.talk.contact.lost_since is None
        self._tell(self.progress)
        self.progress.note = None

    def _close(self) -> None:
        if hasattr(self, "talk"):
            for courier in (self.talk.quick.courier, self.talk.slow.courier, self.files, self.chores):
                courier.close()
        if hasattr(self, "keeper"):
            self.keeper.close()
        if hasattr(self, "outbox"):
            self.outbox.close()
        if self.monitor is not None:
            self.monitor.close()
            self._tell_notices()
        if hasattr(self, "log"):
            self.log.close()
        os.close(self._wake_read)
        os.close(self._wake_write)
