"""Settings and figures that need no machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc.runner import results
from torc.runner.monitor.processes import Process
from torc.runner.monitor.settings import MonitorSettings, Scope
from torc.runner.monitor.usage import JobUsage

OFF, SUMMARY, SERIES = Scope(), Scope(True), Scope(True, True)
JOB = {"id": 7, "run_id": 2, "attempt_id": 3}


@pytest.mark.parametrize(
    ("config", "jobs", "node"),
    [
        (None, OFF, OFF),
        ({}, OFF, OFF),
        ({"enabled": False, "granularity": "time_series"}, OFF, OFF),
        ({"enabled": True}, SUMMARY, SUMMARY),
        ({"enabled": True, "granularity": "time_series"}, SERIES, SERIES),
        ({"enabled": True, "compute_node": {"enabled": False}}, SUMMARY, OFF),
        ({"jobs": {"enabled": True, "granularity": "time_series"}}, SERIES, OFF),
        ({"enabled": True, "jobs": {"enabled": False}, "compute_node": {"enabled": True}}, OFF, SUMMARY),
    ],
)
def test_what_is_watched_follows_the_general_switch_and_the_two_special_ones(config, jobs, node):
    settings = MonitorSettings.of({"resource_monitor_config": config})
    assert (settings.jobs, settings.node) == (jobs, node)
    assert settings.enabled is (jobs.enabled or node.enabled)
    assert settings.keeps_series is (jobs.series or node.series)


def test_intervals_are_those_of_the_workflow_or_five_seconds_and_five_minutes():
    assert (MonitorSettings.of({}).interval, MonitorSettings.of({}).flush_interval) == (5.0, 300.0)
    given = {"resource_monitor_config": {"sample_interval_seconds": 2, "flush_interval_seconds": 60}}
    assert (MonitorSettings.of(given).interval, MonitorSettings.of(given).flush_interval) == (2, 60)


def process(pid: int, cpu: float, children: float = 0.0, born: int = 0) -> Process:
    return Process(pid, born, cpu, children, 1000, 1)


def test_what_a_process_has_used_before_its_job_is_not_the_jobs():
    usage = JobUsage(started=100.0)
    usage.begin([process(1, 30.0, children=5.0)])
    assert usage.add([process(1, 30.5, children=5.0)], 10, 101.0) == pytest.approx(50)
    assert usage.figures()["cpu_time_seconds"] == pytest.approx(0.5)


def test_cpu_use_is_the_time_spent_since_the_last_sample():
    usage = JobUsage(started=100.0)
    assert usage.add([process(1, 0.5)], 10, 101.0) == pytest.approx(50)
    assert usage.add([process(1, 2.5)], 30, 102.0) == pytest.approx(200)
    assert usage.figures() == {
        "peak_memory_bytes": 30,
        "avg_memory_bytes": 20,
        "peak_cpu_percent": pytest.approx(200),
        "cpu_time_seconds": pytest.approx(2.5),
    }


def test_a_child_that_was_waited_for_is_not_counted_twice():
    usage = JobUsage(started=0.0)
    usage.add([process(1, 1.0), process(2, 3.0)], 0, 1.0)
    assert usage.add([process(1, 1.0, children=3.5)], 0, 2.0) == pytest.approx(50)


def test_a_process_that_ended_unseen_makes_no_negative_use():
    usage = JobUsage(started=0.0)
    usage.add([process(1, 1.0), process(2, 3.0)], 0, 1.0)
    assert usage.add([process(1, 1.25)], 0, 2.0) == pytest.approx(25)


def test_a_number_that_was_given_to_another_process_is_another_process():
    usage = JobUsage(started=0.0)
    usage.add([process(1, 9.0), process(2, 9.0, born=5)], 0, 1.0)
    assert usage.add([process(1, 9.0), process(2, 0.5, born=77)], 0, 2.0) == pytest.approx(50)


class Family:
    """Processes that burn CPU, start children and wait for them."""

    def __init__(self) -> None:
        self.burnt = 0
        self.next = 2
        self.parents = {1: 0}
        self.own = {1: 0}
        self.children = {1: 0}

    def act(self, kind: str, which: int, amount: int) -> None:
        pid = sorted(self.own)[which % len(self.own)]
        if kind == "burn":
            self.own[pid] += amount
            self.burnt += amount
        elif kind == "fork":
            self.parents[self.next], self.own[self.next], self.children[self.next] = pid, 0, 0
            self.next += 1
        elif pid != 1 and pid not in self.parents.values():
            parent = self.parents.pop(pid)
            self.children[parent] += self.own.pop(pid) + self.children.pop(pid)

    def sample(self) -> list[Process]:
        return [process(pid, float(self.own[pid]), float(self.children[pid])) for pid in self.own]


@given(
    st.lists(
        st.tuples(st.sampled_from(["burn", "fork", "end", "sample"]), st.integers(0, 9), st.integers(1, 50)),
        max_size=60,
    )
)
def test_whenever_samples_are_taken_all_time_is_counted_once(actions):
    family, usage, now = Family(), JobUsage(started=0.0), 0.0
    for kind, which, amount in [*actions, ("sample", 0, 0)]:
        now += 1
        if kind == "sample":
            usage.add(family.sample(), 0, now)
        else:
            family.act(kind, which, amount)
    assert usage.cpu_seconds == pytest.approx(family.burnt)


def completion(usage):
    exit_ = (1, 0, 4096, 0.5, 1_700_000_000.0, 2.0, None, None)
    return results.completion(JOB, exit_, compute_node_id=4, usage=usage)["result"]


def test_the_kernels_account_stands_where_samples_know_less():
    result = completion(
        {"peak_memory_bytes": 100, "avg_memory_bytes": 90, "peak_cpu_percent": 1, "cpu_time_seconds": 0}
    )
    assert result["peak_memory_bytes"] == 4096
    assert result["avg_memory_bytes"] == 90
    assert result["cpu_time_seconds"] == 0.5
    assert result["peak_cpu_percent"] == result["avg_cpu_percent"] == 25


def test_samples_stand_where_they_know_more():
    result = completion(
        {"peak_memory_bytes": 9000, "avg_memory_bytes": 8000, "peak_cpu_percent": 180, "cpu_time_seconds": 3.0}
    )
    assert (result["peak_memory_bytes"], result["peak_cpu_percent"]) == (9000, 180)
    assert (result["cpu_time_seconds"], result["avg_cpu_percent"]) == (3.0, 150)


def test_a_job_too_short_for_a_sample_has_the_kernels_figures():
    result = completion({})
    assert (result["peak_memory_bytes"], result["peak_cpu_percent"]) == (4096, 25)
    assert "avg_memory_bytes" not in result


def test_a_job_that_was_not_watched_has_no_peak_of_cpu():
    assert "peak_cpu_percent" not in completion(None)
