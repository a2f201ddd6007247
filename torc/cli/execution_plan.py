"""``torc workflows execution-plan``."""

from __future__ import annotations

from typing import Any

import click

from torc.cli.nouns import fetch_of
from torc.cli.options import number_in, with_session
from torc.cli.output import Message, View
from torc.cli.session import Session
from torc.cli.specs import load_checked
from torc.cli.tree import TorcCommand


@click.command("execution-plan", cls=TorcCommand)
@click.argument("spec_or_id", metavar="SPEC_OR_ID")
@with_session
def execution_plan(session: Session, spec_or_id: str) -> View:
    """Show in which stages the jobs of a file or workflow become ready.

    \b
    Examples:
      torc workflows execution-plan workflow.yaml
      torc workflows execution-plan 5
    """
    from torc import spec

    number = number_in(spec_or_id)
    plan = spec.execution_plan(load_checked(spec_or_id)) if number is None else _of_workflow(session, number)
    return Message(spec.render_execution_plan(plan).split("\n"), plan)


def _of_workflow(session: Session, number: int) -> dict[str, Any]:
    from torc.spec import execution_plan_of_jobs

    workflow = session.client.get_workflow(number)
    jobs = fetch_of(session, "list_jobs", number, include_relationships=True)
    position = {job["id"]: index for index, job in enumerate(jobs)}
    depends_on = [[position[member] for member in job.get("depends_on_job_ids") or ()] for job in jobs]
    actions = [
        action for action in session.client.get_workflow_actions(number) if action["action_type"] == "schedule_nodes"
    ]
    schedulers = fetch_of(session, "list_slurm_schedulers", number) if actions else []
    names = {scheduler["id"]: scheduler["name"] for scheduler in schedulers}
    allocations = [_allocation(action, names, position) for action in actions]
    return execution_plan_of_jobs(workflow["name"], [job["name"] for job in jobs], depends_on, allocations)


def _allocation(action: dict[str, Any], names: dict[Any, str], position: dict[int, int]) -> dict[str, Any]:
    config = action.get("action_config") or {}
    number = config.get("scheduler_id")
    scheduler = names.get(number, f"scheduler {number or '?'}")
    return {
        **config,
        "trigger_type": action["trigger_type"],
        "scheduler": config.get("scheduler") or scheduler,
        "jobs": [position[job_id] for job_id in action.get("job_ids") or () if job_id in position],
    }
