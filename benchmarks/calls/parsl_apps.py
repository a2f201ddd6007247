"""Calls by Parsl's HighThroughputExecutor. Usage: DIRECTORY PARALLEL CALLS"""

import sys

import parsl
from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.providers import LocalProvider
from work import square, timed


def main():
    directory, parallel, calls = sys.argv[1:]
    executor = HighThroughputExecutor(
        address="127.0.0.1",
        loopback_address="127.0.0.1",
        max_workers_per_node=int(parallel),
        encrypted=False,
        provider=LocalProvider(init_blocks=1, max_blocks=1),
    )
    parsl.load(Config(executors=[executor], run_dir=f"{directory}/parsl", strategy="none", usage_tracking=0))
    app = parsl.python_app(square)
    for future in [app(number) for number in range(10)]:
        future.result()
    timed(int(calls), lambda numbers: [future.result() for future in [app(number) for number in numbers]])
    parsl.dfk().cleanup()


if __name__ == "__main__":
    main()
