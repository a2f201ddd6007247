"""What commands say about logs that are on another machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torc.cli import output
from torc.logs.files import elsewhere


def tell_elsewhere(nodes: Mapping[int, Mapping[str, Any]]) -> list[str]:
    """Note once for each compute node that its logs are on another machine; return the sentences."""
    told = list(filter(None, map(elsewhere, nodes.values())))
    for sentence in told:
        output.note(f"Warning: {sentence}")
    return told
