"""What Tab offers after ``%torc``: commands, options, choices, ids of workflows, names of jobs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

import click

from torc.cli.completions.model import kind_of
from torc.kernel_ext.cells import job, spec
from torc.kernel_ext.line import Place, place_after
from torc.kernel_ext.magics import TorcMagics
from torc.kernel_ext.notebook import MagicSession, Notebook
from torc.kernel_ext.tree import root
from torc.workflow.workflow import Workflow

_HEAD = re.compile(TorcMagics.COMPLETED)
_KINDS = {":workflow": "workflow", ":run": "workflow", ":job": "job", ":job-name": "job-name"}
#: What options of a job's cell name: lists of the workflow that is being described.
_PARTS = {
    "needs": ("jobs",),
    "inputs": ("files", "user_data"),
    "outputs": ("files", "user_data"),
    "resources": ("resource_requirements",),
    "scheduler": ("slurm_schedulers",),
    "failure_handler": ("failure_handlers",),
}


def candidates(notebook: Notebook, text: str) -> list[str]:
    """Return the words that may stand where a line ends; none where a file name is asked for."""
    head = _HEAD.match(text)
    if head is None:
        return []
    before, prefix = _words(text[head.end() :])
    is_cell = "%%" in head[0]
    if is_cell:
        in_job = before[:1] == ["job"]
        place = place_after(job if in_job else spec, before[1:] if in_job else before)
    else:
        place = place_after(root, before)
    found = _offered(notebook, place, before, prefix)
    if is_cell and not before:
        found = ["job", *found]
    return [word for word in found if word.startswith(prefix)]


def current_word(text: str) -> str:
    """Return the beginning of the word at the end of a line."""
    return _words(text)[1]


def _words(text: str) -> tuple[list[str], str]:
    """Return the complete words and the beginning of the last one."""
    body, _, prefix = text.replace("\t", " ").rpartition(" ")
    try:
        return shlex.split(body), prefix
    except ValueError:
        return body.split(), prefix


def _offered(notebook: Notebook, place: Place, before: list[str], prefix: str) -> Iterable[str]:
    name, equals, value = prefix.partition("=")
    if equals and prefix.startswith("--"):
        option = place.find_option(name)
        return [f"{name}={word}" for word in _values(notebook, place, option, before, value)] if option else []
    if place.option is not None:
        return _values(notebook, place, place.option, before, prefix)
    if prefix.startswith("-"):
        return _options(place)
    if isinstance(place.command, click.Group):
        return place.command.list_commands(place.context)
    return _values(notebook, place, _argument(place), before, prefix)


def _options(place: Place) -> list[str]:
    found = [
        name
        for parameter in place.command.get_params(place.context)
        if isinstance(parameter, click.Option) and not parameter.hidden
        for name in (*parameter.opts, *parameter.secondary_opts)
    ]
    return [name for name in found if name.startswith("--")]


def _argument(place: Place) -> click.Parameter | None:
    arguments = [one for one in place.command.get_params(place.context) if isinstance(one, click.Argument)]
    at = len(place.arguments)
    if at < len(arguments):
        return arguments[at]
    return arguments[-1] if arguments and arguments[-1].nargs != 1 else None


def _values(
    notebook: Notebook, place: Place, parameter: click.Parameter | None, before: list[str], prefix: str
) -> list[str]:
    if parameter is None:
        return []
    if place.command is job and parameter.name in _PARTS:
        # Several stand in one word: those before the last comma are chosen already.
        chosen, comma, _ = prefix.rpartition(",")
        return [chosen + comma + name for name in _parts(notebook, _PARTS[parameter.name])]
    path = " ".join(_path(place.context))
    kind = "workflow" if path == "%torc show" else _KINDS.get(known := kind_of(path, parameter))
    if kind is None:
        return known.split("|") if isinstance(parameter.type, click.Choice) else []
    return _asked(notebook, kind, before, prefix)


def _path(context: click.Context | None) -> list[str]:
    return [*_path(context.parent), context.info_name or "%torc"] if context else []


def _parts(notebook: Notebook, nouns: tuple[str, ...]) -> list[str]:
    if not isinstance(notebook.workflow, Workflow):
        return []
    return [item.name for noun in nouns for item in getattr(notebook.workflow.spec, noun)]


def _asked(notebook: Notebook, kind: str, before: list[str], prefix: str) -> list[str]:
    """Return what a server that answers at once knows; none is started for it."""
    session = MagicSession(notebook=notebook)
    try:
        found = root.main(["__complete", kind, prefix, *before], standalone_mode=False, obj=session)
    except Exception:  # a key that was pressed must have no other effect than a list
        return []
    finally:
        session.close()
    return [shlex.quote(text) for text, _ in found.data] if found is not None else []
