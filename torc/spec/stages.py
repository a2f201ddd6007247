"""The execution plan: which jobs become ready together, after what, and which allocations are requested then."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from torc.graph import topological_stages
from torc.spec.plan import CheckedSpec
from torc.spec.resolve import Waits

#: Jobs that a stage waits for are named up to this many, else counted.
_NAMED = 3
_SHOWN = 20
_DIGITS = re.compile(r"[0-9]+")


def execution_plan(checked: CheckedSpec) -> dict[str, Any]:
    """Return the stages of a checked specification."""
    plan = checked.plan
    schedulers = [scheduler["name"] for scheduler in plan.get("slurm_schedulers", ())]
    actions = [
        {**action["action_config"], **action, "scheduler": schedulers[action["scheduler"]]}
        for action in plan.get("actions", ())
        if action["action_type"] == "schedule_nodes"
    ]
    return plan_stages(plan["workflow"]["name"], checked.waits, actions)


def execution_plan_of_jobs(
    name: str, jobs: Sequence[str], depends_on: Sequence[Sequence[int]], actions: Iterable[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Return the stages of an existing workflow.

    Parameters
    ----------
    jobs
        Names of the jobs.
    depends_on
        For each job the positions in ``jobs`` that it waits for.
    actions
        Allocations: dicts with ``trigger_type``, ``scheduler`` (a name), ``scheduler_type``,
        ``num_allocations`` and for job triggers ``jobs`` (positions).
    """
    numbers: dict[tuple[int, ...], int] = {}
    waits = [[numbers.setdefault(tuple(members), len(numbers))] if members else [] for members in depends_on]
    return plan_stages(name, Waits(list(jobs), [list(members) for members in numbers], waits), actions)


def plan_stages(name: str, waits: Waits, actions: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the stages as plain data."""
    stages, _ = topological_stages(len(waits.names), waits.sets, waits.waits)
    stage_of = {job: number for number, members in enumerate(stages) for job in members}
    allocations = _allocations(actions, stage_of, len(stages))
    listed = []
    for number, members in enumerate(stages):
        listed.append(
            {
                "stage": number + 1,
                "trigger": _trigger(number, members, waits, stage_of),
                "scheduler_allocations": allocations.get(number, []),
                "num_jobs": len(members),
                "job_groups": fold([waits.names[job] for job in members]),
                "jobs": [waits.names[job] for job in members],
            }
        )
    return {"workflow_name": name, "total_jobs": len(waits.names), "total_stages": len(listed), "stages": listed}


def _trigger(number: int, members: list[int], waits: Waits, stage_of: dict[int, int]) -> dict[str, Any]:
    if number == 0:
        return {"type": "workflow_start"}
    needed = {index for job in members for index in waits.waits[job]}
    before = sorted({job for index in needed for job in waits.sets[index] if stage_of.get(job) == number - 1})
    return {"type": "jobs_complete", "num_jobs": len(before), "jobs": [waits.names[job] for job in before]}


def _allocations(
    actions: Iterable[dict[str, Any]], stage_of: dict[int, int], count: int
) -> defaultdict[int, list[dict[str, Any]]]:
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for action in actions:
        trigger = action["trigger_type"]
        if trigger in ("on_workflow_start", "on_worker_start"):
            stage = 0
        elif trigger in ("on_jobs_ready", "on_jobs_complete"):
            last = max((stage_of.get(job, 0) for job in action.get("jobs") or ()), default=0)
            stage = min(last + (trigger == "on_jobs_complete"), count - 1)
        else:
            stage = count - 1
        found[stage].append(
            {
                "scheduler": action["scheduler"],
                "scheduler_type": action.get("scheduler_type", "slurm"),
                "num_allocations": action.get("num_allocations", 1),
            }
        )
    return found


def fold(names: Sequence[str]) -> list[str]:
    """Return the names with runs of numbers written once: ``work_{1..5}``."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(_DIGITS.sub("#", name), []).append(name)
    return [text for group in groups.values() for text in _fold_group(group)]


def _fold_group(group: list[str]) -> list[str]:
    if len(group) == 1:
        return group
    rows = [_DIGITS.findall(name) for name in group]
    varying = [column for column in range(len(rows[0])) if len({row[column] for row in rows}) > 1]
    if len(varying) != 1:
        return group
    column = varying[0]
    pieces = _DIGITS.split(group[0])
    before = "".join(piece + digits for piece, digits in zip(pieces, rows[0][:column], strict=False)) + pieces[column]
    after = "".join(digits + piece for digits, piece in zip(rows[0][column + 1 :], pieces[column + 2 :], strict=True))
    after = pieces[column + 1] + after
    values = sorted({row[column] for row in rows}, key=lambda digits: (int(digits), digits))
    return [before + _run(run) + after for run in _runs(values)]


def _runs(values: list[str]) -> list[list[str]]:
    runs: list[list[str]] = []
    for value in values:
        if runs and int(value) == int(runs[-1][-1]) + 1 and (value[0] != "0" or len(value) == len(runs[-1][-1])):
            runs[-1].append(value)
        else:
            runs.append([value])
    return runs


def _run(run: list[str]) -> str:
    return run[0] if len(run) == 1 else f"{{{run[0]}..{run[-1]}}}"


def render_execution_plan(plan: dict[str, Any]) -> str:
    """Return the stages as text for people."""
    lines = [f"Workflow: {plan['workflow_name']}", f"Total Jobs: {plan['total_jobs']}", ""]
    for stage in plan["stages"]:
        lines.append(f"{'▶' if stage['stage'] == 1 else '→'} Stage {stage['stage']}: {begins(stage['trigger'])}")
        if stage["scheduler_allocations"]:
            lines.append("  Scheduler Allocations:")
        for one in stage["scheduler_allocations"]:
            lines.append(f"    • {one['scheduler']} ({one['scheduler_type']}) - {one['num_allocations']} allocation(s)")
        lines.append("  Jobs Becoming Ready:")
        groups = stage["job_groups"]
        lines.extend(f"    • {group}" for group in groups[:_SHOWN])
        if len(groups) > _SHOWN:
            lines.append(f"    • ... and {len(groups) - _SHOWN} more")
        lines.append("")
    return "\n".join([*lines, f"Total Stages: {plan['total_stages']}"])


def begins(trigger: dict[str, Any]) -> str:
    """Return when a stage begins, in words."""
    if trigger["type"] == "workflow_start":
        return "Workflow Start"
    names = trigger["jobs"]
    if len(names) == 1:
        return f"When job '{names[0]}' completes"
    if len(names) <= _NAMED:
        return f"When jobs {', '.join(repr_name(name) for name in names)} complete"
    return f"When {len(names)} jobs complete"


def repr_name(name: str) -> str:
    """Return a name in single quotes."""
    return f"'{name}'"
