"""Runs stages of `bash -c true` through Dask distributed. Usage: DIRECTORY PARALLEL STAGE..."""

import json
import subprocess
import sys
import time


def job(log, *_waited_for):
    with open(log + ".o", "wb") as out, open(log + ".e", "wb") as err:
        return subprocess.run(["bash", "-c", "true"], stdout=out, stderr=err, check=True).returncode


def gate(*_waited_for):
    return 0


def run_stages(client, directory, stages):
    before = []
    futures = []
    for stage, size in enumerate(stages):
        # A stage that waits for many goes through one gate: lists of a thousand arguments slow Dask down.
        if len(before) > 1:
            before = [client.submit(gate, *before, pure=False)]
        before = [
            client.submit(job, f"{directory}/job_{stage}_{number}", *before, pure=False) for number in range(size)
        ]
        futures += before
    client.gather(futures)


def main():
    import dask
    from distributed import Client, LocalCluster

    directory, parallel, *stages = sys.argv[1:]
    dask.config.set({"distributed.worker.daemon": False})
    with (
        LocalCluster(
            n_workers=int(parallel), threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        Client(cluster) as client,
    ):
        begin = time.perf_counter()
        run_stages(client, directory, [int(size) for size in stages])
        seconds = time.perf_counter() - begin
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main()
