"""The Python that another process of this machine runs in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

_SECONDS = 30
_TELL = """
import json, sys
from importlib.metadata import distributions
packages = {}
for dist in distributions():
    packages.setdefault((dist.metadata["Name"] or "").lower().replace("-", "_"), dist.version)
print(json.dumps([sys.version_info[:2], packages]))
"""


class Interpreter(NamedTuple):
    """A Python that is not this one, and the process that runs in it."""

    pid: int
    executable: str
    python: tuple[int, ...]
    packages: dict[str, str]


def executable_of(pid: int) -> str | None:
    """Return the Python that a process was started with, as ``sys.executable`` says there; none when unknown."""
    place = Path(f"/proc/{pid}")
    try:
        started_as = (place / "cmdline").read_bytes().split(b"\0")[0].decode()
        if os.sep in started_as:
            return str((place / "cwd").readlink() / started_as)
        environment = dict(entry.partition("=")[::2] for entry in (place / "environ").read_text().split("\0"))
    except (OSError, UnicodeDecodeError):
        return None
    return shutil.which(started_as, path=environment.get("PATH"))


def ask(executable: str, pid: int) -> Interpreter | None:
    """Return the versions that an interpreter has."""
    command = [executable, "-I", "-c", _TELL]
    try:
        ended = subprocess.run(command, capture_output=True, timeout=_SECONDS, stdin=subprocess.DEVNULL, check=True)
        python, packages = json.loads(ended.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return Interpreter(pid, executable, tuple(python), packages)
