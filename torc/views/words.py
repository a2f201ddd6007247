"""Numbers of things in good English, and texts that have to fit."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return ``1 job`` or ``1,200 jobs``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def middle_cut(text: str, most: int) -> str:
    """Return a text without its middle where it is too long: the ends of names tell parameters apart."""
    return text if len(text) <= most else f"{text[: (most - 1) // 2]}…{text[-(most // 2) :]}"
