"""One request to the server and its reply, over HTTP: keep-alive, retries, compression, errors mapped back.

A request is repeated only when that cannot change anything twice: reads, updates and deletes, the
calls that carry a key, and those that never reached the server. Everything else ends in one error
that says what happened.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from torc.client.connection import Endpoint, is_loopback, is_stale, open_connection
from torc.client.replies import error_from, parse_json
from torc.contract import Route
from torc.errors import InvalidInput, ServerUnreachable, StorageBusy, TooManyTries, TorcError

logger = logging.getLogger(__name__)

COMPRESS_ABOVE = 1 << 20
FIRST_DELAY = 0.05
LONGEST_DELAY = 10.0
_KEYED = frozenset(
    {
        "exchange",
        "batch_complete_jobs",
        "start_job",
        "complete_job",
        "archive_workflow",
        "claim_action",
        "report_action",
        "reset_job_status",
        "reset_workflow_status",
    }
)
#: What a certificate's faults need, by OpenSSL's codes: expired, not yet valid, made for another name.
_CERTIFICATE_HINTS = {
    10: "it has to be renewed on the server",
    9: "it begins later: compare the clocks of both machines",
    62: "use the name that the certificate was made for in --url",
    64: "use the name that the certificate was made for in --url",
}
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")
_warned: set[str] = set()

Relocate = Callable[[], Endpoint | None]


class Transport(Protocol):
    """What the client needs: HTTP, or the server's services in this process."""

    patience: float

    def send(
        self,
        route: Route,
        path_args: Mapping[str, Any],
        query: Mapping[str, Any],
        body: Any = None,
        *,
        timeout: float | None = None,
    ) -> Any:
        """Carry out one operation and return the reply's JSON."""

    def close(self) -> None:
        """Let go of connections."""


class _Failure(Exception):
    """A try that did not work; ``repeat`` tells whether another one is safe."""

    def __init__(self, error: TorcError, *, repeat: bool, moved: bool = False) -> None:
        super().__init__(str(error))
        self.error = error
        self.repeat = repeat
        self.moved = moved


