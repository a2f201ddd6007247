"""What waits for what in a checked workflow, as plain data."""

from __future__ import annotations

from itertools import islice
from typing import Any

from torc.graph import edge_count, topological_stages
from torc.spec.resolve import Waits

#: A stage of 10,000 jobs behind another has 100 million edges; the sets say the same.
MAX_EDGES = 100_000


def dag(waits: Waits) -> dict[str, Any]:
    """Return the graph of a workflow; jobs are given by their positions in ``nodes``.

    ``nodes`` have ``name`` and ``stage`` (from 1). Jobs wait for ``sets`` of jobs: each has ``members`` and
    ``waiting``. ``edges`` are the same one by one, up to :data:`MAX_EDGES` of ``num_edges``. ``stages`` are the jobs
    that become ready together.
    """
    stages, _ = topological_stages(len(waits.names), waits.sets, waits.waits)
    stage_of = {job: number for number, members in enumerate(stages, 1) for job in members}
    waiting: list[list[int]] = [[] for _ in waits.sets]
    for job, numbers in enumerate(waits.waits):
        for number in numbers:
            waiting[number].append(job)
    sets = [(members, behind) for members, behind in zip(waits.sets, waiting, strict=True) if members and behind]
    edges = ((before, after) for members, behind in sets for after in behind for before in members)
    return {
        "nodes": [{"name": name, "stage": stage_of[job]} for job, name in enumerate(waits.names)],
        "sets": [{"members": list(members), "waiting": behind} for members, behind in sets],
        "num_edges": edge_count(waits.sets, waits.waits),
        "edges": [list(edge) for edge in dict.fromkeys(islice(edges, MAX_EDGES))],
        "stages": stages,
    }
