"""What jobs use: samples while they run, and what is known of the present run afterwards."""

from __future__ import annotations

import asyncio
import logging
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torc.errors import NotFound, TorcError
from torc.logs.reading import open_log
from torc.plots.data import Attempt, JobInfo, Metrics, read_metrics
from torc.plots.plain import add_samples, as_plain
from torc.runner.paths import host_name, metrics_path
from torc.server.store import usage
from torc.server.store.usage import Place, Usage

if TYPE_CHECKING:
    from torc.server.service import Service
    from torc.server.services.call import Call

logger = logging.getLogger(__name__)

#: Larger files of samples, all together, are for ``torc plot-resources``.
LARGEST_FILES = 64 * 2**20
_LIVE = 1_000_000


async def get_metrics(service: Service, call: Call) -> dict[str, Any]:
    """Return what the jobs of the present run asked for and used, with the samples that are at hand."""
    metrics, last = await collect(service, call.id, call.query.job_id)
    return {"last": last, **await asyncio.to_thread(as_plain, metrics)}


async def collect(service: Service, workflow_id: int, job_id: int | None) -> tuple[Metrics, int]:
    """Return what is known, and the number of the last sample.

    Raises
    ------
    NotFound
        When the workflow has no such job.
    """
    known: Usage = await service.read(usage.of_run, workflow_id, job_id)
    if job_id is not None and not known.jobs:
        raise NotFound(f"no job with id {job_id} in workflow {workflow_id}", field="job_id", value=job_id)
    live = service.samples.newer(workflow_id, limit=_LIVE, job_id=job_id)
    return await asyncio.to_thread(_join, workflow_id, job_id, known, live), live["last"]


def _join(workflow_id: int, job_id: int | None, known: Usage, live: dict[str, Any]) -> Metrics:
    metrics = Metrics(
        {row[0]: JobInfo(*row) for row in known.jobs},
        attempts=[Attempt(*row) for row in known.attempts],
        hint=_hint(known.monitor),
    )
    files = _files(workflow_id, known)
    if files:
        _add_file(metrics, files, job_id)
    hosts = {place.node_id: place.hostname for place in known.places}
    nodes = [node | {"hostname": hosts.get(node["compute_node_id"])} for node in live["nodes"]]
    add_samples(metrics, live["jobs"], nodes)
    return metrics


def _hint(config: dict[str, Any]) -> str:
    """Return what to do where samples are missing."""
    of_jobs = config.get("jobs") or config
    if not of_jobs.get("enabled"):
        return "resource_monitor is off: set 'enabled: true'"
    if of_jobs.get("granularity") != "time_series":
        return "set 'granularity: time_series' to keep the samples of jobs that have ended"
    return ""


def _files(workflow_id: int, known: Usage) -> list[Path]:
    """Return the runners' files of samples that this process may read: its own user's, on this machine."""
    found, left = [], LARGEST_FILES
    for directory in dict.fromkeys(place.output_dir for place in known.places if _is_here(place)):
        assert directory is not None
        path = metrics_path(directory, workflow_id, known.run_id)
        try:
            with open_log(path, directory) as file:
                status = os.fstat(file.fileno())
        except TorcError:
            continue
        if stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid() and status.st_size <= left:
            left -= status.st_size
            found.append(Path(path))
    return found


def _is_here(place: Place) -> bool:
    return place.output_dir is not None and place.output_dir.startswith("/") and place.hostname == host_name()


def _add_file(metrics: Metrics, files: list[Path], job_id: int | None) -> None:
    try:
        saved = read_metrics(files, job_id=job_id)
    except TorcError as error:
        logger.warning("samples are left out: %s", error)
        return
    metrics.samples = {number: samples for number, samples in saved.samples.items() if number in metrics.jobs}
    metrics.nodes = saved.nodes if job_id is None else []
