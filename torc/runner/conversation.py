"""What the runner says to the server and when: reports, claims, and the exchange that waits for news."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from torc.crash import crash_point
from torc.errors import Conflict
from torc.runner.capacity import Capacity, Need, Slots
from torc.runner.channel import Channel, Contact
from torc.runner.report import Report

if TYPE_CHECKING:
    from torc.runner.loop import Runner

#: Idle for this long, the runner waits at the server.
IDLE_BEFORE_WAITING = 0.01
#: Busy runners listen too, for jobs to cancel.
BUSY_BEFORE_WAITING = 0.5
LONGEST_WAIT = 30.0
LONGEST_PAUSE = 10.0
#: Somebody who looks at samples gets them at most so often.
SAMPLES_EVERY = 0.9
_NEVER = float("inf")


class Conversation:
    """Two channels: one for exchanges that return at once, one for the exchange that waits."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.report = Report()
        self.contact = Contact()
        # Several tries fit into a lease.
        pause = min(LONGEST_PAUSE, (runner.options.lease_seconds or 60.0) / 6)
        arguments = (runner.server, runner.workflow_id, self.contact, runner.wake, self._answered, self._refused, pause)
        self.quick = Channel("torc-exchange", *arguments)
        self.slow = Channel("torc-wait", *arguments)
        self.complete = False
        self.idle_since = time.monotonic()
        self._dry = False  # the last claim brought less than was asked for
        self._claims_after = 0.0
        self._wait_at = 0.0
        self._wait_pause = 0.05

    @property
    def _silence(self) -> float:
        return self.runner.options.silence_seconds(is_idle=not self.runner.jobs.held)

    @property
    def _longest_wait(self) -> float:
        # News end the wait at once, so its length costs no latency: only a thousand runners' worth of requests.
        return max(0.05, min(LONGEST_WAIT, self._silence))

    def step(self, now: float) -> None:
        """Send what is due."""
        self.quick.repeat_if_due(now)
        self.slow.repeat_if_due(now)
        if self.runner.relocating:
            return
        if not self.quick.busy and self._speak_now(now):
            self._speak(now)
        if not self.slow.busy and not self.quick.busy and not self.runner.ending.begun and now >= self._wait_at:
            self._wait(now)

    def due(self, now: float) -> float:
        """Return when :meth:`step` should be called again, at the latest."""
        due = min(self.quick.again_at, self.slow.again_at)
        if not self.quick.busy and not self.runner.relocating:
            due = min(due, self.report.due, self._heartbeat_at(), self._samples_at())
            if not self.slow.busy and not self.runner.ending.begun:
                due = min(due, max(self._wait_at, now))
            if now < self._claims_after:
                due = min(due, self._claims_after)
        return due

    def pause_claims(self, until: float) -> None:
        """Claim nothing before this moment, then ask at once, whatever the last claim brought."""
        self._claims_after, self._dry = until, False

    def _heartbeat_at(self) -> float:
        return max(self.quick.sent_at, self.slow.sent_at) + self._silence

    def _samples_at(self) -> float:
        """Return when samples should be told; unless somebody looks they ride on what is said anyway."""
        monitor = self.runner.monitor
        if monitor is None or monitor.taken is None or not monitor.has_news:
            return _NEVER
        return self.quick.sent_at + SAMPLES_EVERY

    def _speak_now(self, now: float) -> bool:
        if self.report.due <= now or now >= min(self._heartbeat_at(), self._samples_at()):
            return True
        if self.report and (self.runner.ending.begun or self.runner.jobs.ledger.idle):
            return True
        if self._dry or not self._may_claim(now):
            return False
        limit, ahead = self._wanted(now)
        # With a queue to work on, half of it may run off before more is asked for.
        return limit > 0 or ahead > max(1, self.runner.jobs.backlog)

    def _speak(self, now: float) -> None:
        keys, body = self.report.take()
        body |= {"compute_node_id": self.runner.node_id, "run_id": self.runner.run_id}
        self._add_samples(body)
        claim = self._claim(now)
        if claim is not None:
            body["claim"] = claim
        crash_point("runner:before_exchange")
        self.quick.send(body, keys)

    def say_something(self) -> None:
        """Send an exchange even if there is nothing to tell: the server then lets go of the one that waits."""
        if not self.quick.busy:
            self._speak(time.monotonic())

    def _wait(self, now: float) -> None:
        body: dict[str, Any] = {
            "compute_node_id": self.runner.node_id,
            "run_id": self.runner.run_id,
            "held": self.runner.jobs.ids(),
            "wait_seconds": self._longest_wait,
            "stays": self.runner.ending.stays,
        }
        self._add_samples(body)
        claim = self._claim(now) if self.runner.jobs.ledger.idle else None
        if claim is not None:
            body["claim"] = claim
        self.slow.send(body, [])

    def _add_samples(self, body: dict[str, Any]) -> None:
        if self.runner.monitor is not None and self.runner.monitor.has_news:
            body |= self.runner.monitor.news()

    def _may_claim(self, now: float) -> bool:
        runner = self.runner
        held_up = runner.ending.begun or runner.starting or now < self._claims_after
        return not held_up and runner.ending.time_to_claim(now)

    def _wanted(self, now: float) -> tuple[int, int]:
        """Return how many jobs could start now, and how many more should wait here."""
        jobs, ledger = self.runner.jobs, self.runner.jobs.ledger
        if isinstance(ledger, Slots):
            limit = ledger.free
        elif isinstance(ledger, Capacity) and ledger.idle and not jobs.overtaking_ends:
            limit = max(1, ledger.free().cpus) * ledger.free().nodes
        else:
            limit = 0
        limit = max(0, limit - len(jobs.waiting))
        ahead = jobs.estimate.wanted(ledger.running, jobs.oldest_run(now)) - jobs.backlog
        return limit, max(0, ahead)

    def _claim(self, now: float) -> dict[str, Any] | None:
        if not self._may_claim(now):
            return None
        limit, ahead = self._wanted(now)
        if limit + ahead <= 0:
            return None
        options, ledger = self.runner.options, self.runner.jobs.ledger
        claim: dict[str, Any] = {
            "request_id": uuid.uuid4().hex,
            "limit": limit,
            "ahead": ahead,
            "strict_scheduler_match": options.strict_scheduler_match,
        }
        if isinstance(ledger, Capacity):
            claim["resources"] = self._resources(ledger.free(), now)
            claim["total"] = self._resources(ledger.total, now)
        return claim

    def _resources(self, amount: Need, now: float) -> dict[str, Any]:
        resources: dict[str, Any] = {
            "num_cpus": amount.cpus,
            "memory_gb": amount.memory / 2**30,
            "num_gpus": amount.gpus,
            "num_nodes": amount.nodes,
        }
        if self.runner.options.scheduler_config_id is not None:
            resources["scheduler_config_id"] = self.runner.options.scheduler_config_id
        left = self.runner.ending.time_left(now)
        if left is not None:
            resources["time_limit"] = f"PT{max(0, int(left))}S"
        return resources

    def _answered(self, channel: Channel, reply: dict[str, Any]) -> None:
        now = time.monotonic()
        runner, jobs = self.runner, self.runner.jobs
        claim = (channel.body or {}).get("claim")
        keys, channel.body = channel.keys, None
        runner.notice_server()
        if channel is self.quick:
            self._delivered(keys, reply)
        for job in reply["jobs"]:
            jobs.take(job, now)
        crash_point("runner:claimed")
        if claim is not None:
            self._dry = len(reply["jobs"]) < claim["limit"] + claim["ahead"]
        if reply["jobs"] or jobs.held:
            self.idle_since = now
        self._plan_wait(channel, reply, now)
        for job_id in reply["cancel_job_ids"]:
            self._cancel(job_id)
        if runner.monitor is not None:
            runner.monitor.taken = runner.wake if reply.get("watched") else None
        self.complete = reply["is_complete"]
        if reply["due_actions"]:
            runner.actions_wanted = True
        runner.ending.consider(reply, now)

    def _delivered(self, keys: list[int], reply: dict[str, Any]) -> None:
        for error in reply["errors"]:
            level = "info" if error["code"] == 409 else "warning"
            self.runner.say(level, f"report refused: {error['message']}", job_id=error["job_id"])
        if keys:
            self.runner.keeper.send("ack", keys)
        if not self.report.completions:
            self.runner.outbox.clear()

    def _plan_wait(self, channel: Channel, reply: dict[str, Any], now: float) -> None:
        if reply["jobs"]:
            self._wait_pause = 0.05
        idle = self.runner.jobs.ledger.idle
        pause = BUSY_BEFORE_WAITING
        if idle:
            # The end of a short job brings news sooner than waiting does.
            soon = 2 * self.runner.jobs.estimate.average if self.runner.jobs.held else 0.0
            pause = min(max(IDLE_BEFORE_WAITING, soon), 10 * IDLE_BEFORE_WAITING)
        if channel is self.slow and self.quick.sent_at <= channel.sent_at and not reply["jobs"]:
            if now - channel.sent_at > 0.8 * self._longest_wait:
                pause, self._wait_pause = 0.0, 0.05
            else:
                # It came back early with nothing that can be acted on: do not ask again at once.
                pause = self._wait_pause
                self._wait_pause = min(2 * self._wait_pause, self._longest_wait)
        self._wait_at = now + pause

    def _cancel(self, job_id: int) -> None:
        held = self.runner.jobs.of_id(job_id)
        if held is not None and held.imposed is None:
            self.runner.say("info", "job is to be ended", job_id=job_id)
            self.runner.jobs.end(held, ("canceled", "canceled while it ran"))

    def _refused(self, channel: Channel, error: BaseException) -> None:
        keys, node_id = channel.keys, (channel.body or {}).get("compute_node_id")
        channel.body = None
        if isinstance(error, Conflict):
            # As another node it asks soon, but not again and again.
            self._wait_at = time.monotonic() + self._wait_pause
            self._wait_pause = min(2 * self._wait_pause, self._longest_wait)
            # The other channel may tell once more of a node that this runner is no longer, or will soon not be.
            is_news = node_id == self.runner.node_id and not self.runner.relocating
            if is_news and (channel is self.quick or not self.quick.busy):
                self.runner.ending.lease_lapsed(error, keys)
            return
        self.runner.ending.fatal(error, keys)

    def save(self) -> None:
        """Bring what cannot be delivered now to disk."""
        under_way = list(zip(self.quick.keys, (self.quick.body or {}).get("completions", ()), strict=False))
        entries = under_way + self.report.completions
        if not entries:
            return
        try:
            keys = self.runner.outbox.keep(entries)
        except OSError as error:
            self.runner.say("error", f"cannot write {self.runner.outbox.path}: {error.strerror}")
            return
        if keys:
            self.runner.keeper.send("ack", keys)
