"""Carries one request to the server and streams its reply back, with only the headers that concern it."""

from __future__ import annotations

from collections.abc import Awaitable

from tornado.httpclient import HTTPRequest, HTTPResponse
from tornado.httputil import HTTPHeaders, ResponseStartLine, parse_response_start_line
from tornado.iostream import StreamClosedError
from tornado.simple_httpclient import (
    HTTPStreamClosedError,
    HTTPTimeoutError,
    SimpleAsyncHTTPClient,
    _HTTPConnection,
)
from tornado.web import RequestHandler

from torc.errors import ServerUnreachable
from torc.jupyter.target import Finder, Target

REQUEST_HEADERS = ("Accept", "Content-Type", "Last-Event-ID")
REPLY_HEADERS = ("Content-Type", "Cache-Control", "X-Accel-Buffering", "Retry-After")
CONNECT_SECONDS = 10.0
REPLY_SECONDS = 120.0
_MAX_REPLY = 2**30
_MAX_AT_ONCE = 256


class Forwarder:
    """Forwards to whatever server the finder names."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._client: _Client | None = None

    async def forward(self, handler: RequestHandler, path: str) -> None:
        """Send the handler's request to ``path`` (below the interface) of the server and answer with what comes.

        Raises
        ------
        ServerUnreachable
            When no reply has begun.
        """
        target = await self._finder.target()
        reply = _Reply(handler)
        try:
            response = await self._http().fetch(_request(handler, target, path, reply), raise_error=False)
        except (OSError, StreamClosedError, HTTPStreamClosedError, HTTPTimeoutError) as error:
            self._finder.forget()
            if reply.has_begun:
                return _cut(handler)
            raise ServerUnreachable("the torc server does not answer", hint="it may be starting again") from error
        if not reply.has_begun:
            self._finder.forget()
            raise _no_reply(response)
        if not reply.is_gone:
            handler.finish(set_content_type=reply.content_type)  # type: ignore[call-arg]

    def _http(self) -> _Client:
        # Belongs to the event loop that first uses it.
        if self._client is None:
            self._client = _Client(force_instance=True, max_clients=_MAX_AT_ONCE, max_body_size=_MAX_REPLY)
        return self._client


class _Connection(_HTTPConnection):
    """A request that ends without a word when the page that asked is gone."""

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        try:
            return super().data_received(chunk)
        except StreamClosedError:
            self.stream.close()  # what is raised here goes to Jupyter's log with a traceback
            return None


class _Client(SimpleAsyncHTTPClient):
    def _connection_class(self) -> type:
        return _Connection


def _request(handler: RequestHandler, target: Target, path: str, reply: _Reply) -> HTTPRequest:
    asked = handler.request
    headers = HTTPHeaders({name: asked.headers[name] for name in REQUEST_HEADERS if name in asked.headers})
    if target.endpoint.authorization:
        headers["Authorization"] = target.endpoint.authorization
    query = f"?{asked.query}" if asked.query else ""
    is_stream = path.endswith("/events/stream")
    return HTTPRequest(
        f"{target.endpoint.url}{path}{query}",
        method=asked.method or "GET",
        headers=headers,
        body=asked.body if asked.method in ("POST", "PUT") else None,
        connect_timeout=CONNECT_SECONDS,
        request_timeout=0 if is_stream else REPLY_SECONDS,
        follow_redirects=False,
        decompress_response=False,
        ca_certs=target.ca_file,
        header_callback=reply.take_header,
        streaming_callback=reply.take,
    )


class _Reply:
    """Passes a reply on while it arrives."""

    def __init__(self, handler: RequestHandler) -> None:
        self._handler = handler
        self._start: ResponseStartLine | None = None
        self._headers = HTTPHeaders()
        self.has_begun = False
        self.is_gone = False
        self.content_type = "application/json"

    def take_header(self, line: str) -> None:
        """Take a line of the reply's head."""
        if line.startswith("HTTP/"):
            self._start, self._headers = parse_response_start_line(line.strip()), HTTPHeaders()
        elif line.strip():
            self._headers.parse_line(line.rstrip("\r\n"))
        elif self._start is not None and self._start.code >= 200:
            self._begin(self._start.code)

    def _begin(self, code: int) -> None:
        if 300 <= code < 400:
            return
        handler = self._handler
        self.has_begun = True
        handler.set_status(code)
        for name in REPLY_HEADERS:
            if name in self._headers:
                handler.set_header(name, self._headers[name])
        handler.set_header("X-Content-Type-Options", "nosniff")
        self.content_type = self._headers.get("Content-Type", self.content_type)
        if self.content_type.startswith("text/event-stream"):
            handler.flush()

    def take(self, chunk: bytes) -> None:
        """Pass a piece of the body on; ends the request to the server when the page is gone."""
        if not self.has_begun:
            return
        connection = self._handler.request.connection
        if connection is None or getattr(connection, "stream", None) is None or connection.stream.closed():  # type: ignore[attr-defined]
            self.is_gone = True
            raise StreamClosedError
        self._handler.write(chunk)
        self._handler.flush()


def _cut(handler: RequestHandler) -> None:
    """End a reply that broke in the middle, so that the page notices."""
    handler.detach().close()


def _no_reply(response: HTTPResponse) -> ServerUnreachable:
    if 300 <= response.code < 400:
        return ServerUnreachable("the torc server answered with a redirect, which is not followed")
    return ServerUnreachable("the torc server gave no usable reply", hint="it may be starting again")
