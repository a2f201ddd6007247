from __future__ import annotations

from typing import Any

import pytest

from torc.spec import parse_spec
from torc.spec.positions import locate
from torc.spec.text import decode

from .checking import problems
from .test_formats import SAME


@pytest.mark.parametrize("format", list(SAME))
def test_the_same_paths_are_found_in_every_format(format: Any) -> None:
    places = locate(parse_spec(SAME[format], format=format))
    expected = set(locate(parse_spec(SAME["yaml"], format="yaml")))
    # KDL carries user data as JSON in a text, which has one place.
    inside_data = {path for path in expected if path[:1] == ("user_data",) and len(path) > 3}
    assert expected - inside_data <= set(places)


@pytest.mark.parametrize("format", list(SAME))
def test_places_point_at_what_they_name(format: Any) -> None:
    loaded = parse_spec(SAME[format], format=format)
    lines = loaded.text.split("\n")
    for path, (line, column) in locate(loaded).items():
        if isinstance(path[-1], str) and path[-1] in ("priority", "walltime", "num_cpus", "trigger_type"):
            assert lines[line - 1][column - 1 :].lstrip("\"'").startswith(path[-1])


def test_a_place_inside_a_single_text_is_that_of_its_key() -> None:
    (problem,) = problems("name: w\njobs:\n- name: a\n  command: x\n  depends_on: nowhere\n")
    assert problem.dotted == "jobs[0].depends_on[0]"
    assert (problem.line, problem.column) == (5, 3)


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert decode(b"\xef\xbb\xbfname: w") == "name: w"
