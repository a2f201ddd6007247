"""What a workflow asks for, told before anything is created."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from torc.amounts import DEFAULT_RUNTIME
from torc.graph import topological_stages
from torc.models.scheduler import DEFAULT_WALLTIME
from torc.spec.plan import CheckedSpec
from torc.spec.resolve import Waits
from torc.units import parse_duration, parse_walltime

_HOUR = 3600.0


class Demand(NamedTuple):
    """Upper bounds, since run times and wall times are limits."""

    num_jobs: int  #: those that say how long they run
    cpu_hours: float
    gpu_hours: float
    #: Seconds of the longest chain of jobs that wait for each other: however many machines there are, it takes that.
    longest_chain: float
    #: Of all allocations that the workflow requests itself.
    node_hours: float


def demand_of(checked: CheckedSpec) -> Demand:
    """Return what jobs and allocations ask for; a run time that nobody gave, or is as if so, says nothing."""
    plan = checked.plan
    needs = plan.get("resource_requirements", [])
    seconds = [parse_duration(need["runtime"]) for need in needs]
    tells = [need["runtime"] != DEFAULT_RUNTIME for need in needs]
    asked = [job.get("resource_requirements") for job in plan.get("jobs", [])]
    asked = [number if number is not None and tells[number] else None for number in asked]
    known = [number for number in asked if number is not None]
    return Demand(
        len(known),
        sum(seconds[number] * needs[number]["num_cpus"] * needs[number]["num_nodes"] for number in known) / _HOUR,
        sum(seconds[number] * needs[number]["num_gpus"] * needs[number]["num_nodes"] for number in known) / _HOUR,
        longest_chain(checked.waits, [0.0 if number is None else seconds[number] for number in asked]),
        _node_hours(plan),
    )


def longest_chain(waits: Waits, seconds: Sequence[float]) -> float:
    """Return the largest sum of the jobs' seconds along dependencies (the critical path)."""
    stages, _ = topological_stages(len(seconds), waits.sets, waits.waits)
    end_of_set: dict[int, float] = {}
    ends = [0.0] * len(seconds)
    for job in (job for stage in stages for job in stage):
        begin = 0.0
        for number in waits.waits[job]:
            if number not in end_of_set:  # its members are of earlier stages
                end_of_set[number] = max((ends[member] for member in waits.sets[number]), default=0.0)
            begin = max(begin, end_of_set[number])
        ends[job] = begin + seconds[job]
    return max(ends, default=0.0)


def _node_hours(plan: dict[str, Any]) -> float:
    schedulers = plan.get("slurm_schedulers", [])
    requested = [
        (schedulers[action["scheduler"]], action["action_config"].get("num_allocations") or 1)
        for action in plan.get("actions", [])
        if action["action_type"] == "schedule_nodes" and action["action_config"].get("scheduler_type") != "local"
    ]
    return sum(
        count * (scheduler.get("nodes") or 1) * parse_walltime(scheduler.get("walltime") or DEFAULT_WALLTIME) / _HOUR
        for scheduler, count in requested
    )
