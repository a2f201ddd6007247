"""A tiny HTTP server that says what a test tells it to, and remembers what it was asked."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Request:
    verb: str
    path: str
    headers: dict[str, str]
    body: bytes
    peer: tuple[str, int]

    def json(self) -> Any:
        content = gzip.decompress(self.body) if self.headers.get("Content-Encoding") == "gzip" else self.body
        return json.loads(content)


@dataclass
class Reply:
    """One answer; ``cut`` closes the connection after so many bytes, 0 before any."""

    value: Any = None
    status: int = 200
    content: bytes | None = None
    content_type: str = "application/json"
    cut: int | None = None
    close: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    def bytes(self) -> bytes:
        return self.content if self.content is not None else json.dumps(self.value).encode()


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Clients that go away are part of the tests."""


class StubServer:
    """Answers with ``replies`` one after the other, then with ``always``."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.replies: list[Reply] = []
        self.always: Reply | Callable[[Request], Reply] = Reply({"status": "ok"})
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                stub._answer(self)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self._server = _QuietServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/torc-service/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        request = Request(handler.command, handler.path, dict(handler.headers), body, handler.client_address)
        self.requests.append(request)
        reply = self.replies.pop(0) if self.replies else self.always
        if callable(reply):
            reply = reply(request)
        content = reply.bytes()
        if reply.cut == 0:
            self._hang_up(handler)
            return
        handler.send_response(reply.status)
        handler.send_header("Content-Type", reply.content_type)
        handler.send_header("Content-Length", str(len(content)))
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        if reply.close:
            handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(content[: reply.cut])
        if reply.cut is not None or reply.close:
            self._hang_up(handler)

    @staticmethod
    def _hang_up(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_RDWR)
