"""How an object gives its looks to IPython and Jupyter."""

from __future__ import annotations

from typing import Any


class Displayed:
    """Base of objects with a view: ``text/plain`` is the one line of ``repr``, ``text/html`` the snapshot."""

    def _html(self) -> str:
        raise NotImplementedError

    def _text(self) -> str:
        """Return the text shown where there is no HTML; may have several lines."""
        return repr(self)

    def _repr_html_(self) -> str:
        return self._html()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": self._text(), "text/html": self._html()}
