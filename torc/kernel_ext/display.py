"""Displays below a cell that can change later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from IPython.display import DisplayHandle


class Shown:
    """A display; the output that is saved with the notebook is the last that it was given."""

    def __init__(self) -> None:
        self._handle = DisplayHandle()  # type: ignore[no-untyped-call]
        #: Whether something is shown; an interrupt may come while it is sent.
        self.has_begun = False

    def show(self, bundle: Mapping[str, Any]) -> None:
        """Show something, in the place of what was shown before."""
        send = self._handle.update if self.has_begun else self._handle.display
        self.has_begun = True
        send(dict(bundle), raw=True)  # type: ignore[no-untyped-call]
