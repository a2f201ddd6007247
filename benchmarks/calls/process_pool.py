"""Calls by the standard library's pool of processes. Usage: DIRECTORY PARALLEL CALLS"""

import sys
from concurrent.futures import ProcessPoolExecutor

from work import square, timed


def main():
    _, parallel, calls = sys.argv[1:]
    with ProcessPoolExecutor(int(parallel)) as executor:
        list(executor.map(square, range(10)))
        timed(int(calls), lambda numbers: executor.map(square, numbers))


if __name__ == "__main__":
    main()
