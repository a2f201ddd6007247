"""Runs stages of `bash -c true` through a HyperQueue server and worker. Usage: DIRECTORY PARALLEL STAGE..."""

import json
import os
import sys
import time
from pathlib import Path

from hyperqueue import Job, LocalCluster
from hyperqueue.cluster import WorkerConfig


def make_job(directory, stages):
    job = Job(default_workdir=directory)
    before = []
    for stage, size in enumerate(stages):
        before = [
            job.program(
                ["bash", "-c", "true"],
                stdout=f"{directory}/job_{stage}_{number}.o",
                stderr=f"{directory}/job_{stage}_{number}.e",
                deps=before,
            )
            for number in range(size)
        ]
    return job


def main():
    directory, parallel, *stages = sys.argv[1:]
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115  (progress bars)
    with LocalCluster(server_dir=f"{directory}/hq", worker_config=WorkerConfig(cores=int(parallel))) as cluster:
        client = cluster.client()
        begin = time.time()
        client.wait_for_jobs([client.submit(make_job(directory, [int(size) for size in stages]))])
    # Its client looks for the end once a second, so the start of the last task tells more exactly.
    seconds = max(log.stat().st_mtime for log in Path(directory).glob("job_*.e")) - begin
    print(json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main()
