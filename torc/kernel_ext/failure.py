"""How a magic fails: one line below the cell, no traceback, and the cell has failed."""

from __future__ import annotations

import traceback

from IPython.display import display

from torc.cli import output
from torc.cli.main import explained
from torc.errors import SpecError
from torc.spec import render
from torc.views.display import Displayed
from torc.views.problems import problems_html


class CommandFailed(Exception):
    """A magic that could not do what it was told; its cause is the error itself."""

    def _render_traceback_(self) -> list[str]:
        return [f"error: {self}"]


class Problems(Displayed):
    """Everything that is wrong in a specification, each with line, column and the line itself."""

    def __init__(self, error: SpecError) -> None:
        self._error = error

    def __repr__(self) -> str:
        return f"<{self._error}>"

    def _text(self) -> str:
        return render(self._error)

    def _html(self) -> str:
        return problems_html(render(self._error), len(self._error.problems))


def failed(failure: Exception, *, in_detail: bool = False) -> CommandFailed:
    """Return what to raise for a failure; the problems of a specification are shown."""
    if in_detail:
        traceback.print_exception(failure)
    error = explained(failure)
    if isinstance(error, SpecError) and (error.text or len(error.problems) > 1):
        display(Problems(error))  # type: ignore[no-untyped-call]
    made = CommandFailed(" ".join(output.clean(error).split()))
    made.__cause__ = failure
    return made
