"""Specifications that are being written: checked, shown as what they would become, and written in every form.

Nothing here looks at files, and how much one request may ask for is bounded.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from torc.errors import InvalidInput, Problem, SpecError
from torc.layout import lay_out
from torc.models.plan import WorkflowPlan
from torc.models.specification import CheckSpecification, CreateFromSpecification, SpecificationSource
from torc.server.services.call import Call
from torc.server.store.transaction import Tx
from torc.spec import CheckedSpec, Limits, LoadedSpec, check, execution_plan, parse_spec
from torc.spec.demand import demand_of
from torc.spec.stages import begins
from torc.spec.write import entry_texts, plain, read_draft, texts
from torc.views.plan import demand_line

LIMITS = Limits(
    bytes=16 * 2**20,
    depth=100,
    aliases=100_000,
    jobs=100_000,
    relations=2_000_000,
    characters=64 * 2**20,
    regex_seconds=0.2,
)
#: Names of a stage, and expanded jobs, that a preview shows.
SHOWN = 100


def check_specification(_tx: Tx, call: Call) -> dict[str, Any]:
    """Find every problem of a specification, and show what it would become."""
    body: CheckSpecification = call.body
    try:
        loaded = _loaded(body)
    except SpecError as error:
        return {"errors": _described(error.problems), "warnings": []}
    try:
        checked = check(loaded)
    except SpecError as error:
        return {"errors": _described(error.problems), "warnings": [], "specification": _draft(loaded)}
    return {
        "errors": [],
        "warnings": _described(checked.warnings),
        "preview": _preview(checked, body.max_nodes),
        "specification": plain(checked.spec),
    }


def write_specification(_tx: Tx, call: Call) -> dict[str, Any]:
    """Write a specification, or one entry of it, in every form."""
    try:
        loaded = _loaded(call.body)
        noun = call.body.noun
        return {"texts": texts(loaded) if noun is None else entry_texts(loaded, noun, call.body.index)}
    except SpecError as error:
        raise _refusal(error) from None


def planned(_tx: Tx, body: CreateFromSpecification) -> WorkflowPlan:
    """Return the plan that creates the workflow of a specification.

    Raises
    ------
    InvalidInput
        That names the first problem and how many there are.
    """
    try:
        plan = check(_loaded(body), user=body.user).plan
    except SpecError as error:
        raise _refusal(error) from None
    plan["workflow"]["submission_directory"] = body.submission_directory
    plan["request_id"] = body.request_id
    try:
        return WorkflowPlan.model_validate(plan)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = Problem("", first["loc"]).dotted
        raise InvalidInput(f"{field}: {first['msg'].removeprefix('Value error, ')}", field=field) from None


def _loaded(source: SpecificationSource) -> LoadedSpec:
    if source.text is not None:
        return parse_spec(source.text, format=source.format, source="specification", limits=LIMITS)
    try:
        # Data takes the way of text, so that no value comes in that no text could hold.
        loaded = parse_spec(json.dumps(source.specification), format="json", limits=LIMITS)
    except SpecError as error:
        raise SpecError([replace(problem, line=None, column=None) for problem in error.problems]) from None
    # Nobody has written this text: problems have no lines.
    loaded.text = ""
    return loaded


def _draft(loaded: LoadedSpec) -> dict[str, Any]:
    """Return the data under today's names, or as it was written when keys or values are wrong."""
    try:
        return plain(read_draft(loaded))
    except SpecError:
        return loaded.data


def _described(problems: list[Problem]) -> list[dict[str, Any]]:
    return [
        {
            "message": problem.message,
            "path": list(problem.path),
            "hint": problem.hint,
            "line": problem.line,
            "column": problem.column,
        }
        for problem in problems
    ]


def _refusal(error: SpecError) -> InvalidInput:
    first, more = error.problems[0], len(error.problems) - 1
    place = f"{first.dotted}: " if first.path else ""
    return InvalidInput(
        f"{place}{first.message}{f' (and {more} more)' if more else ''}", field=first.dotted or None, hint=first.hint
    )


def _preview(checked: CheckedSpec, max_nodes: int) -> dict[str, Any]:
    stages = execution_plan(checked)["stages"]
    jobs = checked.plan["jobs"]
    return {
        "summary": checked.summary,
        "stages": [_stage(stage) for stage in stages[:SHOWN]],
        "num_stages": len(stages),
        "demand": demand_line(demand_of(checked)._asdict()),
        "dag": _dag(checked, max_nodes),
        "jobs": [
            {"name": job["name"], "command": job["command"], "entry": checked.jobs.path_of(position)[1]}
            for position, job in enumerate(jobs[:SHOWN])
        ],
    }


def _stage(stage: dict[str, Any]) -> dict[str, Any]:
    groups = stage["job_groups"]
    return {
        "stage": stage["stage"],
        "begins": begins(stage["trigger"]),
        "num_jobs": stage["num_jobs"],
        "groups": groups[:SHOWN],
        "num_groups": len(groups),
        "allocations": [f"{one['num_allocations']} x {one['scheduler']}" for one in stage["scheduler_allocations"]],
    }


def _dag(checked: CheckedSpec, max_nodes: int) -> dict[str, Any]:
    waits = checked.waits
    layout = lay_out(waits.names, waits.sets, waits.waits, max_nodes)
    return {
        "workflow_id": 0,
        "total_jobs": len(waits.names),
        "nodes": [
            {"label": node.label, "job_ids": node.jobs, "layer": node.layer, "row": node.row} for node in layout.nodes
        ],
        "edges": [{"source": edge.source, "target": edge.target, "rows": edge.rows} for edge in layout.edges],
    }
