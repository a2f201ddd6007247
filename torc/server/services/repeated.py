"""Requests that carry an id of their own so that they can be repeated after a lost reply."""

from __future__ import annotations

from hashlib import sha256

from torc.errors import Conflict
from torc.models.base import Record


def digest_of(body: Record) -> str:
    """Return what tells the body of a request from others."""
    return sha256(body.model_dump_json(exclude={"request_id"}, exclude_defaults=True).encode()).hexdigest()


def require_same(known: str | None, digest: str, request_id: str) -> None:
    """Refuse another body under an id that has been used.

    Raises
    ------
    Conflict
        Naming the field.
    """
    if known is not None and known != digest:
        raise Conflict(
            f"request_id '{request_id}' came before with another body",
            field="request_id",
            value=request_id,
            hint="repeat the request as it was, or use another id",
        )
