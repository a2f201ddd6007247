"""Where the jobs of a workflow stand in its picture: layers from left to right, like jobs folded into groups.

Pure. Dependencies come as shared sets (see :mod:`torc.graph`) and are never expanded: a set that many groups
share becomes a *join*, a node without jobs through which its lines run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from torc.graph import Members, topological_stages

#: Groups between which lines are drawn one by one; above this many lines they meet in a join.
DIRECT_LINES = 12
#: Bends of lines that pass other layers; without them above this number.
MAX_BENDS = 2_000
_SWEEPS = 8
_NUMBER = re.compile(r"\d+(?:\.\d+)*(?:e[-+]?\d+)?")
_SEPARATOR = re.compile(r"[_\-. /:]")


@dataclass(slots=True)
class Node:
    """A job, a group of jobs, or (without jobs) a join; ``layer`` counts from the left, ``row`` from the top."""

    label: str
    jobs: list[int]
    layer: int
    row: float = 0.0


@dataclass(slots=True)
class Edge:
    """A line between two nodes, given by position; ``rows`` are where it passes the layers between them."""

    source: int
    target: int
    rows: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Layout:
    """The whole picture."""

    nodes: list[Node]
    edges: list[Edge]


def lay_out(names: Sequence[str], sets: Members, waits: Members, max_nodes: int) -> Layout:
    """Return the picture of a graph, folded as little as ``max_nodes`` allows.

    A workflow with more stages than ``max_nodes`` gets one node for each stage.
    """
    stages, unreachable = topological_stages(len(names), sets, waits)
    if unreachable:
        stages = [*stages, unreachable]
    groups = _folded(names, stages, max_nodes)
    # Joins stand on the odd layers between two stages; layers that stay empty are dropped at the end.
    nodes = [Node(_label(names, jobs), jobs, 2 * stage) for stage, jobs in groups]
    edges = _lines(nodes, len(names), sets, waits)
    _close_gaps(nodes)
    return _arranged(nodes, edges)


def _folded(names: Sequence[str], stages: Members, max_nodes: int) -> list[tuple[int, list[int]]]:
    likenesses: tuple[Callable[[int], object], ...] = (
        lambda job: job,
        lambda job: _NUMBER.sub("*", names[job]),
        lambda job: _SEPARATOR.split(_NUMBER.sub("*", names[job]), maxsplit=1)[0],
        lambda job: None,
    )
    if len(names) > max_nodes:
        likenesses = likenesses[1:]
    groups: dict[tuple[int, object], list[int]] = {}
    for likeness in likenesses:
        groups = {}
        for stage, jobs in enumerate(stages):
            for job in jobs:
                groups.setdefault((stage, likeness(job)), []).append(job)
        if len(groups) <= max_nodes:
            break
    return [(stage, jobs) for (stage, _), jobs in groups.items()]


def _label(names: Sequence[str], jobs: Sequence[int]) -> str:
    """Return the name of a job, or what the names of several have in common around asterisks."""
    if len(jobs) == 1:
        return names[jobs[0]]
    patterns = sorted({_NUMBER.sub("*", names[job]) for job in jobs})
    if len(patterns) == 1:
        return patterns[0]
    start = _shared_start(patterns[0], patterns[-1])
    backwards = sorted(pattern[len(start) :][::-1] for pattern in patterns)
    end = _shared_start(backwards[0], backwards[-1])[::-1]
    return f"{start}*{end}"


def _shared_start(first: str, second: str) -> str:
    same = (number for number, (one, other) in enumerate(zip(first, second, strict=False)) if one != other)
    return first[: next(same, min(len(first), len(second)))]


def _lines(nodes: list[Node], count: int, sets: Members, waits: Members) -> list[Edge]:
    """Return the lines between the groups, and add the joins."""
    group_of = [0] * count
    for number, node in enumerate(nodes):
        for job in node.jobs:
            group_of[job] = number
    waiters: list[set[int]] = [set() for _ in sets]
    for job, needed in enumerate(waits):
        for index in needed:
            waiters[index].add(group_of[job])
    pairs: dict[tuple[int, int], None] = {}
    joins: dict[tuple[frozenset[int], frozenset[int]], None] = {}
    for members, targets in zip(sets, waiters, strict=True):
        sources = {group_of[job] for job in members}
        if len(sources) * len(targets) > DIRECT_LINES and len(sources) > 1 and len(targets) > 1:
            joins[frozenset(sources), frozenset(targets)] = None
        else:
            pairs.update(((source, target), None) for source in sorted(sources) for target in sorted(targets))
    for ends in joins:
        layer = max(nodes[source].layer for source in ends[0]) + 1
        nodes.append(Node("", [], layer))
        pairs.update(((source, len(nodes) - 1), None) for source in sorted(ends[0]))
        pairs.update(((len(nodes) - 1, target), None) for target in sorted(ends[1]))
    # Only jobs on a cycle, which share a stage, could wait for their own or a later one.
    return [Edge(*pair) for pair in pairs if nodes[pair[0]].layer < nodes[pair[1]].layer]


def _close_gaps(nodes: Sequence[Node]) -> None:
    number = {layer: position for position, layer in enumerate(sorted({node.layer for node in nodes}))}
    for node in nodes:
        node.layer = number[node.layer]


def _arranged(nodes: list[Node], edges: list[Edge]) -> Layout:
    """Give every node and every bend its row: each near its neighbours, none closer than one row to the next."""
    depth = max((node.layer for node in nodes), default=-1) + 1
    layers: list[list[int]] = [[] for _ in range(depth)]
    for number, node in enumerate(nodes):
        layers[node.layer].append(number)
    before: list[list[int]] = [[] for _ in nodes]
    after: list[list[int]] = [[] for _ in nodes]
    bends = _bends(nodes, edges, layers, before, after)
    rows = [0.0] * len(before)
    for layer in layers:
        for position, number in enumerate(layer):
            rows[number] = float(position)
    at_rest = 0
    for sweep in range(_SWEEPS):
        order, near = (layers, before) if sweep % 2 == 0 else (layers[::-1], after)
        moved = False
        for layer in order:
            moved |= _settle(layer, near, rows)
        # Neither the neighbours before nor those after move anything: further sweeps would not, either.
        at_rest = 0 if moved else at_rest + 1
        if at_rest == 2:
            break
    top = min(rows, default=0.0)
    for number, node in enumerate(nodes):
        node.row = round(rows[number] - top, 3)
    for edge, path in zip(edges, bends, strict=True):
        edge.rows = [round(rows[number] - top, 3) for number in path]
    return Layout(nodes, edges)


def _bends(
    nodes: Sequence[Node],
    edges: Sequence[Edge],
    layers: list[list[int]],
    before: list[list[int]],
    after: list[list[int]],
) -> list[list[int]]:
    """Give each line a place in every layer that it passes; return these places for each line."""
    needed = sum(nodes[edge.target].layer - nodes[edge.source].layer - 1 for edge in edges)
    paths: list[list[int]] = []
    for edge in edges:
        between = range(nodes[edge.source].layer + 1, nodes[edge.target].layer) if needed <= MAX_BENDS else range(0)
        path = []
        for layer in between:
            path.append(len(before))
            layers[layer].append(len(before))
            before.append([])
            after.append([])
        for left, right in pairwise([edge.source, *path, edge.target]):
            after[left].append(right)
            before[right].append(left)
        paths.append(path)
    return paths


def _settle(layer: list[int], near: Sequence[Sequence[int]], rows: list[float]) -> bool:
    """Order a layer by where the neighbours of its nodes are, and move each as close to them as the others allow.

    Says whether any has moved.
    """
    wanted = [_middle(number, near[number], rows) for number in layer]
    if len(layer) == 1:
        settled = wanted
    else:
        order = sorted(range(len(layer)), key=wanted.__getitem__)
        settled = list(_apart([wanted[position] for position in order]))
        layer[:] = [layer[position] for position in order]
    moved = False
    for number, row in zip(layer, settled, strict=True):
        if rows[number] != row:
            rows[number], moved = row, True
    return moved


def _middle(number: int, neighbours: Sequence[int], rows: Sequence[float]) -> float:
    """Return the mean row of a node's neighbours, its own where it has none."""
    return sum(rows[other] for other in neighbours) / len(neighbours) if neighbours else rows[number]


def _apart(wanted: Sequence[float]) -> Iterator[float]:
    """Yield the rows, one apart, that are nearest to the wanted ones (least squares), which are in order."""
    blocks: list[tuple[float, int]] = []
    for position, row in enumerate(wanted):
        mean, size = row - position, 1
        while blocks and blocks[-1][0] >= mean:
            other, count = blocks.pop()
            mean, size = (other * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    position = 0
    for mean, size in blocks:
        for _ in range(size):
            yield mean + position
            position += 1
