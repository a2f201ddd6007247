"""Declared output files: checked after a job has ended well."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

#: Pauses before a missing file is looked for again: network file systems show new files late.
RETRIES = (0.1, 0.4, 1.2)


@dataclass
class Found:
    """Modification times by file id, the first path that is missing, and whether it may yet appear."""

    mtimes: dict[int, float] = field(default_factory=dict)
    missing: str | None = None
    may_appear: bool = False


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
