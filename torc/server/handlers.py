"""HTTP: turns a request into a call and a reply or error into bytes. Knows no noun."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Iterable
from typing import Any, cast

from tornado.httputil import HTTPServerRequest
from tornado.iostream import StreamClosedError
from tornado.web import Application, RequestHandler, stream_request_body

from torc.contract import BOKEH_PATH, PREFIX, ROUTES, Right, Route
from torc.errors import Forbidden, NotFound, StorageBusy, TooManyTries, TorcError, Unauthorized
from torc.plots.script import read_script
from torc.server import openapi
from torc.server.auth import audit, browsers
from torc.server.auth.authenticator import CHALLENGES
from torc.server.auth.caller import OPEN, Caller, out_of_scope
from torc.server.bodies import BODY_SECONDS, Body, UnknownEncoding, has_body, is_small
from torc.server.deadlines import SMALL_REPLY, Connection, Deadlines
from torc.server.operations import Operation, checked_call, operation
from torc.server.routing import Paths
from torc.server.service import Service
from torc.server.services.call import Call
from torc.server.stream import send_events
from torc.server.wire import Accepted, encode

#: Bodies that are expanded and checked in a thread, so that heartbeats go on.
LARGE_BODY = 2**20
_READING = ("GET", "HEAD", "OPTIONS")


class ErrorsAsJson(RequestHandler):
    """Base of all handlers: nobody comes in unasked, every error has the one shape, no reply is sniffed."""

    #: What it takes to come in; rights with a workflow are checked where it is read or changed.
    right: Right = "login"
    caller: Caller = OPEN
    #: Methods that this path has.
    allowed: Iterable[str] = ("GET",)

    def initialize(self, service: Service, hosts: browsers.Hosts, deadlines: Deadlines) -> None:
        """Take what the application gives."""
        self.service = service
        self.hosts = hosts
        self.deadlines = deadlines

    @property
    def _connection(self) -> Connection:
        return cast("Connection", self.request.connection)  # Tornado's type of it is one that cannot be closed

    def prepare(self) -> Awaitable[None] | None:
        """Check where the request comes from and who sends it."""
        try:
            self._check_origin()
            if self.right != "none":
                header = self.request.headers.get("Authorization")
                caller = self.service.authenticator.known(header)
                if caller is None:
                    return self._admit(header)
                self.caller = caller
            self.begin()
        except TorcError as refusal:
            self.refuse(refusal)
        return None

    async def _admit(self, header: str | None) -> None:
        try:
            self.caller = await self.service.authenticator.admit(header, self.address)
            self.begin()
        except TorcError as refusal:
            self.refuse(refusal)

    def _check_origin(self) -> None:
        request = self.request
        try:
            self.hosts.check(request.host)
            if self.changes_something():
                browsers.check_site(request.headers, request.host)
        except Forbidden as refusal:
            audit.cross_site(self.address, refusal.message)
            raise

    def begin(self) -> None:
        """Go on with a request that may come in."""

    def refuse(self, refusal: TorcError) -> None:
        """End a request that may not come in."""
        raise refusal

    def changes_something(self) -> bool:
        """Return whether the request is one that other sites must not set off."""
        return self.request.method not in _READING

    @property
    def address(self) -> str:
        """Where the request comes from."""
        return self.request.remote_ip or "unknown"

    def set_default_headers(self) -> None:
        """Say what the bytes are."""
        self.set_header("Content-Type", "application/json")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Server", "torc")

    def compute_etag(self) -> None:
        """Give none: hashing a list of ten thousand jobs costs as much as making it."""

    def write_error(self, status_code: int, **arguments: Any) -> None:
        """Answer with the error that ended the request."""
        error = arguments.get("exc_info", (None, None, None))[1]
        self.set_header("Content-Type", "application/json")
        if status_code == 405:
            self.set_header("Allow", ", ".join(sorted(self.allowed)))
        if isinstance(error, TorcError):
            self.set_status(error.http_status)
            self._advise(error)
            self.finish(encode(error.to_dict()))
            return
        message = self._reason if status_code < 500 else "internal error, the server's log says more"
        self.finish(
            encode({"error": {"type": "HttpError", "message": message}, "code": status_code, "errorMessage": message})
        )

    def _advise(self, error: TorcError) -> None:
        """Set the headers that tell a client what to do about an error."""
        if isinstance(error, Unauthorized):
            for challenge in CHALLENGES:
                self.add_header("WWW-Authenticate", challenge)
        elif isinstance(error, TooManyTries):
            self.set_header("Retry-After", str(math.ceil(error.retry_after)))
        elif isinstance(error, StorageBusy):
            self.set_header("Retry-After", "1")
        elif isinstance(error, UnknownEncoding):
            self.set_header("Accept-Encoding", "gzip")

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """Log what nobody expected; refused requests are not errors of the server."""
        if not isinstance(value, TorcError):
            super().log_exception(kind, value, trace)


@stream_request_body
class ReadingBody(ErrorsAsJson):
    """May come with a body: whoever may not send it, or so much, is told before it has come."""

    _refusal: TorcError | None = None

    def prepare(self) -> Awaitable[None] | None:
        """Check the request; its body is to come in time, whatever becomes of it."""
        self.must_come_in(BODY_SECONDS)
        return super().prepare()

    def must_come_in(self, seconds: float) -> None:
        """Give the body so much time."""
        self.deadlines.expect(self._connection, seconds)

    def body_came(self) -> None:
        """Say that the body is complete."""
        self.deadlines.forget(self._connection)

    def on_finish(self) -> None:
        """Wait no longer for a body: Tornado closes the connection when it answered before all had come."""
        self.body_came()
        super().on_finish()

    def on_connection_close(self) -> None:
        """Wait for nothing more."""
        self.body_came()
        super().on_connection_close()

    def refuse(self, refusal: TorcError) -> None:
        """Answer at once when a large body is to come; after a small one the connection can be used again."""
        if not is_small(self.request.headers):
            raise refusal
        self._refusal = refusal

    def data_received(self, chunk: bytes) -> None:
        """Drop a piece of the body."""

    def write_error(self, status_code: int, **arguments: Any) -> None:
        """Answer with the error; whoever still sends a body must not send another request behind it."""
        if not self.request._body_future.done():
            self.set_header("Connection", "close")
        super().write_error(status_code, **arguments)


class RouteHandler(ErrorsAsJson):
    """All operations at one path, asked without a body."""

    def initialize(self, routes: dict[str, Route], **shared: Any) -> None:  # type: ignore[override]
        """Take what the application gives."""
        super().initialize(**shared)
        self.allowed = routes
        self.route = routes.get(self.request.method or "")
        self._gone = False
        self._call: Call | None = None
        if self.route is not None:
            self.right = self.route.right
            self.route_path = self.route.path

    def changes_something(self) -> bool:
        """Return whether other sites must not set this off: claims of older clients are changes by GET."""
        route = self.route
        return super().changes_something() or (route is not None and route.access == "live" and route.right == "run")

    async def _perform(self, **path: str) -> None:
        content = await self.content()
        if self.route is None:
            self.send_error(405)
            return
        found = operation(self.route)
        query = {
            name: [value.decode("utf-8", "replace") for value in values]
            for name, values in self.request.query_arguments.items()
        }
        call = self._call = await self._checked(found, path, query, content)
        call.is_open, call.is_admitted = self._is_open, self._is_admitted
        with self.service.in_flight():
            if self.route.is_stream:
                await self.service.perform(found, call, lambda service: send_events(self, service, call))
            else:
                reply = await self.service.perform(found, call)
                self.set_status(202 if isinstance(reply, Accepted) else 200)
                await self._send(encode(reply))

    get = head = post = put = delete = patch = options = _perform

    async def _send(self, content: bytes) -> None:
        with contextlib.suppress(StreamClosedError):  # who asked has gone away
            if len(content) <= SMALL_REPLY:
                await self.finish(content)
                return
            with self.deadlines.replying(self._connection, len(content)):
                await self.finish(content)

    def _is_open(self) -> bool:
        return not self._gone

    def _is_admitted(self) -> bool:
        return self.service.authenticator.still_admits(self.request.headers.get("Authorization"))

    def on_connection_close(self) -> None:
        """Remember that nobody waits any more."""
        self._gone = True
        super().on_connection_close()

    def on_finish(self) -> None:
        """Write the audit trail."""
        route, call = self.route, self._call
        self._call = None  # it knows this handler: as a cycle both would wait for the garbage collector
        if route is None or self.caller.is_open:
            return
        refused = self.get_status() == 403 or (call is not None and call.concealed)
        if refused or (call is not None and route.access != "read" and route.right not in ("read", "run")):
            note = audit.refused_right if refused else audit.done
            note(self.caller, self.address, route.name, self.request.path, self.get_status())

    async def content(self) -> bytes:
        """Return the body."""
        return b""

    async def _checked(self, found: Operation, path: dict[str, str], query: dict[str, list[str]], body: bytes) -> Call:
        if len(body) < LARGE_BODY:
            return checked_call(found, path, query, body, self.caller)
        return await asyncio.to_thread(checked_call, found, path, query, body, self.caller)


class BodyHandler(ReadingBody, RouteHandler):
    """The same with a body."""

    def initialize(self, routes: dict[str, Route], **shared: Any) -> None:  # type: ignore[override]
        """Take what the application gives."""
        super().initialize(routes, **shared)
        self._body: Body | None = None

    def begin(self) -> None:
        """Make ready for the body."""
        if self.route is not None:
            self._body = Body(self.route, self.request.headers)
            self.must_come_in(self._body.seconds)

    def data_received(self, chunk: bytes) -> None:
        """Take a piece of the body."""
        if self._body is None or self._refusal is not None or self._finished:
            return
        try:
            if not self._body.size:
                browsers.check_content_type(self.request.headers)
            self._body.add(chunk)
        except TorcError as refusal:
            if is_small(self.request.headers):
                self._refusal = refusal
            else:
                self.send_error(refusal.http_status, exc_info=(type(refusal), refusal, None))

    async def content(self) -> bytes:
        """Return the body, unless there is something against it."""
        self.body_came()
        if self._refusal is not None:
            raise self._refusal
        if self._body is None or self.route is None or self.route.body is None:
            return b""
        if self._body.most < LARGE_BODY:
            return self._body.take()
        return await asyncio.to_thread(self._body.take)


class PageHandler(ReadingBody):
    """Something to read beside the operations."""

    async def _perform(self) -> None:
        self.body_came()
        if self._refusal is not None:
            raise self._refusal
        if self.request.method not in self.allowed:
            self.send_error(405)
            return
        await self.answer()

    get = head = post = put = delete = patch = options = _perform

    async def answer(self) -> None:
        """Write the reply."""


class OpenApiHandler(PageHandler):
    """The OpenAPI document."""

    async def answer(self) -> None:
        """Return the document."""
        self.finish(encode(openapi.document()))


class MetricsHandler(PageHandler):
    """What the server counts about itself, for Prometheus."""

    route_path = "/metrics"

    def begin(self) -> None:
        """Refuse tokens for one workflow: what is counted is of all of them."""
        if self.caller.is_scoped:
            raise out_of_scope(self.caller)

    async def answer(self) -> None:
        """Return the text."""
        text, kind = await self.service.metrics_page(self.request.headers.get("Accept", ""))
        self.set_header("Content-Type", kind)
        self.finish(text)


class ScriptHandler(PageHandler):
    """BokehJS, for pages that show plots."""

    async def answer(self) -> None:
        """Return the script."""
        text = await asyncio.to_thread(read_script)
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Cache-Control", "private, max-age=3600")
        self.finish(text)


class UnknownPath(PageHandler):
    """Everything else."""

    def begin(self) -> None:
        """Refuse."""
        raise NotFound(
            f"no such path: {self.request.path[:200]}", field="path", hint=f"the interface is below {PREFIX}"
        )


def make_application(service: Service, hosts: browsers.Hosts) -> Application:
    """Return the Tornado application for a service."""
    shared: dict[str, Any] = {"service": service, "hosts": hosts, "deadlines": Deadlines()}
    return _Application(
        shared,
        [
            (f"{PREFIX}/openapi.json", OpenApiHandler, shared),
            (f"{PREFIX}/{BOKEH_PATH}", ScriptHandler, shared),
            (MetricsHandler.route_path, MetricsHandler, shared),
        ],
        default_handler_class=UnknownPath,
        default_handler_args=shared,
        log_function=service.request_log.request,
    )


class _Application(Application):
    """Finds the operations of the contract by path, and the rest by Tornado's rules."""

    def __init__(self, shared: dict[str, Any], rules: list[Any], **settings: Any) -> None:
        super().__init__(rules, **settings)
        self._shared = shared
        self._paths = Paths(ROUTES)

    def find_handler(self, request: HTTPServerRequest, **arguments: Any) -> Any:
        """Return what takes the request."""
        _use_origin_form(request)
        path = request.path
        found = self._paths.find(path.removeprefix(PREFIX)) if path.startswith(f"{PREFIX}/") else None
        if found is None:
            return super().find_handler(request, **arguments)
        routes, values = found
        kind = BodyHandler if has_body(request.headers) else RouteHandler
        return self.get_handler_delegate(request, kind, {"routes": routes, **self._shared}, path_kwargs=values)


def _use_origin_form(request: HTTPServerRequest) -> None:
    """Take a whole address in the request line apart: its host counts, whatever ``Host`` says (RFC 9112, 3.2.2)."""
    scheme, found, rest = request.path.partition("://")
    if found and scheme.lower() in ("http", "https"):
        request.host, _, path = rest.partition("/")
        request.path = f"/{path}"
        request.uri = f"{request.path}?{request.query}" if request.query else request.path
