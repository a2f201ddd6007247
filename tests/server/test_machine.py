"""A model of jobs in plain dictionaries, compared with the server after each step."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from torc.errors import TorcError

from .inside import Torc, Workflow, check_counters

ENDED = {"completed", "failed", "canceled", "terminated"}
SATISFIED = ENDED | {"disabled"}
HELD = {"pending", "running"}
REPORTS = ["completed", "failed", "canceled", "terminated", "pending_failed"]


class Model:
    """What should be true."""

    def __init__(self, waits: list[set[int]], cancels: list[bool]) -> None:
        self.waits, self.cancels = waits, cancels
        self.status = ["uninitialized"] * len(waits)
        self.attempt = [1] * len(waits)
        self.results: set[tuple[int, int, int]] = set()
        self.run = 0
        self.canceled = False

    def those(self, *statuses: str) -> list[int]:
        return [job for job, status in enumerate(self.status) if status in statuses]

    def readers(self, job: int) -> list[int]:
        return [other for other, needed in enumerate(self.waits) if job in needed]

    def free(self, job: int) -> bool:
        return all(self.status[other] in SATISFIED for other in self.waits[job])

    def cancel_behind(self, jobs: list[int], waiting: str) -> None:
        front = jobs
        while front:
            hit = {r for job in front for r in self.readers(job) if self.status[r] == waiting and self.cancels[r]}
            for job in hit:
                self.status[job] = "canceled"
            front = sorted(hit)

    def settle(self) -> None:
        self.cancel_behind(self.those("failed", "canceled", "terminated"), "uninitialized")
        for job in self.those("uninitialized"):
            self.status[job] = "ready" if self.free(job) else "blocked"

    def end(self, jobs: dict[int, str]) -> None:
        for job, status in jobs.items():
            self.status[job] = status
        self.cancel_behind([job for job, status in jobs.items() if status in ENDED - {"completed"}], "blocked")
        for job in self.those("blocked"):
            if self.free(job):
                self.status[job] = "ready"

    def downstream(self, jobs: list[int]) -> set[int]:
        reached: set[int] = set()
        front = set(jobs)
        while front:
            reached |= front
            front = {reader for job in front for reader in self.readers(job)} - reached
        return reached

    def reset(self, jobs: Any, *, new_run: bool) -> None:
        for job in jobs:
            begun = self.status[job] in HELD or (job, self.run, self.attempt[job]) in self.results
            self.attempt[job] = 1 if new_run else self.attempt[job] + begun
            self.status[job] = "uninitialized"

    def begin(self, jobs: Any) -> None:
        self.run += 1
        self.canceled = False
        self.reset(jobs, new_run=True)
        self.settle()


class Jobs(RuleBasedStateMachine):
    """Random lives of one workflow; illegal steps must be refused and change nothing.

    What throws away much progress is tried at every fourth step only.
    """

    steps = 0

    @initialize(
        waits=st.integers(2, 6).flatmap(
            lambda n: st.tuples(*(st.sets(st.integers(0, max(0, j - 1)), max_size=3 if j else 0) for j in range(n)))
        ),
        cancels=st.lists(st.booleans(), min_size=6, max_size=6),
        file=st.booleans(),
    )
    def create(self, waits: tuple[set[int], ...], cancels: list[bool], file: bool) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.torc = Torc(self.folder / "t.db")
        self.model = Model([set(needed) for needed in waits], cancels)
        jobs = {
            f"j{job}": {"after": [f"j{other}" for other in needed], "cancel_on_blocking_job_failure": cancels[job]}
            for job, needed in enumerate(waits)
        }
        if file:  # the last job also reads what the first writes
            jobs["j0"]["output_files"] = [0]
            jobs[f"j{len(waits) - 1}"]["input_files"] = [0]
            self.model.waits[-1].add(0)
        self.workflow = Workflow(self.torc, jobs, files=[{"name": "f", "path": "f"}])
        self.node = self.workflow.node()
        self.requests = self.steps = 0
        self.workflow.initialize()
        self.model.begin(range(len(waits)))

    def teardown(self) -> None:
        if hasattr(self, "torc"):
            self.torc.close()
            shutil.rmtree(self.folder)

    def name(self, job: int) -> str:
        return f"j{job}"

    def pick(self, data: Any, *statuses: str) -> int:
        """Any job, but mostly one with such a status."""
        likely = self.model.those(*statuses)
        anything = range(len(self.model.status))
        return data.draw(st.sampled_from([*likely * 4, *anything]))

    def refused(self, *call: Any, **more: Any) -> bool:
        try:
            self.torc(*call, **more)
        except TorcError:
            return True
        return False

    @rule(limit=st.integers(1, 4), repeat=st.booleans())
    def claim(self, limit: int, repeat: bool) -> None:
        self.requests += 1
        expected = [] if self.model.canceled else self.model.those("ready")[:limit]
        body = {"request_id": str(self.requests), "limit": limit}
        for _ in range(1 + repeat):
            got = self.workflow.exchange(self.node, claim=body)["jobs"]
            assert sorted(job["name"] for job in got) == [self.name(job) for job in expected]
        for job in expected:
            self.model.status[job] = "pending"

    @rule(data=st.data())
    def start(self, data: Any) -> None:
        job = self.pick(data, "pending")
        allowed = self.model.status[job] in HELD
        assert self.refused("start_job", self.workflow.ids[self.name(job)], self.model.run, self.node) is not allowed
        if allowed:
            self.model.status[job] = "running"

    @rule(data=st.data(), limit=st.integers(1, 3))
    def work(self, data: Any, limit: int) -> None:
        self.claim(limit, False)
        self.complete(data, False)

    @rule(data=st.data(), repeat=st.booleans())
    def complete(self, data: Any, repeat: bool) -> None:
        held = self.model.those(*HELD)
        chosen = data.draw(st.lists(st.sampled_from(held), unique=True)) if held else []
        ends = {job: data.draw(st.sampled_from(REPORTS)) for job in chosen}
        entries = [
            self.workflow.entry(self.name(job), 0 if status == "completed" else 1, status)
            for job, status in ends.items()
        ]
        for _ in range(1 + repeat):
            reply = self.workflow.batch(*entries)
            assert (len(reply["completed"]), reply["errors"]) == (len(ends), [])
        self.model.results |= {(job, self.model.run, self.model.attempt[job]) for job in ends}
        self.model.end(ends)

    @rule(data=st.data())
    def complete_what_nobody_holds(self, data: Any) -> None:
        job = self.pick(data)
        if self.model.status[job] not in HELD:
            assert self.workflow.batch(self.workflow.entry(self.name(job), 99, "failed"))["errors"]

    @rule(data=st.data())
    def hand_back(self, data: Any) -> None:
        job = self.pick(data, "pending")
        self.workflow.exchange(self.node, released=[self.workflow.ids[self.name(job)]])
        if self.model.status[job] == "pending":
            self.model.status[job] = "ready"

    @rule(data=st.data())
    def retry(self, data: Any) -> None:
        job = self.pick(data, "running", "failed", "terminated", "pending_failed")
        before = self.model.status[job]
        allowed = before in {"running", "failed", "terminated", "pending_failed"}
        call = ("retry_job", self.workflow.ids[self.name(job)], self.model.run)
        assert self.refused(*call, max_retries=99) is not allowed
        if not allowed:
            return
        self.model.attempt[job] += 1
        self.model.status[job] = "ready"
        if before in ENDED:
            for reader in self.model.readers(job):
                if self.model.status[reader] == "ready":
                    self.model.status[reader] = "blocked"

    @precondition(lambda self: self.steps % 4 == 1)
    @rule(data=st.data())
    def cancel_job(self, data: Any) -> None:
        job = self.pick(data)
        allowed = self.model.status[job] in HELD | {"uninitialized", "blocked", "ready", "canceled"}
        call = ("manage_status_change", self.workflow.ids[self.name(job)], "canceled", self.model.run)
        assert self.refused(*call) is not allowed
        if allowed:
            self.model.end({job: "canceled"} if self.model.status[job] != "canceled" else {})

    @precondition(lambda self: self.steps % 4 == 0)
    @rule(data=st.data())
    def disable(self, data: Any) -> None:
        job = self.pick(data)
        allowed = self.model.status[job] not in HELD
        call = ("manage_status_change", self.workflow.ids[self.name(job)], "disabled", self.model.run)
        assert self.refused(*call) is not allowed
        if allowed:
            self.model.end({job: "disabled"})

    @precondition(lambda self: self.steps % 4 == 3)
    @rule(data=st.data())
    def reset_job(self, data: Any) -> None:
        job = self.pick(data)
        self.torc("manage_status_change", self.workflow.ids[self.name(job)], "uninitialized", self.model.run)
        if self.model.status[job] != "uninitialized":
            behind = {j for j in self.model.downstream([job]) if self.model.status[j] not in HELD | {"disabled"}}
            self.model.reset(behind | {job}, new_run=False)

    @precondition(lambda self: self.steps % 4 == 1)
    @rule()
    def settle_uninitialized(self) -> None:
        active = bool(self.model.those(*HELD))
        assert self.refused("initialize_jobs", self.workflow.id, only_uninitialized=True) is active
        if not active:
            behind = self.model.downstream(self.model.those("uninitialized"))
            self.model.reset([j for j in behind if self.model.status[j] in ENDED | {"pending_failed"}], new_run=False)
            self.model.settle()

    @precondition(lambda self: self.steps % 4 == 1)
    @rule()
    def reset_failed(self) -> None:
        failed = self.model.those("failed", "canceled", "terminated", "pending_failed")
        self.torc("reset_job_status", self.workflow.id, failed_only=True)
        behind = self.model.downstream(failed)
        self.model.reset([j for j in behind if self.model.status[j] not in HELD | {"disabled"}], new_run=False)

    @precondition(lambda self: self.steps % 4 == 0)
    @rule(force=st.booleans())
    def begin_anew(self, force: bool) -> None:
        allowed = force or not self.model.those(*HELD)
        assert self.refused("initialize_workflow", self.workflow.id, body={"force": force}) is not allowed
        if allowed:
            self.model.begin([j for j, status in enumerate(self.model.status) if status != "disabled"])

    @precondition(lambda self: self.steps % 4 == 3)
    @rule(dry_run=st.booleans())
    def begin_with_what_is_left(self, dry_run: bool) -> None:
        allowed = not self.model.those(*HELD)
        call = ("reinitialize_workflow", self.workflow.id)
        assert self.refused(*call, body={"dry_run": dry_run}) is not allowed
        if allowed and not dry_run:
            left = self.model.those("uninitialized", "blocked", "ready", "canceled", "terminated")
            self.model.begin([j for j in self.model.downstream(left) if self.model.status[j] != "disabled"])

    @precondition(lambda self: not self.model.canceled and self.steps % 4 == 2)
    @rule()
    def cancel_workflow(self) -> None:
        self.torc("cancel_workflow", self.workflow.id)
        self.model.canceled = not (SATISFIED | {"pending_failed"}).issuperset(self.model.status)
        self.model.end(dict.fromkeys(self.model.those(*HELD), "canceled"))

    @precondition(lambda self: self.steps % 4 == 2)
    @rule()
    def lose_the_runner(self) -> None:
        self.torc("update_compute_node", self.node, body={"is_active": False})
        self.node = self.workflow.node()
        running = self.model.those("running")
        for job in self.model.those("pending"):
            self.model.status[job] = "ready"
            self.model.attempt[job] += 1
        self.model.results |= {(job, self.model.run, self.model.attempt[job]) for job in running}
        self.model.end(dict.fromkeys(running, "failed"))

    @invariant()
    def server_and_model_agree(self) -> None:
        if not hasattr(self, "workflow"):
            return
        self.steps += 1
        rows = self.torc.sql("SELECT status, attempt_id, compute_node_id FROM job ORDER BY id")
        names = ["uninitialized", "blocked", "ready", "pending", "running", "completed", "failed", "canceled",
                 "terminated", "disabled", "pending_failed"]  # fmt: skip
        assert [names[row[0]] for row in rows] == self.model.status
        assert [row[1] for row in rows] == self.model.attempt
        assert all((row[2] is not None) == (names[row[0]] in HELD) for row in rows)
        check_counters(self.torc)
        stored = self.torc.sql("SELECT job_id, run_id, attempt_id FROM result")
        assert {(job - self.workflow.ids["j0"], run, attempt) for job, run, attempt in stored} == self.model.results


TestJobs = Jobs.TestCase
TestJobs.settings = settings(
    max_examples=100, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)
