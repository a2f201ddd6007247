"""Which processes belong to which job: one pass over ``/proc`` for all jobs.

Every job has a session of its own, and asking for a process's session is one cheap system call. Only the
processes of jobs are looked at closely. Sessions that a job's processes open themselves are found through
their parents, or, when those have gone, through the guardian, which adopts them, and their environment.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import NamedTuple

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICK = 1 / os.sysconf("SC_CLK_TCK")
_DEEPEST = 64
_FOREIGN = 0
#: As clock_getcpuclockid(3) makes the number of a process's clock.
_SCHEDULER_CLOCK = 2


class Process(NamedTuple):
    """A process at one moment; ``born`` tells apart two that were given the same number."""

    pid: int
    born: int
    cpu: float  #: seconds of its own
    children_cpu: float  #: seconds of children that it has waited for
    memory: int  #: resident bytes
    parent: int
    is_ending: bool = False  #: has given up its memory; what it has spent counts until its parent has it


def read_process(pid: int) -> Process | None:
    """Return a process, or none when there is none any more."""
    try:
        fd = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return None
    try:
        data = os.read(fd, 1024)
    except OSError:
        return None
    finally:
        os.close(fd)
    # The name, in parentheses, may hold anything.
    fields = data[data.rfind(b")") + 2 :].split(None, 22)
    own = _cpu_seconds(pid) or (int(fields[11]) + int(fields[12])) * _TICK
    children = (int(fields[13]) + int(fields[14])) * _TICK
    # Memory goes first, before the state tells of an end: a large process takes a while to give it all back.
    is_ending = fields[20] == b"0"
    return Process(pid, int(fields[19]), own, children, int(fields[21]) * _PAGE, int(fields[1]), is_ending)


def _cpu_seconds(pid: int) -> float:
    """Return a process's CPU time by the kernel's own clock of it; ``/proc`` tells hundredths of a second only."""
    try:
        return time.clock_gettime((~pid << 3) | _SCHEDULER_CLOCK)
    except OSError:
        return 0.0


class ProcessTable:
    """Finds the processes of jobs again and again.

    Parameters
    ----------
    guardian
        Process that adopts the jobs' orphans.
    workflow_id
        Jobs of another workflow's runner, below one of ours, are ours only as its descendants.
    """

    def __init__(self, guardian: int, workflow_id: int) -> None:
        self._guardian = guardian
        self._mark = b"TORC_WORKFLOW_ID=%d" % workflow_id
        self._owners: dict[int, int] = {}  # session -> first process of the job, or foreign
        self._jobs: Mapping[int, int] = {}

    def find(self, jobs: Mapping[int, int]) -> dict[int, list[int]]:
        """Return the ids of each job's processes.

        Parameters
        ----------
        jobs
            Job id by the id of the job's first process; the reply has the same keys, without jobs that ended.
        """
        self._jobs = jobs
        found: dict[int, list[int]] = {}
        owners: dict[int, int] = {}
        for pid in _all_pids():
            try:
                session = os.getsid(pid)
            except OSError:
                continue
            owner = self._owner(session, pid)
            if owner is not None:
                owners[session] = owner
                if owner != _FOREIGN:
                    found.setdefault(owner, []).append(pid)
        # Sessions that are gone are forgotten: their numbers will be given to others.
        self._owners = owners
        return found

    def _owner(self, session: int, pid: int) -> int | None:
        """Return the first process of the job that a session belongs to; none when that cannot be told yet."""
        if session in self._jobs:
            return session
        known = self._owners.get(session)
        if known == _FOREIGN or known in self._jobs:
            return known
        return self._ancestor(pid) if session else _FOREIGN

    def _ancestor(self, pid: int) -> int | None:
        for _ in range(_DEEPEST):
            process = read_process(pid)
            if process is None:
                return None
            if process.parent == self._guardian:
                return self._adopted(pid)
            if process.parent <= 1:
                return _FOREIGN
            pid = process.parent
            try:
                session = os.getsid(pid)
            except OSError:
                return None
            if session in self._jobs:
                return session
        return _FOREIGN

    def _adopted(self, pid: int) -> int | None:
        """Return the owner of a process whose parent has ended, from the environment that it was given."""
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                marks = set(file.read().split(b"\0"))
        except OSError:
            return None
        if self._mark in marks:
            return next((first for first, job_id in self._jobs.items() if b"TORC_JOB_ID=%d" % job_id in marks), None)
        return None


def _all_pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name[0] <= "9" and name.isdigit()]  # noqa: PTH208  (speed)
