from __future__ import annotations

import sys

from hypothesis import given
from hypothesis import strategies as st

from torc.graph import edge_count, find_cycle, shared_sets, topological_stages

LISTS = st.integers(1, 9).flatmap(
    lambda size: st.lists(st.lists(st.integers(0, size - 1), max_size=12), min_size=size, max_size=size)
)
#: Each job waits for jobs before it only.
ORDERED = st.integers(1, 10).flatmap(
    lambda size: st.tuples(
        *(st.lists(st.integers(0, max(0, job - 1)), max_size=5 if job else 0) for job in range(size))
    )
)


@given(LISTS)
def test_the_sets_of_a_job_are_exactly_its_list(lists: list[list[int]]) -> None:
    sets, waits = shared_sets(lists)
    for wanted, needed in zip(lists, waits, strict=True):
        members = [member for index in needed for member in sets[index]]
        assert sorted(members) == sorted(set(wanted))


@given(LISTS)
def test_nothing_is_stored_twice(lists: list[list[int]]) -> None:
    sets, waits = shared_sets(lists)
    assert len({frozenset(members) for members in sets}) == len(sets)
    assert sorted(member for members in sets for member in members) == sorted({m for items in lists for m in items})
    assert all(len(set(needed)) == len(needed) for needed in waits)


def test_a_stage_that_waits_for_a_stage_and_a_file_of_its_own_costs_the_sum_not_the_product() -> None:
    size = 300
    lists = [[] for _ in range(2 * size)] + [[*range(size), size + job] for job in range(size)]
    sets, waits = shared_sets(lists)
    assert sum(map(len, sets)) == 2 * size
    assert sum(map(len, waits)) == 2 * size
    assert edge_count(sets, waits) == size * (size + 1)


def _naive_stages(lists: list[list[int]]) -> list[int]:
    stage: list[int] = []
    for needed in lists:
        stage.append(max((stage[other] + 1 for other in needed), default=0))
    return stage


@given(ORDERED)
def test_a_job_stands_one_stage_behind_the_last_that_it_waits_for(lists: tuple[list[int], ...]) -> None:
    stages, unreachable = topological_stages(len(lists), *shared_sets(list(lists)))
    assert unreachable == []
    where = {job: number for number, jobs in enumerate(stages) for job in jobs}
    assert [where[job] for job in range(len(lists))] == _naive_stages(list(lists))
    assert all(jobs == sorted(jobs) for jobs in stages)


@given(ORDERED)
def test_jobs_that_wait_for_earlier_ones_have_no_cycle(lists: tuple[list[int], ...]) -> None:
    assert find_cycle(len(lists), *shared_sets(list(lists))) == []


@given(LISTS)
def test_a_found_cycle_is_one_and_none_is_missed(lists: list[list[int]]) -> None:
    cycle = find_cycle(len(lists), *shared_sets(lists))
    for job, following in zip(cycle, [*cycle[1:], *cycle[:1]], strict=True):
        assert following in lists[job]
    assert bool(cycle) == _has_cycle(lists)


def _has_cycle(lists: list[list[int]]) -> bool:
    left = set(range(len(lists)))
    while free := {job for job in left if not left & set(lists[job])}:
        left -= free
    return bool(left)


def test_a_job_that_waits_for_itself_is_a_cycle_of_one() -> None:
    assert find_cycle(2, *shared_sets([[0], []])) == [0]


def test_jobs_behind_a_cycle_are_not_in_it() -> None:
    sets, waits = shared_sets([[1], [0], [0]])
    assert sorted(find_cycle(3, sets, waits)) == [0, 1]
    assert topological_stages(3, sets, waits) == ([], [0, 1, 2])


def test_an_empty_set_holds_nobody_back() -> None:
    assert topological_stages(1, [[]], [[0]]) == ([[0]], [])


def test_a_long_chain_needs_no_recursion() -> None:
    size, limit = 20_000, sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        sets, waits = shared_sets([[job - 1] if job else [] for job in range(size)])
        assert len(topological_stages(size, sets, waits)[0]) == size
        sets, waits = shared_sets([[(job + 1) % size] for job in range(size)])
        assert len(find_cycle(size, sets, waits)) == size
    finally:
        sys.setrecursionlimit(limit)
