"""Checks that look at the whole workflow: cycles, actions, schedulers, repeated names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torc.errors import InvalidInput
from torc.graph import find_cycle
from torc.models.action import JOB_TRIGGERS
from torc.spec.expand import Expanded, Tables
from torc.spec.model import ActionSpec, SlurmSchedulerSpec, WorkflowSpec
from torc.spec.problems import Path, Problems, did_you_mean
from torc.spec.resolve import Resolver, Waits
from torc.spec.structure import Structure

#: Cycles that one report names at most.
MAX_CYCLES = 10
_DEFAULT_SORT = "gpus_runtime_memory"


def check_duplicates(structure: Structure, problems: Problems) -> None:
    """Report names that two of the lists without parameters have in common."""
    for noun, word in (
        ("resource_requirements", "resource requirements"),
        ("slurm_schedulers", "scheduler"),
        ("failure_handlers", "failure handler"),
    ):
        first: dict[str, int] = {}
        for item, index in zip(getattr(structure.spec, noun), structure.indexes[noun], strict=True):
            if item.name in first:
                hint = f"{noun}[{first[item.name]}] has it already"
                problems.add((noun, index, "name"), f"duplicate {word} name '{item.name}'", hint)
            first.setdefault(item.name, index)


def check_cycles(waits: Waits, jobs: Expanded, problems: Problems) -> None:
    """Report cycles of jobs by name: those that share no job, up to :data:`MAX_CYCLES`."""
    left = list(waits.waits)
    for _ in range(MAX_CYCLES):
        cycle = find_cycle(len(waits.names), waits.sets, left)
        if not cycle:
            return
        names = [waits.names[position] for position in (*cycle, cycle[0])]
        if len(cycle) == 1:
            message = f"circular dependency: job '{names[0]}' waits for itself"
        else:
            message = "circular dependency: " + " -> ".join(names)
        problems.add(
            jobs.path_of(cycle[0]), message, "each job waits for the next through names, regexes, files or data"
        )
        # Without what they wait for, these jobs hide no other cycle.
        for position in cycle:
            left[position] = []


def plan_actions(structure: Structure, resolver: Resolver, tables: Tables, problems: Problems) -> list[dict[str, Any]]:
    """Return the actions in plan form, reporting what is wrong with them."""
    planner = _ActionPlanner(resolver, tables, problems)
    return [
        planner.plan(action, ("actions", index))
        for action, index in zip(structure.spec.actions, structure.indexes["actions"], strict=True)
    ]


class _ActionPlanner:
    def __init__(self, resolver: Resolver, tables: Tables, problems: Problems) -> None:
        self.resolver = resolver
        self.tables = tables
        self.problems = problems

    def plan(self, action: ActionSpec, path: Path) -> dict[str, Any]:
        """Return one action in plan form."""
        planned: dict[str, Any] = {"trigger_type": action.trigger_type, "action_type": action.action_type}
        jobs = self._jobs(action, path)
        if jobs:
            planned["jobs"] = jobs
        if action.action_type == "run_commands":
            self._check_commands(action, path)
            planned["action_config"] = {"commands": action.commands}
        else:
            planned["action_config"] = self._schedule_nodes(action, path, planned)
        if action.persistent is not None:
            planned["persistent"] = action.persistent
        return planned

    def _jobs(self, action: ActionSpec, path: Path) -> list[int]:
        selects = bool(action.jobs or action.job_name_regexes)
        if selects and action.trigger_type not in JOB_TRIGGERS:
            self.problems.add(
                path,
                f"'{action.trigger_type}' does not look at single jobs",
                "remove 'jobs' and 'job_name_regexes', or use on_jobs_ready or on_jobs_complete",
            )
        elif action.trigger_type in JOB_TRIGGERS and not selects:
            self.problems.add(path, f"'{action.trigger_type}' needs 'jobs' or 'job_name_regexes'")
        found: dict[int, None] = {}
        for number, name in enumerate(action.jobs):
            position = self._find_job(name, (*path, "jobs", number))
            if position is not None:
                found[position] = None
        for number, regex in enumerate(action.job_name_regexes):
            found.update(dict.fromkeys(self._matching(regex, (*path, "job_name_regexes", number))))
        return list(found)

    def _find_job(self, name: str, path: Path) -> int | None:
        position = self.resolver.index["jobs"].get(name)
        if position is None and not self.resolver.broken.may_hold("jobs", name):
            hint = did_you_mean(name, self.resolver.index["jobs"])
            if "{" in name:
                hint = "actions have no parameters; name the jobs by job_name_regexes"
            self.problems.add(path, f"no job '{name}'", hint or "define it under 'jobs'")
        return position

    def _matching(self, regex: str, path: Path) -> Sequence[int]:
        try:
            found = self.resolver.matchers["jobs"].positions(regex)
        except InvalidInput as error:
            self.problems.add(path, error.message, error.hint)
            return ()
        if not found and "jobs" not in self.resolver.broken:
            self.problems.add(path, f"the regex '{regex}' matches no job")
        return found

    def _check_commands(self, action: ActionSpec, path: Path) -> None:
        if not action.commands:
            self.problems.add(path, "a run_commands action needs 'commands'")
        for name in ("scheduler", "scheduler_type", "num_allocations", "max_parallel_jobs"):
            if getattr(action, name) is not None:
                self.problems.add((*path, name), f"'{name}' belongs to schedule_nodes, not to run_commands")

    def _schedule_nodes(self, action: ActionSpec, path: Path, planned: dict[str, Any]) -> dict[str, Any]:
        if action.commands:
            self.problems.add((*path, "commands"), "'commands' belongs to run_commands, not to schedule_nodes")
        if action.scheduler is None:
            self.problems.add(path, "a schedule_nodes action needs 'scheduler'", "name one of slurm_schedulers")
        else:
            planned["scheduler"] = self.tables.find("slurm_schedulers", action.scheduler, (*path, "scheduler"))
        if action.scheduler_type is None:
            self.problems.add(path, "a schedule_nodes action needs 'scheduler_type'", "write scheduler_type: slurm")
        if action.num_allocations is None:
            self.problems.add(path, "a schedule_nodes action needs 'num_allocations'")
        config: dict[str, Any] = {
            "scheduler_type": action.scheduler_type or "slurm",
            "num_allocations": action.num_allocations or 1,
        }
        if action.start_one_worker_per_node:
            config["start_one_worker_per_node"] = True
        if action.max_parallel_jobs is not None:
            config["max_parallel_jobs"] = action.max_parallel_jobs
        return config


class SchedulerChecks:
    """Compares what jobs need with the nodes of their schedulers."""

    def __init__(
        self,
        structure: Structure,
        jobs: list[dict[str, Any]],
        requirements: list[dict[str, Any]],
        problems: Problems,
        *,
        skip: bool,
    ) -> None:
        self.spec: WorkflowSpec = structure.spec
        self.indexes = structure.indexes
        self.problems = problems
        self.skip = skip
        #: Scheduler position (None: any) -> node counts that its jobs ask for, with a job's name.
        self.needed: dict[int | None, dict[int, str]] = {}
        self.unassigned = 0
        for job in jobs:
            number = job.get("resource_requirements")
            nodes = requirements[number].get("num_nodes", 1) if isinstance(number, int) else 1
            self.needed.setdefault(job.get("scheduler"), {}).setdefault(nodes, job["name"])
            self.unassigned += job.get("scheduler") is None

    def run(self) -> None:
        """Report node counts that do not fit, and warn about different schedulers."""
        if not self.spec.slurm_schedulers:
            return
        for position, scheduler in enumerate(self.spec.slurm_schedulers):
            path = ("slurm_schedulers", self.indexes["slurm_schedulers"][position])
            self._check_account(scheduler, path)
            for nodes, job in self.needed.get(position, {}).items():
                if nodes > scheduler.nodes:
                    self._report(
                        path,
                        f"job '{job}' needs {nodes} nodes and scheduler '{scheduler.name}' has {scheduler.nodes}",
                        f"set nodes: {nodes}, or pass --skip-checks",
                    )
        for action, index in zip(self.spec.actions, self.indexes["actions"], strict=True):
            if action.action_type == "schedule_nodes":
                self._check_workers(action, ("actions", index))
        self._warn_about_differences()

    def _check_account(self, scheduler: SlurmSchedulerSpec, path: Path) -> None:
        defaults = self.spec.slurm_defaults or {}
        if scheduler.account is None and "account" not in defaults:
            self.problems.add(path, "'account' is missing", "give it here or in slurm_defaults")

    def _report(self, path: Path, message: str, hint: str) -> None:
        if self.skip:
            self.problems.warn(message, path, hint)
        else:
            self.problems.add(path, message, hint)

    def _check_workers(self, action: ActionSpec, path: Path) -> None:
        names = [scheduler.name for scheduler in self.spec.slurm_schedulers]
        if action.scheduler not in names:
            return
        position = names.index(action.scheduler)
        nodes = self.spec.slurm_schedulers[position].nodes
        bound = self.needed.get(position, {})
        wide = {**self.needed.get(None, {}), **bound}
        if nodes > 1 and not action.start_one_worker_per_node and wide and max(wide) == 1:
            self._report(
                path,
                f"scheduler '{action.scheduler}' has {nodes} nodes, but one worker serves them "
                "and no job needs more than one node",
                "set start_one_worker_per_node: true, give a job num_nodes, or pass --skip-checks",
            )
        if action.start_one_worker_per_node and bound and max(bound) > 1:
            self._report(
                path,
                f"job '{bound[max(bound)]}' needs {max(bound)} nodes, but each worker of scheduler "
                f"'{action.scheduler}' has one",
                "set start_one_worker_per_node: false, or pass --skip-checks",
            )

    def _warn_about_differences(self) -> None:
        schedulers = self.spec.slurm_schedulers
        if len(schedulers) < 2 or not self.unassigned or self.spec.jobs_sort_method is not None:
            return
        different = [
            label
            for label, name in (
                ("memory (mem)", "mem"),
                ("GPUs (gres)", "gres"),
                ("walltime", "walltime"),
                ("partition", "partition"),
            )
            if len({getattr(scheduler, name) for scheduler in schedulers}) > 1
        ]
        if different:
            self.problems.warn(
                f"Workflow has {len(schedulers)} schedulers with different {', '.join(different)} but "
                f"{self.unassigned} job(s) have no explicit scheduler assignment and jobs_sort_method is not set. "
                f"The default sort method '{_DEFAULT_SORT}' will be used (jobs sorted by GPUs, then runtime, then "
                "memory). If this doesn't match your workload, consider setting jobs_sort_method explicitly to "
                "'gpus_memory_runtime' (prioritize memory over runtime) or 'none' (no sorting).",
                ("slurm_schedulers",),
            )
