"""Displays below a cell that can change later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from IPython.display import DisplayHandle, display


class Shown:
    """A display; the output that is saved with the notebook is the last that it was given."""

    def __init__(self, bundle: Mapping[str, Any]) -> None:
        self._handle: DisplayHandle = display(dict(bundle), raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def update(self, bundle: Mapping[str, Any]) -> None:
        """Show something else in its place."""
        self._handle.update(dict(bundle), raw=True)  # type: ignore[no-untyped-call]