class HttpTransport:
    """Requests to one server.

    Parameters
    ----------
    url
        The server's address, with or without ``/torc-service/v1``.
    token, username, password
        Credentials; a token goes before a user name.
    timeout
        Seconds that one reply may take.
    patience
        Seconds for which a request is repeated while the server is out of reach.
    ca_file
        Certificates to trust for ``https``.
    relocate
        Asked after a failed try where the server is now; null keeps the address.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        username: str | None = None,
        password: str | None = None,
        timeout: float = 120.0,
        *,
        patience: float = 5.0,
        ca_file: str | None = None,
        relocate: Relocate | None = None,
    ) -> None:
        self.endpoint = Endpoint.of(url, token, username, password)
        _warn_once(self.endpoint)
        self.timeout = timeout
        self.patience = patience
        self.ca_file = ca_file
        self.relocate = relocate
        #: Sent with every request; goes before what the credentials say.
        self.headers: dict[str, str] = {}
        self._local = threading.local()

    @property
    def url(self) -> str:
        """The address that requests go to now."""
        return self.endpoint.url

    def send(
        self,
        route: Route,
        path_args: Mapping[str, Any],
        query: Mapping[str, Any],
        body: Any = None,
        *,
        timeout: float | None = None,
    ) -> Any:
        """Carry out one operation, patiently, and return the reply's JSON.

        Raises
        ------
        ServerUnreachable
            When no usable reply came within the patience.
        TorcError
            The class that the server's error reply names.
        """
        target = target_of(route, path_args, query)
        content, headers = _encode(body)
        repeatable = _is_repeatable(route, query, body)
        deadline = time.monotonic() + self.patience
        delay = FIRST_DELAY
        while True:
            try:
                return self._try(route.verb, target, content, headers, timeout or self.timeout, repeatable)
            except _Failure as failure:
                import random

                pause = delay * random.uniform(0.5, 1.0)
                if not failure.repeat or time.monotonic() + pause > deadline:
                    raise failure.error from failure.__cause__
                logger.debug("%s %s: %s; again in %.2f s", route.verb, target, failure.error.message, pause)
                time.sleep(pause)
                delay = min(delay * 2, LONGEST_DELAY)
                if failure.moved:
                    self._move()

    def open_stream(self, target: str, headers: Mapping[str, str], *, timeout: float) -> HTTPResponse:
        """Begin a reply that does not end, on a connection of its own; closing the response closes it."""
        try:
            connection = self._connect(timeout)
            connection.request("GET", self._absolute(target), headers=self._headers(dict(headers)))
            response = connection.getresponse()
            if response.status == 200:
                # From here on the response alone holds the socket.
                connection.sock = None
                return response
            received = response.read()
        except _Failure as failure:
            raise failure.error from failure.__cause__
        except (OSError, HTTPException) as error:
            raise self._unreachable(error) from error
        connection.close()
        raise error_from(response.status, parse_json(received, origin=self.url), origin=self.url)

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._local, "connection", None)
        self._local.connection = None
        if connection is not None:
            connection.close()

    def _try(
        self, verb: str, target: str, content: bytes | None, headers: dict[str, str], timeout: float, repeatable: bool
    ) -> Any:
        connection = self._reusable(timeout)
        try:
            response = _asked(connection, verb, self._absolute(target), content, self._headers(headers))
            received = response.read()
        except (OSError, HTTPException) as error:
            self.close()
            raise _Failure(self._unreachable(error), repeat=repeatable, moved=True) from error
        if response.will_close:
            self.close()
        return self._value(response, received, repeatable)

    def _value(self, response: HTTPResponse, received: bytes, repeatable: bool) -> Any:
        status = response.status
        if response.headers.get("Content-Encoding") == "gzip":
            import gzip

            received = gzip.decompress(received)
        try:
            reply = parse_json(received, origin=self.url, content_type=response.headers.get("Content-Type", ""))
        except ServerUnreachable as error:
            raise _Failure(error, repeat=repeatable and status in (502, 503, 504)) from None
        if status < 400:
            return reply
        refusal = error_from(status, reply, origin=self.url)
        if isinstance(refusal, TooManyTries):
            refusal.retry_after = _seconds(response.headers.get("Retry-After"))
        # The server says "busy" before it has done anything; a gateway cannot know.
        busy = isinstance(refusal, StorageBusy) or getattr(refusal, "retry_after", 2.0) <= 1.0
        repeat = busy or (repeatable and status in (502, 503, 504))
        raise _Failure(refusal, repeat=repeat)

    def _reusable(self, timeout: float) -> HTTPConnection:
        connection = getattr(self._local, "connection", None)
        if connection is not None and (self._local.endpoint is not self.endpoint or is_stale(connection)):
            self.close()
            connection = None
        if connection is None:
            connection = self._connect(timeout)
            self._local.connection, self._local.endpoint = connection, self.endpoint
        connection.sock.settimeout(timeout)
        return connection

    def _connect(self, timeout: float) -> HTTPConnection:
        try:
            connection = open_connection(self.url, ca_file=self.ca_file)
        except OSError as error:
            # Neither a certificate nor its missing file mends itself.
            permanent = type(error).__name__ == "SSLCertVerificationError" or isinstance(error, FileNotFoundError)
            raise _Failure(self._unreachable(error), repeat=not permanent, moved=True) from error
        connection.sock.settimeout(timeout)
        return connection

    def _move(self) -> None:
        found = self.relocate() if self.relocate else None
        if found and found != self.endpoint:
            logger.info("the server is now at %s", found.url)
            self.endpoint = found

    def _absolute(self, target: str) -> str:
        return urlsplit(self.url).path + target

    def _headers(self, headers: dict[str, str]) -> dict[str, str]:
        authorization = self.endpoint.authorization
        if authorization:
            headers = {**headers, "Authorization": authorization}
        if not is_loopback(urlsplit(self.url).hostname or ""):
            headers = {**headers, "Accept-Encoding": "gzip"}
        return {**headers, **self.headers}

    def _unreachable(self, error: Exception) -> ServerUnreachable:
        text = f"no reply from the server at {self.url}: {_what_happened(error)}"
        return ServerUnreachable(text, hint=_hint(error, self.url))


def _asked(
    connection: HTTPConnection, verb: str, target: str, content: bytes | None, headers: dict[str, str]
) -> HTTPResponse:
    """Return the beginning of the reply; a server that refuses a large body may do so before it has all of it."""
    try:
        connection.request(verb, target, content, headers)
    except (BrokenPipeError, ConnectionResetError) as broken:
        try:
            return connection.getresponse()
        except (OSError, HTTPException):
            raise broken from None
    return connection.getresponse()


def _warn_once(endpoint: Endpoint) -> None:
    if endpoint.is_exposed and endpoint.url not in _warned:
        _warned.add(endpoint.url)
        logger.warning("the password goes to %s unencrypted, for others to read on the way: use https", endpoint.url)


def _seconds(text: str | None) -> float:
    return float(text) if text and text.isascii() and text.isdigit() else 60.0


def target_of(route: Route, path_args: Mapping[str, Any], query: Mapping[str, Any]) -> str:
    """Return path and query of an operation below the server's address."""
    path = route.path
    for name, kind in route.path_parameters:
        value = quote(str(path_args[name]), safe="")
        path = path.replace(f"{{{name}:str}}" if kind is str else f"{{{name}}}", value)
    given = [
        (name, _query_text(item))
        for name, value in query.items()
        if value is not None
        for item in (value if isinstance(value, list | tuple) else [value])
    ]
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


