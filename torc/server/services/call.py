"""A request as the services see it: checked values, no HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torc.models.base import Empty


@dataclass(slots=True)
class Call:
    """One request.

    Parameters
    ----------
    path
        The parameters in the path.
    query, body
        Instances of the models that the contract names, or ``Empty``.
    user
        The authenticated caller, when there is one.
    is_open
        Whether the caller still waits for the reply.
    """

    path: dict[str, Any] = field(default_factory=dict)
    query: Any = field(default_factory=Empty)
    body: Any = field(default_factory=Empty)
    user: str | None = None
    is_open: Callable[[], bool] = lambda: True

    @property
    def id(self) -> int:
        """The record in the path."""
        record_id: int = self.path["id"]
        return record_id
