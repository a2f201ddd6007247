"""Short ways to check a specification and look at its plan."""

from __future__ import annotations

from typing import Any

import pytest

from torc.errors import Problem, SpecError
from torc.models.plan import WorkflowPlan
from torc.spec import Limits, check, parse_spec
from torc.spec.plan import CheckedSpec


def checked(text: str, format: Any = "yaml", limits: Limits | None = None, **options: Any) -> CheckedSpec:
    result = check(parse_spec(text, format=format, limits=limits or Limits()), **options)
    WorkflowPlan.model_validate(result.plan)
    return result


def plan(text: str, format: Any = "yaml", **options: Any) -> dict[str, Any]:
    return checked(text, format, **options).plan


def failure(text: str | bytes, format: Any = "yaml", limits: Limits | None = None, **options: Any) -> SpecError:
    with pytest.raises(SpecError) as caught:
        check(parse_spec(text, format=format, limits=limits or Limits()), **options)
    return caught.value


def problems(text: str | bytes, format: Any = "yaml", **options: Any) -> list[Problem]:
    return failure(text, format, **options).problems


def messages(text: str | bytes, format: Any = "yaml", **options: Any) -> list[str]:
    return [problem.message for problem in problems(text, format, **options)]


def names(plan: dict[str, Any], noun: str = "jobs") -> list[str]:
    return [record["name"] for record in plan[noun]]


def job(plan: dict[str, Any], name: str) -> dict[str, Any]:
    return next(record for record in plan["jobs"] if record["name"] == name)


def waits_for(plan: dict[str, Any], name: str) -> set[str]:
    """Names of the jobs that the job's dependency sets hold."""
    sets = plan.get("dependency_sets", [])
    return {names(plan)[member] for index in job(plan, name).get("dependency_sets", ()) for member in sets[index]}


def related(plan: dict[str, Any], name: str, field: str) -> list[str]:
    """Names of the files or user data that a field of the job lists."""
    noun = "files" if field.endswith("files") else "user_data"
    return [names(plan, noun)[index] for index in job(plan, name).get(field, ())]
