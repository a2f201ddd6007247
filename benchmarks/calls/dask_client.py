"""Calls by Dask's distributed client. Usage: DIRECTORY PARALLEL CALLS"""

import sys

from work import square, timed


def main():
    import dask
    from distributed import Client, LocalCluster

    _, parallel, calls = sys.argv[1:]
    dask.config.set({"distributed.worker.daemon": False})
    with (
        LocalCluster(
            n_workers=int(parallel), threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        Client(cluster) as client,
    ):
        client.gather(client.map(square, range(-10, 0), pure=False))
        timed(int(calls), lambda numbers: client.gather(client.map(square, numbers, pure=False)))


if __name__ == "__main__":
    main()
