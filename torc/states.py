"""The job state machine: the one place that says which status follows which.

``TRANSITIONS`` is the whole truth. Set-based SQL takes its ``WHERE status IN``
lists from :func:`statuses_allowing`, and nothing outside this module compares
status numbers by hand. Pure; no I/O.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

from torc.errors import IllegalTransition, InvalidInput


class JobStatus(IntEnum):
    """Status of a job; the number is what the database holds, the name is what the wire carries."""

    uninitialized = 0  #: created, dependencies not looked at yet
    blocked = 1  #: waits for other jobs
    ready = 2  #: may be claimed
    pending = 3  #: claimed by a runner
    running = 4
    completed = 5
    failed = 6
    canceled = 7
    terminated = 8  #: ended by the system, for example before the wall time
    disabled = 9  #: left out by the user
    pending_failed = 10  #: failed, waiting for somebody to classify the failure


class JobEvent(StrEnum):
    """What can happen to a job."""

    make_ready = "make_ready"
    block = "block"
    claim = "claim"
    hand_back = "hand_back"  #: the runner returns a job that it has not started
    start = "start"
    succeed = "succeed"
    fail = "fail"
    hold = "hold"  #: failed, to be classified
    terminate = "terminate"
    cancel = "cancel"
    lose = "lose"  #: the runner's lease lapsed while the job ran
    retry = "retry"
    reset = "reset"
    disable = "disable"


S = JobStatus
E = JobEvent

#: Statuses after which a job's dependents may be looked at.
ENDED = frozenset({S.completed, S.failed, S.canceled, S.terminated})
#: Ended without success: dependents that ask for it are canceled.
UNSUCCESSFUL = frozenset({S.failed, S.canceled, S.terminated})
#: Statuses that do not keep a dependent waiting.
SATISFIED = ENDED | {S.disabled}
#: Statuses in which a runner holds the job.
ACTIVE = frozenset({S.pending, S.running})
#: A workflow is complete when every job is in one of these.
FINAL = SATISFIED | {S.pending_failed}

_INTERRUPTIBLE = (S.pending, S.running)
_RESETTABLE = tuple(S)

TRANSITIONS: dict[tuple[JobStatus, JobEvent], JobStatus] = {
    (S.uninitialized, E.make_ready): S.ready,
    (S.uninitialized, E.block): S.blocked,
    (S.blocked, E.make_ready): S.ready,
    (S.ready, E.block): S.blocked,
    (S.ready, E.claim): S.pending,
    (S.pending, E.hand_back): S.ready,
    (S.pending, E.start): S.running,
    **{(s, E.succeed): S.completed for s in _INTERRUPTIBLE},
    **{(s, E.fail): S.failed for s in _INTERRUPTIBLE},
    **{(s, E.hold): S.pending_failed for s in _INTERRUPTIBLE},
    **{(s, E.terminate): S.terminated for s in _INTERRUPTIBLE},
    **{(s, E.cancel): S.canceled for s in (S.uninitialized, S.blocked, S.ready, S.pending, S.running)},
    (S.running, E.lose): S.failed,
    **{(s, E.retry): S.ready for s in (S.running, S.failed, S.terminated, S.pending_failed)},
    (S.pending_failed, E.fail): S.failed,
    **{(s, E.reset): S.uninitialized for s in _RESETTABLE},
    **{(s, E.disable): S.disabled for s in _RESETTABLE if s not in (S.pending, S.running)},
}

#: The event by which a runner reports each final status.
REPORT_EVENTS: dict[JobStatus, JobEvent] = {
    S.completed: E.succeed,
    S.failed: E.fail,
    S.canceled: E.cancel,
    S.terminated: E.terminate,
    S.pending_failed: E.hold,
}


def statuses_allowing(event: JobEvent) -> frozenset[JobStatus]:
    """Return the statuses in which ``event`` may happen."""
    return frozenset(status for status, candidate in TRANSITIONS if candidate is event)


def sql_list(statuses: frozenset[JobStatus]) -> str:
    """Return ``(2, 3)`` for use behind ``status IN``; the numbers come from the enum, never from input."""
    return "(" + ", ".join(str(int(status)) for status in sorted(statuses)) + ")"


def apply(status: JobStatus, event: JobEvent, *, job: str = "job") -> JobStatus:
    """Return the status that follows.

    Raises
    ------
    IllegalTransition
        When ``status`` does not allow ``event``; the message names both.
    """
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        allowed = ", ".join(s.name for s in sorted(statuses_allowing(event)))
        raise IllegalTransition(
            f"{job} is {status.name}: '{event.value}' is only possible when {allowed}",
            field="status",
            value=status.name,
        ) from None


_LENIENT = {"done": S.completed, "submitted": S.pending, "submitted_pending": S.pending, "scheduled": S.pending}


def parse_status(text: str, *, field: str = "status") -> JobStatus:
    """Return the status with this name; ``done``, ``submitted`` and ``scheduled`` are understood too."""
    name = text.strip().lower()
    if name in JobStatus.__members__:
        return JobStatus[name]
    if name in _LENIENT:
        return _LENIENT[name]
    raise InvalidInput(
        f"'{text}' is not a job status", field=field, value=text, hint="one of " + ", ".join(JobStatus.__members__)
    )
