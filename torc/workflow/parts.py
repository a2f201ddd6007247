"""What the builder's methods return: names that know their workflow, to be used where a name is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from torc.errors import InvalidInput

if TYPE_CHECKING:
    from torc.workflow.definition import Definition


class Part:
    """Something with a name in a workflow."""

    kind = ""

    def __init__(self, workflow: Definition, name: str) -> None:
        self.workflow = workflow
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.kind} '{self.name}' of workflow '{self.workflow.name}'>"


class JobPart(Part):
    """A job; in ``needs`` it is waited for, in ``inputs`` it stands for what it writes."""

    kind = "job"


class Resources(Part):
    """Amounts that jobs share."""

    kind = "resources"


class Scheduler(Part):
    """A kind of Slurm allocation."""

    kind = "scheduler"


class FailureHandler(Part):
    """Rules for failures."""

    kind = "failure handler"


class File(Part):
    """A file that jobs read or write."""

    kind = "file"

    @property
    def input(self) -> str:
        """The path in the command of a job that reads it: ``f"sort {raw.input}"``."""
        return f"${{files.input.{self.name}}}"

    @property
    def output(self) -> str:
        """The path in the command of the job that writes it."""
        return f"${{files.output.{self.name}}}"


class Data(Part):
    """A JSON value that jobs read or write."""

    kind = "data"

    @property
    def input(self) -> str:
        """The record's id in the command of a job that reads it."""
        return f"${{user_data.input.{self.name}}}"

    @property
    def output(self) -> str:
        """The record's id in the command of the job that writes it."""
        return f"${{user_data.output.{self.name}}}"


def name_of(value: Any, workflow: Definition, kind: type[Any], parameter: str) -> Any:
    """Return the name of a part of the workflow; what is no part is returned as it is.

    Raises
    ------
    InvalidInput
        When it is another kind of part, or one of another workflow.
    """
    if not hasattr(value, "workflow") or not hasattr(value, "name"):
        return value
    if not isinstance(value, kind):
        raise InvalidInput(f"{parameter}: {value!r} does not belong here", field=parameter)
    if value.workflow is not workflow:
        raise InvalidInput(
            f"{parameter}: {value!r} belongs to another workflow", field=parameter, hint="use parts of this workflow"
        )
    return value.name


def listed(value: Any) -> list[Any]:
    """Return one or several as a list."""
    if value is None:
        return []
    if isinstance(value, str) or not isinstance(value, Iterable):
        return [value]
    return list(value)
