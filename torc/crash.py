"""Points at which a test may kill the process, to show that nothing depends on its survival.

``TORC_TEST_CRASH=name:n`` kills the process with SIGKILL when it passes the point ``name`` for the
n-th time. Without the variable a point costs one call of an empty function.
"""

from __future__ import annotations

import os
import signal

_wanted = os.environ.get("TORC_TEST_CRASH", "")
_name, _, _count = _wanted.rpartition(":")
_left = int(_count) if _name else 0


def _armed(name: str) -> None:
    global _left
    if name == _name:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _unarmed(name: str) -> None:
    """Do nothing."""


crash_point = _armed if _name else _unarmed
