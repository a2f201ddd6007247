"""The source files of the modules that a worker has imported: once one has changed, the worker makes no more calls.

What is installed counts as unchanged, like in every program that runs for long.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from importlib.machinery import SourceFileLoader
from typing import Any

#: Path, time of the last change, size.
Source = tuple[str, float, int]

_INSTALLED = tuple(os.path.join(root, "lib") for root in (sys.prefix, sys.base_prefix))  # noqa: PTH118


def note_imports(noted: list[Source]) -> None:
    """Have the source file of each module that is imported from now on added to a list, as it is when it is read."""
    path_stats = SourceFileLoader.path_stats

    def note_and_tell(self: SourceFileLoader, path: str) -> Any:
        stats = path_stats(self, path)
        if not _is_installed(path):
            noted.append((path, stats["mtime"], int(stats["size"])))
        return stats

    # The import system asks for this before it reads a file; afterwards nobody could say which state was read.
    SourceFileLoader.path_stats = note_and_tell  # type: ignore[method-assign]


def _is_installed(path: str) -> bool:
    return path.startswith(_INSTALLED) or "/site-packages/" in path or "/dist-packages/" in path


def are_unchanged(sources: Iterable[Source]) -> bool:
    """Say whether these files are still what they were."""
    try:
        for path, changed, size in sources:
            status = os.stat(path)  # noqa: PTH116
            if (status.st_mtime, status.st_size) != (changed, size):
                return False
    except OSError:  # it is gone
        return False
    return True
