"""The job that a cell has described."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from torc.kernel_ext.code import is_variable, unused
from torc.spec.references import REFERENCE
from torc.views.lists import shortened
from torc.workflow.job import Job

if TYPE_CHECKING:
    from torc.workflow.workflow import Workflow


class CellJob(Job):
    """A job whose code is a cell.

    Parameters
    ----------
    code
        The cell below the magic.
    variables
        What the code sees: names, with the references that stand for the paths of files.
    """

    workflow: Workflow

    def __init__(self, workflow: Workflow, name: str, code: str, is_python: bool, variables: Mapping[str, str]) -> None:
        super().__init__(workflow, name)
        self._code = code
        self._is_python = is_python
        #: The variables that the code sees.
        self.variables = [name for name in variables if is_variable(name, "python" if is_python else "bash")]
        self._outputs = {
            variable: REFERENCE.sub(r"\3", text) for variable, text in variables.items() if ".output." in text
        }

    @property
    def warnings(self) -> list[str]:
        """What may be wrong with the code."""
        if not self._is_python:
            return []
        paths = {file.name: str(file.path) for file in self.workflow.spec.files}
        unnamed = [name for name, file in self._outputs.items() if paths[file] not in self._code]
        if not unnamed or unused(self._code, self._outputs) != list(self._outputs):
            return []
        said = ", ".join(f"'{name}' (the path of {self._outputs[name]})" for name in unnamed)
        return [f"job '{self.name}': the code uses none of its output variables: {said}"]

    def description(self) -> dict[str, str]:
        """Return what the job is by heading, with the variables of its code."""
        language = "Python" if self._is_python else "Bash"
        first = next(line for line in self._code.splitlines() if line.strip())
        described = super().description() | {"command": f"{language}: {shortened(first)}"}
        return described | ({"variables": ", ".join(self.variables)} if self.variables else {})
