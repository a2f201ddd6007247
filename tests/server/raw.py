"""HTTP by hand: bytes to a server of these tests, as no proper client would send them."""

from __future__ import annotations

import contextlib
import socket

from torc.contract import PREFIX

from .auth.serving import Running
from .outside import DEADLINE


def connected(server: Running) -> socket.socket:
    """A connection on which nothing has been said, and each piece is sent at once."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def head(verb: str, path: str, *lines: str, prefix: str = PREFIX) -> bytes:
    """Request line and headers."""
    return "\r\n".join([f"{verb} {prefix}{path} HTTP/1.1", "Host: localhost", *lines, "", ""]).encode()


def raw(server: Running, *pieces: bytes) -> bytes:
    """Send bytes and return all that comes until the server closes."""
    with connected(server) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces:
                connection.sendall(piece)
        return rest(connection)


def rest(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    reply = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := connection.recv(65536):
            reply += chunk
    return reply


def status_of(reply: bytes) -> int:
    """The status in the first line."""
    return int(reply.split(b" ", 2)[1])
