"""The source files of the modules that a worker has imported: once one has changed, the worker makes no more calls.

What is installed counts as unchanged, like in every program that runs for long.
"""

from __future__ import annotations

import os
from importlib.machinery import SourceFileLoader
from importlib.util import cache_from_source
from typing import Any

from torc.executor.installed import is_installed

#: Path -> time of the last change and size.
Sources = dict[str, tuple[float, int]]


def note_imports(noted: Sources) -> None:
    """Have the source file of each module that is imported from now on noted, as it is when it is read."""
    path_stats = SourceFileLoader.path_stats

    def note_and_tell(self: SourceFileLoader, path: str) -> Any:
        stats = path_stats(self, path)
        if not is_installed(path):
            noted[path] = stats["mtime"], int(stats["size"])
            _remove_doubtful_bytecode(path, stats["mtime"])
        return stats

    # The import system asks for this before it reads a file; afterwards nobody could say which state was read.
    SourceFileLoader.path_stats = note_and_tell  # type: ignore[method-assign]


def _remove_doubtful_bytecode(path: str, changed: float) -> None:
    """Remove bytecode that may be older than its source: the import system compares whole seconds and sizes only.

    Raises
    ------
    OSError
        When it cannot be removed; the import system does without bytecode then.
    """
    bytecode = cache_from_source(path)
    try:
        made = os.stat(bytecode).st_mtime  # noqa: PTH116
    except FileNotFoundError:
        return
    if int(made) <= int(changed):
        os.unlink(bytecode)  # noqa: PTH108


def are_unchanged(sources: Sources) -> bool:
    """Say whether these files are still what they were."""
    try:
        for path, noted in sources.items():
            status = os.stat(path)  # noqa: PTH116
            if (status.st_mtime, status.st_size) != noted:
                return False
    except OSError:  # it is gone
        return False
    return True
