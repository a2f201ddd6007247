"""The variables that the code of a cell has: parameters of its job, and paths of the files that it names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from torc.errors import InvalidInput
from torc.kernel_ext.commands import pairs
from torc.spec.parameters import Values, parse_values
from torc.workflow.workflow import Workflow

#: What would end or bend the quotes around a text that is put into code.
_UNQUOTABLE = re.compile(r"""["'\\\n\r]""")


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a job: its own, and those that it takes from the workflow."""

    own: dict[str, str]
    used: list[str]
    values: dict[str, Values]

    @classmethod
    def of(cls, texts: tuple[str, ...], workflow: Workflow) -> Parameters:
        """Return what ``--params`` says: ``NAME=VALUES``, or the name of one of the workflow's.

        Raises
        ------
        InvalidInput
        """
        own = pairs(tuple(text for text in texts if "=" in text), "--params")
        used = [text.strip() for text in texts if "=" not in text]
        shared = workflow.spec.parameters
        for name in used:
            if name not in shared:
                raise InvalidInput(
                    f"--params: workflow '{workflow.name}' has no parameter '{name}'", field="params", value=name,
                    hint=f'write "{name}=[...]"',
                )  # fmt: skip
        return cls(own, used, {name: _values(name, (shared | own)[name]) for name in [*used, *own]})

    @property
    def numbers(self) -> set[str]:
        """The parameters that are numbers throughout."""
        return {
            name
            for name, values in self.values.items()
            if not (isinstance(values, list) and any(isinstance(value, str) for value in values))
        }

    def of_file(self, text: str) -> dict[str, Any]:
        """Return the ones that a file's name or path uses, as keys of a specification."""
        own = {name: values for name, values in self.own.items() if f"{{{name}" in text}
        used = [name for name in self.used if f"{{{name}" in text]
        return ({"params": own} if own else {}) | ({"use_parameters": used} if used else {})

    def first(self, text: str) -> str:
        """Return a text with the first value of each parameter in its places."""
        for name, values in self.values.items():
            text = re.sub(_place(name), str(values[0]), text)
        return text

    def without_places(self, name: str) -> str:
        """Return a file's name without the parameters in it: ``model`` for ``model_{lr}``."""
        for one in self.values:
            name = re.sub(f"_?{_place(one)}", "", name)
        return name


def declared(workflow: Workflow, text: str, parameters: Parameters) -> str:
    """Return the name of a file or of data; ``NAME=PATH`` declares a file unless it is known.

    Raises
    ------
    InvalidInput
        When the name stands for another file already.
    """
    name, equals, path = text.partition("=")
    if equals:
        known = {file.name: str(file.path) for file in workflow.spec.files}
        if name not in known:
            workflow.file(name, path, **parameters.of_file(text))
        elif known[name] != path:
            raise InvalidInput(
                f"file '{name}' is {known[name]} already, not {path}", field="path", value=path,
                hint="give it another name, or begin the workflow anew",
            )  # fmt: skip
    return name


def paths(workflow: Workflow, places: Mapping[str, Iterable[str]], parameters: Parameters) -> dict[str, str]:
    """Return the variables for the files that a job reads and writes, with what its command has in their place."""
    known = {file.name: str(file.path) for file in workflow.spec.files}
    found = {}
    for side, names in places.items():
        for name in names:
            if name in known:
                _refuse_quotes(name, [known[name]])
                found[parameters.without_places(name)] = f"${{files.{side}.{name}}}"
    return found


def _place(name: str) -> str:
    """Return the pattern of a parameter's places, as ``{lr}`` or ``{lr:.2f}``."""
    return rf"\{{{name}(?::[^{{}}]*)?\}}"


def _values(name: str, given: Any) -> Values:
    try:
        values = parse_values(given)
    except InvalidInput as error:
        raise InvalidInput(
            f"--params: '{name}': {error.message}", field="params", value=given, hint=error.hint
        ) from None
    _refuse_quotes(name, [value for value in values if isinstance(value, str)] if isinstance(values, list) else [])
    return values


def _refuse_quotes(name: str, texts: Iterable[str]) -> None:
    for text in texts:
        if _UNQUOTABLE.search(text):
            raise InvalidInput(
                f"'{name}': {text!r} has quotes or backslashes, which a variable in code cannot have",
                field=name, value=text, hint="name it without them, or put it into a file",
            )  # fmt: skip
