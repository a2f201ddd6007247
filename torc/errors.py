"""The exception tree that every part of torc shares.

::

    TorcError
    ├── InvalidInput          422   bad value in a request, an option or a file
    │   └── SpecError               one or many problems in a specification
    ├── Unauthorized          401
    ├── Forbidden             403
    ├── NotFound              404
    ├── Conflict              409   the state does not allow it (any more)
    ├── IllegalTransition     422   a job is not in a status that allows the event
    ├── TooLarge              413
    ├── TooManyTries          429   wait before the next one
    ├── StorageBusy           503   another process holds the database
    ├── StorageFull           507
    ├── NotInstalled          501   an optional package is missing
    ├── DatabaseUnusable            the file cannot be opened as a torc database
    └── ServerUnreachable           no usable reply from the server

Services raise these, the HTTP handlers map them once to a status and the one
error shape, the client maps them back, and the command line prints one line
and ends with :attr:`TorcError.exit_code`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class TorcError(Exception):
    """Base of all errors that torc raises on purpose.

    Parameters
    ----------
    message
        What is wrong, in one sentence, naming the offending value.
    field
        Name or dotted path of the field, option or column concerned.
    value
        The offending value, if it helps.
    hint
        What to do next.
    """

    http_status = 500
    exit_code = 1

    def __init__(self, message: str, *, field: str | None = None, value: Any = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.value = value
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message

    def to_dict(self) -> dict[str, Any]:
        """Return the body of an error reply, without keys that say nothing."""
        detail: dict[str, Any] = {"type": type(self).__name__, "message": self.message}
        if self.field is not None:
            detail["field"] = self.field
        if self.value is not None:
            detail["value"] = self.value
        if self.hint is not None:
            detail["hint"] = self.hint
        return {"error": detail, "code": self.http_status, "errorMessage": self.message}


class InvalidInput(TorcError):
    """A value that cannot be accepted."""

    http_status = 422
    exit_code = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a specification.

    ``path`` is the place as a tuple of keys and indexes (``("jobs", 3, "command")``);
    ``line`` and ``column`` count from 1 and are filled in when the position is known.
    """

    message: str
    path: tuple[str | int, ...] = ()
    hint: str | None = None
    line: int | None = None
    column: int | None = None

    @property
    def dotted(self) -> str:
        """The path as people write it: ``jobs[3].command``."""
        text = ""
        for step in self.path:
            text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
        return text


class SpecError(InvalidInput):
    """A specification that cannot be used, with every problem found in it and the text if it was read."""

    def __init__(self, problems: list[Problem], source: str = "<spec>", text: str | None = None) -> None:
        self.problems = problems
        self.source = source
        self.text = text
        noun = "error" if len(problems) == 1 else "errors"
        super().__init__(f"{source}: {len(problems)} {noun}: {problems[0].message}")


class IllegalTransition(InvalidInput):
    """An event that the job's present status does not allow."""


class Unauthorized(TorcError):
    """No or wrong credentials."""

    http_status = 401


class Forbidden(TorcError):
    """Known caller without the right."""

    http_status = 403


class NotFound(TorcError):
    """No such record."""

    http_status = 404
    exit_code = 2


class Conflict(TorcError):
    """The present state does not allow the request, or something newer replaced it."""

    http_status = 409


class TooLarge(TorcError):
    """More than a limit allows; the message names the limit."""

    http_status = 413
    exit_code = 2


class NotInstalled(TorcError):
    """Something that needs a package which is not installed; the hint says which."""

    http_status = 501


class TooManyTries(TorcError):
    """Wrong credentials came too often; ``retry_after`` is in seconds."""

    http_status = 429

    def __init__(self, message: str, *, retry_after: float = 1.0, **details: Any) -> None:
        super().__init__(message, **details)
        self.retry_after = retry_after


class StorageBusy(TorcError):
    """The database stayed locked by another process."""

    http_status = 503


class StorageFull(TorcError):
    """No space left for the database."""

    http_status = 507


class DatabaseUnusable(TorcError):
    """The database file cannot be used; it is left untouched."""

    exit_code = 2


class ServerUnreachable(TorcError):
    """The server did not answer, or answered with something that is not torc."""

    http_status = 502
    exit_code = 4
