"""The jobs that a runner holds: where they wait, what they occupy, and what the guardian is told."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterable
from typing import Any

from torc.runner import paths
from torc.runner.ahead import AheadEstimate
from torc.runner.capacity import Ledger, Need
from torc.runner.environment import job_environment
from torc.runner.held import Held, Stage
from torc.runner.keeper import Keepers
from torc.runner.report import patience

#: A longer argument is refused by the kernel (E2BIG); such commands go through a file.
LONGEST_ARGUMENT = 128 * 1024 - 1
#: A job that has waited for this long for room is not overtaken any more.
OVERTAKEN_FOR = 2.0
_GUARDIAN_PATIENCE = 0.01

Exit = tuple[Any, ...]


class Jobs:
    """All jobs between claim and report."""

    def __init__(
        self,
        keeper: Keepers,
        ledger: Ledger,
        estimate: AheadEstimate,
        *,
        workflow_id: int,
        run_id: int,
        output_dir: str,
    ) -> None:
        self.keeper = keeper
        self.ledger = ledger
        self.estimate = estimate
        self.held: dict[int, Held] = {}
        self.waiting: dict[int, Held] = {}
        self.queued: dict[int, Held] = {}
        self.overtaking_ends = False
        self._shapes: Counter[object] = Counter()
        self._since: dict[int, float] = {}  # key -> start, oldest first, of jobs known to run
        self._ids: dict[int, int] = {}  # job id -> key
        self._next_key = 0
        self._workflow_id = workflow_id
        self._run_id = run_id
        self._output_dir = output_dir

    @property
    def backlog(self) -> int:
        """How many jobs are claimed and not started."""
        return len(self.waiting) + len(self.queued)

    def oldest_run(self, now: float) -> float:
        """Return for how long the oldest known running job runs."""
        return now - next(iter(self._since.values()), now)

    def ids(self) -> list[int]:
        """Return the ids of all held jobs."""
        return [held.job_id for held in self.held.values() if not held.forgotten]

    def of_id(self, job_id: int) -> Held | None:
        """Return the job with this id, if it is held."""
        key = self._ids.get(job_id)
        return None if key is None else self.held.get(key)

    def take(self, job: dict[str, Any], now: float) -> None:
        """Take a claimed job in."""
        known = self.of_id(job["id"])
        if known is not None and known.job["attempt_id"] == job["attempt_id"] and known.job["run_id"] == job["run_id"]:
            return
        self._next_key += 1
        need = Need.of(job)
        held = Held(self._next_key, job, need, self.ledger.shape(need), now)
        if held.is_call:
            held.shape = ("call", held.shape)  # a command cannot take its place
        self.held[held.key] = self.waiting[held.key] = held
        self._ids[job["id"]] = held.key

    def dispatch(self, now: float) -> None:
        """Start what there is room for, and queue with the guardian what can follow."""
        if self.queued and self.ledger.idle:
            self._start_queued()
        run: list[Held] = []
        queue: list[Held] = []
        self.overtaking_ends = False
        for held in list(self.waiting.values()):
            grant = self.ledger.start(held.key, held.need)
            if grant is not None:
                run.append(held)
                self._given(held)
            elif self._shapes[held.shape]:
                queue.append(held)
                held.stage = Stage.queued
                self.queued[held.key] = held
            elif now - held.since > OVERTAKEN_FOR:
                self.overtaking_ends = True
                break
            else:
                continue
            del self.waiting[held.key]
        self._give("run", run)
        self._give("queue", queue)

    def _give(self, command: str, chosen: list[Held]) -> None:
        if chosen:
            jobs = [self._order(held) for held in chosen if not held.is_call]
            self.keeper.give(command, jobs, [self._order(held) for held in chosen if held.is_call])

    def _start_queued(self) -> None:
        grants = []
        for held in list(self.queued.values()):
            grant = self.ledger.start(held.key, held.need)
            if grant is None:
                if isinstance(held.shape, int):
                    break
                continue
            grants.append((held.key, grant.visible_devices))
            del self.queued[held.key]
            self._given(held)
        if grants:
            self.keeper.send("start", grants)

    def _given(self, held: Held) -> None:
        held.stage = Stage.given
        self._shapes[held.shape] += 1

    def _order(self, held: Held) -> tuple[Any, ...]:
        """Return the job as the guardian takes it."""
        job, grant = held.job, self.ledger.grants.get(held.key)
        place = (self._output_dir, self._workflow_id, job["id"], job["run_id"], job["attempt_id"])
        min_unmet = job.get("min_unmet")
        delay = min(_GUARDIAN_PATIENCE, patience(min_unmet, max(1, self.ledger.running)))
        return (
            held.key,
            self._call(held, place) if held.is_call else self._arguments(held, place),
            held.shape,
            job_environment(job, self._run_id),
            grant.visible_devices if grant else None,
            paths.stdout_path(*place),
            paths.stderr_path(*place),
            delay,
        )

    def _call(self, held: Held, place: tuple[Any, ...]) -> tuple[Any, ...]:
        output = next(iter(held.job.get("output_user_data_ids") or ()), None)
        return (held.job["inputs"], output, paths.value_path(*place))

    def _arguments(self, held: Held, place: tuple[Any, ...]) -> tuple[str, ...]:
        script = held.job.get("invocation_script")
        command = f"{script} {held.job['command']}" if script else held.job["command"]
        if len(command) <= LONGEST_ARGUMENT // 4 or len(command.encode()) <= LONGEST_ARGUMENT:
            return ("-c", command)
        held.script = paths.script_path(*place)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        try:
            with open(os.open(held.script, flags, 0o600), "w") as file:
                file.write(command + "\n")
        except OSError as error:
            # The guardian's bash prints it where users look first.
            return ("-c", f"echo 'cannot write the script of this command: {error.strerror}' >&2; exit 1")
        return (held.script,)

    def started(self, starts: Iterable[tuple[int, int, float]], now: float, wall: float) -> list[tuple[Held, float]]:
        """Note the starts that the guardian tells; return those of jobs that still run."""
        found = []
        for key, pid, moment in starts:
            held = self.held.get(key)
            if held is not None:
                held.pid, held.started = pid, now - max(0.0, wall - moment)
                self._since[key] = held.started
                found.append((held, moment))
        return found

    def ended(self, exits: Iterable[Exit]) -> list[tuple[Held, Exit]]:
        """Note the ends that the guardian tells, and pass on what the jobs occupied."""
        found = []
        for exit_ in exits:
            key, heir = exit_[0], exit_[6]
            held = self.held.pop(key)
            self.queued.pop(key, None)
            self._since.pop(key, None)
            if heir is not None:
                self._inherit(key, heir)
            elif held.stage is Stage.given:
                self.ledger.finish(key)
                self._shapes[held.shape] -= 1
            self._forget_id(held)
            if exit_[7] is None:
                self.estimate.saw(exit_[5])
            held.remove_script()
            found.append((held, exit_))
        return found

    def _inherit(self, key: int, heir: int) -> None:
        held = self.held[heir]
        if held.stage is Stage.given:
            # It was to start elsewhere, but has taken this place already.
            self.ledger.finish(heir)
            self._shapes[held.shape] -= 1
        self.queued.pop(heir, None)
        held.stage = Stage.given
        self.ledger.transfer(key, heir)

    def _forget_id(self, held: Held) -> None:
        if self._ids.get(held.job_id) == held.key:
            del self._ids[held.job_id]

    def hand_back(self) -> list[int]:
        """Give up every job that has not started: returns the ids at hand, the guardian's follow by :meth:`dropped`."""
        ids = [held.job_id for held in self.waiting.values() if not held.forgotten]
        for held in self.waiting.values():
            del self.held[held.key]
            self._forget_id(held)
        self.waiting.clear()
        if self.queued:
            self.keeper.send("drop", list(self.queued))
        return ids

    def dropped(self, keys: Iterable[int]) -> list[int]:
        """Note that the guardian has not started these; return the ids that go back to the server."""
        ids = []
        for key in keys:
            held = self.held.pop(key)
            self.queued.pop(key, None)
            self._forget_id(held)
            held.remove_script()
            if not held.forgotten:
                ids.append(held.job_id)
        return ids

    def end(self, held: Held, imposed: tuple[str, str], number: int = signal.SIGKILL) -> None:
        """End a job wherever it is; its exit is reported with the ``imposed`` status and reason."""
        held.imposed = held.imposed or imposed
        if held.key in self.waiting:
            del self.waiting[held.key], self.held[held.key]
            self._forget_id(held)
            return
        if held.key in self.queued:
            self.keeper.send("drop", [held.key])
        # Also after "drop": the guardian may have started it meanwhile.
        self.keeper.send("kill", int(number), [held.key])

    def forget_all(self) -> list[Held]:
        """Give up all jobs, told or not; returns them."""
        gone = list(self.held.values())
        self.held.clear()
        self.waiting.clear()
        self.queued.clear()
        self._since.clear()
        self._ids.clear()
        return gone
