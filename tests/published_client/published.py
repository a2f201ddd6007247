"""The published client in a virtual environment of its own: its package is called ``torc`` as well."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

VERSION = "0.35.0"


def python() -> Path:
    """Return the Python that has the published client, installing it on first use.

    Raises
    ------
    RuntimeError
        When pip cannot install it.
    """
    directory = _cache() / f"torc-client-{VERSION}-py{sys.version_info.major}.{sys.version_info.minor}"
    interpreter, complete = directory / "venv" / "bin" / "python", directory / "complete"
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            _run(sys.executable, "-m", "venv", "--clear", "--without-pip", directory / "venv")
            _run(sys.executable, "-m", "pip", "--python", interpreter, "install", "-q", f"torc-client=={VERSION}")
            complete.touch()
    return interpreter


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "torc-tests"


def _run(*command: str | Path) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")


def environment(**more: str) -> dict[str, str]:
    """Return an environment in which neither package nor server of the caller can be found."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TORC_", "PYTHON"))}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", **more}
