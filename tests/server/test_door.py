"""Connections for which no file is left."""

from __future__ import annotations

import os
import resource
import socket
from pathlib import Path

from .outside import DEADLINE, Http, Server, until


def test_connections_beyond_the_open_files_are_turned_away_and_the_next_ones_served(tmp_path: Path) -> None:
    server = Server(tmp_path / "t.db")
    pid = server.process.pid
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (len(os.listdir(f"/proc/{pid}/fd")) + 8,) * 2)
    visitors = [socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE) for _ in range(30)]
    assert visitors[-1].recv(1) == b"", "turned away at once"
    for visitor in visitors:
        visitor.close()
    until(lambda: _answers(server))
    assert server.stop() == 0
    assert server.errors.count("connections are turned away") == 1


def _answers(server: Server) -> bool:
    http = Http(server.url)
    try:
        return bool(http("ping"))
    except OSError:
        return False
    finally:
        http.close()
