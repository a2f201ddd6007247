"""Which files belong to the installation of Python and its packages: they are alike for all who use it."""

from __future__ import annotations

import os
import sys

_LIBRARIES = tuple(
    f"{root}{os.sep}{name}{os.sep}" for root in (sys.prefix, sys.base_prefix) for name in ("lib", "lib64")
)


def is_installed(path: str) -> bool:
    """Say whether a module or a directory of modules is of the installation, and none of the user's own."""
    return path.startswith(_LIBRARIES) or "/site-packages" in path or "/dist-packages" in path
