"""The reference of the command line, made from the command tree.

``python -m torc.cli.reference > docs/cli.md`` writes it; a test fails when the page says something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc

import click

from torc.cli.main import cli
from torc.cli.tree import TorcGroup, global_options

_TOP = """\
# Command line

Made by `python -m torc.cli.reference > docs/cli.md` from the commands themselves; change their texts, not this page.

Every command takes the global options, before or after its name. Results go to standard output, everything else to
standard error. With `-f json` a result is one JSON document, lists stand under the name of what they hold, and an error
is `{"error": {"type": ..., "message": ..., "hint": ...}}` on standard error.

| exit code | meaning |
|---|---|
| 0 | done; for `torc run`: all jobs completed |
| 1 | refused or failed; for `torc run`: some jobs failed or were canceled |
| 2 | bad input: an option, an id, a file |
| 4 | the server is out of reach |
| 130, 143 | ended by SIGINT (Ctrl-C), SIGTERM |

Where a workflow's id is optional, a person at a terminal is asked to choose one; without a terminal it must be given.
"""


def render() -> str:
    """Return the page."""
    context = click.Context(cli, info_name="torc")
    pages = [_TOP, "## Global options\n", *_options(context, global_options()), "\n## Commands\n"]
    pages += ["| command | what it does |", "|---|---|", *_overview(cli, context), ""]
    for name, command in _commands(cli, context):
        pages += _section(command, click.Context(command, info_name=name, parent=context))
    return "\n".join(pages).rstrip() + "\n"


def _commands(group: TorcGroup, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None and not command.hidden:
            yield name, command


def _overview(group: TorcGroup, context: click.Context) -> Iterator[str]:
    for name, command in _commands(group, context):
        inner = click.Context(command, info_name=name, parent=context)
        if isinstance(command, TorcGroup):
            yield from _overview(command, inner)
        else:
            path = inner.command_path
            yield f"| [`{path}`](#{path.replace(' ', '-')}) | {_paragraphs(command)[0]} |"


def _section(command: click.Command, context: click.Context) -> list[str]:
    if isinstance(command, TorcGroup):
        lines = [f"## {context.command_path}\n", _paragraphs(command)[0], "", *_other_names(command)]
        for name, inner in _commands(command, context):
            lines += _section(inner, click.Context(inner, info_name=name, parent=context))
        return lines
    depth = "##" if context.parent and context.parent.parent is None else "###"
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    lines = [f"{depth} {context.command_path}\n"]
    for paragraph in _paragraphs(command):
        lines += [_example(paragraph) if paragraph.startswith("\b") else paragraph, ""]
    lines += ["```text", usage, "```", ""]
    shared = {option.name for option in global_options()}
    own = [parameter for parameter in command.params if parameter.name not in shared]
    options = list(_options(context, own))
    return [*lines, *options, ""] if options else lines


def _paragraphs(command: click.Command) -> list[str]:
    texts = cleandoc(command.help or "").split("\n\n")
    return [text if text.startswith("\b") else " ".join(text.split()) for text in texts]


def _example(paragraph: str) -> str:
    _, *lines = paragraph.removeprefix("\b").strip("\n").split("\n")
    return "\n".join(["```console", *(f"$ {line.strip()}" for line in lines), "```"])


def _options(context: click.Context, parameters: list[click.Option] | list[click.Parameter]) -> Iterator[str]:
    for parameter in parameters:
        record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
        if record:
            names, text = record
            yield f"- `{names.strip()}`: {text}" if text else f"- `{names.strip()}`"


def _other_names(group: TorcGroup) -> list[str]:
    if not group.aliases:
        return []
    listed = ", ".join(f"`{alias}` for `{name}`" for alias, name in group.aliases.items())
    return [f"Older names work, too: {listed}.", ""]


if __name__ == "__main__":
    print(render(), end="")
