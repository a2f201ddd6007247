"""A real Jupyter server and a browser's way to talk to it; and a torc server that only writes down what it is asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from browser.lab import PASSWORD, JupyterServer
from server.outside import DEADLINE


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Jupyter(JupyterServer):
    """A Jupyter server without a page, and a browser's way to talk to it."""

    def __init__(self, state: Path, environment: Mapping[str, str]) -> None:
        super().__init__(state, environment)
        self.cookies: dict[str, str] = {}

    def log_in(self) -> None:
        """Log in as a browser does."""
        self.ask("GET", "login")
        form = urlencode({"password": PASSWORD, "_xsrf": self.cookies["_xsrf"]})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        assert self.ask("POST", "login", body=form, headers=headers).status == 302

    def open(
        self, verb: str, path: str, *, body: str | None = None, headers: dict[str, str] | None = None
    ) -> HTTPResponse:
        """Send a request with this browser's cookies and return the reply as it begins."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        cookies = (
            {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        )
        connection.request(verb, self.base + path, body, {**cookies, **(headers or {})})
        response = connection.getresponse()
        for line in response.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return response

    def ask(self, verb: str, path: str, **options: Any) -> Reply:
        """Send a request and return the whole reply."""
        with self.open(verb, path, **options) as response:
            return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())

    @property
    def xsrf(self) -> dict[str, str]:
        """What a page of this server sends along."""
        return {"X-XSRFToken": self.cookies["_xsrf"], "Referer": f"http://127.0.0.1:{self.port}{self.base}lab"}


@dataclass
class Recorder:
    """A server that answers every request alike and keeps what it was asked."""

    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                recorder.asked.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
                content = b'{"status": "ok"}'
                ping = self.path.endswith("/ping")
                self.send_response(200 if ping else recorder.status)
                extra = {} if ping else recorder.headers
                for name, value in {"Content-Type": "application/json", **extra}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/torc-service/v1"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
