"""The server itself."""

from __future__ import annotations

from typing import Any

from torc import __version__
from torc.contract import API_VERSION
from torc.server.services.call import Call
from torc.server.store.transaction import Tx


def ping(_tx: Tx, _call: Call) -> dict[str, str]:
    """Answer."""
    return {"status": "ok"}


health = ping


def get_version(_tx: Tx, _call: Call) -> dict[str, Any]:
    """Return what runs here."""
    return {"version": __version__, "api_version": API_VERSION, "git_hash": None}
