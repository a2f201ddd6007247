"""Where things stand in the text of a specification: a second, slower pass that only errors pay for."""

from __future__ import annotations

from dataclasses import replace

from torc.errors import Problem
from torc.spec.load import READERS, LoadedSpec
from torc.spec.problems import Path
from torc.spec.readers import Places, ReadError


def locate(loaded: LoadedSpec) -> Places:
    """Return line and column of every key and list item."""
    places: Places = {}
    try:
        READERS[loaded.format](loaded.text, loaded.limits, places)
    except ReadError:
        # The fast pass has read this text; a position is not worth a second error.
        return places
    return places


def placed(problems: list[Problem], loaded: LoadedSpec) -> list[Problem]:
    """Return the problems with line and column, in the order of the text."""
    if not problems:
        return problems
    places = locate(loaded)
    found = [_placed(problem, places) for problem in problems]
    return sorted(found, key=lambda problem: (problem.line is None, problem.line or 0, problem.column or 0))


def _placed(problem: Problem, places: Places) -> Problem:
    place = _nearest(problem.path, places)
    return problem if place is None else replace(problem, line=place[0], column=place[1])


def _nearest(path: Path, places: Places) -> tuple[int, int] | None:
    while path:
        if path in places:
            return places[path]
        path = path[:-1]
    # What the whole document lacks is shown at its beginning.
    return min(places.values(), default=None)
