from __future__ import annotations

from itertools import groupby, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from torc.graph import shared_sets
from torc.layout import DIRECT_LINES, Layout, lay_out

#: Each job waits for jobs before it only.
ORDERED = st.integers(1, 25).flatmap(
    lambda size: st.tuples(
        *(st.lists(st.integers(0, max(0, job - 1)), max_size=5 if job else 0) for job in range(size))
    )
)


def picture(names: list[str], lists: list[list[int]], max_nodes: int = 60) -> Layout:
    return lay_out(names, *shared_sets(lists), max_nodes)


def test_a_diamond_stands_symmetrically_in_three_layers() -> None:
    drawn = picture(["a", "b1", "b2", "c"], [[], [0], [0], [1, 2]])
    assert [(node.label, node.layer, node.row) for node in drawn.nodes] == [
        ("a", 0, 0.5),
        ("b1", 1, 0.0),
        ("b2", 1, 1.0),
        ("c", 2, 0.5),
    ]
    assert sorted((edge.source, edge.target) for edge in drawn.edges) == [(0, 1), (0, 2), (1, 3), (2, 3)]


def test_jobs_whose_names_differ_in_numbers_are_folded_when_there_are_many() -> None:
    names = ["prepare", *(f"train_lr{rate / 100}_b{rate}" for rate in range(80)), "collect"]
    drawn = picture(names, [[], *([0] for _ in range(80)), list(range(1, 81))])
    assert [(node.label, len(node.jobs)) for node in drawn.nodes] == [
        ("prepare", 1),
        ("train_lr*_b*", 80),
        ("collect", 1),
    ]
    assert len(drawn.edges) == 2


def test_words_are_folded_when_numbers_are_not_enough_and_stages_when_words_are_not() -> None:
    words = [f"fit_{chr(97 + number % 26)}{chr(97 + number // 26)}" for number in range(70)]
    assert [node.label for node in picture(words, [[] for _ in words]).nodes] == ["fit_*"]
    unlike = [f"{chr(97 + number % 26)}{chr(97 + number // 26)}" for number in range(70)]
    assert [len(node.jobs) for node in picture(unlike, [[] for _ in unlike]).nodes] == [70]


def test_a_workflow_that_is_a_long_chain_keeps_a_node_for_each_stage() -> None:
    drawn = picture(
        [f"step_{number}" for number in range(200)], [[number - 1] if number else [] for number in range(200)]
    )
    assert len(drawn.nodes) == 200
    assert {node.row for node in drawn.nodes} == {0.0}


def test_lines_between_two_stages_meet_in_a_join_when_they_are_many() -> None:
    first = list(range(DIRECT_LINES))
    drawn = picture([f"j{number}" for number in range(2 * len(first))], [*([] for _ in first), *(first for _ in first)])
    (join,) = [node for node in drawn.nodes if not node.jobs]
    assert (join.layer, max(node.layer for node in drawn.nodes)) == (1, 2)
    assert len(drawn.edges) == 2 * len(first)


def test_a_line_that_passes_a_layer_goes_around_what_stands_there() -> None:
    drawn = picture(["a", "b", "c"], [[], [0], [0, 1]])
    (long,) = [edge for edge in drawn.edges if (edge.source, edge.target) == (0, 2)]
    (bend,) = long.rows
    assert abs(bend - drawn.nodes[1].row) >= 1


def test_jobs_on_a_cycle_are_drawn_all_the_same() -> None:
    drawn = lay_out(["a", "b"], [[1], [0]], [[0], [1]], 60)
    assert sorted(job for node in drawn.nodes for job in node.jobs) == [0, 1]


def test_nothing_is_drawn_of_a_workflow_without_jobs() -> None:
    assert picture([], []) == Layout([], [])


@settings(deadline=None)
@given(ORDERED, st.integers(1, 40))
def test_every_job_stands_once_lines_go_right_and_nothing_overlaps(lists: tuple[list[int], ...], limit: int) -> None:
    names = [f"job{number}" for number in range(len(lists))]
    drawn = picture(names, list(lists), limit)
    assert sorted(job for node in drawn.nodes for job in node.jobs) == list(range(len(names)))
    layer_of = {job: node.layer for node in drawn.nodes for job in node.jobs}
    assert all(layer_of[needed] < layer_of[job] for job, members in enumerate(lists) for needed in members)
    assert all(drawn.nodes[edge.source].layer < drawn.nodes[edge.target].layer for edge in drawn.edges)
    placed = sorted((node.layer, node.row) for node in drawn.nodes)
    for _, layer in groupby(placed, key=lambda place: place[0]):
        rows = [row for _, row in layer]
        assert all(below - above > 0.99 for above, below in pairwise(rows))


@settings(deadline=None)
@given(ORDERED)
def test_what_a_job_waits_for_can_be_followed_along_the_lines(lists: tuple[list[int], ...]) -> None:
    drawn = picture([f"job{number}" for number in range(len(lists))], list(lists))
    leads_to: dict[int, set[int]] = {}
    for edge in drawn.edges:
        leads_to.setdefault(edge.source, set()).add(edge.target)
    node_of = {job: number for number, node in enumerate(drawn.nodes) for job in node.jobs}
    for job, members in enumerate(lists):
        for needed in members:
            near = leads_to.get(node_of[needed], set())
            beyond = {end for number in near if not drawn.nodes[number].jobs for end in leads_to.get(number, ())}
            assert node_of[job] in near | beyond
