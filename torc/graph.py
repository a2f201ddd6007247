"""Directed acyclic graphs of jobs. Pure, iterative (no recursion), linear in nodes and edges.

Nodes are positions ``0 .. n-1``. Dependencies come as shared sets: ``sets[s]`` lists the members
that must finish, ``waits[j]`` lists the sets that job ``j`` waits for. A set of M members that N
jobs wait for costs M + N, not M x N.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from random import Random

Members = Sequence[Sequence[int]]


def shared_sets(lists: Sequence[Sequence[int]]) -> tuple[list[list[int]], list[list[int]]]:
    """Split dependency lists into sets so that nothing shared is stored twice.

    Parameters
    ----------
    lists
        For each job the jobs that it waits for.

    Returns
    -------
    sets, waits
        Members of each set, and for each job the sets that together make up its list.

    Notes
    -----
    Members that exactly the same jobs wait for form one set: a partition of the members by who waits
    on them. "Who waits" is compared through a 128-bit sum of random numbers, one for each distinct
    list, so the cost is the length of the distinct lists.
    """
    distinct: dict[tuple[int, ...], int] = {}
    list_index = [distinct.setdefault(tuple(dict.fromkeys(members)), len(distinct)) for members in lists]
    random = Random(0x70C)
    signature: defaultdict[int, int] = defaultdict(int)
    for members in distinct:
        tag = random.getrandbits(128)
        for member in members:
            signature[member] += tag
    sets: list[list[int]] = []
    set_of_signature: dict[int, int] = {}
    for member, mark in signature.items():
        index = set_of_signature.setdefault(mark, len(sets))
        if index == len(sets):
            sets.append([])
        sets[index].append(member)
    waits_of_list = [
        list(dict.fromkeys(set_of_signature[signature[member]] for member in members)) for members in distinct
    ]
    return sets, [waits_of_list[index] for index in list_index]


def topological_stages(count: int, sets: Members, waits: Members) -> tuple[list[list[int]], list[int]]:
    """Return the jobs by stage, and the jobs that no order can reach because they are on or behind a cycle.

    Stage 0 waits for nothing; a job stands one stage behind the last of its members.
    """
    unmet = [len(members) for members in sets]
    waiting_jobs: list[list[int]] = [[] for _ in sets]
    missing = [0] * count
    for job, needed in enumerate(waits):
        for index in needed:
            if unmet[index]:
                waiting_jobs[index].append(job)
                missing[job] += 1
    member_of: defaultdict[int, list[int]] = defaultdict(list)
    for index, members in enumerate(sets):
        for member in members:
            member_of[member].append(index)
    stage = [job for job in range(count) if not missing[job]]
    stages: list[list[int]] = []
    reached = 0
    while stage:
        stages.append(stage)
        reached += len(stage)
        following = []
        for job in stage:
            for index in member_of.get(job, ()):
                unmet[index] -= 1
                if not unmet[index]:
                    for waiter in waiting_jobs[index]:
                        missing[waiter] -= 1
                        if not missing[waiter]:
                            following.append(waiter)
        following.sort()
        stage = following
    unreachable = [job for job in range(count) if missing[job]] if reached < count else []
    return stages, unreachable


def find_cycle(count: int, sets: Members, waits: Members) -> list[int]:
    """Return the jobs of one cycle, each waiting for the next and the last for the first; empty when there is none."""
    _, unreachable = topological_stages(count, sets, waits)
    if not unreachable:
        return []
    stuck = set(unreachable)
    # Every stuck job waits for another stuck job: walking from one to the next must meet itself.
    path: list[int] = []
    position: dict[int, int] = {}
    job = unreachable[0]
    while job not in position:
        position[job] = len(path)
        path.append(job)
        job = next(member for index in waits[job] for member in sets[index] if member in stuck)
    return path[position[job] :]


def edge_count(sets: Members, waits: Iterable[Sequence[int]]) -> int:
    """Return how many single job-to-job dependencies the sets stand for (a pair in two sets counts twice)."""
    sizes = [len(members) for members in sets]
    return sum(sizes[index] for needed in waits for index in needed)
