"""Declared output files: checked after a job has ended well."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torc.runner.held import Held
from torc.runner.results import fail_for
from torc.runner.server import Courier

Exit = tuple[Any, ...]

#: Pauses before a missing file is looked for again: network file systems show new files late.
RETRIES = (0.1, 0.4, 1.2)


@dataclass
class Found:
    """Modification times by file id, the first path that is missing, and whether it may yet appear."""

    mtimes: dict[int, float] = field(default_factory=dict)
    missing: str | None = None
    may_appear: bool = False

    def add_to(self, report: dict[str, Any]) -> None:
        """Put what was found into a job's completion: a missing file makes a success a failure."""
        if report["status"] != "completed":
            return
        if self.missing is not None:
            fail_for(report, f"expected output missing: {self.missing}")
        else:
            report["files"] = [{"file_id": file_id, "st_mtime": mtime} for file_id, mtime in self.mtimes.items()]


def look(files: list[tuple[int, str]]) -> Found:
    """Look for files given as (id, path)."""
    found = Found()
    for file_id, path in files:
        try:
            found.mtimes[file_id] = Path(path).stat().st_mtime
        except (OSError, ValueError):
            found.missing = path
            found.may_appear = not _on_local_disk(Path(path).parent)
            break
    return found


def _on_local_disk(directory: Path) -> bool:
    """Say whether a directory is on a block device: then what is missing is missing."""
    try:
        return os.major(directory.stat().st_dev) != 0
    except OSError:
        return True


class OutputChecks:
    """Looks for the output files of ended jobs on a thread of its own: a file system that hangs holds up nothing else.

    Parameters
    ----------
    settled
        Called with the job, its exit, and what was found.
    """

    def __init__(self, courier: Courier, settled: Callable[[Held, Exit, Found], None]) -> None:
        self.courier = courier
        self._settled = settled
        self._open = 0
        self._again: list[tuple[float, int, Held, Exit]] = []

    def __bool__(self) -> bool:
        return self._open > 0

    @property
    def due(self) -> float:
        """When :meth:`look_again` has something to do."""
        return min((item[0] for item in self._again), default=float("inf"))

    def begin(self, held: Held, exit_: Exit) -> None:
        """Look for a job's files."""
        self._open += 1
        self._look(held, exit_, 0)

    def look_again(self, now: float) -> None:
        """Look again for files whose pause is over."""
        due = [item for item in self._again if item[0] <= now]
        self._again = [item for item in self._again if item[0] > now]
        for _, tries, held, exit_ in due:
            self._look(held, exit_, tries)

    def _look(self, held: Held, exit_: Exit, tries: int) -> None:
        files = [(item["id"], item["path"]) for item in held.job["output_files"]]
        self.courier.send(lambda: look(files), lambda found: self._found(held, exit_, tries, found))

    def _found(self, held: Held, exit_: Exit, tries: int, found: Any) -> None:
        if isinstance(found, BaseException):
            raise found
        if found.missing is not None and found.may_appear and tries < len(RETRIES):
            self._again.append((time.monotonic() + RETRIES[tries], tries + 1, held, exit_))
            return
        self._open -= 1
        self._settled(held, exit_, found)


def disk_is_full(directory: str) -> bool:
    """Say whether an ordinary user can write nothing more on the disk of a directory."""
    try:
        disk = os.statvfs(directory)
    except OSError:
        return False
    return disk.f_bavail == 0
