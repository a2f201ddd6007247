"""What the methods of the API raise when the server refuses."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from torc.errors import TorcError


class OpenApiException(Exception):
    """Base of all of them."""


class ApiTypeError(OpenApiException, TypeError):
    """An argument of a type that cannot be sent."""


class ApiValueError(OpenApiException, ValueError):
    """An argument with a value that cannot be sent."""


class ApiAttributeError(OpenApiException, AttributeError):
    """An attribute that is not there."""


class ApiKeyError(OpenApiException, KeyError):
    """A key that is not there."""


class ApiException(OpenApiException):
    """An error reply.

    Attributes
    ----------
    status, reason
        HTTP status and its name.
    body
        The reply's JSON text; ``{"error": {"message": ...}}``.
    data
        The same, parsed.
    """

    def __init__(
        self,
        status: int | None = None,
        reason: str | None = None,
        http_resp: Any = None,
        *,
        body: str | None = None,
        data: Any = None,
    ) -> None:
        super().__init__(status, reason)
        self.status = status if status is not None else getattr(http_resp, "status", None)
        self.reason = reason if reason is not None else getattr(http_resp, "reason", None)
        self.body = body
        self.data = data
        self.headers: Any = None

    def __str__(self) -> str:
        error = self.data.get("error") if isinstance(self.data, dict) else None
        message = error.get("message") if isinstance(error, dict) else error or self.body
        hint = error.get("hint") if isinstance(error, dict) else None
        return f"({self.status} {self.reason}) {message or ''}".strip() + (f" ({hint})" if hint else "")


class BadRequestException(ApiException):
    """400: the body is not JSON."""


class UnauthorizedException(ApiException):
    """401: no or wrong credentials."""


class ForbiddenException(ApiException):
    """403: known caller without the right."""


class NotFoundException(ApiException):
    """404: no such record."""


class ConflictException(ApiException):
    """409: the present state does not allow it."""


class UnprocessableEntityException(ApiException):
    """422: a value that cannot be accepted."""


class ServiceException(ApiException):
    """500 and above: the server's own trouble."""


_BY_STATUS: dict[int, type[ApiException]] = {
    400: BadRequestException,
    401: UnauthorizedException,
    403: ForbiddenException,
    404: NotFoundException,
    409: ConflictException,
    422: UnprocessableEntityException,
}


def exception_from(error: TorcError) -> ApiException:
    """Return the exception that stands for one of torc's errors."""
    status = error.http_status
    kind = _BY_STATUS.get(status) or (ServiceException if status >= 500 else ApiException)
    body = error.to_dict()
    return kind(status, HTTPStatus(status).phrase, body=json.dumps(body), data=body)
