"""The lines shown while jobs run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from torc.cli.progress import ProgressDisplay


@dataclass
class Counts:
    running: int = 0
    completed: int = 0
    failed: int = 0
    canceled: int = 0
    terminated: int = 0
    connected: bool = True
    note: str | None = None


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def display(clock: Clock, total: int = 10, **settings: Any) -> ProgressDisplay:
    status = {"total_jobs": total, "jobs_by_status": {"completed": 2, "ready": total - 2}}
    return ProgressDisplay(status, clock=clock, live=False, **settings)


def test_line_tells_counts_rate_and_time_left() -> None:
    clock = Clock()
    shown = display(clock)
    clock.now = 2.0
    assert shown.line(Counts(running=1, completed=3, failed=1)) == (
        "6/10 done, 1 running, 1 failed, 2.0 jobs/s, about 2.0s left"
    )


def test_last_line_speaks_of_what_was() -> None:
    clock = Clock()
    shown = display(clock)
    clock.now = 2.0
    assert shown.line(Counts(running=1, completed=4), final=True) == "6/10 done, 2.0 jobs/s"


def test_line_tells_that_the_server_is_away() -> None:
    assert display(Clock()).line(Counts(connected=False)).endswith("waiting for the server")


def test_plain_lines_come_when_counts_change_and_not_too_often(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    shown = display(clock)
    for second in range(21):
        clock.now = float(second)
        shown.update(Counts(completed=min(second, 7)))
    assert [line.split(",")[0] for line in capsys.readouterr().err.splitlines()] == ["7/10 done", "9/10 done"]


def test_notes_are_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    shown = display(Clock())
    shown.update(Counts(note="low on memory"))
    shown.update(Counts(note="low on memory"))
    assert capsys.readouterr().err == "low on memory\n"


def test_live_line_is_written_over(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    shown = ProgressDisplay({"total_jobs": 2, "jobs_by_status": {}}, clock=clock, live=True)
    for second in (1.0, 2.0):
        clock.now = second
        shown.update(Counts(completed=int(second)))
    shown.close()
    text = capsys.readouterr().err
    assert text.count("\r") == 3
    assert text.count("\n") == 1


def test_quiet_display_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    shown = display(Clock(), quiet=True)
    shown.update(Counts(note="x"))
    shown.close()
    assert capsys.readouterr().err == ""
