"""Jobs that add jobs: generations, replays, limits, and a model that says what should be there."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from torc.errors import Conflict, IllegalTransition, InvalidInput, NotFound

from .inside import Torc, Workflow, check_counters


class Growing(Workflow):
    """A workflow whose jobs add jobs."""

    def begin(self, name: str) -> None:
        """Let a ready job run."""
        self.torc("start_job", self.ids[name], self.run_id, self.runner)

    def run_until(self, name: str) -> None:
        self.runner = self.node()
        self.initialize()
        self.claim()
        self.begin(name)

    def spawn(self, caller: str, *jobs: Any, **body: Any) -> list[str]:
        """Spawn jobs given by name or as ``(name, fields)``; returns the names of the reply's ids."""
        wanted = [job if isinstance(job, tuple) else (job, {}) for job in jobs]
        items = [{"name": name, "command": f"echo {name}", **fields} for name, fields in wanted]
        reply = self.torc("spawn_jobs", self.ids[caller], body={"jobs": items, **body})
        self.iteration = reply["iteration"]
        self.ids = {item["name"]: item["id"] for item in self.jobs()}
        self.names = {job_id: name for name, job_id in self.ids.items()}
        return [self.names[job_id] for job_id in reply["spawned_job_ids"]]

    def lineage(self) -> dict[str, Any]:
        return {item["name"]: item["data"] for item in self.torc("list_user_data", workflow_id=self.id)["user_data"]}


@pytest.fixture
def growing(torc: Torc) -> Growing:
    workflow = Growing(torc, {"lead": [], "other": []})
    workflow.run_until("lead")
    return workflow


def test_spawned_jobs_wait_for_their_caller_and_for_what_they_name(torc: Torc, growing: Growing) -> None:
    names = growing.spawn("lead", "x", ("y", {"depends_on": ["x", "other"], "priority": 3}))
    assert names == ["x", "y"]
    assert growing.iteration == 1
    x, y = growing.job("x"), growing.job("y")
    assert (x["status"], x["origin"], x["priority"]) == ("blocked", "spawn", 0)
    assert x["env"] == {"TORC_ORCHESTRATOR_LINEAGE_ID": "lead"}
    assert x["depends_on_job_ids"] == [growing.ids["lead"]]
    assert (sorted(y["depends_on_job_ids"]), y["priority"]) == (
        sorted(growing.ids[n] for n in ("lead", "x", "other")),
        3,
    )
    check_counters(torc)
    growing.finish("lead")
    assert growing.statuses() == {"lead": "completed", "other": "pending", "x": "ready", "y": "blocked"}
    growing.finish("other")
    growing.claim()
    growing.finish("x")
    assert growing.status("y") == "ready"
    assert growing.events("jobs_spawned")[0]["data"]["iteration"] == 1
    check_counters(torc)


def test_a_spawned_job_gets_the_variables_of_the_workflow_too(torc: Torc) -> None:
    workflow = Growing(torc, {"lead": []}, workflow={"env": {"A": "1"}})
    workflow.run_until("lead")
    workflow.spawn("lead", "x", lineage="main")
    workflow.finish("lead")
    claimed = torc("claim_next_jobs", workflow.id)["jobs"][0]
    assert claimed["env"] == {"A": "1", "TORC_ORCHESTRATOR_LINEAGE_ID": "main"}


def test_a_repeated_call_finds_its_jobs_and_writes_nothing(torc: Torc, growing: Growing) -> None:
    growing.spawn("lead", "x", "y", state={"loss": 1})
    before = (growing.lineage(), len(growing.events()), growing.jobs())
    assert growing.spawn("lead", "y", "x", state={"loss": 2}) == ["y", "x"]
    assert growing.iteration == 1
    assert (growing.lineage(), len(growing.events()), growing.jobs()) == before
    with pytest.raises(InvalidInput, match="'x' has been spawned already and job 'z' has not"):
        growing.spawn("lead", "x", "z")
    assert "z" not in growing.statuses()


