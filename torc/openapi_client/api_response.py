"""What the ``*_with_http_info`` methods return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ApiResponse(Generic[T]):
    """A reply with its status: ``data`` is what the method without ``_with_http_info`` returns."""

    status_code: int
    data: T
    raw_data: bytes
    headers: Mapping[str, str] | None = None
