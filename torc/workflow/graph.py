"""What waits for what in a workflow, as plain data that displays as a picture."""

from __future__ import annotations

from itertools import islice
from typing import Any

from torc.graph import edge_count, topological_stages
from torc.layout import lay_out
from torc.spec.resolve import Waits
from torc.spec.stages import fold
from torc.views.dag import dag_html, dag_line
from torc.views.display import Displayed
from torc.views.live import View
from torc.views.picture import MAX_NODES

#: A stage of 10,000 jobs behind another has 100 million edges; the sets say the same.
MAX_EDGES = 100_000


class Dag(Displayed, dict[str, Any]):
    """The graph of a workflow; jobs are given by their positions in ``nodes``.

    ``nodes`` have ``name`` and ``stage`` (from 1). Jobs wait for ``sets`` of jobs: each has ``members`` and
    ``waiting``. ``edges`` are the same one by one, up to :data:`MAX_EDGES` of ``num_edges``. ``stages`` are the jobs
    that become ready together.
    """

    def __init__(self, name: str, waits: Waits, live: View | None = None) -> None:
        super().__init__(_plain(waits))
        self._name = name
        self._waits = waits
        self._view = live

    @property
    def picture(self) -> dict[str, list[dict[str, Any]]]:
        """Where everything stands in the picture, like jobs folded into groups."""
        return picture_of(self._waits)

    def __repr__(self) -> str:
        return dag_line(self._name, len(self["nodes"]), self["num_edges"], len(self["stages"]))

    def _html(self) -> str:
        names = self._waits.names
        stages = [fold([names[job] for job in members]) for members in self["stages"]]
        return dag_html(self._name, len(names), self["num_edges"], stages, self.picture)

    def _live(self) -> View | None:
        return self._view


def _plain(waits: Waits) -> dict[str, Any]:
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


def picture_of(waits: Waits) -> dict[str, list[dict[str, Any]]]:
    """Return the ``nodes`` and ``edges`` of a picture that is small enough for a snapshot."""
    layout = lay_out(waits.names, waits.sets, waits.waits, MAX_NODES)
    return {
        "nodes": [
            {"label": node.label, "jobs": len(node.jobs), "layer": node.layer, "row": node.row} for node in layout.nodes
        ],
        "edges": [{"source": edge.source, "target": edge.target, "rows": edge.rows} for edge in layout.edges],
    }