def test_generations_and_their_states_are_user_data_of_the_lineage(growing: Growing) -> None:
    growing.spawn("lead", "x", "y", state={"loss": 0.5})
    growing.spawn("lead", "z", lineage="second")
    growing.spawn("lead", "w")
    growing.spawn("lead", state="near")
    assert growing.spawn("lead", state="there") == []
    assert growing.iteration == 2
    assert growing.lineage() == {
        "__torc_lineage__lead__g000001": {"generation": 1, "spawn_count": 2, "state": {"loss": 0.5}},
        "__torc_lineage__second__g000001": {"generation": 1, "spawn_count": 1, "state": None},
        "__torc_lineage__lead__g000002": {"generation": 2, "spawn_count": 1, "state": None},
        "__torc_lineage__lead__final": {"generation": 2, "spawn_count": 0, "state": "there"},
    }


def test_a_run_from_the_start_begins_without_spawned_jobs(torc: Torc, growing: Growing) -> None:
    action = growing.action("on_jobs_complete", ["lead"])
    growing.spawn("lead", "x")
    growing.finish("lead")
    growing.initialize(force=True)
    assert growing.statuses() == {"lead": "ready", "other": "ready"}
    assert growing.lineage() == {}
    assert growing.due() == []
    growing.claim()
    growing.begin("lead")
    assert growing.spawn("lead", "x") == ["x"]
    assert growing.iteration == 1
    growing.finish("lead")
    assert growing.due() == [action]
    check_counters(torc)


def test_a_run_that_goes_on_keeps_spawned_jobs(growing: Growing) -> None:
    growing.spawn("lead", "x")
    growing.finish("lead")
    growing.reinitialize(force=True)
    assert growing.statuses() == {"lead": "completed", "other": "ready", "x": "ready"}


