"""The picture of a workflow."""

from __future__ import annotations

from typing import Any

from torc.layout import lay_out
from torc.server.services.call import Call
from torc.server.store import workflows
from torc.server.store.dag import named_structure
from torc.server.store.transaction import Tx


def get_workflow_dag(tx: Tx, call: Call) -> dict[str, Any]:
    """Return what waits for what, laid out from left to right with like jobs folded into groups."""
    head = workflows.head(tx, call.id)
    graph = named_structure(tx, head.id)
    layout = lay_out(graph.names, graph.sets, graph.waits, call.query.max_nodes)
    return {
        "workflow_id": head.id,
        "total_jobs": len(graph.job_ids),
        "nodes": [
            {
                "label": node.label,
                "job_ids": [graph.job_ids[job] for job in node.jobs],
                "layer": node.layer,
                "row": node.row,
            }
            for node in layout.nodes
        ],
        "edges": [{"source": edge.source, "target": edge.target, "rows": edge.rows} for edge in layout.edges],
    }
