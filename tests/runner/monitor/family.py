"""A job of three processes: it starts a child, which starts a grandchild in a session of its own and leaves it.

Child and grandchild each hold memory and burn CPU; when both have, all wait at a pipe. Usage:
family.py DIRECTORY MEGABYTES SECONDS
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path


def hold_and_burn(directory: Path, name: str, megabytes: int, seconds: float) -> None:
    held = bytearray(megabytes * 2**20)
    held[:: os.sysconf("SC_PAGE_SIZE")] = b"x" * len(held[:: os.sysconf("SC_PAGE_SIZE")])
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    (directory / f"burnt_{name}").touch()
    wait(directory)


def wait(directory: Path) -> None:
    """Return when somebody has opened the other end of the pipe ``stop``."""
    (directory / "stop").open().close()


def main() -> None:
    directory, megabytes, seconds = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    if os.fork() == 0:
        if os.fork() == 0:
            os.setsid()
            # Its parent ends, and it is adopted.
            if os.fork() != 0:
                os._exit(0)
            hold_and_burn(directory, "grandchild", megabytes, seconds)
            os._exit(0)
        os.wait()
        hold_and_burn(directory, "child", megabytes, seconds)
        os._exit(0)
    wait(directory)
    os.wait()


if __name__ == "__main__":
    main()
