"""How an object gives its looks to IPython and Jupyter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from torc.views.live import View, bundle


class Displayed(ABC):
    """Base of objects with a view: one line of ``repr``, an HTML snapshot, and a live view where there is one."""

    @abstractmethod
    def _html(self) -> str:
        """Return the snapshot."""

    def _text(self) -> str:
        """Return the text shown where there is no HTML; may have several lines."""
        return repr(self)

    def _live(self) -> View | None:
        """Return the view that follows the server."""
        return None

    def _repr_html_(self) -> str:
        return self._html()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        # The snapshot may ask the server, and the text then says what it has learned.
        html = self._html()
        return bundle(self._text(), html, self._live())
