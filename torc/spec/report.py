"""What a check found, for people and for programs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path as FilePath
from typing import Any

from torc.errors import Problem, SpecError
from torc.spec.plan import CheckedSpec

_WIDTH = 80
_LONGEST_LINE = 200


def render_problems(problems: Iterable[Problem], source: str, text: str | None = None, *, level: str = "error") -> str:
    """Return problems as a compiler prints them.

    Each has a line ``file:line:column: error: message``, the path of the field, the line of the file
    with a mark under the place, and what to do. ``text`` is the text of the specification; without
    it the file is read again.
    """
    lines = (_text_of(source) if text is None else text).split("\n")
    return "\n".join(_render(problem, source, lines, level) for problem in problems)


def render(error: SpecError) -> str:
    """Return all problems of an error as a compiler prints them."""
    return render_problems(error.problems, error.source, error.text)


def _text_of(source: str) -> str:
    try:
        return FilePath(source).read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def _render(problem: Problem, source: str, lines: list[str], level: str) -> str:
    place = "".join(f":{number}" for number in (problem.line, problem.column) if number is not None)
    where = f" [{problem.dotted}]" if problem.path else ""
    printed = [f"{source}{place}: {level}: {_printable(problem.message)}{_printable(where)}"]
    if problem.line is not None and problem.line <= len(lines):
        printed.extend(_excerpt(lines[problem.line - 1].rstrip("\r"), problem))
    if problem.hint:
        printed.append(f"  hint: {_printable(problem.hint)}")
    return "\n".join(printed)


def _excerpt(line: str, problem: Problem) -> list[str]:
    if not line.strip():
        return []
    column = (problem.column or 1) - 1
    first = max(0, column - _LONGEST_LINE // 2) if len(line) > _LONGEST_LINE else 0
    shown = _printable(line[first : first + _LONGEST_LINE])
    margin = f"{problem.line:>5} | "
    marks = [margin + shown]
    if problem.column is not None:
        marks.append(" " * (len(margin) - 2) + "| " + " " * (column - first) + "^")
    return marks


def _printable(text: str) -> str:
    """Return text that cannot move the cursor or change colours of a terminal."""
    return "".join(character if character.isprintable() else " " if character == "\t" else "?" for character in text)


def problem_dict(problem: Problem) -> dict[str, Any]:
    """Return a problem as plain data."""
    return {
        "message": problem.message,
        "path": problem.dotted,
        "line": problem.line,
        "column": problem.column,
        "hint": problem.hint,
    }


def validation_result(checked: CheckedSpec) -> dict[str, Any]:
    """Return the outcome of a dry run that found no errors, as JSON carries it."""
    warnings = [problem_dict(warning) for warning in checked.warnings]
    return {"valid": True, "errors": [], "warnings": warnings, "summary": checked.summary}


def validation_failure(error: SpecError) -> dict[str, Any]:
    """Return the outcome of a dry run that found errors, as JSON carries it."""
    errors = [problem_dict(problem) for problem in error.problems]
    return {"valid": False, "errors": errors, "warnings": [], "summary": None}


def render_summary(checked: CheckedSpec) -> str:
    """Return the outcome of a dry run for people."""
    summary = checked.summary
    lines = ["Workflow Validation Results", "===========================", "", f"Workflow: {summary['workflow_name']}"]
    if summary["workflow_description"]:
        lines.append(f"Description: {summary['workflow_description'].strip()}")
    lines += ["", "Components to be created:", f"  Jobs: {summary['job_count']}{_expanded(summary)}"]
    for label, name in (
        ("Files", "file_count"),
        ("User data records", "user_data_count"),
        ("Resource requirements", "resource_requirements_count"),
        ("Slurm schedulers", "slurm_scheduler_count"),
        ("Workflow actions", "action_count"),
    ):
        lines.append(f"  {label}: {summary[name]}")
    lines += ["", f"Submission: {_submission(summary)}", ""]
    if checked.warnings:
        lines += [*_warning_lines(checked.warnings), ""]
    lines.append("Validation: PASSED")
    return "\n".join(lines)


def _expanded(summary: dict[str, Any]) -> str:
    written, parameterized = summary["job_count_before_expansion"], summary["parameterized_job_specs"]
    if summary["job_count"] == written:
        return ""
    if parameterized == written:
        return f" (expanded from {written} parameterized job specs)"
    return f" (expanded from {written} job specs, {parameterized} of them parameterized)"


def _submission(summary: dict[str, Any]) -> str:
    if summary["has_schedule_nodes_action"]:
        return "Ready for scheduler submission (has on_workflow_start schedule_nodes action)"
    return "Ready for local execution (no on_workflow_start schedule_nodes action)"


def _warning_lines(warnings: list[Problem]) -> list[str]:
    lines = [f"Warnings ({len(warnings)}):"]
    for warning in warnings:
        text = warning.message + (f" ({warning.hint})" if warning.hint else "")
        lines += textwrap.wrap(text, _WIDTH, initial_indent="  - ", subsequent_indent="    ", break_long_words=False)
    return lines
