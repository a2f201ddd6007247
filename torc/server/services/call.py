"""A request as the services see it: checked values, no HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torc.models.base import Empty
from torc.server.auth.caller import OPEN, Caller


@dataclass(slots=True)
class Call:
    """One request.

    Parameters
    ----------
    path
        The parameters in the path.
    query, body
        Instances of the models that the contract names, or ``Empty``.
    caller
        Who asks.
    is_open
        Whether the caller still waits for the reply.
    is_admitted
        Whether the caller's credentials would still be accepted.
    concealed
        The caller was told that something is missing which may well be there.
    """

    path: dict[str, Any] = field(default_factory=dict)
    query: Any = field(default_factory=Empty)
    body: Any = field(default_factory=Empty)
    caller: Caller = OPEN
    is_open: Callable[[], bool] = lambda: True
    is_admitted: Callable[[], bool] = lambda: True
    concealed: bool = False

    @property
    def id(self) -> int:
        """The record in the path."""
        record_id: int = self.path["id"]
        return record_id
