"""HTTP: turns a request into a call and a reply or error into bytes. Knows no noun."""

from __future__ import annotations

import asyncio
import logging
import re
import zlib
from collections import defaultdict
from typing import Any

from tornado.web import Application, RequestHandler

from torc.contract import PREFIX, ROUTES, Route
from torc.errors import NotFound, StorageBusy, TooLarge, TorcError, Unauthorized
from torc.server import openapi
from torc.server.auth import TokenAuth
from torc.server.operations import BadJson, Operation, checked_call, operation
from torc.server.service import Service
from torc.server.services.call import Call
from torc.server.stream import send_events
from torc.server.wire import encode

logger = logging.getLogger(__name__)

#: Bytes of a request body, before and after decompression.
MAX_BODY = 16 * 2**20
MAX_BULK_BODY = 2**30
#: How much larger than its compressed form a large body may be: text is far below, a gzip bomb is not.
MAX_RATIO = 200
#: Bodies that are checked in a thread, so that heartbeats go on.
LARGE_BODY = 2**20


class ErrorsAsJson(RequestHandler):
    """Base of all handlers: every error has the one shape, and no reply is sniffed."""

    def set_default_headers(self) -> None:
        """Say what the bytes are."""
        self.set_header("Content-Type", "application/json")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Server", "torc")

    def write_error(self, status_code: int, **arguments: Any) -> None:
        """Answer with the error that ended the request."""
        error = arguments.get("exc_info", (None, None, None))[1]
        self.set_header("Content-Type", "application/json")
        if isinstance(error, TorcError):
            self.set_status(error.http_status)
            if isinstance(error, Unauthorized):
                self.set_header("WWW-Authenticate", "Bearer")
            if isinstance(error, StorageBusy):
                self.set_header("Retry-After", "1")
            self.finish(encode(error.to_dict()))
            return
        message = self._reason if status_code < 500 else "internal error, the server's log says more"
        self.finish(
            encode({"error": {"type": "HttpError", "message": message}, "code": status_code, "errorMessage": message})
        )

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """Log what nobody expected; refused requests are not errors of the server."""
        if not isinstance(value, TorcError):
            super().log_exception(kind, value, trace)


class RouteHandler(ErrorsAsJson):
    """All operations at one path."""

    def initialize(self, service: Service, auth: TokenAuth, routes: dict[str, Route]) -> None:
        """Take what the application gives."""
        self.service = service
        self.auth = auth
        self.routes = routes
        self._gone = False

    async def _perform(self, **path: str) -> None:
        route = self.routes.get(self.request.method or "")
        if route is None:
            self.set_header("Allow", ", ".join(sorted(self.routes)))
            self.send_error(405)
            return
        if route.right != "none":
            self.auth.check(self.request.headers.get("Authorization"))
        found = operation(route)
        query = {
            name: [value.decode("utf-8", "replace") for value in values]
            for name, values in self.request.query_arguments.items()
        }
        call = await self._checked(found, path, query)
        call.is_open = self._is_open
        with self.service.in_flight():
            if route.name == "stream_events":
                await send_events(self, self.service, call)
            else:
                await self.finish(encode(await self.service.perform(found, call)))

    def _is_open(self) -> bool:
        return not self._gone

    def on_connection_close(self) -> None:
        """Remember that nobody waits any more."""
        self._gone = True

    async def _checked(self, found: Operation, path: dict[str, str], query: dict[str, list[str]]) -> Call:
        body = self._body(found.route) if found.route.body else b""
        if len(body) < LARGE_BODY:
            return checked_call(found, path, query, body, None)
        return await asyncio.to_thread(checked_call, found, path, query, body, None)

    get = post = put = delete = patch = _perform

    def _body(self, route: Route) -> bytes:
        body = self.request.body
        limit = MAX_BULK_BODY if route.bulk else MAX_BODY
        if len(body) > limit:
            raise _too_large(limit)
        if self.request.headers.get("Content-Encoding", "").lower() == "gzip":
            return _decompress(body, limit)
        return body


def _decompress(body: bytes, limit: int) -> bytes:
    limit = min(limit, max(MAX_BODY, MAX_RATIO * len(body)))
    expander = zlib.decompressobj(wbits=31)
    try:
        text = expander.decompress(body, limit)
    except zlib.error as error:
        raise BadJson(f"the body is not gzip: {error}", field="body") from None
    if expander.unconsumed_tail:
        raise _too_large(limit)
    if not expander.eof or expander.unused_data:
        raise BadJson("the body is not one complete gzip stream", field="body")
    return text


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the request is larger than the limit of {limit // 2**20} MiB", field="body")


class OpenApiHandler(ErrorsAsJson):
    """The OpenAPI document."""

    def get(self) -> None:
        """Return the document."""
        self.finish(encode(openapi.document()))


class UnknownPath(ErrorsAsJson):
    """Everything else."""

    def prepare(self) -> None:
        """Refuse."""
        raise NotFound(
            f"no such path: {self.request.path[:200]}", field="path", hint=f"the interface is below {PREFIX}"
        )


def make_application(service: Service, auth: TokenAuth) -> Application:
    """Return the Tornado application for a service."""
    by_path: defaultdict[str, dict[str, Route]] = defaultdict(dict)
    for route in ROUTES:
        by_path[_pattern(route.path)].setdefault(route.verb, route)
    rules: list[Any] = [
        (PREFIX + pattern, RouteHandler, {"service": service, "auth": auth, "routes": routes})
        for pattern, routes in sorted(by_path.items(), key=lambda item: item[0].count("(?P"))
    ]
    rules.append((f"{PREFIX}/openapi.json", OpenApiHandler))
    return Application(rules, default_handler_class=UnknownPath, log_function=_log_request)


def _pattern(path: str) -> str:
    return re.sub(r"\{(\w+)(?::\w+)?\}", r"(?P<\1>[^/]+)", path)


def _log_request(handler: RequestHandler) -> None:
    status = handler.get_status()
    # Above 500 the reply itself says what is wrong: a lock, a full disk. That is no news for the log of a `torc run`.
    level = logging.WARNING if status == 500 else logging.INFO if status > 500 else logging.DEBUG
    request = handler.request
    logger.log(
        level,
        "method=%s path=%s status=%s ms=%.1f",
        request.method,
        request.path,
        status,
        request.request_time() * 1000,
    )
