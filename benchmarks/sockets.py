"""Requests over raw sockets: one thread keeps a server busy without being what limits it."""

import re
import selectors
import socket
import time
from collections.abc import Callable

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


def request(verb: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
    """Return the bytes of a request for a keep-alive connection."""
    lines = [f"{verb} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in (headers or {}).items())]
    if verb != "GET":
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def ask(port: int, message: bytes) -> tuple[int, bytes]:
    """Send one request and return status and body."""
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(message)
        data = b""
        while (end := end_of_reply(data)) is None or len(data) < end:
            piece = connection.recv(1 << 20)
            if not piece:
                break
            data += piece
        return int(data[9:12]), data.partition(b"\r\n\r\n")[2]


def end_of_reply(data: bytes) -> int | None:
    """Return where the reply that begins ``data`` ends, when its head is complete."""
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return None
    found = _LENGTH.search(data, 0, head + 2)
    return head + 4 + (int(found[1]) if found else 0)


class Crowd:
    """Connections that each send a request, wait for the reply and send the next one."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.selector = selectors.DefaultSelector()
        self.replies = 0
        self.statuses: dict[int, int] = {}

    def add(self, message: bytes, *, is_stream: bool = False) -> None:
        """Open a connection and send its first request; what comes back on a stream is thrown away."""
        connection = socket.create_connection(("127.0.0.1", self.port), 60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(message)
        connection.setblocking(False)
        state = [b"", None if is_stream else message]
        self.selector.register(connection, selectors.EVENT_READ, state)

    def run(self, seconds: float, wanted: Callable[[], bool] = lambda: False) -> float:
        """Go on for a time, or until ``wanted``; returns the seconds that it took."""
        begin = time.perf_counter()
        end = begin + seconds
        while (now := time.perf_counter()) < end and not wanted():
            for key, _ in self.selector.select(end - now):
                self._receive(key.fileobj, key.data)
        return time.perf_counter() - begin

    def _receive(self, connection: socket.socket, state: list) -> None:
        data = connection.recv(1 << 18)
        if not data:
            raise ConnectionError("the server closed a connection")
        if state[1] is None:
            return
        data = state[0] + data
        end = end_of_reply(data)
        if end is None or len(data) < end:
            state[0] = data
            return
        status = int(data[9:12])
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.replies += 1
        state[0] = b""
        connection.sendall(state[1])

    def close(self) -> None:
        """Close all connections."""
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()
