"""``torc reports check-resource-utilization``: what jobs used, beside what they asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import click

from torc.amounts import SHORTEST_SECONDS, enough_cpus, enough_memory, enough_runtime, is_beyond_cpus
from torc.cli.choose import workflow_of
from torc.cli.options import COUNT, fetch, with_session, workflow_argument
from torc.cli.output import Message, Table, View, clean, counted
from torc.cli.session import Session
from torc.cli.tree import TorcCommand
from torc.units import parse_duration, parse_memory

Resource = Literal["Memory", "CPU", "Runtime"]

_TITLES = ("Job ID", "Job Name", "Resource", "Specified", "Peak Used", "Over-Utilization")


@dataclass(frozen=True, slots=True)
class Use:
    """How much of one resource a job asked for and how much it used: bytes, percent of one CPU, or seconds."""

    job_id: int
    job_name: str
    requirements_id: int
    resource: Resource
    specified: float
    peak: float

    @property
    def is_over(self) -> bool:
        """Whether the job used more than it asked for."""
        return is_beyond_cpus(self.peak, self.specified / 100) if self.resource == "CPU" else self.peak > self.specified

    @property
    def document(self) -> dict[str, Any]:
        """The record of the report."""
        show = _FORMATS[self.resource]
        share = f"{(self.peak / self.specified - 1) * 100:+.1f}%" if self.specified else "-"
        return {
            "job_id": self.job_id,
            "job_name": self.job_name,
            "resource_type": self.resource,
            "specified": show(self.specified),
            "peak_used": f"{self.peak:.1f}%" if self.resource == "CPU" else show(self.peak),
            "over_utilization": share,
        }


@click.command("check-resource-utilization", cls=TorcCommand)
@workflow_argument
@click.option("-r", "--run-id", type=COUNT, help="Run to look at (default: the latest of each job).")
@click.option("-a", "--all", "show_all", is_flag=True, help="Show all jobs, not only those that used too much.")
@with_session
def check_resource_utilization(session: Session, workflow_id: int | None, run_id: int | None, show_all: bool) -> View:
    """Show the jobs that used more than they asked for.

    Compares the peaks of memory and CPU and the run time of each result with the job's resource requirements,
    and advises new ones. CPU use is left out for jobs of less than a second, and counts beyond 5 % more.

    \b
    Examples:
      torc reports check-resource-utilization 5
      torc reports check-resource-utilization 5 --all -f json
    """
    number = workflow_of(session, workflow_id)
    results = fetch(session, "list_results", workflow_id=number, run_id=run_id, all_runs=run_id is not None)
    needs = {item["id"]: item for item in fetch(session, "list_resource_requirements", workflow_id=number)}
    jobs = {job["id"]: job for job in fetch(session, "list_jobs", workflow_id=number)} if results else {}
    uses = [use for result in results for use in uses_of(result, jobs[result["job_id"]], needs)]
    over = [use for use in uses if use.is_over]
    advice = list(advised(over, needs))
    document = {
        "workflow_id": number,
        "run_id": run_id,
        "total_results": len(results),
        "over_utilization_count": len(over),
        "violations": [use.document for use in (uses if show_all else over)],
        "suggestions": advice,
    }
    return Message(_lines(document, advice, sampled=any(use.resource != "Runtime" for use in uses)), document)


def uses_of(result: dict[str, Any], job: dict[str, Any], needs: dict[int, dict[str, Any]]) -> Iterator[Use]:
    """Yield what a result tells about the use of each resource; what was not sampled is left out."""
    need = needs.get(job["resource_requirements_id"])
    if need is None:
        return
    seconds = (result.get("exec_time_minutes") or 0) * 60
    cpu = None if 0 < seconds < SHORTEST_SECONDS else result.get("peak_cpu_percent")
    amounts: tuple[tuple[Resource, float, float | None], ...] = (
        ("Memory", parse_memory(need["memory"]), result.get("peak_memory_bytes")),
        ("CPU", need["num_cpus"] * 100, cpu),
        ("Runtime", parse_duration(need["runtime"]), seconds),
    )
    for resource, specified, peak in amounts:
        if peak is not None:
            yield Use(job["id"], job["name"], need["id"], resource, specified, peak)


def advised(over: Iterable[Use], needs: dict[int, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield new values for the resource requirements whose jobs used too much."""
    peaks: dict[int, dict[Resource, float]] = {}
    jobs: dict[int, set[int]] = {}
    for use in over:
        known = peaks.setdefault(use.requirements_id, {})
        known[use.resource] = max(use.peak, known.get(use.resource, 0))
        jobs.setdefault(use.requirements_id, set()).add(use.job_id)
    for number, peak in peaks.items():
        values = {_FIELDS[resource]: _ADVICE[resource](amount) for resource, amount in peak.items()}
        yield {
            "resource_requirements_id": number,
            "name": needs[number]["name"],
            "num_jobs": len(jobs[number]),
        } | values


def _lines(document: dict[str, Any], advice: list[dict[str, Any]], *, sampled: bool) -> list[str | Table]:
    count = document["over_utilization_count"]
    if not document["total_results"]:
        return [f"Workflow {document['workflow_id']} has no results to look at."]
    looked = counted(document["total_results"], "results")
    head = f"⚠ Found {counted(count, 'resource over-utilization violations')}:"
    lines: list[str | Table] = [head if count else f"✓ No resource over-utilization in {looked}."]
    rows = [[clean(value) for value in use.values()] for use in document["violations"]]
    if rows:
        lines += ["", Table(_TITLES, rows)]
    if not sampled:
        lines += ["", "Memory and CPU were not sampled: only run times could be compared."]
    if advice:
        command = f"torc workflows correct-resources {document['workflow_id']}"
        lines += ["", f"To ask for enough next time (peak and a reserve; all at once: {command}):"]
        lines += map(_advice_line, advice)
    return lines


def _advice_line(advice: dict[str, Any]) -> str:
    options = " ".join(f"--{field.replace('_', '-')} {advice[field]}" for field in _FIELDS.values() if field in advice)
    command = f"torc resource-requirements update {advice['resource_requirements_id']} {options}"
    return f"  {advice['name']} ({counted(advice['num_jobs'], 'jobs')}): {command}"


def _memory(size: float) -> str:
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} GB"


def _cpu(percent: float) -> str:
    return f"{percent:.0f}%"


def _runtime(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 60 and seconds != int(seconds):
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes}m {rest}s" if hours else f"{minutes}m {rest}s" if minutes else f"{rest}s"


_FORMATS = {"Memory": _memory, "CPU": _cpu, "Runtime": _runtime}
_FIELDS: dict[Resource, str] = {"CPU": "num_cpus", "Memory": "memory", "Runtime": "runtime"}
_ADVICE: dict[Resource, Any] = {"CPU": enough_cpus, "Memory": enough_memory, "Runtime": enough_runtime}
