"""The picture of a workflow as SVG, which needs nothing around it and takes the colours of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from torc.views.words import middle_cut

#: Nodes of a picture in a snapshot; beyond, like jobs are folded into groups.
MAX_NODES = 60
_LABEL = 24
_CHARACTER, _PADDING, _LINE = 7, 10, 24
_ROW, _GAP, _MARGIN = 34, 46, 6


def picture_svg(nodes: Sequence[Mapping[str, Any]], edges: Sequence[Mapping[str, Any]]) -> str:
    """Return the drawing of a layout.

    Parameters
    ----------
    nodes
        Each with ``label``, ``jobs`` (their number, 0 for a join of lines), ``layer`` and ``row``.
    edges
        Each with ``source`` and ``target``, positions in ``nodes``, and the ``rows`` at which it passes layers.
    """
    if not nodes:
        return ""
    lefts, widths = _columns(nodes)
    width = int(lefts[-1] + widths[-1] + _MARGIN)
    rows = [*(node["row"] for node in nodes), *(row for edge in edges for row in edge["rows"])]
    height = int(_middle(max(rows)) + _ROW / 2 + _MARGIN)
    lines = "".join(_line(nodes, edge, lefts, widths) for edge in edges)
    boxes = "".join(_node(node, lefts[node["layer"]]) for node in nodes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" fill="none" stroke="currentColor">{lines}{boxes}</svg>'
    )


def _columns(nodes: Sequence[Mapping[str, Any]]) -> tuple[list[float], list[float]]:
    """Return where each layer begins, and how wide it is."""
    widths = [0.0] * (1 + max(node["layer"] for node in nodes))
    for node in nodes:
        widths[node["layer"]] = max(widths[node["layer"]], _width(node))
    lefts, left = [], float(_MARGIN)
    for width in widths:
        lefts.append(left)
        left += width + _GAP
    return lefts, widths


def _width(node: Mapping[str, Any]) -> float:
    return len(_label(node)) * _CHARACTER + 2 * _PADDING if node["jobs"] else 0.0


def _label(node: Mapping[str, Any]) -> str:
    label = middle_cut(node["label"], _LABEL)
    return label if node["jobs"] == 1 else f"{label} × {node['jobs']:,}"


def _middle(row: float) -> float:
    return _MARGIN + _ROW * (row + 0.5)


def _node(node: Mapping[str, Any], left: float) -> str:
    middle = _middle(node["row"])
    if not node["jobs"]:
        return f'<circle cx="{left:g}" cy="{middle:g}" r="3" fill="currentColor"/>'
    width, stroke = _width(node), 1 if node["jobs"] == 1 else 2
    return (
        f'<g><rect x="{left:g}" y="{middle - _LINE / 2:g}" width="{width:g}" height="{_LINE}" rx="4" '
        f'stroke-width="{stroke}"/><text x="{left + width / 2:g}" y="{middle + 4:g}" text-anchor="middle" '
        f'fill="currentColor" stroke="none">{escape(_label(node))}</text><title>{escape(node["label"])}</title></g>'
    )


def _line(
    nodes: Sequence[Mapping[str, Any]], edge: Mapping[str, Any], lefts: Sequence[float], widths: Sequence[float]
) -> str:
    source, target = nodes[edge["source"]], nodes[edge["target"]]
    x, y = lefts[source["layer"]] + widths[source["layer"]], _middle(source["row"])
    # A box may be narrower than its layer.
    path = [f"M{lefts[source['layer']] + _width(source):g} {y:g}H{x:g}"]
    passed = enumerate(edge["rows"], source["layer"] + 1)
    for layer, row in [*passed, (target["layer"], target["row"])]:
        to_x, to_y = lefts[layer], _middle(row)
        half = (x + to_x) / 2
        path.append(f"C{half:g} {y:g} {half:g} {to_y:g} {to_x:g} {to_y:g}")
        x, y = to_x + (widths[layer] if layer != target["layer"] else 0), to_y
        if layer != target["layer"]:
            path.append(f"H{x:g}")
    return f'<path d="{"".join(path)}" opacity="0.5"/>'