def _query_text(value: Any) -> str | list[str]:
    if isinstance(value, list | tuple):
        return [str(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _encode(body: Any) -> tuple[bytes | None, dict[str, str]]:
    if body is None:
        return None, {}
    try:
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except ValueError as error:  # infinities, or lone surrogates
        raise InvalidInput(f"the request cannot be sent as JSON: {error}") from None
    headers = {"Content-Type": "application/json"}
    if len(content) > COMPRESS_ABOVE:
        import gzip

        content = gzip.compress(content, compresslevel=1)
        headers["Content-Encoding"] = "gzip"
    return content, headers


def _is_repeatable(route: Route, query: Mapping[str, Any], body: Any) -> bool:
    keyed = isinstance(body, dict) and body.get("request_id")
    return route.verb != "POST" or route.name in _KEYED or bool(keyed or query.get("request_id"))


def _what_happened(error: Exception) -> str:
    name = type(error).__name__
    if isinstance(error, TimeoutError):
        return "it took too long"
    if name == "SSLCertVerificationError":
        return f"its certificate is not trusted: {getattr(error, 'verify_message', error)}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if getattr(error, "reason", None) in _NOT_TLS:
        return "it does not speak HTTPS"
    if name in ("RemoteDisconnected", "IncompleteRead"):
        return "it closed the connection in the middle of a reply"
    return str(error) or name


def _hint(error: Exception, url: str) -> str:
    if type(error).__name__ == "SSLCertVerificationError":
        return _CERTIFICATE_HINTS.get(
            getattr(error, "verify_code", 0), "name the file with its CA certificate with --ca-file or TORC_CA_FILE"
        )
    if getattr(error, "reason", None) in _NOT_TLS:
        return "write http:// instead of https://"
    if type(error).__name__ in ("RemoteDisconnected", "ConnectionResetError") and url.startswith("http:"):
        return "is it running? if it speaks HTTPS, begin --url with https://"
    if isinstance(error, TimeoutError) and url.startswith("https:"):
        return "is it running? if it speaks plain HTTP, begin --url with http://"
    return "is it running? check --url or TORC_API_URL, or start one with torc-server run"
