"""The words after ``%torc``: which command they name, and what is asked for after the last of them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from torc.errors import InvalidInput
from torc.spec.problems import did_you_mean
from torc.workflow.stored import StoredWorkflow

#: Binds the result to a variable; commands with an option of this name have it before them.
TARGET = "-o"
_VARIABLE = re.compile(r"(?<!\S)(?:\$([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})(?!\S)")
_UNFILLED = re.compile(r"\$([A-Za-z_]\w*)[\w.]*|\{([A-Za-z_]\w*)[^{}]*\}")


def split(line: str) -> list[str]:
    """Return the words of a line.

    Raises
    ------
    InvalidInput
        When a quote is not closed.
    """
    try:
        return shlex.split(line)
    except ValueError as error:
        raise InvalidInput(f"{line.strip()}: {str(error).lower()}", hint="close the quote") from None


def name_workflows(line: str, variables: Mapping[str, Any], *, by_variable: bool) -> str:
    """Put the ids of workflows in the place of words as ``$wf`` or ``{wf}``.

    Those that have none yet, and with ``by_variable`` all, stay variables that are named ``$wf``.
    """

    def named(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        found = variables.get(name)
        if not isinstance(found, StoredWorkflow):
            return match[0]
        # Two dollar signs are one when IPython has put in all other variables.
        return f"$${name}" if by_variable or found.id is None else str(found.id)

    return _VARIABLE.sub(named, line)


def explain_variable(words: Sequence[str], variables: Mapping[str, Any], said: str) -> None:
    """Say why a variable still stands in the words, if that is what an error is about.

    Raises
    ------
    InvalidInput
        When there is no such variable, or the workflow in it is not created yet.
    """
    for word in words:
        match = _UNFILLED.fullmatch(word)
        if match is None or word not in said:
            continue
        name = match[1] or match[2]
        if name not in variables:
            raise InvalidInput(
                f"{word}: there is no variable '{name}'", field=name, value=word, hint=did_you_mean(name, variables)
            )
        if isinstance(variables[name], StoredWorkflow):
            _ = variables[name].number


@dataclass(slots=True)
class Place:
    """Where one is after some words."""

    context: click.Context
    #: The option whose value comes next.
    option: click.Option | None = None
    #: Arguments of the command so far.
    arguments: list[str] = field(default_factory=list)

    @property
    def command(self) -> click.Command:
        """The command so far."""
        return self.context.command

    def find_option(self, name: str) -> click.Option | None:
        """Return the command's option of this name."""
        for parameter in self.command.get_params(self.context):
            if isinstance(parameter, click.Option) and name in (*parameter.opts, *parameter.secondary_opts):
                return parameter
        return None

    def step(self, word: str) -> None:
        """Take one more word."""
        if self.option is not None:
            self.option = None
        elif word.startswith("-") and word != "-":
            found = None if "=" in word else self.find_option(word)
            self.option = None if found is None or found.is_flag or found.count else found
        else:
            self._enter(word)

    def _enter(self, word: str) -> None:
        child = self.command.get_command(self.context, word) if isinstance(self.command, click.Group) else None
        if child is None:
            self.arguments.append(word)
        else:
            self.context = click.Context(child, self.context, info_name=word, **child.context_settings)


def place_after(root: click.Command, words: Sequence[str]) -> Place:
    """Return where one is after these words."""
    place = Place(click.Context(root, info_name=root.name))
    for word in words:
        place.step(word)
    return place


def take_target(root: click.Command, words: Sequence[str]) -> tuple[list[str], str | None]:
    """Return the words without ``-o NAME``, and the name.

    Raises
    ------
    InvalidInput
        When that is not the name of a variable.
    """
    place = place_after(root, ())
    for index, word in enumerate(words):
        if word == TARGET and place.option is None and place.find_option(TARGET) is None:
            name = words[index + 1] if index + 1 < len(words) else ""
            if not name.isidentifier():
                raise InvalidInput(f"-o: '{name}' is not the name of a variable", field="-o", value=name)
            return [*words[:index], *words[index + 2 :]], name
        place.step(word)
    return list(words), None
