"""Specifications: what users write, read, checked, expanded and turned into a plan.

``load_spec`` (or ``parse_spec`` for text) reads a file, ``check`` finds every problem and returns the plan
that creates the workflow. Nothing here talks to a server.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torc.spec.limits import Limits
    from torc.spec.load import LoadedSpec, load_spec, parse_spec
    from torc.spec.plan import CheckedSpec, check
    from torc.spec.report import render, render_problems, render_summary, validation_failure, validation_result
    from torc.spec.stages import execution_plan, execution_plan_of_jobs, render_execution_plan

__all__ = [
    "CheckedSpec",
    "Limits",
    "LoadedSpec",
    "check",
    "execution_plan",
    "execution_plan_of_jobs",
    "load_spec",
    "parse_spec",
    "render",
    "render_execution_plan",
    "render_problems",
    "render_summary",
    "validation_failure",
    "validation_result",
]

_HOMES = {
    "limits": ("Limits",),
    "load": ("LoadedSpec", "load_spec", "parse_spec"),
    "plan": ("CheckedSpec", "check"),
    "report": ("render", "render_problems", "render_summary", "validation_failure", "validation_result"),
    "stages": ("execution_plan", "execution_plan_of_jobs", "render_execution_plan"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    # Reading a specification needs pydantic and parsers; naming this package must not.
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
