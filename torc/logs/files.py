"""Where logs are: from what the server knows of a job's attempt to paths on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torc.client.client import Client
from torc.errors import InvalidInput, NotFound
from torc.runner import paths

DEFAULT_DIRECTORY = "output"
#: Jobs that wait for their turn have written nothing yet.
WAITING = ("blocked", "ready", "pending")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One execution of a job, and the compute node that it is or was on (empty when unknown)."""

    job_id: int
    run_id: int
    attempt_id: int
    node: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of_result(cls, result: Mapping[str, Any], nodes: Mapping[int, Mapping[str, Any]]) -> Attempt:
        """Return the attempt that a result tells of."""
        node = nodes.get(result.get("compute_node_id") or 0, {})
        return cls(result["job_id"], result["run_id"], result.get("attempt_id") or 1, node)


def directory_of(node: Mapping[str, Any]) -> str:
    """Return the output directory that a compute node recorded, as a relative path when it is below this one."""
    recorded = Path(node.get("output_dir") or DEFAULT_DIRECTORY)
    here = Path.cwd()
    return str(recorded.relative_to(here) if recorded.is_relative_to(here) else recorded)


def log_files(workflow_id: int, attempt: Attempt, output_dir: str | None = None) -> dict[str, str]:
    """Return the paths of all log files that concern an attempt, by kind, whether they exist or not."""
    node = attempt.node
    directory = output_dir or directory_of(node)
    place = (directory, workflow_id, attempt.job_id, attempt.run_id, attempt.attempt_id)
    found = {"job_stdout": paths.stdout_path(*place), "job_stderr": paths.stderr_path(*place)}
    scheduler = node.get("scheduler")
    if node.get("compute_node_type") == "slurm" and isinstance(scheduler, dict) and scheduler.get("slurm_job_id"):
        host, task = scheduler.get("node_id", node["hostname"]), scheduler.get("task_pid", node["pid"])
        return found | paths.slurm_paths(directory, workflow_id, scheduler["slurm_job_id"], host, task)
    found["job_runner_log"] = paths.runner_log_path(directory, workflow_id, attempt.run_id, node.get("hostname"))
    return found


def elsewhere(node: Mapping[str, Any]) -> str | None:
    """Return a sentence about a compute node whose output directory is not on this machine, else null."""
    host = node.get("hostname")
    if not host or host == paths.host_name() or Path(directory_of(node)).is_dir():
        return None
    return f"compute node {node['id']} is on host {host}; its output directory {node.get('output_dir')} is not here"


def nodes_of(client: Client, workflow_id: int) -> dict[int, dict[str, Any]]:
    """Return the compute nodes of a workflow by id."""
    return {node["id"]: node for node in client.pages("list_compute_nodes", workflow_id=workflow_id)}


def job_named(client: Client, job_id: int | None, workflow_id: int | None, name: str | None) -> dict[str, Any]:
    """Return the job with this id, or with this name in a workflow.

    Raises
    ------
    InvalidInput
        When neither is given, or both: then the number is likely that of the workflow.
    NotFound
    """
    if job_id is not None and (workflow_id is not None or name is not None):
        hint = f"for a name in workflow {job_id}: --workflow {job_id} --job NAME"
        raise InvalidInput("a job's id excludes --workflow and --job", field="JOB_ID", value=job_id, hint=hint)
    if job_id is not None:
        job: dict[str, Any] = client.get_job(job_id)
        return job
    if workflow_id is None or name is None:
        raise InvalidInput("no job given", field="JOB_ID", hint="give a job's id, or --workflow and --job")
    alike = client.pages("list_jobs", workflow_id=workflow_id, name=name)
    found = next((item for item in alike if item["name"] == name), None)
    if found is None:
        raise NotFound(
            f"workflow {workflow_id} has no job named '{name}'",
            field="--job",
            value=name,
            hint=f"torc jobs list {workflow_id} shows them",
        )
    return found


def attempt_of(client: Client, job: Mapping[str, Any], run_id: int | None, attempt_id: int | None) -> Attempt:
    """Return the attempt that runs now, or the latest that ended, among those of the given numbers.

    Raises
    ------
    NotFound
        When there is none.
    """
    attempts = [*_running(client, job), *_ended(client, job)]
    for attempt in attempts:
        if run_id in (None, attempt.run_id) and attempt_id in (None, attempt.attempt_id):
            return attempt
    raise _never_ran(job, attempts, run_id, attempt_id)


def _running(client: Client, job: Mapping[str, Any]) -> list[Attempt]:
    if job["status"] != "running":
        return []
    run_id = client.get_workflow(job["workflow_id"])["run_id"]
    node_id = job.get("compute_node_id")
    node = client.get_compute_node(node_id) if node_id else {}
    return [Attempt(job["id"], run_id, job.get("attempt_id") or 1, node)]


def _ended(client: Client, job: Mapping[str, Any]) -> list[Attempt]:
    results = list(client.pages("list_results", workflow_id=job["workflow_id"], job_id=job["id"], all_runs=True))
    results.sort(key=lambda result: (result["run_id"], result.get("attempt_id") or 1), reverse=True)
    nodes = nodes_of(client, job["workflow_id"]) if results else {}
    return [Attempt.of_result(result, nodes) for result in results]


def _never_ran(job: Mapping[str, Any], attempts: list[Attempt], run_id: int | None, attempt_id: int | None) -> NotFound:
    who = f"job {job['id']} ({job['name']})"
    if attempts:
        known = ", ".join(f"run {item.run_id} attempt {item.attempt_id}" for item in attempts[:10])
        wanted = " ".join(
            f"{word} {number}" for word, number in (("run", run_id), ("attempt", attempt_id)) if number is not None
        )
        return NotFound(f"{who} has no {wanted}", field="--run", value=run_id, hint=f"there is {known}")
    return NotFound(
        f"{who} has not run yet: it is {job['status']}",
        field="JOB_ID",
        value=job["id"],
        hint=f"torc workflows diagnose {job['workflow_id']} --job {job['id']} says why",
    )