@pytest.mark.parametrize(
    ("jobs", "said", "field"),
    [
        ([("x", {"depends_on": ["nobody"]})], "'nobody'", "jobs[0].depends_on"),
        (["x", ("y", {"resource_requirements": "huge"})], "'huge'", "jobs[1].resource_requirements"),
        (["x", "y", "x"], "stands 2 times", "jobs"),
        (["x", "other"], "named 'other' already", "jobs"),
        (["other", "lead"], "named 'other' already", "jobs"),
        ([("x", {"depends_on": ["y"]}), ("y", {"depends_on": ["x"]})], "cycle: 'x' -> 'y' -> 'x'", "depends_on"),
        ([("x", {"depends_on": ["x"]})], "cycle: 'x' -> 'x'", "depends_on"),
        ([("x\n", {})], "control character", "jobs[0].name"),
        ([("x", {"priority": -1})], "greater than or equal to 0", "jobs[0].priority"),
    ],
)
def test_a_request_that_is_wrong_adds_nothing(
    torc: Torc, growing: Growing, jobs: list[Any], said: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        growing.spawn("lead", *jobs, state=1)
    assert said in refused.value.message
    assert refused.value.field == field
    assert set(growing.statuses()) == {"lead", "other"}
    assert growing.lineage() == {}
    check_counters(torc)


def test_only_a_running_job_of_a_workflow_that_goes_on_spawns(torc: Torc, growing: Growing) -> None:
    with pytest.raises(IllegalTransition, match="pending: only a running job"):
        growing.spawn("other", "x")
    with pytest.raises(IllegalTransition):
        growing.spawn("other", state=1)
    with pytest.raises(NotFound):
        torc("spawn_jobs", 999, body={"jobs": []})
    torc("update_workflow_status", growing.id, body={"is_canceled": True})
    with pytest.raises((IllegalTransition, Conflict)):
        growing.spawn("lead", "x")


def test_a_lineage_has_a_limit(torc: Torc) -> None:
    workflow = Growing(torc, {"lead": []}, workflow={"dynamic_jobs": {"max_iterations": 2}})
    workflow.run_until("lead")
    workflow.spawn("lead", "x")
    workflow.spawn("lead", "y")
    with pytest.raises(InvalidInput, match="2 times, the limit is 2") as refused:
        workflow.spawn("lead", "z")
    assert refused.value.field == "lineage"
    assert workflow.spawn("lead", "y") == ["y"]
    assert workflow.spawn("lead", "z", lineage="other") == ["z"]
    assert workflow.spawn("lead", state="done") == []


def test_a_new_job_behind_one_that_has_failed_is_canceled(torc: Torc, growing: Growing) -> None:
    growing.finish("other", code=1)
    keep = {"cancel_on_blocking_job_failure": False}
    growing.spawn(
        "lead", ("x", {"depends_on": ["other"]}), ("y", {"depends_on": ["x"]}), ("z", {"depends_on": ["x"], **keep})
    )
    assert growing.statuses() | {"lead": ""} == {
        "lead": "", "other": "failed", "x": "canceled", "y": "canceled", "z": "blocked"
    }  # fmt: skip
    check_counters(torc)
    growing.finish("lead")
    assert growing.status("z") == "ready"


def test_many_spawned_jobs_share_their_dependencies(torc: Torc, growing: Growing) -> None:
    first = [f"a{number}" for number in range(200)]
    growing.spawn("lead", *first, *((f"b{number}", {"depends_on": first}) for number in range(200)))
    assert torc.sql("SELECT count(*) FROM job_dependency_set")[0][0] <= 600
    check_counters(torc)


NAMES = [f"n{number}" for number in range(6)]


class SpawnMachine(RuleBasedStateMachine):
    """Random spawns and ends of jobs, beside a model of who waits for whom."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.torc = Torc(Path(self.directory.name) / "t.db")

    def teardown(self) -> None:
        self.torc.close()
        self.directory.cleanup()

    @initialize()
    def lead(self) -> None:
        self.workflow = Growing(self.torc, {"lead": []})
        self.workflow.run_until("lead")
        self.waits: dict[str, set[str]] = {"lead": set()}
        self.done: set[str] = set()
        self.count = 0

    @rule(names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=3), data=st.data())
    def spawn(self, names: list[str], data: st.DataObject) -> None:
        jobs = [(name, {"depends_on": data.draw(st.lists(st.sampled_from(NAMES), max_size=2))}) for name in names]
        known = [name in self.waits for name in names]
        new = {name: {"lead", *fields["depends_on"]} for name, fields in jobs}
        if len(set(names)) < len(names) or (any(known) and not all(known)):
            expected = None
        elif all(known):
            expected = self.waits
        elif not set().union(*new.values()) <= {*self.waits, *new} or _circular(new):
            expected = None
        else:
            expected = {**self.waits, **new}
            self.count += 1
        if "lead" in self.done or expected is None:
            with pytest.raises(InvalidInput):
                self.workflow.spawn("lead", *jobs)
            self.count -= expected not in (None, self.waits)
            return
        assert self.workflow.spawn("lead", *jobs) == names
        assert self.workflow.iteration == self.count
        self.waits = expected

    @rule()
    def end_one(self) -> None:
        free = [name for name, needed in self.waits.items() if needed <= self.done and name not in self.done]
        if free:
            if free[0] != "lead":
                self.workflow.claim()
            self.workflow.finish(free[0])
            self.done.add(free[0])

    @invariant()
    def everybody_waits_for_whom_the_model_says(self) -> None:
        for name, needed in self.waits.items():
            status = self.workflow.status(name)
            if name in self.done:
                assert status == "completed"
            elif needed <= self.done:
                assert status in ("ready", "pending", "running")
            else:
                assert status == "blocked"
        check_counters(self.torc)


def _circular(waits: dict[str, set[str]]) -> bool:
    left = dict(waits)
    while free := [name for name, needed in left.items() if not needed & set(left)]:
        for name in free:
            del left[name]
    return bool(left)


TestSpawnMachine = SpawnMachine.TestCase
TestSpawnMachine.settings = settings(
    max_examples=25, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
