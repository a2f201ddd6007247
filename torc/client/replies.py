"""From a reply's status and body to a value or to one of torc's errors."""

from __future__ import annotations

import json
from typing import Any

from torc import errors

_BY_NAME: dict[str, type[errors.TorcError]] = {
    kind.__name__: kind
    for kind in (
        errors.InvalidInput,
        errors.IllegalTransition,
        errors.Unauthorized,
        errors.Forbidden,
        errors.NotFound,
        errors.Conflict,
        errors.TooLarge,
        errors.TooManyTries,
        errors.StorageBusy,
        errors.StorageFull,
        errors.DatabaseUnusable,
    )
}
_BY_STATUS: dict[int, type[errors.TorcError]] = {
    400: errors.InvalidInput,
    401: errors.Unauthorized,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    413: errors.TooLarge,
    415: errors.InvalidInput,
    422: errors.InvalidInput,
    429: errors.TooManyTries,
    503: errors.StorageBusy,
    507: errors.StorageFull,
}
_LOGIN_HINT = "set TORC_API_TOKEN, or give --username and TORC_PASSWORD"


def parse_json(content: bytes, *, origin: str, content_type: str = "") -> Any:
    """Return the JSON of a reply; an empty one is null.

    Raises
    ------
    ServerUnreachable
        When the reply is not JSON, as from a proxy's error page.
    """
    if not content.strip():
        return None
    try:
        return json.loads(content)
    except ValueError:
        start = content[:60].decode("utf-8", "replace").split("\n")[0].strip()
        kind = content_type.partition(";")[0] or "something"
        raise errors.ServerUnreachable(
            f"{origin} answered with {kind} that is not torc's JSON: {start!r}",
            field="url",
            hint="check the server's address; it ends in /torc-service/v1",
        ) from None


def error_from(status: int, reply: Any, *, origin: str) -> errors.TorcError:
    """Return the error that a reply of status 400 and above stands for."""
    body = reply if isinstance(reply, dict) else {}
    detail = body.get("error")
    if not isinstance(detail, dict):
        detail = {"message": detail} if isinstance(detail, str) else {}
    message = detail.get("message") or body.get("errorMessage") or body.get("message")
    kind = _BY_NAME.get(str(detail.get("type"))) or _BY_STATUS.get(status)
    if kind is None or (not message and status in (404, 503)):
        # A 404 without torc's error shape comes from something else at that address.
        kind = errors.ServerUnreachable if status in (404, 502, 503, 504) else errors.TorcError
    hint = detail.get("hint") or (_LOGIN_HINT if kind is errors.Unauthorized else None)
    text = str(message or f"{origin} answered with status {status}")
    if kind is errors.TorcError and status >= 500:
        # Nothing that the caller did: without the address nobody knows whose log to read.
        text = f"{origin} answered with status {status}: {message}" if message else text
        hint = hint or "try again; the server's log says why"
    error = kind(
        text,
        field=detail.get("field"),
        value=detail.get("value"),
        hint=hint,
    )
    error.http_status = status
    return error
