"""Records on the wire: one file for each noun, shared by server, client, command line and specification."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torc.models.base import Record


def lookup(name: str) -> type[Record]:
    """Return the model that the contract calls ``module.Class``."""
    module, _, class_name = name.partition(".")
    model: type[Record] = getattr(import_module(f"torc.models.{module}"), class_name)
    return model
