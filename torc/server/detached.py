"""The server that programs of this user start for themselves: ``python -m torc.server.detached DATABASE``.

It runs in the background, listens on a free loopback port and wants a token of its own, whatever the configuration
says about servers for others. Its first line of output is JSON: ``pid``, or ``error`` and ``hint``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from torc.errors import TorcError
from torc.server import daemon, logs
from torc.server.auth.settings import AuthSettings
from torc.server.listener import Settings, new_token
from torc.server.pidfile import PidFile
from torc.server.serve import Ready, serve


def main() -> None:
    """Start the server and end when it listens."""
    database = Path(sys.argv[1]).absolute()
    try:
        _, pid = daemon.start(lambda ready: _serve(database, ready))
    except TorcError as error:
        print(json.dumps({"error": error.message, "hint": error.hint}))
        sys.exit(error.exit_code)
    print(json.dumps({"pid": pid}))


def _serve(database: Path, ready: Ready) -> None:
    logs.start(logs.LogSettings("info", database.with_name(database.name + ".logs"), False), console=False)
    file = PidFile(database.with_name(database.name + ".pid"))
    try:
        serve(Settings(database, auth=AuthSettings(token=new_token())), ready)
    finally:
        file.remove()


if __name__ == "__main__":
    main()
