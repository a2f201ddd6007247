from __future__ import annotations

import sqlite3

import pytest

from torc.errors import IllegalTransition, InvalidInput
from torc.states import (
    ACTIVE,
    ENDED,
    FINAL,
    REPORT_EVENTS,
    SATISFIED,
    TRANSITIONS,
    UNSUCCESSFUL,
    JobEvent,
    JobStatus,
    apply,
    parse_status,
    sql_list,
    statuses_allowing,
)

S, E = JobStatus, JobEvent


def test_an_ended_job_only_leaves_by_reset_retry_or_disable() -> None:
    leaving = {event for (status, event) in TRANSITIONS if status in ENDED}
    assert leaving == {E.reset, E.retry, E.disable}


def test_a_completed_or_canceled_job_is_never_retried() -> None:
    assert (S.completed, E.retry) not in TRANSITIONS
    assert (S.canceled, E.retry) not in TRANSITIONS


def test_every_status_can_be_reset() -> None:
    assert statuses_allowing(E.reset) == frozenset(S)


def test_only_a_ready_job_is_claimed_and_only_a_pending_one_started_or_handed_back() -> None:
    assert statuses_allowing(E.claim) == {S.ready}
    assert statuses_allowing(E.start) == {S.pending}
    assert statuses_allowing(E.hand_back) == {S.pending}


@pytest.mark.parametrize("status", sorted(REPORT_EVENTS))
def test_a_report_ends_held_jobs_in_its_own_status(status: S) -> None:
    for held in ACTIVE:
        assert apply(held, REPORT_EVENTS[status]) is status


def test_a_report_never_ends_a_job_twice() -> None:
    for ended in ENDED:
        for event in REPORT_EVENTS.values():
            assert (ended, event) not in TRANSITIONS


def test_every_status_but_the_first_can_be_reached() -> None:
    assert set(TRANSITIONS.values()) == set(S)


def test_sets_of_statuses_nest() -> None:
    assert UNSUCCESSFUL < ENDED < SATISFIED < FINAL
    assert not ACTIVE & FINAL


def test_sql_list_is_a_condition_that_sqlite_understands() -> None:
    assert sql_list(ACTIVE) == "(3, 4)"
    assert sqlite3.connect(":memory:").execute(f"SELECT 3 IN {sql_list(ACTIVE)}").fetchone() == (1,)


def test_an_illegal_transition_names_both_the_status_and_the_event() -> None:
    with pytest.raises(IllegalTransition, match=r"job 7 is completed: 'claim' is only possible when ready"):
        apply(S.completed, E.claim, job="job 7")


@pytest.mark.parametrize(
    ("text", "status"),
    [("done", S.completed), ("Submitted", S.pending), ("submitted_pending", S.pending), ("scheduled", S.pending),
     (" FAILED ", S.failed), *((item.name, item) for item in S)],
)  # fmt: skip
def test_names_of_statuses_are_read_leniently(text: str, status: S) -> None:
    assert parse_status(text) is status


def test_an_unknown_status_is_refused_with_the_list_of_known_ones() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_status("finished", field="target_status")
    assert caught.value.field == "target_status"
    assert "pending_failed" in str(caught.value.hint)


def test_numbers_of_statuses_are_those_in_databases() -> None:
    assert [item.name for item in S] == [
        "uninitialized", "blocked", "ready", "pending", "running", "completed", "failed", "canceled", "terminated",
        "disabled", "pending_failed",
    ]  # fmt: skip
    assert [int(item) for item in S] == list(range(11))
