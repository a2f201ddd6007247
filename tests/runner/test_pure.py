"""Decisions that need no machine: claiming ahead, holding back reports, results."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torc.runner import results
from torc.runner.ahead import AheadEstimate
from torc.runner.report import AT_ONCE, LARGEST, RELAXED, Report, patience

JOB = {"id": 7, "run_id": 2, "attempt_id": 3}


def exit_record(status: int, error: tuple[bool, str] | None = None) -> tuple[object, ...]:
    return (1, status, 4096, 0.5, 1_700_000_000.1234, 2.0, None, error)


def test_nothing_is_claimed_ahead_before_a_duration_is_known():
    assert AheadEstimate(1000).wanted(4, 0.0) == 0


def test_short_jobs_are_claimed_for_about_a_second():
    estimate = AheadEstimate(1000)
    for _ in range(50):
        estimate.saw(0.01)
    assert 190 <= estimate.wanted(2, 0.0) <= 200


@given(st.floats(0, 10), st.integers(0, 10_000))
def test_the_queue_is_bounded(duration, running):
    estimate = AheadEstimate(300)
    estimate.saw(duration)
    assert 0 <= estimate.wanted(running, 0.0) <= 300


def test_long_jobs_are_not_hoarded():
    estimate = AheadEstimate(1000)
    estimate.saw(60.0)
    assert estimate.wanted(8, 0.0) == 0


def test_one_long_job_ends_hoarding_at_once():
    estimate = AheadEstimate(1000)
    for _ in range(50):
        estimate.saw(0.001)
    assert estimate.wanted(2, 0.0) == 1000
    estimate.saw(60.0)
    assert estimate.wanted(2, 0.0) == 0


def test_jobs_that_run_for_long_without_an_end_end_hoarding():
    estimate = AheadEstimate(1000)
    estimate.saw(0.001)
    assert estimate.wanted(2, 30.0) == 0


def test_a_completion_that_others_wait_for_is_not_held_back():
    assert patience(1, 4) == AT_ONCE
    assert patience(8, 4) == AT_ONCE
    assert AT_ONCE < patience(9, 4) < patience(None, 4) == RELAXED


def test_a_job_that_ended_is_not_reported_as_started():
    report = Report()
    report.start(1, JOB, "now", 10.0)
    report.complete(1, {"job_id": 7}, 10.01)
    assert report.due == 10.01
    keys, body = report.take()
    assert keys == [1] and body == {"completions": [{"job_id": 7}]}
    assert not report


def test_large_batches_are_cut():
    report = Report()
    for key in range(LARGEST + 1):
        report.complete(key, {}, 5.0)
    keys, _ = report.take()
    assert len(keys) == LARGEST
    assert report.due == AT_ONCE
    assert report.take()[0] == [LARGEST]


@given(st.integers(0, 255))
def test_exit_codes_are_kept(code):
    entry = results.completion(JOB, exit_record(code << 8), compute_node_id=5)
    assert entry["result"]["return_code"] == code
    assert entry["status"] == ("completed" if code == 0 else "failed")


@given(st.integers(1, 64))
def test_death_by_signal_n_is_128_plus_n(number):
    entry = results.completion(JOB, exit_record(number), compute_node_id=5)
    assert entry["result"]["return_code"] == 128 + number
    assert entry["result"]["reason"].startswith("killed by ")


def test_a_result_tells_times_in_utc_and_figures():
    result = results.completion(JOB, exit_record(0), compute_node_id=5)["result"]
    assert result["completion_time"] == "2023-11-14T22:13:22.123Z"
    assert result["exec_time_minutes"] == 2.0 / 60
    assert result["avg_cpu_percent"] == 25.0
    assert result["peak_memory_bytes"] == 4096
    assert (result["attempt_id"], result["compute_node_id"]) == (3, 5)


def test_the_cpu_share_of_a_job_that_took_no_time_is_not_made_up():
    begun = (1, 0, 4096, 0.002, 1_700_000_000.0, 0.0001, None, None)
    assert results.completion(JOB, begun, compute_node_id=5)["result"]["avg_cpu_percent"] == pytest.approx(20)


def test_memory_kills_are_named():
    entry = results.completion(JOB, exit_record(signal.SIGKILL), compute_node_id=5, out_of_memory=True)
    assert entry["result"]["reason"] == "killed by the kernel (out of memory)"


def test_a_job_that_its_runner_ended_has_the_reason_for_it():
    imposed = ("terminated", "the runner was stopped by SIGTERM")
    entry = results.completion(JOB, exit_record(signal.SIGKILL), compute_node_id=5, imposed=imposed)
    assert entry["status"] == "terminated"
    assert entry["result"]["return_code"] == 137
    assert entry["result"]["reason"] == "the runner was stopped by SIGTERM"


def test_jobs_killed_because_their_runner_died_are_lost():
    entry = results.completion(JOB, exit_record(signal.SIGKILL, (False, "its runner ended")), compute_node_id=5)
    assert (entry["status"], entry["result"]["return_code"]) == ("failed", -128)


def test_wait_status_zero_is_success():
    assert results.return_code(os.waitstatus_to_exitcode(0)) == 0
