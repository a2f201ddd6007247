"""Specifications for commands: read from a file or standard input, checked, with warnings shown."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from torc.cli import output
from torc.cli.session import Session
from torc.errors import InvalidInput

if TYPE_CHECKING:
    from torc.spec import CheckedSpec, LoadedSpec
    from torc.spec.load import Format

#: Creating so many jobs takes a second or more.
_LARGE = 20_000


def load_checked(
    file: str,
    *,
    format_of: str | None = None,
    user: str | None = None,
    skip_checks: bool = False,
    monitoring: bool = True,
    warn: bool = True,
) -> CheckedSpec:
    """Return a specification's plan; ``-`` reads standard input, a given ``user`` owns the workflow.

    Raises
    ------
    SpecError
        With everything that is wrong in it.
    """
    from torc.spec import check, render_problems

    loaded = _load(file, format_of)
    checked = check(loaded, skip_checks=skip_checks)
    workflow: dict[str, Any] = checked.plan["workflow"]
    # Relative paths of files count from here, wherever the workflow is initialized later.
    workflow["submission_directory"] = str(Path.cwd())
    if user:
        workflow["user"] = user
    if not monitoring:
        workflow["resource_monitor_config"] = {"enabled": False}
    if warn and checked.warnings:
        output.block(render_problems(checked.warnings, checked.source, loaded.text, level="warning"))
    return checked


def tell_if_large(session: Session, checked: CheckedSpec) -> None:
    """Say to somebody at a terminal what takes a while."""
    count = checked.summary["job_count"]
    if session.interactive and count >= _LARGE:
        output.note(f"Creating {count} jobs ...")


def _load(file: str, format_of: str | None) -> LoadedSpec:
    from torc.spec import load_spec, parse_spec

    chosen = cast("Format | None", format_of)
    if file == "-":
        return parse_spec(sys.stdin.buffer.read(), format=chosen)
    if not os.path.exists(file):  # noqa: PTH110 - which raises for a name that no file can have
        raise InvalidInput(
            f"'{file}' is neither a file nor a workflow id", field="spec", value=file, hint="check the path"
        )
    return load_spec(file, format=chosen)
