"""A program's commands as a table that shells can be given: words with descriptions, and what values are.

What a value may be is one word: the choices joined by ``|``, or a kind: ``:file``, ``:directory``, ``:workflow``,
``:run`` (a file or a workflow), ``:job`` (an id), ``:job-name``, and ``:any`` for what nobody can guess.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import click

_WORKFLOW = ("workflow_id", "workflow_ids")
_JOB = ("job_id", "job_ids")


@dataclass(frozen=True, slots=True)
class Word:
    """Something to type, and what it is for."""

    text: str
    help: str


@dataclass(slots=True)
class Node:
    """A command: what may follow it."""

    path: str  #: ``torc workflows list``
    commands: list[Word] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    options: list[Word] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)  #: what the options that have one take
    arguments: list[str] = field(default_factory=list)
    repeated: bool = False  #: the last argument may be given more than once


@dataclass(slots=True)
class Program:
    """All commands of a program; ``shared`` holds the options that nearly all of them have."""

    name: str
    nodes: list[Node]
    shared: Node


def of_click(root: click.Command, name: str) -> Program:
    """Return the table of a program made with Click; hidden commands and options are left out."""
    return _program(name, list(_walk(root, name, None)))


def of_argparse(parser: argparse.ArgumentParser) -> Program:
    """Return the table of a program made with argparse, without subcommands."""
    node = Node(parser.prog)
    for action in parser._actions:
        choices = [str(choice) for choice in action.choices or ()]
        kind = "|".join(choices) if choices else _kind_of_name(action.dest) or ":any"
        if not action.option_strings:
            node.arguments.append(kind)
        _add_option(node, list(action.option_strings), action.help or "", None if action.nargs == 0 else kind)
    return _program(parser.prog, [node])


def _walk(command: click.Command, path: str, parent: click.Context | None) -> Iterator[Node]:
    context = click.Context(command, parent, info_name=path, **command.context_settings)
    node = Node(path)
    for parameter in command.get_params(context):
        _add_parameter(node, parameter)
    below: list[Node] = []
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                node.commands.append(Word(name, _first_line(child.help or "")))
                below += _walk(child, f"{path} {name}", context)
        node.aliases = dict(getattr(command, "aliases", {}))
    yield node
    yield from below


def _add_parameter(node: Node, parameter: click.Parameter) -> None:
    kind = kind_of(node.path, parameter)
    if isinstance(parameter, click.Argument):
        node.arguments.append(kind)
        node.repeated = parameter.nargs != 1
    elif isinstance(parameter, click.Option) and not parameter.hidden:
        names = [*parameter.opts, *parameter.secondary_opts]
        _add_option(node, names, parameter.help or "", None if parameter.is_flag or parameter.count else kind)


def _add_option(node: Node, names: list[str], help_text: str, kind: str | None) -> None:
    for name in names:
        node.options.append(Word(name, _first_line(help_text)))
        if kind is not None:
            node.values[name] = kind


def kind_of(path: str, parameter: click.Parameter) -> str:
    """Return what a parameter of the command at ``path`` takes."""
    if isinstance(parameter.type, click.Choice):
        return "|".join(map(str, parameter.type.choices))
    if isinstance(parameter.type, click.Path):
        return ":file" if parameter.type.file_okay else ":directory"
    name = "job" if "--job" in parameter.opts else parameter.name or ""
    if name == "record_id":
        # Named by the noun that the command belongs to: torc jobs get ID.
        name = {"workflows": "workflow_id", "jobs": "job_id"}.get(path.split(" ")[-2], "")
    return _kind_of_name(name) or _kind_of_metavar(parameter.metavar or "")


def _kind_of_name(name: str) -> str | None:
    if name in _WORKFLOW:
        return ":workflow"
    if name in _JOB:
        return ":job"
    return {"spec_or_id": ":run", "job": ":job-name", "output_dir": ":directory"}.get(name)


def _kind_of_metavar(metavar: str) -> str:
    word = metavar.strip("[].")
    if word in ("FILE", "PATH", "SPEC"):
        return ":file"
    if word in ("DIR", "DIRECTORY"):
        return ":directory"
    return word if "|" in word and word.islower() else ":any"


def _program(name: str, nodes: list[Node]) -> Program:
    """Take out what nearly all commands share, which makes the scripts short."""
    counts = Counter((word, node.values.get(word.text)) for node in nodes for word in node.options)
    often = {pair for pair, count in counts.items() if count > 0.8 * len(nodes) and len(nodes) > 1}
    shared = Node(name)
    for word, kind in (pair for pair in counts if pair in often):
        shared.options.append(word)
        if kind is not None:
            shared.values[word.text] = kind
    for node in nodes:
        node.options = [word for word in node.options if (word, node.values.get(word.text)) not in often]
        kept = {word.text for word in node.options}
        node.values = {option: kind for option, kind in node.values.items() if option in kept}
    return Program(name, nodes, shared)


def _first_line(text: str) -> str:
    line = text.strip().partition("\n")[0].strip()
    return line.rstrip(".")
