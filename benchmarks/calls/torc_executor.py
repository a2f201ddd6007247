"""Calls by torc's executor, on a server and a runner of their own. Usage: DIRECTORY PARALLEL CALLS"""

import sys

from work import square, timed

import torc


def main():
    directory, parallel, calls = sys.argv[1:]
    try:
        with torc.Executor(max_workers=int(parallel), output_dir=f"{directory}/output") as executor:
            list(executor.map(square, range(10)))
            timed(int(calls), lambda numbers: executor.map(square, numbers))
    finally:
        torc.stop_server()


if __name__ == "__main__":
    main()
