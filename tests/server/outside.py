"""A server as a process of its own, and plain HTTP to it."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import Request, urlopen

from torc.contract import OPERATIONS, PREFIX

DEADLINE = 60.0


class Refused(Exception):
    """An error reply."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body}")
        self.status, self.body = status, body


def until(condition: Callable[[], Any], seconds: float = DEADLINE) -> Any:
    """Wait for a condition that nobody announces, with a deadline."""
    end, gate = time.monotonic() + seconds, threading.Event()
    while not (value := condition()):
        assert time.monotonic() < end, "the deadline has passed"
        gate.wait(0.01)
    return value


def free_port() -> int:
    """Return a port on which nobody listens, and which the system gives to nobody who does not ask for it."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port


class Http:
    """Requests over one connection; not shared between threads."""

    def __init__(self, url: str, token: str | None = None, timeout: float = DEADLINE) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "", parts.port or 0
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def send(self, verb: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """One request below the prefix; returns status and bytes."""
        try:
            self.connection.request(verb, PREFIX + path, body, {**self.headers, **headers})
            reply = self.connection.getresponse()
            return reply.status, reply.read()
        except BaseException:
            self.connection.close()
            raise

    def json(self, verb: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        status, text = self.send(verb, path, None if body is None else json.dumps(body).encode(), **headers)
        return status, json.loads(text)

    def __call__(self, name: str, /, *path: Any, body: Any = None, **query: Any) -> Any:
        route = OPERATIONS[name]
        target = route.path
        for (parameter, _), value in zip(route.path_parameters, path, strict=True):
            target = target.replace(f"{{{parameter}}}", quote(str(value))).replace(
                f"{{{parameter}:str}}", quote(str(value))
            )
        if query:
            target += "?" + urlencode(
                {key: str(value).lower() if isinstance(value, bool) else value for key, value in query.items()}
            )
        status, reply = self.json(route.verb, target, body)
        if status >= 400:
            raise Refused(status, reply)
        return reply

    def close(self) -> None:
        self.connection.close()


def open_streams(url: str, token: str) -> float:
    """Return how many event streams a server counts."""
    parts = urlsplit(url)
    asked = Request(f"http://{parts.netloc}/metrics", headers={"Authorization": f"Bearer {token}"})
    with urlopen(asked, timeout=DEADLINE) as reply:
        (line,) = [line for line in reply.read().decode().splitlines() if line.startswith("torc_event_streams ")]
    return float(line.split()[1])


class Server:
    """``torc-server run`` on a database."""

    def __init__(self, database: Path, *arguments: str, port: int = 0, crash: str | None = None) -> None:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("TORC_")}
        if crash:
            environment["TORC_TEST_CRASH"] = crash
        self.process = subprocess.Popen(
            [sys.executable, "-m", "torc.server.main", "run", "--database", str(database), "--port", str(port),
             "--log-level", "error", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        assert self.process.stdout
        line = self.process.stdout.readline()
        self.port = int(line.partition("=")[2]) if line.startswith("TORC_SERVER_PORT=") else 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PREFIX}"

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        self.process.terminate()
        return self.wait()

    def wait(self) -> int:
        try:
            _, self.errors = self.process.communicate(timeout=DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        return self.process.returncode


class LosingProxy:
    """Forwards each request, reads the whole reply, and closes without passing on the first ``lost`` replies."""

    def __init__(self, port: int, lost: int = 1) -> None:
        self.target, self.lost, self.swallowed = port, lost, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, socket.create_connection(("127.0.0.1", self.target)) as server:
                server.sendall(_message(client))
                reply = _message(server)
                if self.swallowed < self.lost:
                    self.swallowed += 1
                else:
                    client.sendall(reply)

    def close(self) -> None:
        self.listener.close()


def _message(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
