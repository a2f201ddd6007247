"""Runs stages of `bash -c true` through Parsl's HighThroughputExecutor. Usage: DIRECTORY PARALLEL STAGE..."""

import json
import sys
import time

import parsl
from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.providers import LocalProvider


@parsl.python_app
def job(log, inputs=()):
    import subprocess

    with open(log + ".o", "wb") as out, open(log + ".e", "wb") as err:
        return subprocess.run(["bash", "-c", "true"], stdout=out, stderr=err, check=True).returncode


def run_stages(directory, stages):
    before = []
    for stage, size in enumerate(stages):
        before = [job(f"{directory}/job_{stage}_{number}", inputs=before) for number in range(size)]
    for future in before:
        future.result()


def main():
    directory, parallel, *stages = sys.argv[1:]
    executor = HighThroughputExecutor(
        address="127.0.0.1",
        loopback_address="127.0.0.1",
        max_workers_per_node=int(parallel),
        encrypted=False,
        provider=LocalProvider(init_blocks=1, max_blocks=1),
    )
    parsl.load(Config(executors=[executor], run_dir=f"{directory}/parsl", strategy="none", usage_tracking=0))
    job(f"{directory}/first").result()
    begin = time.perf_counter()
    run_stages(directory, [int(size) for size in stages])
    seconds = time.perf_counter() - begin
    parsl.dfk().cleanup()
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main()
