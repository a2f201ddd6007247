"""Runs one command as the child of a small process, and writes its usage as JSON. Usage: REPORT COMMAND...

The peak memory that the kernel reports for a process begins at the size of its parent, so the measuring
program, which may have grown, must not be that parent.
"""

import os
import sys
import time


def main() -> None:
    report, *command = sys.argv[1:]
    begin = time.perf_counter()
    _, status, usage = os.wait4(os.posix_spawnp(command[0], command, os.environ), 0)
    seconds = time.perf_counter() - begin
    figures = (seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))
    with open(report, "w") as file:
        file.write("[{}, {}, {}, {}]".format(*figures))


if __name__ == "__main__":
    main()
