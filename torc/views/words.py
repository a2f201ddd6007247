"""Numbers of things in good English."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return ``1 job`` or ``1,200 jobs``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
