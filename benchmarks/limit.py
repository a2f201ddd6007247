"""The limit: starts and reaps `bash -c true` with two log files each, and does nothing else.

Usage: limit.py DIRECTORY PARALLEL STAGE...   (each stage waits for the one before)
"""

import json
import os
import sys
import time

WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def spawn(directory: str, number: int) -> None:
    log = f"{directory}/job_{number}"
    files = [(os.POSIX_SPAWN_OPEN, 1, log + ".o", WRITE, 0o644), (os.POSIX_SPAWN_OPEN, 2, log + ".e", WRITE, 0o644)]
    os.posix_spawn("/bin/bash", ["bash", "-c", "true"], os.environ, file_actions=files)


def run_stages(directory: str, parallel: int, stages: list[int]) -> None:
    number = 0
    for size in stages:
        started = running = 0
        while started < size or running:
            while started < size and running < parallel:
                spawn(directory, number)
                number, started, running = number + 1, started + 1, running + 1
            os.wait()
            running -= 1


def main() -> None:
    directory, parallel, *stages = sys.argv[1:]
    begin = time.perf_counter()
    run_stages(directory, int(parallel), [int(size) for size in stages])
    print(json.dumps({"seconds": time.perf_counter() - begin}))


if __name__ == "__main__":
    main()
