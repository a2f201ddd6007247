"""The words after ``%torc``: which command they name, and what is asked for after the last of them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field

import click

from torc.errors import InvalidInput

#: Binds the result to a variable; commands with an option of this name have it before them.
TARGET = "-o"


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
