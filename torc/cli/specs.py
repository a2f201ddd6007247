"""Specifications for commands: read from a file or standard input, checked, with warnings shown."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from torc.cli import output
from torc.errors import InvalidInput, SpecError

if TYPE_CHECKING:
    from torc.spec import CheckedSpec, LoadedSpec
    from torc.spec.load import Format

_STDIN = "<stdin>"


class BrokenInput(SpecError):
    """A broken specification from standard input, which cannot be read again to show its lines."""

    def __init__(self, error: SpecError, text: str) -> None:
        super().__init__(error.problems, error.source)
        self.text = text


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

    content = sys.stdin.buffer.read() if file == "-" else None
    try:
        loaded = _load(file, content, format_of)
        checked = check(loaded, skip_checks=skip_checks)
    except SpecError as error:
        if content is None:
            raise
        raise BrokenInput(error, content.decode("utf-8", "replace")) from None
    workflow: dict[str, Any] = checked.plan["workflow"]
    if user:
        workflow["user"] = user
    if not monitoring:
        workflow["resource_monitor_config"] = {"enabled": False}
    if warn and checked.warnings:
        output.block(render_problems(checked.warnings, checked.source, loaded.text, level="warning"))
    return checked


def _load(file: str, content: bytes | None, format_of: str | None) -> LoadedSpec:
    from torc.spec import load_spec, parse_spec

    chosen = cast("Format | None", format_of)
    if content is not None:
        return parse_spec(content, format=chosen, source=_STDIN)
    if not Path(file).exists():
        raise InvalidInput(
            f"'{file}' is neither a file nor a workflow id", field="spec", value=file, hint="check the path"
        )
    return load_spec(file, format=chosen)
