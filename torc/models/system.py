"""Replies about the server itself."""

from __future__ import annotations

from torc.models.base import Record


class Ping(Record):
    """Alive."""

    status: str


class Version(Record):
    """What runs here."""

    version: str
    api_version: str
    git_hash: str | None = None
