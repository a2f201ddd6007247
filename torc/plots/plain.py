"""Metrics as plain data, as they travel between the server and those who plot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from torc.plots.data import Attempt, JobInfo, Metrics, NodeSamples, Samples

#: Samples of all jobs together; each job has its share of them, and at least the least.
MOST_SAMPLES = 200_000
LEAST_OF_ONE = 100


def as_plain(metrics: Metrics, most: int = MOST_SAMPLES) -> dict[str, Any]:
    """Return metrics as lists and dictionaries, of many samples those where a job used most."""
    share = max(LEAST_OF_ONE, most // max(1, len(metrics.samples)))
    return {
        "jobs": [asdict(job) for job in metrics.jobs.values()],
        "attempts": [asdict(attempt) for attempt in metrics.attempts],
        "samples": [_job_columns(job_id, samples, share) for job_id, samples in metrics.samples.items()],
        "nodes": [_node_columns(node) for node in metrics.nodes],
        "hint": metrics.hint,
    }


def from_plain(plain: Mapping[str, Any]) -> Metrics:
    """Return the metrics that :func:`as_plain` has written."""
    metrics = Metrics(
        {job["id"]: JobInfo(**job) for job in plain["jobs"]},
        attempts=[Attempt(**attempt) for attempt in plain["attempts"]],
        hint=plain["hint"],
    )
    add_samples(metrics, plain["samples"], plain["nodes"])
    return metrics


def add_samples(metrics: Metrics, jobs: Iterable[Mapping[str, Any]], nodes: Iterable[Mapping[str, Any]]) -> None:
    """Add columns of samples behind those that are there; what is there already is left out."""
    for columns in jobs:
        if columns["job_id"] not in metrics.jobs:
            continue
        samples = metrics.samples.setdefault(columns["job_id"], Samples())
        first = _newer(samples.timestamps, columns["timestamp"])
        samples.timestamps += columns["timestamp"][first:]
        samples.cpu_percent += columns["cpu_percent"][first:]
        samples.memory_bytes += columns["memory_bytes"][first:]
        samples.num_processes += columns["num_processes"][first:]
        samples.attempts += columns["attempt_id"][first:]
    for columns in nodes:
        node = _node(metrics, columns)
        first = _newer(node.timestamps, columns["timestamp"])
        node.timestamps += columns["timestamp"][first:]
        node.cpu_percent += columns["cpu_percent"][first:]
        node.memory_bytes += columns["memory_bytes"][first:]
        node.total_memory_bytes = max(node.total_memory_bytes, columns["total_memory_bytes"])


def _newer(known: Sequence[float], moments: Sequence[float]) -> int:
    """Return from which place on moments are newer than what is known."""
    return sum(moment <= known[-1] for moment in moments) if known else 0


def _node(metrics: Metrics, columns: Mapping[str, Any]) -> NodeSamples:
    hostname = columns.get("hostname") or f"compute node {columns.get('compute_node_id')}"
    node = next((one for one in metrics.nodes if one.hostname == hostname), None)
    if node is None:
        metrics.nodes.append(node := NodeSamples(hostname))
    node.id = columns.get("compute_node_id") or node.id
    return node


def _job_columns(job_id: int, samples: Samples, share: int) -> dict[str, Any]:
    places = _highest(samples, share)
    columns: dict[str, Sequence[float]] = {
        "timestamp": samples.timestamps,
        "cpu_percent": samples.cpu_percent,
        "memory_bytes": samples.memory_bytes,
        "num_processes": samples.num_processes,
        "attempt_id": samples.attempts,
    }
    return {"job_id": job_id} | {name: [column[place] for place in places] for name, column in columns.items()}


def _highest(samples: Samples, most: int) -> Sequence[int]:
    """Return at most so many places: of each stretch where CPU and where memory were highest."""
    count = len(samples)
    if count <= most:
        return range(count)
    stretches = max(1, most // 2)
    places = set()
    for number in range(stretches):
        part = range(count * number // stretches, count * (number + 1) // stretches)
        places.add(max(part, key=samples.cpu_percent.__getitem__))
        places.add(max(part, key=samples.memory_bytes.__getitem__))
    return sorted(places)


def _node_columns(node: NodeSamples) -> dict[str, Any]:
    return {
        "compute_node_id": node.id,
        "hostname": node.hostname,
        "timestamp": node.timestamps,
        "cpu_percent": node.cpu_percent,
        "memory_bytes": node.memory_bytes,
        "total_memory_bytes": node.total_memory_bytes,
    }
